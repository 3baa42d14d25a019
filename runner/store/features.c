/* SPDX-License-Identifier: MIT */
#include "runner/store/features.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* {"missing": true, "features": [{"name": "age"}, {"name": "colour", "words": ["red"]}],
 *  "array_width": 9, "missing_words": ["-999"], "decimal_comma": true}, the last three where
 * they are said */

static json_t *
words_json(size_t n, const char *const *words)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(words[i]));
    return list;
}

static json_t *
feature_json(const struct sl_feature *feature)
{
    json_t *object = json_pack("{s:s}", "name", feature->name);

    if (feature->n)
        json_object_set_new(object, "words", words_json(feature->n, feature->words));
    return object;
}

static void
add_texts(json_t *all, const struct sl_table_texts *texts)
{
    if (texts->missing_words)
        json_object_set_new(all, "missing_words",
                            words_json(texts->n, texts->missing_words));
    if (texts->decimal_comma)
        json_object_set_new(all, "decimal_comma", json_true());
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
    if (all)
        add_texts(all, &features->texts);
    if (all && features->array_width)
        json_object_set_new(all, "array_width",
                            json_integer((json_int_t)features->array_width));
    dump = all ? json_dumps(all, JSON_COMPACT) : NULL;
    *text = dump ? sl_arena_string(arena, dump) : NULL;
    free(dump);
    json_decref(all);
    return *text ? SL_OK
                 : sl_fail(err, SL_ERR_SHAPE, "the names of the columns are not UTF-8");
}

/* False if it is no list of texts. */
static bool
read_words(const json_t *list, struct sl_arena *arena, size_t *n,
           const char *const **words)
{
    const char **read = sl_arena_alloc(arena, json_array_size(list) * sizeof *read);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));

        if (!word)
            return false;
        read[i] = sl_arena_string(arena, word);
    }
    *n = json_array_size(list);
    *words = read;
    return true;
}

static bool
read_features(const json_t *list, struct sl_arena *arena, struct sl_features *features)
{
    struct sl_feature *at = sl_arena_alloc(arena, json_array_size(list) * sizeof *at);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(object, "name"));

        if (!name ||
            !read_words(json_object_get(object, "words"), arena, &at[i].n, &at[i].words))
            return false;
        at[i].name = sl_arena_string(arena, name);
    }
    features->n = json_array_size(list);
    features->at = at;
    return features->n > 0;
}

static bool
read_texts(const json_t *all, struct sl_arena *arena, struct sl_table_texts *texts)
{
    const json_t *words = json_object_get(all, "missing_words");

    texts->decimal_comma = json_is_true(json_object_get(all, "decimal_comma"));
    return !words || read_words(words, arena, &texts->n, &texts->missing_words);
}

/* 0 where it is not said. */
static size_t
read_size(const json_t *number)
{
    json_int_t value = json_integer_value(number);

    return value > 0 ? (size_t)value : 0;
}

enum sl_status
sl_features_read(const char *text, struct sl_arena *arena,
                 const struct sl_features **features, struct sl_error *err)
{
    struct sl_features *read = SL_NEW(arena, struct sl_features);
    json_t *all = json_loads(text, 0, NULL);
    bool good = read_features(json_object_get(all, "features"), arena, read) &&
                read_texts(all, arena, &read->texts);

    read->missing = json_is_true(json_object_get(all, "missing"));
    read->array_width = read_size(json_object_get(all, "array_width"));
    json_decref(all);
    *features = read;
    return good ? SL_OK
                : sl_fail(err, SL_ERR_IO, "the description of columns is damaged");
}

static const char *const *
copy_words(size_t n, const char *const *words, struct sl_arena *arena)
{
    const char **copy = sl_arena_alloc(arena, n * sizeof *copy);

    for (size_t i = 0; i < n; i++)
        copy[i] = sl_arena_string(arena, words[i]);
    return copy;
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

        at[i] = (struct sl_feature){sl_arena_string(arena, from->name), from->n,
                                    copy_words(from->n, from->words, arena)};
    }
    *copy = *features;
    copy->at = at;
    if (features->texts.missing_words)
        copy->texts.missing_words =
            copy_words(features->texts.n, features->texts.missing_words, arena);
    return copy;
}
