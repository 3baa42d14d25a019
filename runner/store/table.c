/* SPDX-License-Identifier: MIT */
#include "runner/store/table.h"

#include <string.h>

const struct sl_column *
sl_table_column(const struct sl_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}
