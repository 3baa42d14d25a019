/* SPDX-License-Identifier: MIT */
/* The logit of columns that lie in [0, 1] (modules/learn/logit_map.h). */
#include "modules/learn/layer.h"
#include "modules/learn/logit_map.h"
#include "modules/learn/slice.h"
#include "runner/tensor/special.h"

struct config {
    double alpha;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, alpha, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 0.49, .number = 1e-6,
             .help = "how far the ends are drawn in, as a share of the whole"),
    SL_FIELD_END,
};

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    layer->kept = layer->in;
    return SL_OK;
}

static inline real
clip(real x)
{
    x = x > 0 ? x : 0;
    return x < 1 ? x : 1;
}

struct work {
    const struct sl_pass *pass;
    real alpha;
    size_t d;
};

static void
forward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_pass *pass = w->pass;
    size_t at = first * w->d;
    real *slope = (real *)pass->kept + at, *log_det = pass->log_det;

    SL_R(sl_logit_map)
    (count * w->d, w->alpha, (const real *)pass->x + at, (real *)pass->y + at, slope);
    for (size_t i = 0; i < count; i++) {
        real sum = 0;
        for (size_t j = 0; j < w->d; j++)
            sum += slope[i * w->d + j];
        log_det[first + i] += sum;
    }
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct config *c = layer->config;
    struct work w = {pass, (real)c->alpha, layer->in};

    sl_row_slices(pass->pool, pass->n, 2 * layer->in, forward_rows, &w);
}

/* By x, of ln dy/dx: (1 - 2 alpha) (1/(1 - p) - 1/p); 0 on the tangents. */
SL_CLONES static void
gradient(size_t n, real alpha, real dlog_det, const real *restrict x,
         const real *restrict dy, real *restrict dx)
{
    const real rest = 1 - 2 * alpha;

    for (size_t i = 0; i < n; i++) {
        real c = clip(x[i]), p = alpha + rest * c, q = alpha + rest * (1 - c);
        real bend = c == x[i] ? rest * (1 / q - 1 / p) : 0;
        dx[i] = dy[i] * (rest / (p * q)) + dlog_det * bend;
    }
}

static void
backward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_pass *pass = w->pass;
    const real *dlog_det = pass->dlog_det;

    for (size_t i = first; i < first + count; i++)
        gradient(w->d, w->alpha, dlog_det[i], (const real *)pass->x + i * w->d,
                 (const real *)pass->dy + i * w->d, (real *)pass->dx + i * w->d);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct config *c = layer->config;
    struct work w = {pass, (real)c->alpha, layer->in};

    if (pass->dx)
        sl_row_slices(pass->pool, pass->n, 2 * layer->in, backward_rows, &w);
}

static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    const struct config *c = layer->config;

    (void)err;
    SL_R(sl_logit_inverse)
    (call->n * layer->in, (real)c->alpha, call->y, call->x);
    return SL_OK;
}

const struct sl_layer_class SL_R(layer_logit) = {
    .entry = {.name = "logit",
              .summary = "the logit of columns in [0, 1]",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .by_rows = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .inverse = inverse,
};
