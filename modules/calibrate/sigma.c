/* SPDX-License-Identifier: MIT */
/* Threshold at k standard deviations above the mean of the calibration scores. */
#include "modules/learn/calibration.h"
#include "modules/learn/moments.h"

struct config {
    double k;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, k, 3.0, 0.0, 100.0, "standard deviations above the mean"),
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
    SL_CALIBRATION_RESULTS("mean + k std"),
    {"mean", SL_RESULT_METRIC, NULL, "mean of the calibration scores"},
    {"std", SL_RESULT_METRIC, NULL,
     "standard deviation of the calibration scores, n - 1 in the denominator"},
    SL_RESULT_END,
};

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_scores *scores = sl_input_scores(step, "scores");
    struct sl_yield yield = {.n = scores->n};
    struct sl_moments m;

    SL_TRY(sl_calibration_sort(step, scores, 2, &yield.ascending, err));
    m = sl_moments_of(scores->at, scores->n);
    yield.threshold = m.mean + c->k * m.std;
    yield.false_alarms = sl_false_alarms_seen(yield.ascending, yield.n, yield.threshold);
    SL_TRY(sl_calibration_yield(step, &yield, err));
    sl_metric(step, "mean", m.mean);
    sl_metric(step, "std", m.std);
    return SL_OK;
}

const struct sl_module calibrate_sigma = {
    .entry =
        {
            .name = "sigma",
            .summary = "mean + k standard deviations of the calibration scores",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .run = run,
};
