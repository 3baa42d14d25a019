/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_WORD_SET_H
#define SL_LEARN_WORD_SET_H

#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

/* Distinct words, numbered in the order in which they came: open addressing, memory of the
 * arena for the words and of its own for the table. {0} with an arena is empty. */
struct sl_word_set {
    struct sl_arena *arena;
    size_t n, capacity;
    const char **words;
    uint32_t *table; /* 1 + the number of a word; 0: free */
    size_t size;
};

void sl_word_set_release(struct sl_word_set *set);
/* The number of a word, which is added if it is new. SL_ERR_MEMORY. */
enum sl_status sl_word_set_add(struct sl_word_set *set, const char *word, size_t length,
                               uint32_t *number, struct sl_error *err);

#endif
