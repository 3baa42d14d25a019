/* SPDX-License-Identifier: MIT */
#include "modules/learn/expectation.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "modules/learn/kmeans.h"
#include "modules/learn/panel.h"
#include "modules/learn/scatter.h"

/* Rows of a tile, and how often k-means may go on. */
enum { TILE = 512, LLOYD = 100 };

struct work {
    const struct sl_expectation *how;
    const struct sl_train_rows *rows;
    struct sl_components *c;
    size_t tiles;
    double *shares;  /* k x n: of each row's density */
    double *sums;    /* tiles: log-likelihoods */
    double *scratch; /* tiles x (3 d + k) panels */
    double *centred; /* k x SL_SCATTER_ROWS x d */
    double *scatter; /* TIED: k x d x d */
    double *totals;  /* k: rows of each */
};

/* ---- expectation -------------------------------------------------------------------- */

/* shares and log-likelihood of up to SL_PANEL rows. */
static double
expect_panel(const struct work *w, size_t first, size_t lanes, double *scratch)
{
    size_t n = w->rows->n, d = w->rows->d, k = w->c->k;
    double *panel = scratch + 2 * d * SL_PANEL, *logs = panel + d * SL_PANEL;
    double sums[SL_PANEL], sum = 0;

    sl_panel_fill(lanes, d, w->rows->x + first * d, NULL, panel);
    sl_components_logs(w->c, panel, scratch, logs);
    sl_components_sum(k, true, logs, sums);
    for (size_t i = 0; i < k; i++)
        memcpy(w->shares + i * n + first, logs + i * SL_PANEL, lanes * sizeof *logs);
    for (size_t l = 0; l < lanes; l++)
        sum += sums[l];
    return sum;
}

static void
expect_tile(void *context, size_t tile)
{
    const struct work *w = context;
    size_t n = w->rows->n, end = (tile + 1) * TILE < n ? (tile + 1) * TILE : n;
    double *scratch = w->scratch + tile * (3 * w->rows->d + w->c->k) * SL_PANEL;

    w->sums[tile] = 0;
    for (size_t i = tile * TILE; i < end; i += SL_PANEL)
        w->sums[tile] +=
            expect_panel(w, i, end - i < SL_PANEL ? end - i : SL_PANEL, scratch);
}

/* The mean log-likelihood of a row under the components as they are. */
static double
expect(struct sl_step *step, struct work *w)
{
    double sum = 0;

    sl_parallel(step, w->tiles, expect_tile, w);
    for (size_t i = 0; i < w->tiles; i++)
        sum += w->sums[i];
    return sum / (double)w->rows->n;
}

/* ---- maximisation ------------------------------------------------------------------- */

/* Of a component that no row belongs to nothing but the weight changes. */
static bool
is_empty(const struct work *w, size_t i)
{
    return !(w->totals[i] > (double)w->rows->n * DBL_EPSILON);
}

static void
set_diagonal(const struct work *w, size_t i, double *variances)
{
    const double *share = w->shares + i * w->rows->n, *mean = w->c->means;
    size_t d = w->rows->d;

    mean += i * d;
    memset(variances, 0, d * sizeof *variances);
    for (size_t r = 0; r < w->rows->n; r++)
        for (size_t j = 0; j < d; j++) {
            double apart = w->rows->x[r * d + j] - mean[j];
            variances[j] += share[r] * apart * apart;
        }
    for (size_t j = 0; j < d; j++)
        variances[j] = variances[j] / w->totals[i] + w->how->regularisation;
}

static void
set_full(const struct work *w, size_t i, double divisor, double *covariance)
{
    size_t n = w->rows->n, d = w->rows->d;

    sl_scatter_about(NULL, n, d, w->rows->x, w->shares + i * n, w->c->means + i * d,
                     w->centred + i * SL_SCATTER_ROWS * d, covariance);
    for (size_t e = 0; e < d * d; e++)
        covariance[e] /= divisor;
}

static void
regularise(const struct work *w, double *covariance)
{
    for (size_t j = 0; j < w->c->d; j++)
        covariance[j * w->c->d + j] += w->how->regularisation;
}

static void
maximise_component(void *context, size_t i)
{
    const struct work *w = context;
    struct sl_components *c = w->c;
    size_t n = w->rows->n, d = c->d;
    double *diagonal = w->centred + i * SL_SCATTER_ROWS * d, sum = 0;

    w->totals[i] = 0;
    for (size_t r = 0; r < n; r++)
        w->totals[i] += w->shares[i * n + r];
    c->weights[i] = w->totals[i] / (double)n;
    if (is_empty(w, i))
        return;
    sl_scatter_mean(n, d, w->rows->x, w->shares + i * n, c->means + i * d);
    if (c->type == SL_FULL_COVARIANCE) {
        set_full(w, i, w->totals[i], c->covariances + i * d * d);
        regularise(w, c->covariances + i * d * d);
    } else if (c->type == SL_TIED_COVARIANCE) {
        set_full(w, i, (double)n, w->scatter + i * d * d);
    } else if (c->type == SL_DIAGONAL_COVARIANCE) {
        set_diagonal(w, i, c->covariances + i * d);
    } else {
        set_diagonal(w, i, diagonal);
        for (size_t j = 0; j < d; j++)
            sum += diagonal[j];
        c->covariances[i] = sum / (double)d;
    }
}

