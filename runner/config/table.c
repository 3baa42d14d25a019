/* SPDX-License-Identifier: MIT */
#include "runner/config/table.h"

#include <assert.h>
#include <string.h>

const char *
sl_table_name(enum sl_table_id table)
{
    static const char *const names[SL_TABLES] = {
        [SL_LOAD] = "load",
        [SL_TRAIN] = "train",
        [SL_CALIBRATE] = "calibrate",
        [SL_DETECT] = "detect",
        [SL_SAMPLE] = "sample",
        [SL_LAYER] = "layer",
        [SL_ACTIVATION] = "activation",
        [SL_FLOW_LAYER] = "flow-layer",
        [SL_OPTIMIZER] = "optimizer",
        [SL_LOSS] = "loss",
        [SL_METRIC] = "metric",
        [SL_DIVERGENCE] = "divergence",
        [SL_DENSITY] = "density",
        [SL_SCHEDULE] = "schedule",
        [SL_PREPROCESS] = "preprocessing",
        [SL_READER] = "reader",
    };

    assert(table < SL_TABLES);
    return names[table];
}

const struct sl_row *
sl_registry_find(const struct sl_registry *registry, enum sl_table_id table,
                 const char *name)
{
    for (size_t i = 0; i < registry->n; i++) {
        const struct sl_row *row = &registry->rows[i];

        if (row->table == table && strcmp(row->as[0]->name, name) == 0)
            return row;
    }
    return NULL;
}

size_t
sl_registry_names(const struct sl_registry *registry, enum sl_table_id table,
                  const char **names, size_t capacity)
{
    size_t n = 0;

    for (size_t i = 0; i < registry->n && n < capacity; i++)
        if (registry->rows[i].table == table)
            names[n++] = registry->rows[i].as[0]->name;
    return n;
}
