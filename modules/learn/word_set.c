/* SPDX-License-Identifier: MIT */
#include "modules/learn/word_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void
sl_word_set_release(struct sl_word_set *set)
{
    free(set->table);
    free(set->words);
    set->table = NULL;
    set->words = NULL;
    set->n = set->capacity = set->size = 0;
}

/* FNV-1a. */
static size_t
hash(const char *word, size_t length)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)word[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

static bool
is_word(const char *word, const char *text, size_t length)
{
    return strncmp(word, text, length) == 0 && word[length] == '\0';
}

/* Where the word is, or where there is room for it. */
static size_t
place_of(const struct sl_word_set *set, const char *word, size_t length)
{
    size_t at = hash(word, length) & (set->size - 1);

    while (set->table[at] && !is_word(set->words[set->table[at] - 1], word, length))
        at = (at + 1) & (set->size - 1);
    return at;
}

static enum sl_status
grow(struct sl_word_set *set, struct sl_error *err)
{
    size_t capacity = set->capacity ? 2 * set->capacity : 64;
    const char **words = realloc(set->words, capacity * sizeof *words);
    uint32_t *table = words ? calloc(4 * capacity, sizeof *table) : NULL;

    if (words)
        set->words = words;
    if (!table)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu words", capacity);
    free(set->table);
    set->table = table;
    set->size = 4 * capacity;
    set->capacity = capacity;
    for (size_t i = 0; i < set->n; i++)
        table[place_of(set, words[i], strlen(words[i]))] = (uint32_t)i + 1;
    return SL_OK;
}

enum sl_status
sl_word_set_add(struct sl_word_set *set, const char *word, size_t length,
                uint32_t *number, struct sl_error *err)
{
    size_t at;

    if (set->n == set->capacity)
        SL_TRY(grow(set, err));
    at = place_of(set, word, length);
    if (!set->table[at]) {
        set->words[set->n++] = sl_arena_copy(set->arena, word, length);
        set->table[at] = (uint32_t)set->n;
    }
    *number = set->table[at] - 1;
    return SL_OK;
}