static void
tie(const struct work *w)
{
    size_t d = w->c->d;

    memset(w->c->covariances, 0, d * d * sizeof(double));
    for (size_t i = 0; i < w->c->k; i++)
        for (size_t e = 0; e < d * d && !is_empty(w, i); e++)
            w->c->covariances[e] += w->scatter[i * d * d + e];
    regularise(w, w->c->covariances);
}

static enum sl_status
maximise(struct sl_step *step, struct work *w, struct sl_error *err)
{
    sl_parallel(step, w->c->k, maximise_component, w);
    if (w->c->type == SL_TIED_COVARIANCE)
        tie(w);
    return sl_components_factor(w->c, err);
}

/* ---- from start to end -------------------------------------------------------------- */

/* A component that k-means leaves without rows gets none later: its weight is 0. It has a
 * covariance all the same. */
static void
set_unit(struct sl_components *c)
{
    size_t size = sl_components_size(c->type, c->k, c->d);
    bool whole = c->type == SL_FULL_COVARIANCE || c->type == SL_TIED_COVARIANCE;

    for (size_t e = 0; e < size; e++)
        c->covariances[e] = !whole || e % (c->d * c->d) % (c->d + 1) == 0;
}

static enum sl_status
start(struct sl_step *step, struct work *w, size_t restart, struct sl_error *err)
{
    struct sl_stream all = sl_step_stream(step, "start");
    struct sl_stream stream = sl_stream_at(&all, restart);
    size_t n = w->rows->n, k = w->c->k;
    uint32_t *labels = sl_arena_array(sl_step_arena(step), n, sizeof *labels);
    struct sl_kmeans means = {n, w->rows->d, k, LLOYD, w->rows->x, w->c->means, labels};

    if (!labels)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", n);
    SL_TRY(sl_kmeans_run(&means, sl_step_pool(step), &stream, err));
    memset(w->shares, 0, k * n * sizeof *w->shares);
    for (size_t r = 0; r < n; r++)
        w->shares[labels[r] * n + r] = 1;
    set_unit(w->c);
    return maximise(step, w, err);
}

static enum sl_status
alternate(struct sl_step *step, struct work *w, struct sl_expectation_result *result,
          struct sl_error *err)
{
    double before = -(double)INFINITY;

    result->converged = false;
    for (result->iterations = 0; result->iterations < w->how->iterations;) {
        double now = expect(step, w);

        if (!isfinite(now))
            return sl_fail(err, SL_ERR_NUMERIC,
                           "the log-likelihood is %g at iteration %zu", now,
                           result->iterations + 1);
        if (sl_cancelled(step))
            return sl_fail(err, SL_ERR_CANCELLED, "stopped");
        result->course[result->iterations++] = now;
        sl_progress(step, (double)result->iterations, (double)w->how->iterations,
                    "iterations", -now);
        SL_TRY(maximise(step, w, err));
        result->converged = fabs(now - before) < w->how->tolerance;
        if (result->converged)
            break;
        before = now;
    }
    result->log_likelihood = expect(step, w);
    return SL_OK;
}

static enum sl_status
work_new(struct work *w, struct sl_arena *arena, struct sl_error *err)
{
    size_t n = w->rows->n, d = w->rows->d, k = w->how->k;
    bool tied = w->how->type == SL_TIED_COVARIANCE;

    w->tiles = (n + TILE - 1) / TILE;
    w->shares = sl_arena_array(arena, k, n * sizeof(double));
    w->sums = sl_arena_array(arena, w->tiles, sizeof(double));
    w->scratch = sl_arena_array(arena, w->tiles, (3 * d + k) * SL_PANEL * sizeof(double));
    w->centred = sl_arena_array(arena, k, SL_SCATTER_ROWS * d * sizeof(double));
    w->scatter = sl_arena_array(arena, tied ? k : 0, d * d * sizeof(double));
    w->totals = sl_arena_array(arena, k, sizeof(double));
    if (!w->shares || !w->sums || !w->scratch || !w->centred || !w->scatter || !w->totals)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu components of %zu rows", k,
                       n);
    return SL_OK;
}

/* What a restart came to is kept in `best` where it is the best. */
static void
keep(const struct sl_components *from, struct sl_components *best)
{
    size_t size = sl_components_size(from->type, from->k, from->d);

    memcpy(best->weights, from->weights, from->k * sizeof(double));
    memcpy(best->means, from->means, from->k * from->d * sizeof(double));
    memcpy(best->covariances, from->covariances, size * sizeof(double));
}

enum sl_status
sl_expectation_fit(struct sl_step *step, const struct sl_expectation *how,
                   const struct sl_train_rows *rows, struct sl_components *c,
                   struct sl_expectation_result *result, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(step);
    struct sl_components trial;
    struct work w = {.how = how, .rows = rows, .c = &trial};

    *result = (struct sl_expectation_result){.log_likelihood = -(double)INFINITY};
    SL_TRY(sl_components_new(&trial, how->type, how->k, rows->d, arena, err));
    SL_TRY(work_new(&w, arena, err));
    for (size_t i = 0; i < how->restarts; i++) {
        struct sl_expectation_result one = {
            .course = sl_arena_array(arena, how->iterations, sizeof(double))};

        if (!one.course)
            return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu iterations",
                           how->iterations);
        SL_TRY(start(step, &w, i, err));
        SL_TRY(alternate(step, &w, &one, err));
        if (one.log_likelihood > result->log_likelihood) {
            *result = one;
            keep(&trial, c);
        }
    }
    return sl_components_factor(c, err);
}
