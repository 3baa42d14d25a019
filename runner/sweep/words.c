/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/config/override.h"
#include "runner/sweep/reading.h"

/* Axes of the command line. All words together are a source, one a line. */

#define SOURCE "--sweep"

static void
add_source(struct sl_reading *reading, const char *const *words, size_t n)
{
    struct sl_text all = {0};

    for (size_t i = 0; i < n; i++)
        sl_text_format(&all, "%s\n", words[i]);
    sl_report_source(reading->report, SOURCE, sl_arena_string(reading->arena, all.bytes),
                     all.count);
    sl_text_release(&all);
}

/* "A,B,C" as the list it would be in a file: its bracket takes the place of '='. */
static struct sl_node *
parse_values(struct sl_reading *reading, const char *text, struct sl_mark mark)
{
    struct sl_node *list;

    mark.column--;
    list = sl_value_parse(reading->compose,
                          sl_arena_format(reading->scratch, "[%s]", text), mark);
    if (list && list->kind == SL_NODE_LIST && list->count == 1 &&
        sl_values_are_made(list->first))
        return list->first;
    return list;
}

/* {PATH: [A, B, C]} */
static struct sl_node *
parse_word(struct sl_reading *reading, const char *word, struct sl_mark mark)
{
    size_t length = strcspn(word, "=");
    struct sl_node *map, *values;

    if (word[length] == '\0' || length == 0) {
        sl_report_add(reading->report, SL_ERROR, mark, "expected PATH=A,B,C, got '%s'",
                      word);
        return NULL;
    }
    values =
        parse_values(reading, word + length + 1, sl_mark_move(mark, word, length + 1));
    if (!values)
        return NULL;
    values->key = sl_arena_copy(reading->arena, word, length);
    values->key_mark = mark;
    map = sl_node_new(reading->arena, SL_NODE_MAP, mark);
    map->key_mark = mark;
    sl_node_append(map, values);
    return map;
}

struct sl_drafts *
sl_words_read(struct sl_reading *reading, const char *const *words, size_t n)
{
    struct sl_drafts *sets = sl_arena_alloc(reading->scratch, n * sizeof *sets);
    struct sl_mark mark = {SOURCE, 1, 1};

    if (n > 0)
        add_source(reading, words, n);
    for (size_t i = 0; i < n; i++) {
        const struct sl_node *map = parse_word(reading, words[i], mark);

        sets[i].bad = true;
        if (map)
            sl_grid_read(reading, map, "", &sets[i]);
        mark = sl_mark_move(mark, words[i], strlen(words[i]));
        mark.line++;
        mark.column = 1;
    }
    return sets;
}
