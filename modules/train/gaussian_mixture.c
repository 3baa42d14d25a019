/* SPDX-License-Identifier: MIT */
/*
 * A Gaussian mixture, learned by EM (modules/learn/expectation.h): a density
 *
 *     p(x) = sum_c w_c N(x; m_c, S_c)
 *
 * that can be scored, by -ln p(x), and drawn from.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/expectation.h"
#include "modules/learn/panel.h"
#include "modules/learn/scatter.h"
#include "modules/learn/scorer.h"
#include "runner/parallel/pool.h"

static const char *const covariances[] = {
    [SL_FULL_COVARIANCE] = "full",
    [SL_DIAGONAL_COVARIANCE] = "diagonal",
    [SL_SPHERICAL_COVARIANCE] = "spherical",
    [SL_TIED_COVARIANCE] = "tied",
    NULL,
};

struct config {
    int64_t components, restarts, iterations;
    int covariance;
    double tolerance, regularisation;
    struct sl_choice_list preprocess;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, components, 5, 1, 1e5, "Gaussians"),
    SL_WORD(
        struct config, covariance, SL_FULL_COVARIANCE, covariances,
        "what theirs may be: any, along the columns, a multiple of the unit matrix, or "
        "any but the same for all"),
    SL_INT(struct config, restarts, 1, 1, 1e4, "starts, of which the best is kept"),
    SL_INT(struct config, iterations, 100, 1, 1e6, "of each start, at most"),
    SL_DOUBLE(struct config, tolerance, 1e-3, 0, 1e6,
              "change of the mean log-likelihood at which it has converged"),
    SL_DOUBLE(struct config, regularisation, 1e-6, 0, 1e6, "added to every variance"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model",
     .type = SL_PORT_MODEL,
     .help = "weights, means and covariances of the Gaussians"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"log_likelihood", SL_RESULT_METRIC, "nats", "mean of a training row"},
    {"iterations", SL_RESULT_METRIC, NULL, "of the start that was kept"},
    {"converged", SL_RESULT_METRIC, NULL, "1 if it did"},
    {"bic", SL_RESULT_METRIC, "nats", "Bayesian information criterion (Schwarz 1978)"},
    {"log_likelihood", SL_RESULT_SERIES, "nats", "mean of a training row"},
    SL_RESULT_END,
};

/* ---- the model ---------------------------------------------------------------------- */

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    const struct config *config = model->config;
    enum sl_covariances type = (enum sl_covariances)config->covariance;
    struct sl_components *c = SL_NEW(arena, struct sl_components);
    size_t k = (size_t)config->components, d = model->d;
    size_t size = sl_components_size(type, k, d);
    const double *weights, *means, *values;

    SL_TRY(sl_model_parameter(model, "weights", 1, &k, &weights, err));
    SL_TRY(sl_model_parameter(model, "means", 2, (size_t[]){k, d}, &means, err));
    SL_TRY(sl_model_parameter(model, "covariances", 1, &size, &values, err));
    SL_TRY(sl_components_new(c, type, k, d, arena, err));
    memcpy(c->weights, weights, k * sizeof(double));
    memcpy(c->means, means, k * d * sizeof(double));
    memcpy(c->covariances, values, size * sizeof(double));
    model->state = c;
    return sl_components_factor(c, err);
}

static size_t
scratch_of(const struct sl_components *c)
{
    return (3 * c->d + c->k) * SL_PANEL;
}

/* ln p of each row. */
static void
logs_of(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct sl_components *c = context;
    double *panel = scratch + 2 * c->d * SL_PANEL, *logs = panel + c->d * SL_PANEL;
    double sums[SL_PANEL];

    for (size_t i = 0; i < n; i += SL_PANEL) {
        size_t lanes = n - i < SL_PANEL ? n - i : SL_PANEL;

        sl_panel_fill(lanes, c->d, x + i * c->d, NULL, panel);
        sl_components_logs(c, panel, scratch, logs);
        sl_components_sum(c->k, false, logs, sums);
        memcpy(out + i, sums, lanes * sizeof *out);
    }
}

static void
score_rows(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    logs_of(context, n, x, scratch, out);
    for (size_t i = 0; i < n; i++)
        out[i] = -out[i];
}

