/* SPDX-License-Identifier: MIT */
#include "runner/store/dataset.h"

#include <string.h>

const struct sl_split *
sl_dataset_split(const struct sl_dataset *data, const char *name)
{
    for (size_t i = 0; i < data->split_count; i++)
        if (strcmp(data->splits[i].name, name) == 0)
            return &data->splits[i];
    return NULL;
}
