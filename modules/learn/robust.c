/* SPDX-License-Identifier: MIT */
#include "modules/learn/robust.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "modules/learn/chi_square.h"
#include "modules/learn/concentration.h"
#include "modules/learn/scatter.h"

enum {
    SMALL = 600,    /* rows that are searched at once */
    SUBSET = 300,   /* rows of a subset */
    SUBSETS = 5,    /* at most */
    BEST = 10,      /* candidates that go on */
    FIRST = 2,      /* C-steps of each start */
    CONVERGED = 100 /* at most */
};
#define RIDGE 1e-9
#define WITHIN 0.975

/* Where a candidate stands: mean and inverse, by which C-steps go on. */
struct candidate {
    double *mean, *inverse;
    double log_det;
};

struct fit {
    struct sl_step *step;
    const struct sl_robust_config *config;
    struct sl_stream stream;
    size_t n, d, h;
    double *x; /* n x d, in random order where there are subsets */
    double *ridge;
};

/* One stage: candidates that take C-steps in a part of the rows. */
struct stage {
    const struct fit *fit;
    size_t first, n;              /* rows of fit->x */
    const struct candidate *from; /* or NULL: random starts, */
    uint64_t start;               /* from this one on */
    size_t count, steps;
    struct candidate *to; /* or NULL: log_dets are all that is wanted */
    const size_t *chosen; /* which of the starts; NULL: all */
    double *log_dets;     /* count */
    struct sl_error *errors;
};

static size_t
support_of(const struct fit *fit, size_t n)
{
    size_t h = (size_t)((double)n * ((double)fit->h / (double)fit->n));

    return h > fit->d + 1 ? h : fit->d + 1;
}

static enum sl_status
take_steps(const struct stage *s, size_t i, struct sl_arena *arena, struct sl_error *err)
{
    const struct fit *fit = s->fit;
    size_t d = fit->d, which = s->chosen ? s->chosen[i] : i;
    struct sl_concentration c = {.n = s->n,
                                 .d = d,
                                 .h = support_of(fit, s->n),
                                 .x = fit->x + s->first * d,
                                 .ridge = fit->ridge};
    struct sl_stream stream = sl_stream_at(&fit->stream, s->start + which);

    SL_TRY(sl_concentration_init(&c, arena, err));
    if (s->from) {
        memcpy(c.mean, s->from[which].mean, d * sizeof(double));
        memcpy(c.inverse, s->from[which].inverse, d * d * sizeof(double));
        c.log_det = (double)INFINITY;
    } else {
        SL_TRY(sl_concentration_start(&c, &stream, err));
    }
    SL_TRY(sl_concentration_steps(&c, s->steps, err));
    s->log_dets[i] = c.log_det;
    if (s->to) {
        memcpy(s->to[i].mean, c.mean, d * sizeof(double));
        memcpy(s->to[i].inverse, c.inverse, d * d * sizeof(double));
        s->to[i].log_det = c.log_det;
    }
    return SL_OK;
}

static void
stage_tile(void *context, size_t i)
{
    const struct stage *s = context;
    struct sl_arena arena;

    sl_arena_init(&arena);
    take_steps(s, i, &arena, &s->errors[i]);
    sl_arena_release(&arena);
}

static enum sl_status
stage_run(struct stage *s, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(s->fit->step);

    if (sl_cancelled(s->fit->step))
        return sl_fail(err, SL_ERR_CANCELLED, "stopped");
    s->errors = sl_arena_alloc(arena, s->count * sizeof *s->errors);
    s->log_dets = sl_arena_alloc(arena, s->count * sizeof *s->log_dets);
    sl_parallel(s->fit->step, s->count, stage_tile, s);
    for (size_t i = 0; i < s->count; i++)
        if (s->errors[i].status) {
            *err = s->errors[i];
            return err->status;
        }
    return SL_OK;
}

