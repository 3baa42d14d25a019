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

const struct sl_feature *
sl_features_find(const struct sl_features *features, size_t j, size_t *word)
{
    for (size_t i = 0; features && i < features->n; i++) {
        const struct sl_feature *feature = &features->at[i];
        size_t width = feature->n ? feature->n : 1;

        *word = j;
        if (j < width)
            return feature;
        j -= width;
    }
    return NULL;
}

const char *
sl_dataset_column(const struct sl_dataset *data, size_t j, struct sl_arena *arena)
{
    size_t word;
    const struct sl_feature *feature = sl_features_find(data->features, j, &word);

    if (!feature)
        return sl_arena_format(arena, "column %zu", j + 1);
    if (feature->n)
        return sl_arena_format(arena, "%s=%s", feature->name, feature->words[word]);
    return sl_arena_string(arena, feature->name);
}
