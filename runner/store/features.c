/* SPDX-License-Identifier: MIT */
#include "runner/store/features.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* {"missing": true, "features": [{"name": "age"}, {"name": "colour", "words": ["red"]}]} */

static json_t *
feature_json(const struct sl_feature *feature)
{
    json_t *object = json_pack("{s:s}", "name", feature->name);
    json_t *words = feature->n ? json_array() : NULL;

    for (size_t i = 0; i < feature->n; i++)
        json_array_append_new(words, json_string(feature->words[i]));
    if (words)
        json_object_set_new(object, "words", words);
    return object;
}

enum sl_status
sl_features_write(const struct sl_features *features, struct sl_arena *arena,
                  const char **text, struct sl_error *err)
{
    json_t *list = json_array(), *all;
    char *dump;

    for (size_t i = 0; i < features->n; i++)
        json_array_append_new(list, feature_json(&features->at[i]));
    all = json_pack("{s:b, s:o}", "missing", features->missing, "features", list);
    dump = all ? json_dumps(all, JSON_COMPACT) : NULL;
    *text = dump ? sl_arena_string(arena, dump) : NULL;
    free(dump);
    json_decref(all);
    return *text ? SL_OK
                 : sl_fail(err, SL_ERR_SHAPE, "the names of the columns are not UTF-8");
}

/* False if it is no list of texts. */
static bool
read_words(const json_t *list, struct sl_arena *arena, struct sl_feature *feature)
{
    const char **words = sl_arena_alloc(arena, json_array_size(list) * sizeof *words);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));

        if (!word)
            return false;
        words[i] = sl_arena_string(arena, word);
    }
    feature->n = json_array_size(list);
    feature->words = words;
    return true;
}

static bool
read_features(const json_t *list, struct sl_arena *arena, struct sl_features *features)
{
    struct sl_feature *at = sl_arena_alloc(arena, json_array_size(list) * sizeof *at);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(object, "name"));

        if (!name || !read_words(json_object_get(object, "words"), arena, &at[i]))
            return false;
        at[i].name = sl_arena_string(arena, name);
    }
    features->n = json_array_size(list);
    features->at = at;
    return features->n > 0;
}

enum sl_status
sl_features_read(const char *text, struct sl_arena *arena,
                 const struct sl_features **features, struct sl_error *err)
{
    struct sl_features *read = SL_NEW(arena, struct sl_features);
    json_t *all = json_loads(text, 0, NULL);
    bool good = read_features(json_object_get(all, "features"), arena, read);

    read->missing = json_is_true(json_object_get(all, "missing"));
    json_decref(all);
    *features = read;
    return good ? SL_OK
                : sl_fail(err, SL_ERR_IO, "the description of columns is damaged");
}

const struct sl_features *
sl_features_copy(const struct sl_features *features, struct sl_arena *arena)
{
    struct sl_features *copy;
    struct sl_feature *at;

    if (!features)
        return NULL;
    copy = SL_NEW(arena, struct sl_features);
    at = sl_arena_alloc(arena, features->n * sizeof *at);
    for (size_t i = 0; i < features->n; i++) {
        const struct sl_feature *from = &features->at[i];
        const char **words = sl_arena_alloc(arena, from->n * sizeof *words);

        for (size_t k = 0; k < from->n; k++)
            words[k] = sl_arena_string(arena, from->words[k]);
        at[i] = (struct sl_feature){sl_arena_string(arena, from->name), from->n, words};
    }
    *copy = (struct sl_features){features->n, at, features->missing};
    return copy;
}