static struct candidate *
candidates_new(const struct fit *fit, size_t n, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(fit->step);
    struct candidate *all = sl_arena_alloc(arena, n * sizeof *all);

    for (size_t i = 0; i < n; i++) {
        all[i].mean = sl_arena_array(arena, fit->d, sizeof(double));
        all[i].inverse = sl_arena_array(arena, fit->d, fit->d * sizeof(double));
        if (!all[i].mean || !all[i].inverse) {
            sl_fail(err, SL_ERR_MEMORY, "no memory for %zu covariances", n);
            return NULL;
        }
    }
    return all;
}

/* The places of the `want` lowest of n, lowest first. */
static void
lowest(const double *values, size_t n, size_t want, struct sl_arena *arena,
       size_t *places)
{
    struct sl_keyed *keyed = sl_arena_alloc(arena, n * sizeof *keyed);

    for (size_t i = 0; i < n; i++)
        keyed[i] = (struct sl_keyed){values[i], (uint32_t)i};
    for (size_t i = 0; i < want; i++) {
        sl_keyed_select(keyed + i, n - i, 0);
        places[i] = keyed[i].id;
    }
}

/* Those that a stage leaves lowest; done once more, since they alone are kept. */
static enum sl_status
stage_best(struct stage *s, struct candidate *to, size_t want, struct sl_error *err)
{
    size_t places[BEST];

    SL_TRY(stage_run(s, err));
    lowest(s->log_dets, s->count, want, sl_step_arena(s->fit->step), places);
    s->chosen = places;
    s->count = want;
    s->to = to;
    return stage_run(s, err);
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The best candidates of all rows, before their last steps. */
static enum sl_status
search_small(const struct fit *fit, struct candidate *best, size_t *count,
             struct sl_error *err)
{
    size_t starts = (size_t)fit->config->starts;
    struct stage stage = {.fit = fit, .n = fit->n, .count = starts, .steps = FIRST};

    *count = smaller(BEST, starts);
    return stage_best(&stage, best, *count, err);
}

static enum sl_status
search_subsets(const struct fit *fit, struct candidate *best, size_t *count,
               struct sl_error *err)
{
    size_t subsets = smaller(fit->n / SUBSET, SUBSETS);
    size_t rows = subsets < SUBSETS ? fit->n / subsets : SUBSET;
    size_t starts = ((size_t)fit->config->starts + subsets - 1) / subsets;
    size_t each = smaller(BEST, starts);
    struct candidate *all = candidates_new(fit, subsets * each, err);
    struct stage merged = {.fit = fit,
                           .n = subsets * rows,
                           .from = all,
                           .count = subsets * each,
                           .steps = FIRST};

    if (!all)
        return err->status;
    for (size_t i = 0; i < subsets; i++) {
        struct stage stage = {.fit = fit,
                              .first = i * rows,
                              .n = rows,
                              .start = i * starts,
                              .count = starts,
                              .steps = FIRST};

        SL_TRY(stage_best(&stage, all + i * each, each, err));
    }
    *count = smaller(BEST, subsets * each);
    return stage_best(&merged, best, *count, err);
}

/* ---- before and after --------------------------------------------------------------- */

/* A copy of the rows, shuffled so that subsets lie beside each other. */
static enum sl_status
fit_init(struct fit *fit, const struct sl_train_rows *rows, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(fit->step);
    struct sl_stream stream = sl_stream_at(&fit->stream, UINT64_MAX);
    size_t n = rows->n, d = rows->d;
    uint32_t *order = sl_arena_array(arena, n, sizeof *order);
    double *mean = sl_arena_array(arena, d, sizeof *mean);

    fit->x = sl_arena_array(arena, n, d * sizeof(double));
    fit->ridge = sl_arena_array(arena, d, sizeof(double));
    if (!order || !mean || !fit->x || !fit->ridge)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", n);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    sl_stream_shuffle(&stream, order, n);
    sl_scatter_mean(n, d, rows->x, NULL, mean);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            double x = rows->x[order[i] * d + j];
            fit->x[i * d + j] = x;
            fit->ridge[j] += RIDGE * (x - mean[j]) * (x - mean[j]) / (double)n;
        }
    /* Of a column that never varies any number will do. */
    for (size_t j = 0; j < d; j++)
        fit->ridge[j] = fit->ridge[j] > 0 ? fit->ridge[j] : 1;
    return SL_OK;
}

