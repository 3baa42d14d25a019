/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_USAGE_H
#define SL_COMMAND_USAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/arena.h"

/*
 * The words of a usage line, "FILE [KEY=VALUE]...", "list|prune [NAME]...": capitals name a
 * kind of word, which sl_completers has a row for; small letters are the word itself.
 */
struct sl_usage_word {
    const char *text; /* "FILE" */
    bool many;        /* ... */
};

/* All words, alternatives one by one; position is that of their place in the line. */
struct sl_usage {
    size_t n;
    struct sl_usage_word *words;
    size_t *positions;
};
struct sl_usage sl_usage_parse(const char *arguments, struct sl_arena *arena);

/* Whether word i of the usage may stand as the word of that position, from 0, of a command
 * line: at its own, or behind one that may be there many times. */
bool sl_usage_allows(const struct sl_usage *usage, size_t i, size_t position);

#endif
