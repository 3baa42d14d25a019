/* SPDX-License-Identifier: MIT */
/* Threshold with the largest F1 on the calibration rows, whose labels it needs. */
#include "modules/learn/calibration.h"
#include "modules/learn/labels.h"

struct config {
    struct sl_int_list normal_labels;
};

static const struct sl_field fields[] = {
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
    SL_CALIBRATION_RESULTS("where F1 is largest on the calibration rows"),
    {"f1", SL_RESULT_METRIC, NULL, "F1 that it has there"},
    SL_RESULT_END,
};

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_both both;
    size_t place = 0;

    SL_TRY(sl_both_take(step, &c->normal_labels, &both, err));
    sl_metric(step, "f1", sl_cuts_best_f1(&both.cuts, &place));
    return sl_both_yield(step, &both, place, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    (void)config;
    sl_both_check(check);
}

const struct sl_module calibrate_max_f1 = {
    .entry =
        {
            .name = "max-f1",
            .summary = "the threshold with the largest F1 on labelled rows",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .check = check,
    .run = run,
};