/* The candidate that ends lowest, with its covariance in c. */
static enum sl_status
finish(const struct fit *fit, const struct candidate *best, size_t count,
       struct sl_concentration *c, struct sl_error *err)
{
    struct candidate *last = candidates_new(fit, count, err);
    struct stage stage = {.fit = fit,
                          .n = fit->n,
                          .from = best,
                          .count = count,
                          .steps = CONVERGED,
                          .to = last};
    size_t winner;

    if (!last)
        return err->status;
    SL_TRY(stage_run(&stage, err));
    lowest(stage.log_dets, count, 1, sl_step_arena(fit->step), &winner);
    memcpy(c->mean, last[winner].mean, fit->d * sizeof(double));
    memcpy(c->inverse, last[winner].inverse, fit->d * fit->d * sizeof(double));
    return sl_concentration_steps(c, 1, err);
}

/* What makes the covariance that of a normal distribution. */
static double
consistency(struct sl_concentration *c)
{
    double chi = sl_chi_square_quantile(0.5, (double)c->d);

    sl_concentration_squares(c);
    sl_keyed_select(c->squares, c->n, c->n / 2);
    return c->squares[c->n / 2].key / chi;
}

static enum sl_status
reweight(struct sl_concentration *c, double factor, size_t *support, struct sl_error *err)
{
    double d = (double)c->d, cut = sl_chi_square_quantile(WITHIN, d);
    double scale = WITHIN / sl_chi_square_cdf(cut, d + 2);
    size_t m = 0;

    sl_concentration_squares(c);
    for (size_t i = 0; i < c->n; i++)
        if (c->squares[i].key <= cut * factor)
            c->squares[m++] = c->squares[i];
    *support = m;
    SL_TRY(sl_concentration_take(c, m, err));
    for (size_t e = 0; e < c->d * c->d; e++)
        c->covariance[e] *= scale * (double)m / (double)(m - 1);
    return SL_OK;
}

static enum sl_status
search(struct fit *fit, struct sl_concentration *c, struct sl_error *err)
{
    struct candidate *best = candidates_new(fit, BEST, err);
    size_t count = 0;

    if (!best)
        return err->status;
    if (fit->n <= SMALL)
        SL_TRY(search_small(fit, best, &count, err));
    else
        SL_TRY(search_subsets(fit, best, &count, err));
    return finish(fit, best, count, c, err);
}

enum sl_status
sl_robust_fit(struct sl_step *step, const struct sl_robust_config *config,
              const struct sl_train_rows *rows, struct sl_robust *robust,
              struct sl_error *err)
{
    size_t n = rows->n, d = rows->d, least = (n + d + 1) / 2;
    size_t h = config->support > 0 ? (size_t)(config->support * (double)n) : least;
    struct fit fit = {step, config, sl_step_stream(step, "subsets"), n, d, 0, NULL, NULL};
    struct sl_concentration c = {.n = n, .d = d};
    double factor;

    if (n < d + 2)
        return sl_fail(
            err, SL_ERR_SHAPE,
            "%zu rows of %zu columns; the robust covariance needs at least %zu", n, d,
            d + 2);
    fit.h = c.h = h > d + 1 ? h : d + 1;
    SL_TRY(fit_init(&fit, rows, err));
    c.x = fit.x;
    c.ridge = fit.ridge;
    SL_TRY(sl_concentration_init(&c, sl_step_arena(step), err));
    SL_TRY(search(&fit, &c, err));
    factor = consistency(&c);
    robust->support = c.h;
    for (size_t e = 0; e < d * d; e++)
        c.covariance[e] *= factor;
    if (config->reweight && factor > 0)
        SL_TRY(reweight(&c, factor, &robust->support, err));
    robust->mean = c.mean;
    robust->covariance = c.covariance;
    return SL_OK;
}
