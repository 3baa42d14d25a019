/* SPDX-License-Identifier: MIT */
/*
 * The highest threshold that finds a share of the anomalous calibration rows, and what that
 * costs in false alarms.
 */
#include <math.h>

#include "modules/learn/calibration.h"
#include "modules/learn/labels.h"

struct config {
    double tpr;
    struct sl_int_list normal_labels;
};

static const struct sl_field fields[] = {
    {.key = "tpr",
     .type = SL_TYPE_DOUBLE,
     .flags = SL_POSITIVE,
     .offset = SL_MEMBER(struct config, tpr, double),
     .high = 1.0,
     .number = 0.95,
     .help = "share of the anomalous calibration rows to find, at least"},
    SL_NORMAL_LABELS(struct config, normal_labels),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    SL_CALIBRATION_BOTH,
    SL_PORT_END,
};

static const struct sl_port outputs[] = {
    SL_CALIBRATION_OUTPUTS,
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_CALIBRATION_RESULTS("the highest that finds the share tpr of the anomalous rows"),
    {"tpr", SL_RESULT_METRIC, NULL, "share of the anomalous rows above it there"},
    SL_RESULT_END,
};

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_both both;
    double found, all;
    size_t place = 0;

    SL_TRY(sl_both_take(step, &c->normal_labels, &both, err));
    all = both.cuts.anomalies;
    found = ceil(c->tpr * all * (1.0 - 1e-12));
    while (both.cuts.anomalous[place] < found)
        place++;
    sl_metric(step, "tpr", sl_share(both.cuts.anomalous[place], all));
    return sl_both_yield(step, &both, place, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    (void)config;
    sl_both_check(check);
}

const struct sl_module calibrate_fpr_at_tpr = {
    .entry =
        {
            .name = "fpr-at-tpr",
            .summary = "the false alarms that it takes to find a share of the anomalies",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .check = check,
    .run = run,
};
