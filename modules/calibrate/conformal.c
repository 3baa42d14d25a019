/* SPDX-License-Identifier: MIT */
/*
 * Split conformal p-values (Vovk, Gammerman and Shafer 2005): the share of calibration rows,
 * the new one among them, that score at least so high. Valid whatever the distribution, as
 * long as rows are exchangeable. The threshold is where p falls to the level; detect with
 * benjamini-hochberg controls the share of false discoveries instead (Bates et al. 2023,
 * "Testing for outliers with conformal p-values").
 */
#include <math.h>

#include "modules/learn/calibration.h"

struct config {
    double level;
};

static const struct sl_field fields[] = {
    {.key = "level",
     .type = SL_TYPE_DOUBLE,
     .flags = SL_POSITIVE,
     .offset = SL_MEMBER(struct config, level, double),
     .high = 1.0,
     .number = 0.05,
     .help = "share of normal rows that may be flagged, at most, on average"},
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
    SL_CALIBRATION_RESULTS("the highest score whose p-value is above the level"),
    SL_RESULT_END,
};

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_scores *scores = sl_input_scores(step, "scores");
    struct sl_yield yield = {.n = scores->n};
    size_t n = scores->n, above;

    SL_TRY(sl_calibration_sort(step, scores, 1, &yield.ascending, err));
    above = (size_t)floor(c->level * (double)(n + 1) * (1.0 + 1e-12));
    if (above < 1)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "split '%s' has %zu rows, so no p-value is below %.6g; a level of "
                       "%.6g takes at least %.0f",
                       scores->split, n, 1.0 / (double)(n + 1), c->level,
                       ceil(1.0 / c->level * (1.0 - 1e-12)) - 1.0);
    if (above > n)
        above = n;
    yield.threshold = yield.ascending[n - above];
    yield.false_alarms = sl_false_alarms_above(n + 1 - above, n);
    return sl_calibration_yield(step, &yield, err);
}

const struct sl_module calibrate_conformal = {
    .entry =
        {
            .name = "conformal",
            .summary = "conformal p-values, and the score at which they fall to a level",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .run = run,
};
