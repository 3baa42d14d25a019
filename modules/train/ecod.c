/* SPDX-License-Identifier: MIT */
/*
 * ECOD, outlier detection by empirical cumulative distribution functions (Li et al. 2022,
 * algorithm 1): the product, over columns taken for independent, of how rare it is to lie
 * as far out as a row does. With F the share of the training rows and of the row itself
 * that lie at or below its value, (#{x_i <= x} + 1) / (n + 1), and G the same for at or
 * above,
 *
 *     left   = sum_j -ln F_j          right = sum_j -ln G_j
 *     auto   = sum_j -ln F_j where the column is skewed to the left, else -ln G_j
 *     score  = max(left, right, auto)
 *
 * The paper scores the rows that it learns from. A new row is scored as if it were one of
 * them, by itself: rows scored together don't change each other's scores.
 */
#include <math.h>

#include "modules/learn/scorer.h"
#include "modules/learn/sort.h"
#include "modules/learn/train_rows.h"

struct config {
    struct sl_choice_list preprocess;
};

static const struct sl_field fields[] = {
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model", .type = SL_PORT_MODEL, .help = "sorted columns, skewnesses"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"skewness", SL_RESULT_TENSOR, NULL, "of each column of the training rows"},
    SL_RESULT_END,
};

/* ---- the model ---------------------------------------------------------------------- */

struct tails {
    size_t n, d;
    const double *columns;  /* d x n, each ascending */
    const double *skewness; /* d */
    double *logs;           /* n + 2: -ln(i / (n + 1)) */
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    struct tails *t = SL_NEW(arena, struct tails);
    size_t shape[2] = {model->d, 0};

    t->d = model->d;
    SL_TRY(sl_model_parameter(model, "columns", 2, shape, &t->columns, err));
    SL_TRY(sl_model_parameter(model, "skewness", 1, &t->d, &t->skewness, err));
    t->n = shape[1];
    t->logs = sl_arena_array(arena, t->n + 2, sizeof *t->logs);
    if (!t->logs)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", t->n);
    for (size_t i = 1; i <= t->n + 1; i++)
        t->logs[i] = -log((double)i / (double)(t->n + 1));
    model->state = t;
    return SL_OK;
}

/* How many of n ascending values lie below x, or at or below it. */
static size_t
count_below(size_t n, const double *values, double x, bool at)
{
    size_t low = 0;

    while (n > 0) {
        size_t half = n / 2;
        bool below = at ? values[low + half] <= x : values[low + half] < x;

        low += below ? half + 1 : 0;
        n = below ? n - half - 1 : half;
    }
    return low;
}

struct sums {
    double left, right, by_skewness;
};

static void
score_column(const struct tails *t, size_t j, size_t n, const double *x,
             struct sums *sums)
{
    const double *values = t->columns + j * t->n;

    for (size_t i = 0; i < n; i++) {
        double at = x[i * t->d + j];
        double left = t->logs[count_below(t->n, values, at, true) + 1];
        double right = t->logs[t->n - count_below(t->n, values, at, false) + 1];

        sums[i].left += left;
        sums[i].right += right;
        sums[i].by_skewness += t->skewness[j] < 0 ? left : right;
    }
}

static void
score_rows(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct tails *t = context;
    struct sums sums[SL_SCORER_ROWS] = {{0}};

    (void)scratch;
    for (size_t j = 0; j < t->d; j++)
        score_column(t, j, n, x, sums);
    for (size_t i = 0; i < n; i++)
        out[i] = fmax(fmax(sums[i].left, sums[i].right), sums[i].by_skewness);
}

static const struct sl_score_kind scores[] = {
    {"tail", "nats", "-ln of the share of rows that lie as far out"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct tails *t = model->state;
    struct sl_scorer scorer = {t, t->d, 0, score_rows};

    (void)kind;
    return sl_scorer_rows(&scorer, rows, sl_step_pool(step), out, err);
}

static const struct sl_model_class tails_class = {
    .scores = scores,
    .open = open,
    .score = score,
};

/* ---- training ----------------------------------------------------------------------- */

struct learning {
    struct sl_train_rows rows;
    double *columns, *skewness, *scratch;
};

/* The third central moment over the second to the power 3/2; 0 of a column that does not
 * vary. Values ascend, so that equal samples give equal bits. */
static double
skewness_of(size_t n, const double *values)
{
    double mean = 0, second = 0, third = 0;

    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double apart = values[i] - mean;

        second += apart * apart / (double)n;
        third += apart * apart * apart / (double)n;
    }
    return values[0] < values[n - 1] ? third / (second * sqrt(second)) : 0;
}

static void
learn_column(void *context, size_t j)
{
    const struct learning *l = context;
    size_t n = l->rows.n;
    double *values = l->columns + j * n;

    for (size_t i = 0; i < n; i++)
        values[i] = l->rows.x[i * l->rows.d + j];
    sl_sort(values, l->scratch + j * n, n);
    l->skewness[j] = skewness_of(n, values);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(step);
    struct learning l;
    struct sl_tensor skewness;
    struct sl_item items[2];
    struct sl_bundle parameters = {.items = items, .n = 2};

    (void)config;
    SL_TRY(sl_train_rows_take(step, 1, &l.rows, err));
    l.columns = sl_arena_array(arena, l.rows.n, l.rows.d * sizeof(double));
    l.scratch = sl_arena_array(arena, l.rows.n, l.rows.d * sizeof(double));
    l.skewness = sl_arena_array(arena, l.rows.d, sizeof(double));
    if (!l.columns || !l.scratch || !l.skewness)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu sorted rows", l.rows.n);
    sl_parallel(step, l.rows.d, learn_column, &l);
    skewness = sl_tensor_vector(SL_F64, l.skewness, l.rows.d);
    SL_TRY(sl_record(step, "skewness", &skewness, err));
    items[0] = sl_parameter("columns", 2, (size_t[]){l.rows.d, l.rows.n}, l.columns,
                            "the training rows' values, sorted");
    items[1] = sl_parameter("skewness", 1, &l.rows.d, l.skewness, "of each column");
    return sl_output_model(step, &parameters, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    (void)config;
    sl_train_rows_check(check, NULL, 1);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    size_t rows = sl_schema_rows(schema, SL_TRAIN_ROWS);

    (void)config;
    estimate->bytes = 3 * rows * schema->d * sizeof(double);
    estimate->work = 50 * (double)rows * (double)schema->d;
    estimate->score = 50 * (double)schema->d;
}

const struct sl_module train_ecod = {
    .entry = {.name = "ecod",
              .summary = "how rare it is, column by column, to lie as far out",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &tails_class,
    .check = check,
    .estimate = estimate,
    .run = run,
};
