/* SPDX-License-Identifier: MIT */
/*
 * Threshold at a quantile of the calibration scores: the lowest score at or below which at
 * least so many of them lie (Hyndman and Fan 1996, type 1).
 */
#include <math.h>

#include "modules/learn/calibration.h"

struct config {
    double q;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, q, 0.99, 0.0, 1.0,
              "share of the calibration rows at or below the threshold"),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    SL_CALIBRATION_INPUT,
    SL_PORT_END,
};

static const struct sl_port outputs[] = {
    SL_CALIBRATION_OUTPUTS,
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_CALIBRATION_RESULTS("the quantile q of the calibration scores"),
    SL_RESULT_END,
};

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_scores *scores = sl_input_scores(step, "scores");
    struct sl_yield yield = {.n = scores->n};
    double rank;

    SL_TRY(sl_calibration_sort(step, scores, 1, &yield.ascending, err));
    /* q n may come out above the whole number it should be. */
    rank = fmax(1.0, ceil(c->q * (double)scores->n * (1.0 - 1e-12)));
    yield.threshold = yield.ascending[(size_t)rank - 1];
    yield.false_alarms = sl_false_alarms_above((size_t)rank, scores->n);
    return sl_calibration_yield(step, &yield, err);
}

const struct sl_module calibrate_quantile = {
    .entry =
        {
            .name = "quantile",
            .summary = "a quantile of the calibration scores",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .run = run,
};
