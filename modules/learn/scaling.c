/* SPDX-License-Identifier: MIT */
#include "modules/learn/scaling.h"

#include <math.h>
#include <stdint.h>

#include "runner/store/graph.h"

struct scaling {
    const double *shift, *scale;
    double log_det;
};

enum sl_status
sl_scaling_keep(struct sl_bundle *parameters, const char *const names[2], double *shift,
                double *scale, size_t d, struct sl_error *err)
{
    for (size_t j = 0; j < d; j++)
        scale[j] = scale[j] > 0 ? scale[j] : 1;
    SL_TRY(sl_fitting_keep(parameters, names[0], shift, d, 0, err));
    return sl_fitting_keep(parameters, names[1], scale, d, 0, err);
}

enum sl_status
sl_scaling_open(struct sl_preprocess *step, const struct sl_bundle *parameters,
                const char *const names[2], struct sl_arena *arena, struct sl_error *err)
{
    struct scaling *s = SL_NEW(arena, struct scaling);
    const double *shift, *scale;

    SL_TRY(sl_preprocess_parameter(parameters, names[0], step->in, 0, &shift, err));
    SL_TRY(sl_preprocess_parameter(parameters, names[1], step->in, 0, &scale, err));
    *s = (struct scaling){sl_preprocess_copy(arena, shift, step->in),
                          sl_preprocess_copy(arena, scale, step->in), 0};
    for (size_t j = 0; j < step->in; j++) {
        if (!(scale[j] > 0))
            return sl_fail(err, SL_ERR_SHAPE, "'%s' of column %zu is %g", names[1], j + 1,
                           scale[j]);
        s->log_det -= log(scale[j]);
    }
    step->state = s;
    return SL_OK;
}

void
sl_scaling_forward(const struct sl_preprocess *step,
                   const struct sl_preprocess_pass *pass)
{
    const struct scaling *s = step->state;
    size_t d = step->in;

    for (size_t i = 0; i < pass->n; i++) {
        for (size_t j = 0; j < d; j++)
            pass->y[i * d + j] = (pass->x[i * d + j] - s->shift[j]) / s->scale[j];
        if (pass->log_det)
            pass->log_det[i] += s->log_det;
    }
}

const char *
sl_scaling_graph(const struct sl_preprocess *step, struct sl_graph *graph, const char *x)
{
    const struct scaling *s = step->state;
    size_t place = graph->constants.n; /* lists may have several such steps */
    struct sl_tensor shift =
        sl_tensor_vector(SL_F64, (void *)(uintptr_t)s->shift, step->in);
    struct sl_tensor scale =
        sl_tensor_vector(SL_F64, (void *)(uintptr_t)s->scale, step->in);

    x = sl_graph_node(graph, "Sub", x,
                      sl_graph_constant(graph,
                                        sl_arena_format(graph->arena, "shift.%zu", place),
                                        &shift));
    return sl_graph_node(
        graph, "Div", x,
        sl_graph_constant(graph, sl_arena_format(graph->arena, "scale.%zu", place),
                          &scale));
}

void
sl_scaling_inverse(const struct sl_preprocess *step, size_t n, const double *y, double *x)
{
    const struct scaling *s = step->state;
    size_t d = step->in;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = y[i * d + j] * s->scale[j] + s->shift[j];
}
