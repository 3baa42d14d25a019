/* SPDX-License-Identifier: MIT */
/* The logit of columns that lie in [0, 1] (modules/learn/logit_map.h); nothing is fitted. */
#include "modules/learn/logit_map.h"
#include "modules/learn/fitting.h"

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
    enum { PIECE = 64 };
    const struct config *c = step->config;
    size_t d = step->in;
    double slope[PIECE];

    for (size_t i = 0; i < pass->n; i++)
        for (size_t j = 0; j < d; j += PIECE) {
            size_t n = d - j < PIECE ? d - j : PIECE, at = i * d + j;

            sl_logit_map_f64(n, c->alpha, pass->x + at, pass->y + at, slope);
            for (size_t k = 0; pass->log_det && k < n; k++)
                pass->log_det[i] += slope[k];
        }
}

static void
inverse(const struct sl_preprocess *step, size_t n, const double *y, double *x)
{
    const struct config *c = step->config;

    sl_logit_inverse_f64(n * step->in, c->alpha, y, x);
}

const struct sl_preprocess_class preprocess_logit = {
    .entry = {.name = "logit",
              .summary = "the logit of columns in [0, 1]",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .open = open,
    .forward = forward,
    .inverse = inverse,
};
