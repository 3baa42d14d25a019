/* SPDX-License-Identifier: MIT */
/*
 * Points of a linear Gaussian model: x = W z + m + noise e with z ~ N(0, I), e ~ N(0, I).
 * Column l of W has the length scales[l]; the columns' directions are random and at right
 * angles, so that the principal variances are scales^2 + noise^2, and noise^2. m is drawn
 * from N(0, I). All come from the seed for splits, so that all splits share them.
 */
#include <math.h>

#include "modules/learn/gaussian.h"
#include "modules/learn/generate.h"

struct config {
    int64_t dimensions;
    struct sl_double_list scales;
    double noise;
    struct sl_int_map splits;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, dimensions, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED,
             .low = 1, .high = 1e4, .help = "columns of a row"),
    SL_FIELD(struct config, scales, struct sl_double_list, SL_TYPE_DOUBLE_LIST,
             .flags = SL_REQUIRED | SL_SINGLE | SL_POSITIVE, .high = 1e6,
             .help = "standard deviation of what each latent adds along its direction"),
    SL_FIELD(struct config, noise, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 1e6, .number = 1, .help = "standard deviation around the plane"),
    SL_SPLIT_SIZES(struct config, splits),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the points and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"entropy", SL_RESULT_METRIC, "nats", "of the true distribution"},
    SL_POINTS_RESULT,
    SL_RESULT_END,
};

struct plane {
    size_t d, k;
    double *weight, *mean; /* d x k, d */
    double noise;
};

static int32_t
draw(const void *context, size_t split, size_t row, struct sl_stream *stream, double *x)
{
    const struct plane *p = context;

    (void)split;
    (void)row;
    for (size_t j = 0; j < p->d; j++)
        x[j] = p->mean[j] + p->noise * sl_stream_normal(stream);
    for (size_t l = 0; l < p->k; l++) {
        double z = sl_stream_normal(stream);
        for (size_t j = 0; j < p->d; j++)
            x[j] += p->weight[j * p->k + l] * z;
    }
    return 0;
}

/* Takes from column l what lies along the columns before it, and gives it its length. */
static void
straighten(struct plane *p, size_t l, double length)
{
    double square = 0;

    for (size_t i = 0; i < l; i++) {
        double dot = 0, own = 0;
        for (size_t j = 0; j < p->d; j++) {
            dot += p->weight[j * p->k + i] * p->weight[j * p->k + l];
            own += p->weight[j * p->k + i] * p->weight[j * p->k + i];
        }
        for (size_t j = 0; j < p->d; j++)
            p->weight[j * p->k + l] -= dot / own * p->weight[j * p->k + i];
    }
    for (size_t j = 0; j < p->d; j++)
        square += p->weight[j * p->k + l] * p->weight[j * p->k + l];
    for (size_t j = 0; j < p->d; j++)
        p->weight[j * p->k + l] *= length / sqrt(square);
}

/* A direction is that of a standard normal point. */
static void
draw_plane(struct sl_step *step, const struct config *c, struct plane *p)
{
    struct sl_stream stream = sl_step_split_stream(step, "plane");

    for (size_t j = 0; j < p->d; j++)
        p->mean[j] = sl_stream_normal(&stream);
    for (size_t l = 0; l < p->k; l++) {
        for (size_t j = 0; j < p->d; j++)
            p->weight[j * p->k + l] = sl_stream_normal(&stream);
        straighten(p, l, c->scales.at[l]);
    }
}

/* (d ln 2 pi e + ln det (W W' + noise^2 I)) / 2, by the principal variances. */
static double
entropy(const struct config *c)
{
    size_t left = (size_t)c->dimensions - c->scales.n;
    double variance = c->noise * c->noise;
    double sum = (double)c->dimensions * (SL_LN_2PI + 1) + (double)left * log(variance);

    for (size_t l = 0; l < c->scales.n; l++)
        sum += log(c->scales.at[l] * c->scales.at[l] + variance);
    return sum / 2;
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_arena *arena = sl_step_arena(step);
    struct plane p = {.d = (size_t)c->dimensions, .k = c->scales.n, .noise = c->noise};
    struct sl_recipe recipe = {c->splits, p.d, draw, &p};

    p.mean = sl_arena_array(arena, p.d, sizeof *p.mean);
    p.weight = sl_arena_array(arena, p.d, p.k * sizeof *p.weight);
    if (!p.mean || !p.weight)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu directions", p.k);
    draw_plane(step, c, &p);
    sl_metric(step, "entropy", entropy(c));
    return sl_generate(step, &recipe, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    const struct sl_node *scales = sl_node_get(check->node, "scales");

    sl_generate_check(&c->splits, check);
    if (c->scales.n > (uint64_t)c->dimensions)
        sl_report_add(check->report, SL_ERROR, scales ? scales->mark : check->mark,
                      "%zu scales, and in %lld dimensions there are no more directions "
                      "at right angles than that",
                      c->scales.n, (long long)c->dimensions);
}

static void
schema(const void *config, struct sl_arena *arena, struct sl_schema *schema)
{
    const struct config *c = config;

    sl_generate_schema(&c->splits, (size_t)c->dimensions, arena, schema);
}

const struct sl_module load_linear_gaussian = {
    .entry = {.name = "linear-gaussian",
              .summary = "points around a plane: latents, a linear map and noise",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .draws = SL_DRAWS_SPLITS,
    .check = check,
    .schema = schema,
    .run = run,
};
