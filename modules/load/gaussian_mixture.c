/* SPDX-License-Identifier: MIT */
/*
 * Points of a mixture of Gaussians, labelled by their component.
 *
 * `allocation: multinomial` draws each row's component by the weights. `fixed` gives
 * component k floor(n w_k) of a split's n rows and what is left to the last component of
 * positive weight, in random order: of 6,666 rows with weights 1/4, 1/4, 1/2 that is 1,666,
 * 1,666 and 3,334.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/generate.h"
#include "modules/learn/mixture.h"
#include "modules/learn/truth.h"

struct component {
    struct sl_double_list mean, std;
    struct sl_matrix covariance;
    double weight;
};

struct config {
    struct sl_record_list components;
    int allocation;
    struct sl_int_map splits;
};

enum { MULTINOMIAL, FIXED };
static const char *const allocations[] = {"multinomial", "fixed", NULL};

static const struct sl_field component_fields[] = {
    SL_FIELD(struct component, mean, struct sl_double_list, SL_TYPE_DOUBLE_LIST,
             .flags = SL_REQUIRED | SL_SINGLE,
             .help = "a number, or one for each dimension"),
    SL_FIELD(struct component, std, struct sl_double_list, SL_TYPE_DOUBLE_LIST,
             .flags = SL_SINGLE | SL_POSITIVE,
             .help = "standard deviation: one for all dimensions, or one for each"),
    SL_FIELD(struct component, covariance, struct sl_matrix, SL_TYPE_MATRIX,
             .help = "in place of std: a list of rows"),
    SL_DOUBLE(struct component, weight, 1, 0, 9e15,
              "relative; those of all components are scaled to sum to 1"),
    SL_FIELD_END,
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, components, struct sl_record_list, SL_TYPE_RECORD_LIST,
             .flags = SL_REQUIRED, .fields = component_fields,
             .size = sizeof(struct component), .help = "the mixture's Gaussians"),
    SL_WORD(struct config, allocation, MULTINOMIAL, allocations,
            "rows of each component: drawn by weight, or shares of each split"),
    SL_SPLIT_SIZES(struct config, splits),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the points and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_TRUTH_RESULTS,
    SL_POINTS_RESULT,
    SL_RESULT_END,
};

static size_t
dimensions(const struct config *c)
{
    return ((const struct component *)c->components.at)[0].mean.n;
}

/* ---- the mixture -------------------------------------------------------------------- */

/* The factor of a component that is known to fit d. */
static enum sl_status
factor_of(const struct component *component, size_t d, struct sl_arena *arena,
          const double **factor, struct sl_error *err)
{
    const struct sl_double_list *std = &component->std;
    struct sl_tensor l;

    SL_TRY(sl_tensor_new(&l, arena, SL_F64, 2, (size_t[]){d, d}, err));
    *factor = l.data;
    if (component->covariance.rows) {
        memcpy(l.data, component->covariance.at, sl_tensor_bytes(&l));
        return sl_covariance_factor(d, l.data, err);
    }
    for (size_t i = 0; i < d; i++)
        ((double *)l.data)[i * d + i] = std->at[std->n == 1 ? 0 : i];
    return SL_OK;
}

static enum sl_status
build(const struct config *c, struct sl_arena *arena, struct sl_mixture *mixture,
      struct sl_error *err)
{
    const struct component *all = c->components.at;
    size_t n = c->components.n, d = dimensions(c);
    struct sl_gaussian *gaussians = sl_arena_alloc(arena, n * sizeof *gaussians);
    double *weights = sl_arena_alloc(arena, n * sizeof *weights);

    for (size_t k = 0; k < n; k++) {
        gaussians[k] = (struct sl_gaussian){d, all[k].mean.at, NULL};
        weights[k] = all[k].weight;
        SL_TRY(factor_of(&all[k], d, arena, &gaussians[k].factor, err));
    }
    sl_mixture_init(mixture, n, gaussians, weights, arena);
    return SL_OK;
}

/* ---- drawing ------------------------------------------------------------------------ */

struct drawing {
    struct sl_mixture mixture;
    uint32_t **component; /* of each row of each split; NULL: drawn with the row */
};

static int32_t
draw(const void *context, size_t split, size_t row, struct sl_stream *stream, double *x)
{
    const struct drawing *d = context;
    size_t k =
        d->component ? d->component[split][row] : sl_mixture_pick(&d->mixture, stream);

    sl_mixture_draw(&d->mixture, k, stream, x);
    return (int32_t)k;
}

/* Rounding must not cost a share of 1/3 of 3 rows its row. */
#define FORGIVEN 1e-9

static void
allot(const struct sl_mixture *mixture, uint32_t *component, size_t n)
{
    size_t row = 0, last = 0;

    for (size_t k = 0; k < mixture->n; k++)
        if (mixture->weights[k] > 0)
            last = k;
    for (size_t k = 0; k < last; k++) {
        size_t share = (size_t)floor((double)n * mixture->weights[k] + FORGIVEN);

        for (size_t i = 0; i < share && row < n; i++)
            component[row++] = (uint32_t)k;
    }
    while (row < n)
        component[row++] = (uint32_t)last;
}

