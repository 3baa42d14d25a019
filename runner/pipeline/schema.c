/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/pipeline/stage.h"

size_t
sl_schema_rows(const struct sl_schema *schema, const char *split)
{
    for (size_t i = 0; schema->rows && i < schema->split_count; i++)
        if (strcmp(schema->splits[i], split) == 0)
            return schema->rows[i];
    return 0;
}
