/* SPDX-License-Identifier: MIT */
/*
 * Uniform dequantising (Theis et al. 2016) of columns that hold top k / (levels - 1) with
 * whole k from 0 to levels - 1: each value is spread over the bin that it stands for, and
 * all bins together fill [0, 1).
 *
 *     y = (x (levels - 1) / top + u) / levels
 *
 * In training u is uniform, drawn by the row's id; afterwards it is 1/2, so that a row's
 * score depends on the row alone.
 */
#include <math.h>

#include "modules/learn/fitting.h"

struct config {
    int64_t levels;
    double top;
    uint64_t seed;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, levels, 256, 2, 1e9, "values that a column can have"),
    SL_FIELD(struct config, top, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 1e12, .number = 1,
             .help = "the largest of them, the smallest being 0"),
    SL_FIELD(struct config, seed, uint64_t, SL_TYPE_SEED, .help = "of the noise"),
    SL_FIELD_END,
};

static enum sl_status
open(struct sl_preprocess *step, const struct sl_bundle *parameters,
     struct sl_arena *arena, struct sl_error *err)
{
    (void)step;
    (void)parameters;
    (void)arena;
    (void)err;
    return SL_OK;
}

static void
forward(const struct sl_preprocess *step, const struct sl_preprocess_pass *pass)
{
    const struct config *c = step->config;
    double bins = (double)(c->levels - 1) / c->top, levels = (double)c->levels;
    size_t d = step->in;

    for (size_t i = 0; i < pass->n; i++) {
        struct sl_stream noise;

        sl_stream_init(&noise, c->seed, "preprocess", "dequantise");
        if (pass->ids)
            noise = sl_stream_at(&noise, pass->ids[i]);
        for (size_t j = 0; j < d; j++) {
            double u = pass->ids ? sl_stream_uniform(&noise) : 0.5;

            pass->y[i * d + j] = (pass->x[i * d + j] * bins + u) / levels;
        }
        if (pass->log_det)
            pass->log_det[i] += (double)d * log(bins / levels);
    }
}

/* Of the middle of each bin. */
static void
inverse(const struct sl_preprocess *step, size_t n, const double *y, double *x)
{
    const struct config *c = step->config;
    double bins = (double)(c->levels - 1) / c->top;

    for (size_t i = 0; i < n * step->in; i++)
        x[i] = (y[i] * (double)c->levels - 0.5) / bins;
}

const struct sl_preprocess_class preprocess_dequantise = {
    .entry = {.name = "dequantise",
              .summary = "whole numbers spread over the unit interval",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .forward = forward,
    .inverse = inverse,
};
