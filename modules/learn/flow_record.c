/* SPDX-License-Identifier: MIT */
#include "modules/learn/flow_record.h"

#include <math.h>

#include "modules/learn/fit.h"

enum { GRID = 1000, SIDE = 200, LINES = 13, POINTS = 121 };

/* The lines of the base's grid run from -REACH to REACH. */
#define REACH 3.0

struct record {
    struct sl_step *step;
    const struct sl_model *model;
    const struct sl_split *split;
    double low[2], high[2]; /* of each dimension */
};

static const struct sl_model_class *
class_of(const struct record *r)
{
    return r->model->module->model;
}

static double
between(double low, double high, size_t i, size_t n)
{
    return low + (high - low) * (double)i / (double)(n - 1);
}

/* ---- the domain ----------------------------------------------------------------------- */

static void
widen(double *low, double *high)
{
    double more = 0.2 * (*high - *low);

    if (!(more > 0))
        more = 1;
    *low -= more;
    *high += more;
}

/* x: n x d */
static void
domain_of_rows(struct record *r, const double *x, size_t n)
{
    size_t d = r->model->d;

    for (size_t j = 0; j < d; j++) {
        r->low[j] = r->high[j] = x[j];
        for (size_t i = 1; i < n; i++) {
            r->low[j] = fmin(r->low[j], x[i * d + j]);
            r->high[j] = fmax(r->high[j], x[i * d + j]);
        }
        widen(&r->low[j], &r->high[j]);
    }
}

static enum sl_status
set_domain(struct record *r, const struct sl_dataset *data, const double *domain,
           struct sl_error *err)
{
    struct sl_tensor x;

    for (size_t j = 0; domain && j < r->model->d; j++) {
        r->low[j] = domain[0];
        r->high[j] = domain[1];
    }
    if (domain)
        return SL_OK;
    SL_TRY(sl_tensor_new(&x, sl_step_arena(r->step), SL_F64, 2,
                         (size_t[]){r->split->n, data->d}, err));
    sl_rows_gather_f64(data, r->split->rows, r->split->n, x.data);
    domain_of_rows(r, x.data, r->split->n);
    return SL_OK;
}

/* ---- one dimension -------------------------------------------------------------------- */

/* x in the first column of a GRID x 2 tensor, y in the second. */
static enum sl_status
record_pairs(const struct record *r, const char *name, const double *x, const double *y,
             struct sl_error *err)
{
    double pairs[2 * GRID];
    struct sl_tensor tensor = sl_tensor_matrix(SL_F64, pairs, GRID, 2);

    for (size_t i = 0; i < GRID; i++) {
        pairs[2 * i] = x[i];
        pairs[2 * i + 1] = y[i];
    }
    return sl_record(r->step, name, &tensor, err);
}

static enum sl_status
record_curves(const struct record *r, struct sl_error *err)
{
    struct sl_pool *pool = sl_step_pool(r->step);
    double x[GRID], y[GRID];

    for (size_t i = 0; i < GRID; i++)
        x[i] = between(r->low[0], r->high[0], i, GRID);
    SL_TRY(class_of(r)->log_density(r->model, pool, GRID, x, y, err));
    for (size_t i = 0; i < GRID; i++)
        y[i] = exp(y[i]);
    SL_TRY(record_pairs(r, "density", x, y, err));
    SL_TRY(class_of(r)->forward(r->model, pool, GRID, x, y, NULL, err));
    return record_pairs(r, "map", x, y, err);
}

/* ---- two dimensions ------------------------------------------------------------------- */

static enum sl_status
record_surface(const struct record *r, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(r->step);
    double extent[] = {r->low[0], r->high[0], r->low[1], r->high[1]};
    struct sl_tensor points, density, ends = sl_tensor_vector(SL_F64, extent, 4);
    double *x, *p;

    SL_TRY(sl_tensor_new(&points, arena, SL_F64, 3, (size_t[]){SIDE, SIDE, 2}, err));
    SL_TRY(sl_tensor_new(&density, arena, SL_F64, 2, (size_t[]){SIDE, SIDE}, err));
    x = points.data;
    p = density.data;
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        x[2 * i] = between(r->low[0], r->high[0], i % SIDE, SIDE);
        x[2 * i + 1] = between(r->low[1], r->high[1], i / SIDE, SIDE);
    }
    SL_TRY(class_of(r)->log_density(r->model, sl_step_pool(r->step), (size_t)SIDE * SIDE,
                                    x, p, err));
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        p[i] = exp(p[i]);
    SL_TRY(sl_record(r->step, "density", &density, err));
    return sl_record(r->step, "density_extent", &ends, err);
}

/* A base that the flow does not reach everywhere has no whole grid to show. */
static enum sl_status
record_warp(const struct record *r, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(r->step);
    size_t shape[] = {2 * LINES, POINTS, 2};
    struct sl_tensor base, warp;
    struct sl_error why;
    double *z;

    SL_TRY(sl_tensor_new(&base, arena, SL_F64, 3, shape, err));
    SL_TRY(sl_tensor_new(&warp, arena, SL_F64, 3, shape, err));
    z = base.data;
    for (size_t i = 0; i < (size_t)2 * LINES * POINTS; i++) {
        size_t line = i / POINTS, fixed = line / LINES;
        z[2 * i + fixed] = between(-REACH, REACH, line % LINES, LINES);
        z[2 * i + 1 - fixed] = between(-REACH, REACH, i % POINTS, POINTS);
    }
    if (class_of(r)->inverse(r->model, sl_step_pool(r->step), (size_t)2 * LINES * POINTS,
                             z, warp.data, &why)) {
        if (why.status == SL_ERR_NUMERIC)
            return SL_OK;
        *err = why;
        return err->status;
    }
    return sl_record(r->step, "warp", &warp, err);
}

/* ---- both ----------------------------------------------------------------------------- */

static enum sl_status
record_latent(const struct record *r, const struct sl_dataset *data, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(r->step);
    size_t n = r->split->n < SL_FLOW_LATENT_MAX ? r->split->n : SL_FLOW_LATENT_MAX;
    size_t shape[] = {n, data->d};
    struct sl_tensor x, z;

    SL_TRY(sl_tensor_new(&x, arena, SL_F64, 2, shape, err));
    SL_TRY(sl_tensor_new(&z, arena, SL_F64, data->d == 1 ? 1 : 2, shape, err));
    sl_rows_gather_f64(data, r->split->rows, n, x.data);
    SL_TRY(class_of(r)->forward(r->model, sl_step_pool(r->step), n, x.data, z.data, NULL,
                                err));
    return sl_record(r->step, "latent", &z, err);
}

enum sl_status
sl_flow_record(struct sl_step *step, const struct sl_model *model,
               const struct sl_dataset *data, const double *domain, struct sl_error *err)
{
    struct record r = {step, model, sl_dataset_split(data, SL_FIT_SPLIT), {0}, {0}};

    if (data->d > 2)
        return SL_OK;
    SL_TRY(set_domain(&r, data, domain, err));
    if (data->d == 1) {
        SL_TRY(record_curves(&r, err));
    } else {
        SL_TRY(record_surface(&r, err));
        SL_TRY(record_warp(&r, err));
    }
    return record_latent(&r, data, err);
}