static const struct sl_score_kind scores[] = {
    {"negative-log-likelihood", "nats", "-ln p(x), in the units of the rows"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct sl_components *c = model->state;
    struct sl_scorer scorer = {c, c->d, scratch_of(c), score_rows};

    (void)kind;
    return sl_scorer_rows(&scorer, rows, sl_step_pool(step), out, err);
}

static enum sl_status
log_density(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *x,
            double *log_p, struct sl_error *err)
{
    const struct sl_components *c = model->state;
    struct sl_scorer scorer = {c, c->d, scratch_of(c), logs_of};

    return sl_scorer_points(&scorer, pool, n, x, log_p, err);
}

/* Points of a tile. */
enum { TILE = 1024 };

struct drawing {
    const struct sl_components *components;
    const struct sl_stream *stream;
    size_t n;
    double *x, *scratch; /* scratch: d of each tile */
};

static void
draw_tile(void *context, size_t tile)
{
    const struct drawing *w = context;
    size_t d = w->components->d,
           end = (tile + 1) * TILE < w->n ? (tile + 1) * TILE : w->n;

    for (size_t i = tile * TILE; i < end; i++) {
        struct sl_stream stream = sl_stream_at(w->stream, i);

        sl_components_draw(w->components, &stream, w->scratch + tile * d, w->x + i * d);
    }
}

static enum sl_status
draw(const struct sl_model *model, struct sl_pool *pool, const struct sl_stream *stream,
     size_t n, double *x, struct sl_error *err)
{
    struct drawing w = {model->state, stream, n, x, NULL};
    size_t tiles = (n + TILE - 1) / TILE;
    struct sl_arena arena;

    sl_arena_init(&arena);
    w.scratch = sl_arena_array(&arena, tiles, model->d * sizeof(double));
    if (w.scratch)
        sl_pool_tiles(pool, tiles, draw_tile, &w);
    sl_arena_release(&arena);
    return w.scratch ? SL_OK
                     : sl_fail(err, SL_ERR_MEMORY, "no memory to draw %zu points", n);
}

static const struct sl_model_class mixture_class = {
    .scores = scores,
    .densities = 1,
    .open = open,
    .score = score,
    .log_density = log_density,
    .draw = draw,
};

/* ---- training ----------------------------------------------------------------------- */

/* Numbers that are free: of weights that sum to 1, means and symmetric covariances. */
static double
freedom(const struct sl_components *c)
{
    double k = (double)c->k, d = (double)c->d;
    double each[] = {
        [SL_FULL_COVARIANCE] = k * d * (d + 1) / 2,
        [SL_DIAGONAL_COVARIANCE] = k * d,
        [SL_SPHERICAL_COVARIANCE] = k,
        [SL_TIED_COVARIANCE] = d * (d + 1) / 2,
    };

    return k - 1 + k * d + each[c->type];
}

static enum sl_status
tell(struct sl_step *step, const struct sl_components *c,
     const struct sl_expectation_result *result, size_t n, struct sl_error *err)
{
    double rows = (double)n;

    sl_metric(step, "log_likelihood", result->log_likelihood);
    sl_metric(step, "iterations", (double)result->iterations);
    sl_metric(step, "converged", result->converged);
    sl_metric(step, "bic", freedom(c) * log(rows) - 2 * rows * result->log_likelihood);
    return sl_series(step, "log_likelihood", "iteration", NULL, result->course,
                     result->iterations, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_expectation how = {(enum sl_covariances)c->covariance,
                                 (size_t)c->components,
                                 (size_t)c->restarts,
                                 (size_t)c->iterations,
                                 c->tolerance,
                                 c->regularisation};
    struct sl_train_rows rows;
    struct sl_components all;
    struct sl_expectation_result result;
    struct sl_item items[3];
    struct sl_bundle parameters = {.items = items, .n = 3};
    size_t size;

    SL_TRY(sl_train_rows_take(step, how.k, &rows, err));
    SL_TRY(sl_components_new(&all, how.type, how.k, rows.d, sl_step_arena(step), err));
    SL_TRY(sl_expectation_fit(step, &how, &rows, &all, &result, err));
    SL_TRY(tell(step, &all, &result, rows.n, err));
    size = sl_components_size(how.type, how.k, rows.d);
    items[0] = sl_parameter("weights", 1, &how.k, all.weights, "of each Gaussian");
    items[1] = sl_parameter("means", 2, (size_t[]){how.k, rows.d}, all.means, NULL);
    items[2] = sl_parameter("covariances", 1, &size, all.covariances,
                            "one after the other; as many numbers as the kind has");
    return sl_output_model(step, &parameters, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_train_rows_check(check, "components", (size_t)c->components);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    size_t n = sl_schema_rows(schema, SL_TRAIN_ROWS), d = schema->d;
    size_t k = (size_t)c->components;
    double rounds = (double)c->restarts * (double)c->iterations;

    estimate->bytes =
        (n * (2 * d + k) + k * d * (4 * d + SL_SCATTER_ROWS)) * sizeof(double);
    estimate->score = (double)k * (double)d * (double)(d + 20);
    estimate->work = rounds * (double)n * 2 * estimate->score;
}

const struct sl_module train_gaussian_mixture = {
    .entry = {.name = "gaussian-mixture",
              .summary = "a mixture of Gaussians, learned by EM",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &mixture_class,
    .draws = SL_DRAWS,
    .check = check,
    .estimate = estimate,
    .run = run,
};
