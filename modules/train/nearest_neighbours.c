/* SPDX-License-Identifier: MIT */
/*
 * Distance to the k nearest training rows: to the k-th (Ramaswamy et al. 2000), or the mean
 * or the median of the k distances (Angiulli and Pizzuti 2002).
 *
 * Its parameters are the training rows. They are searched exactly (neighbours.h).
 */
#include "modules/learn/neighbours.h"
#include "modules/learn/scorer.h"
#include "modules/learn/train_rows.h"

enum { LARGEST, MEAN, MEDIAN };
static const char *const distances[] = {"largest", "mean", "median", NULL};

static const char *const metrics[] = {
    [SL_EUCLIDEAN] = "euclidean", [SL_MANHATTAN] = "manhattan", NULL};

struct config {
    int64_t k;
    int distance, metric;
    struct sl_choice_list preprocess;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, k, 5, 1, 1e6, "neighbours"),
    SL_WORD(struct config, distance, LARGEST, distances,
            "which of their distances, or what of them"),
    SL_WORD(struct config, metric, SL_EUCLIDEAN, metrics, "distance of two rows"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model", .type = SL_PORT_MODEL, .help = "the training rows"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"rows", SL_RESULT_METRIC, NULL, "rows among which neighbours are sought"},
    SL_RESULT_END,
};

/* ---- the model ---------------------------------------------------------------------- */

struct rows {
    const struct config *config;
    size_t d;
    struct sl_neighbours *tree;
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    const struct config *c = model->config;
    struct rows *rows = SL_NEW(arena, struct rows);
    size_t shape[2] = {0, model->d};
    const double *x;

    SL_TRY(sl_model_parameter(model, "rows", 2, shape, &x, err));
    if (shape[0] < (size_t)c->k)
        return sl_fail(err, SL_ERR_SHAPE, "the model has %zu rows, and k is %lld",
                       shape[0], (long long)c->k);
    rows->config = c;
    rows->d = model->d;
    model->state = rows;
    return sl_neighbours_new(&rows->tree, shape[0], model->d, x,
                             (enum sl_neighbours_metric)c->metric, arena, err);
}

static double
distance_of(int which, size_t k, const struct sl_neighbour *found)
{
    double sum = 0;

    if (which == LARGEST)
        return found[k - 1].distance;
    if (which == MEDIAN)
        return (found[(k - 1) / 2].distance + found[k / 2].distance) / 2;
    for (size_t i = 0; i < k; i++)
        sum += found[i].distance;
    return sum / (double)k;
}

static void
score_rows(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct rows *rows = context;
    size_t k = (size_t)rows->config->k;
    struct sl_neighbour *found = (struct sl_neighbour *)(void *)(scratch + 2 * rows->d);

    for (size_t i = 0; i < n; i++) {
        sl_neighbours_find(rows->tree, x + i * rows->d, k, SL_NO_POINT, scratch, found);
        out[i] = distance_of(rows->config->distance, k, found);
    }
}

static const struct sl_score_kind scores[] = {
    {"distance", NULL, "to the nearest training rows, in the units of the rows"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct rows *r = model->state;
    size_t found = (size_t)r->config->k * sizeof(struct sl_neighbour) / sizeof(double);
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

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_train_rows rows;
    struct sl_item item;
    struct sl_bundle parameters = {.items = &item, .n = 1};

    SL_TRY(sl_train_rows_find(step, (size_t)c->k, &rows, err));
    sl_metric(step, "rows", (double)rows.n);
    item = sl_parameter("rows", 2, (size_t[]){rows.n, rows.d}, NULL, "the training rows");
    SL_TRY(sl_output_model(step, &parameters, err));
    return sl_train_rows_into(step, sl_output_parameter(step, "rows"), err);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_train_rows_check(check, "k", (size_t)c->k);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    size_t rows = sl_schema_rows(schema, SL_TRAIN_ROWS);

    (void)config;
    estimate->bytes = 5 * rows * schema->d * sizeof(double);
    estimate->work = 10 * (double)rows * (double)schema->d;
    estimate->score = (double)rows * (double)schema->d;
}

const struct sl_module train_nearest_neighbours = {
    .entry = {.name = "nearest-neighbours",
              .summary = "distance to the k nearest training rows",
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
