/* SPDX-License-Identifier: MIT */
/*
 * Local outlier factor (Breunig et al. 2000): how much thinner the rows lie around a row
 * than around its k nearest training rows. With d_k(o) the distance of o to its k-th
 * neighbour among the training rows,
 *
 *     reach(x, o) = max(d_k(o), |x - o|)
 *     lrd(x)      = 1 / (mean of reach(x, o) over the k nearest o of x + 1e-10)
 *     LOF(x)      = mean of lrd(o) over the k nearest o of x / lrd(x)
 *
 * 1e-10 stands for the distance of rows that are the same (scikit-learn has it, too). A
 * training row is no neighbour of its own while they are learned; what is scored is taken
 * for a new row.
 */
#include "modules/learn/neighbours.h"
#include "modules/learn/scorer.h"
#include "modules/learn/train_rows.h"

#define SAME 1e-10

static const char *const metrics[] = {
    [SL_EUCLIDEAN] = "euclidean", [SL_MANHATTAN] = "manhattan", NULL};

struct config {
    int64_t k;
    int metric;
    struct sl_choice_list preprocess;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, k, 20, 1, 1e6, "neighbours"),
    SL_WORD(struct config, metric, SL_EUCLIDEAN, metrics, "distance of two rows"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model",
     .type = SL_PORT_MODEL,
     .help = "the training rows, how far their neighbours are and how dense they lie"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"rows", SL_RESULT_METRIC, NULL, "rows among which neighbours are sought"},
    SL_RESULT_END,
};

/* ---- the model ---------------------------------------------------------------------- */

struct rows {
    size_t n, d, k;
    struct sl_neighbours *tree;
    const double *distances; /* n: d_k */
    const double *densities; /* n: lrd */
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    const struct config *c = model->config;
    struct rows *r = SL_NEW(arena, struct rows);
    size_t shape[2] = {0, model->d};
    const double *x;

    SL_TRY(sl_model_parameter(model, "rows", 2, shape, &x, err));
    *r = (struct rows){.n = shape[0], .d = model->d, .k = (size_t)c->k};
    SL_TRY(sl_model_parameter(model, "distances", 1, &r->n, &r->distances, err));
    SL_TRY(sl_model_parameter(model, "densities", 1, &r->n, &r->densities, err));
    if (r->n < r->k)
        return sl_fail(err, SL_ERR_SHAPE, "the model has %zu rows, and k is %zu", r->n,
                       r->k);
    model->state = r;
    return sl_neighbours_new(&r->tree, r->n, r->d, x,
                             (enum sl_neighbours_metric)c->metric, arena, err);
}

static double
density_of(size_t k, const struct sl_neighbour *found, const double *distances)
{
    double sum = 0;

    for (size_t i = 0; i < k; i++) {
        double within = distances[found[i].id];
        sum += found[i].distance > within ? found[i].distance : within;
    }
    return 1 / (sum / (double)k + SAME);
}

static void
score_rows(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct rows *r = context;
    struct sl_neighbour *found = (struct sl_neighbour *)(void *)(scratch + 2 * r->d);

    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        sl_neighbours_find(r->tree, x + i * r->d, r->k, SL_NO_POINT, scratch, found);
        for (size_t j = 0; j < r->k; j++)
            sum += r->densities[found[j].id];
        out[i] = sum / (double)r->k / density_of(r->k, found, r->distances);
    }
}

static const struct sl_score_kind scores[] = {
    {"local-outlier-factor", NULL,
     "density around the neighbours over that around the "
     "row; 1 among its like"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct rows *r = model->state;
    size_t found = r->k * sizeof(struct sl_neighbour) / sizeof(double);
    struct sl_scorer scorer = {r, r->d, 2 * r->d + found, score_rows};

    (void)kind;
    return sl_scorer_rows(&scorer, rows, sl_step_pool(step), out, err);
}

static const struct sl_model_class rows_class = {
    .scores = scores,
    .open = open,
    .score = score,
};

/* ---- training ----------------------------------------------------------------------- */

/* Rows of a tile. */
enum { TILE = 64 };

struct learning {
    size_t n, d, k;
    const double *x;
    const struct sl_neighbours *tree;
    struct sl_neighbour *found; /* n x k */
    double *scratch;            /* 2 d of each tile */
    double *distances, *densities;
};

static size_t
end_of(const struct learning *l, size_t tile)
{
    return (tile + 1) * TILE < l->n ? (tile + 1) * TILE : l->n;
}

static void
find_tile(void *context, size_t tile)
{
    const struct learning *l = context;

    for (size_t i = tile * TILE; i < end_of(l, tile); i++) {
        struct sl_neighbour *found = l->found + i * l->k;

        sl_neighbours_find(l->tree, l->x + i * l->d, l->k, (uint32_t)i,
                           l->scratch + 2 * tile * l->d, found);
        l->distances[i] = found[l->k - 1].distance;
    }
}

static void
density_tile(void *context, size_t tile)
{
    const struct learning *l = context;

    for (size_t i = tile * TILE; i < end_of(l, tile); i++)
        l->densities[i] = density_of(l->k, l->found + i * l->k, l->distances);
}

static enum sl_status
learn(struct sl_step *step, const struct config *c, struct learning *l,
      struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(step);
    size_t tiles = (l->n + TILE - 1) / TILE;
    struct sl_neighbours *tree;

    l->found = sl_arena_array(arena, l->n, l->k * sizeof *l->found);
    l->scratch = sl_arena_array(arena, 2 * tiles, l->d * sizeof(double));
    l->distances = sl_arena_array(arena, l->n, sizeof(double));
    l->densities = sl_arena_array(arena, l->n, sizeof(double));
    if (!l->found || !l->scratch || !l->distances || !l->densities)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu neighbours of %zu rows",
                       l->k, l->n);
    SL_TRY(sl_neighbours_new(&tree, l->n, l->d, l->x,
                             (enum sl_neighbours_metric)c->metric, arena, err));
    l->tree = tree;
    sl_parallel(step, tiles, find_tile, l);
    sl_parallel(step, tiles, density_tile, l);
    return SL_OK;
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_train_rows rows;
    struct learning l;
    struct sl_item items[3];
    struct sl_bundle parameters = {.items = items, .n = 3};

    SL_TRY(sl_train_rows_take(step, (size_t)c->k + 1, &rows, err));
    l = (struct learning){.n = rows.n, .d = rows.d, .k = (size_t)c->k, .x = rows.x};
    SL_TRY(learn(step, c, &l, err));
    sl_metric(step, "rows", (double)rows.n);
    items[0] =
        sl_parameter("rows", 2, (size_t[]){rows.n, rows.d}, rows.x, "the training rows");
    items[1] = sl_parameter("distances", 1, &rows.n, l.distances,
                            "of each to its k-th neighbour");
    items[2] = sl_parameter("densities", 1, &rows.n, l.densities,
                            "local reachability density of each");
    return sl_output_model(step, &parameters, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_train_rows_check(check, "k", (size_t)c->k + 1);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    size_t rows = sl_schema_rows(schema, SL_TRAIN_ROWS);

    estimate->bytes = rows * (6 * schema->d * sizeof(double) +
                              (size_t)c->k * sizeof(struct sl_neighbour));
    estimate->score = (double)rows * (double)schema->d;
    estimate->work = (double)rows * estimate->score;
}

const struct sl_module train_local_outlier_factor = {
    .entry = {.name = "local-outlier-factor",
              .summary = "how much thinner rows lie than around their neighbours",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &rows_class,
    .check = check,
    .estimate = estimate,
    .run = run,
};
