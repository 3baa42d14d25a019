/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/metrics.h"

static void
add_all(const char *stage, const struct sl_bundle *bundle, struct sl_arena *arena,
        struct sl_run_metric *metrics)
{
    for (size_t i = 0; i < bundle->n; i++) {
        const struct sl_item *item = &bundle->items[i];
        metrics[i] = (struct sl_run_metric){
            .stage = stage,
            .name = sl_arena_string(arena, item->name),
            .unit = item->unit ? sl_arena_string(arena, item->unit) : NULL,
            .value = sl_tensor_at(&item->tensor, 0),
        };
    }
}

void
sl_metrics_of_record(const struct sl_run_record *record, struct sl_arena *arena,
                     struct sl_run_result *result)
{
    struct sl_run_metric *metrics;
    size_t n = 0;

    for (size_t i = 0; i < record->n; i++)
        n += record->stages[i].metrics.n;
    metrics = sl_arena_alloc(arena, n * sizeof *metrics);
    result->metrics = metrics;
    result->n = n;
    for (size_t i = 0; i < record->n; metrics += record->stages[i++].metrics.n)
        add_all(sl_arena_string(arena, record->stages[i].name),
                &record->stages[i].metrics, arena, metrics);
}

void
sl_metrics_of_stages(const struct sl_experiment *experiment,
                     const struct sl_bundle *const *bundles, struct sl_arena *arena,
                     struct sl_run_result *result)
{
    struct sl_run_metric *metrics;
    size_t n = 0;

    for (size_t i = 0; i < experiment->n; i++)
        n += bundles[i]->n;
    metrics = sl_arena_alloc(arena, n * sizeof *metrics);
    result->metrics = metrics;
    result->n = n;
    for (size_t i = 0; i < experiment->n; metrics += bundles[i++]->n)
        add_all(experiment->stages[i].name, bundles[i], arena, metrics);
}
