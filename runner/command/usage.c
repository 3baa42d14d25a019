/* SPDX-License-Identifier: MIT */
#include "runner/command/usage.h"

#include <string.h>

/* The line without its brackets, and without blanks around '|'. */
static char *
plain(const char *arguments, struct sl_arena *arena)
{
    char *copy = sl_arena_string(arena, arguments), *to = copy;

    for (const char *at = arguments; *at; at++) {
        bool bar = *at == ' ' && (at[1] == '|' || (at > arguments && at[-1] == '|'));
        if (!bar && !strchr("[]", *at))
            *to++ = *at;
    }
    *to = '\0';
    return copy;
}

static void
add_words(struct sl_usage *usage, char *words, size_t position)
{
    size_t length = strlen(words);
    bool many = length > 3 && strcmp(words + length - 3, "...") == 0;
    char *rest;

    if (many)
        words[length - 3] = '\0';
    for (char *word = strtok_r(words, "|", &rest); word;
         word = strtok_r(NULL, "|", &rest)) {
        usage->words[usage->n] = (struct sl_usage_word){word, many};
        usage->positions[usage->n++] = position;
    }
}

struct sl_usage
sl_usage_parse(const char *arguments, struct sl_arena *arena)
{
    char *line = plain(arguments, arena), *rest;
    size_t most = strlen(arguments) + 1, position = 0;
    struct sl_usage usage = {
        .words = sl_arena_alloc(arena, most * sizeof *usage.words),
        .positions = sl_arena_alloc(arena, most * sizeof *usage.positions),
    };

    for (char *words = strtok_r(line, " ", &rest); words;
         words = strtok_r(NULL, " ", &rest))
        add_words(&usage, words, position++);
    return usage;
}

bool
sl_usage_allows(const struct sl_usage *usage, size_t i, size_t position)
{
    bool moves = usage->words[i].many;

    for (size_t j = 0; j < i; j++)
        moves =
            moves || (usage->words[j].many && usage->positions[j] < usage->positions[i]);
    return position == usage->positions[i] || (moves && position > usage->positions[i]);
}