static enum sl_status
allocate(struct sl_step *step, const struct config *c, struct drawing *drawing,
         struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(step);

    drawing->component = sl_arena_alloc(arena, c->splits.n * sizeof(uint32_t *));
    for (size_t i = 0; i < c->splits.n; i++) {
        size_t n = (size_t)c->splits.at[i];
        uint32_t *component = sl_arena_array(arena, n, sizeof *component);
        struct sl_stream stream = sl_step_split_stream(
            step, sl_arena_format(arena, "order %s", c->splits.names[i]));

        if (!component)
            return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", n);
        allot(&drawing->mixture, component, n);
        sl_stream_shuffle(&stream, component, n);
        drawing->component[i] = component;
    }
    return SL_OK;
}

static enum sl_status
record_truth(struct sl_step *step, const struct sl_mixture *mixture, struct sl_error *err)
{
    struct sl_stream stream = sl_step_split_stream(step, "entropy");
    struct sl_truth truth = {mixture->d, sl_mixture_log_density, mixture, .entropy = 0};

    for (size_t i = 0; i < 2 && i < mixture->d; i++)
        sl_mixture_span(mixture, i, 4, &truth.view.low[i], &truth.view.high[i]);
    SL_TRY(sl_mixture_entropy(mixture, sl_step_pool(step), &stream, sl_step_arena(step),
                              &truth.entropy, &truth.entropy_error, err));
    return sl_truth_record(step, &truth, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct drawing drawing = {.component = NULL};
    struct sl_recipe recipe = {c->splits, dimensions(c), draw, &drawing};

    SL_TRY(build(c, sl_step_arena(step), &drawing.mixture, err));
    if (c->allocation == FIXED)
        SL_TRY(allocate(step, c, &drawing, err));
    SL_TRY(record_truth(step, &drawing.mixture, err));
    return sl_generate(step, &recipe, err);
}

/* ---- check and schema --------------------------------------------------------------- */

/* The place of one of a component's keys. */
static struct sl_mark
mark_of(const struct sl_check *check, const struct sl_node *component, const char *key)
{
    const struct sl_node *value = sl_node_get(component, key);

    if (value)
        return value->mark;
    return component ? component->mark : check->mark;
}

static void
check_spread(const struct component *c, const struct sl_check *check,
             const struct sl_node *node)
{
    size_t d = c->mean.n;
    const double *factor;
    struct sl_error problem;

    if ((c->std.n > 0) == (c->covariance.rows > 0))
        sl_report_add(check->report, SL_ERROR, mark_of(check, node, "covariance"),
                      "a component has either 'std' or 'covariance'");
    else if (c->std.n > 1 && c->std.n != d)
        sl_report_add(check->report, SL_ERROR, mark_of(check, node, "std"),
                      "'std' has %zu numbers, 'mean' %zu", c->std.n, d);
    else if (c->covariance.rows &&
             (c->covariance.rows != d || c->covariance.columns != d))
        sl_report_add(check->report, SL_ERROR, c->covariance.mark,
                      "'covariance' is %zu x %zu, and 'mean' has %zu numbers",
                      c->covariance.rows, c->covariance.columns, d);
    else if (factor_of(c, d, check->arena, &factor, &problem))
        sl_report_add(check->report, SL_ERROR, mark_of(check, node, "covariance"),
                      "this is no covariance: %s", problem.text);
}

static void
check_component(const struct config *config, const struct sl_check *check,
                const struct component *c, const struct sl_node *node)
{
    if (c->mean.n == 0 || c->mean.n > SL_MIXTURE_DIMENSIONS)
        sl_report_add(check->report, SL_ERROR, mark_of(check, node, "mean"),
                      "a mean has 1 to %d numbers, this one %zu", SL_MIXTURE_DIMENSIONS,
                      c->mean.n);
    else if (c->mean.n != dimensions(config))
        sl_report_add(check->report, SL_ERROR, mark_of(check, node, "mean"),
                      "this mean has dimension %zu, that of the first component %zu",
                      c->mean.n, dimensions(config));
    else
        check_spread(c, check, node);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    const struct component *all = c->components.at;
    const struct sl_node *list = sl_node_get(check->node, "components");
    const struct sl_node *node = list ? list->first : NULL;
    double sum = 0;

    sl_generate_check(&c->splits, check);
    for (size_t k = 0; k < c->components.n; k++) {
        check_component(c, check, &all[k], node);
        sum += all[k].weight;
        node = node ? node->next : NULL;
    }
    if (c->components.n == 0)
        sl_report_add(check->report, SL_ERROR, list->mark, "there is no component");
    else if (!(sum > 0 && isfinite(sum)))
        sl_report_add(check->report, SL_ERROR, list->mark,
                      "the weights sum to %g; at least one has to be above 0", sum);
}

static void
schema(const void *config, struct sl_arena *arena, struct sl_schema *schema)
{
    const struct config *c = config;

    sl_generate_schema(&c->splits, c->components.n ? dimensions(c) : 0, arena, schema);
}

const struct sl_module load_gaussian_mixture = {
    .entry = {.name = "gaussian-mixture",
              .summary = "points of a mixture of Gaussians",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .draws = SL_DRAWS_SPLITS,
    .check = check,
    .schema = schema,
    .run = run,
};
