/* SPDX-License-Identifier: MIT */
/* Flags rows that score above a threshold, and tells how well that goes. */
#include "modules/learn/detection.h"

static const struct sl_field fields[] = {
    {.key = "", .type = SL_TYPE_INCLUDE, .offset = 0, .fields = sl_detection_fields},
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    {
        .name = "threshold",
        .type = SL_PORT_TENSOR,
        .shape = "1",
        .help = "a row is flagged when its score is above it",
    },
    SL_DETECTION_PORTS(true),
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_DETECTION_RESULTS,
    SL_RESULT_END,
};

static void
check(const void *config, const struct sl_check *check)
{
    (void)config;
    sl_detection_check(check);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    struct sl_samples samples;

    SL_TRY(sl_samples_take(&samples, step, config, err));
    return sl_samples_tell(&samples, step, config, sl_input_scalar(step, "threshold"),
                           err);
}

static enum sl_status
decide(const void *config, const struct sl_bundle *known, const struct sl_decisions *d,
       struct sl_error *err)
{
    const struct sl_item *item = sl_bundle_find(known, "threshold");
    double threshold;

    (void)config;
    if (!item || sl_tensor_count(&item->tensor) != 1)
        return sl_fail(err, SL_ERR_SHAPE, "the record has no threshold");
    threshold = sl_tensor_at(&item->tensor, 0);
    for (size_t i = 0; i < d->n; i++)
        d->flagged[i] = d->scores[i] > threshold;
    return sl_detection_p_values(known, d, err);
}

const struct sl_module detect_threshold = {
    .entry =
        {
            .name = "threshold",
            .summary = "flags rows that score above a threshold",
            .fields = fields,
            .config_size = sizeof(struct sl_detection_config),
        },
    .inputs = inputs,
    .results = results,
    .draws = SL_DRAWS,
    .check = check,
    .reads = 1u << SL_METRIC,
    .run = run,
    .decide = decide,
};
