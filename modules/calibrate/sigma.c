/* SPDX-License-Identifier: MIT */
/* Threshold at k standard deviations above the mean of the calibration scores. */
#include "modules/learn/moments.h"
#include "modules/learn/scores.h"
#include "runner/pipeline/stage.h"

struct config {
    double k;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, k, 3.0, 0.0, 100.0, "standard deviations above the mean"),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    {
        .name = "scores",
        .type = SL_PORT_SCORES,
        .shape = "n",
        .key = "split",
        .help = "anomaly score of each calibration row",
    },
    SL_PORT_END,
};

static const struct sl_port outputs[] = {
    {
        .name = "threshold",
        .type = SL_PORT_TENSOR,
        .shape = "1",
        .help = "rows that score above it are anomalies; in the unit of the scores",
    },
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"threshold", SL_RESULT_METRIC, NULL, "mean + k std"},
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
    struct sl_moments m;
    double threshold;

    SL_TRY(sl_scores_check(scores, 2, err));
    m = sl_moments_of(scores->at, scores->n);
    threshold = m.mean + c->k * m.std;
    SL_TRY(sl_output_scalar(step, "threshold", threshold, err));
    sl_metric(step, "threshold", threshold);
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
