/* SPDX-License-Identifier: MIT */
/* Columns that go from `low` to `high` on the training split; rows of others may lie outside,
 * unless they are clipped. A column that is constant there lies at `low`, and keeps its
 * unit. */
#include "modules/learn/scaling.h"
#include "runner/store/graph.h"

struct config {
    double low, high;
    bool clip;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, low, 0, -1e6, 1e6, "where the least value comes to lie"),
    SL_DOUBLE(struct config, high, 1, -1e6, 1e6, "where the greatest comes to lie"),
    SL_BOOL(struct config, clip, false,
            "values beyond those of the training split lie at low and high, as losses of "
            "chances want them; such columns have no density"),
    SL_FIELD_END,
};

static const char *const names[2] = {"shift", "scale"};

static enum sl_status
fit(const void *config, const struct sl_fitting *fitting, struct sl_bundle *parameters,
    struct sl_error *err)
{
    const struct config *c = config;
    size_t d = fitting->data->d;
    double *shift = sl_arena_alloc(parameters->arena, 2 * d * sizeof *shift);
    double *scale = shift + d, *high = scale;

    if (!(c->low < c->high))
        return sl_fail(err, SL_ERR_CONFIG, "'low' %g is not below 'high' %g", c->low,
                       c->high);
    SL_TRY(sl_fitting_range(fitting, shift, high, err));
    for (size_t j = 0; j < d; j++) {
        scale[j] = (high[j] - shift[j]) / (c->high - c->low);
        shift[j] -= c->low * (scale[j] > 0 ? scale[j] : 1);
    }
    return sl_scaling_keep(parameters, names, shift, scale, d, err);
}

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    const struct config *c = step->config;

    step->volume = !c->clip;
    return sl_scaling_open(step, parameters, names, arena, err);
}

/* NaN stays. */
static void
clip(const struct config *c, size_t n, double *y)
{
    for (size_t i = 0; i < n; i++) {
        double above = y[i] < c->low ? c->low : y[i];
        y[i] = above > c->high ? c->high : above;
    }
}

static void
forward(const struct sl_preprocess *step, const struct sl_preprocess_pass *pass)
{
    const struct config *c = step->config;

    sl_scaling_forward(step, pass);
    if (c->clip)
        clip(c, pass->n * step->out, pass->y);
}

static const char *
bound(struct sl_graph *graph, const char *type, const char *x, double limit)
{
    const char *name = sl_arena_format(graph->arena, "limit.%zu", graph->constants.n);

    return sl_graph_node(graph, type, x, sl_graph_number(graph, name, limit));
}

static const char *
graph(const struct sl_preprocess *step, struct sl_graph *graph, const char *x)
{
    const struct config *c = step->config;

    x = sl_scaling_graph(step, graph, x);
    return c->clip ? bound(graph, "Min", bound(graph, "Max", x, c->low), c->high) : x;
}

const struct sl_preprocess_class preprocess_min_max = {
    .entry = {.name = "min-max",
              .summary = "columns from 0 to 1",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .fit = fit,
    .open = open,
    .forward = forward,
    .graph = graph,
    .inverse = sl_scaling_inverse,
};
