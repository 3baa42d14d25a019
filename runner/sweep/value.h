/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_VALUE_H
#define SL_SWEEP_VALUE_H

#include <stdint.h>

#include "runner/base/text.h"
#include "runner/config/node.h"

/*
 * Values as a sweep compares them: what YAML's core schema makes a number compares as one
 * (0.1 is 0.10), texts as texts, lists in their order, mappings in any order of their keys.
 */
bool sl_value_equal(const struct sl_node *a, const struct sl_node *b);
uint64_t sl_value_hash(const struct sl_node *node);

/* YAML on one line that reads back as the value. */
void sl_value_print(const struct sl_node *node, struct sl_text *out);
/* The same as a text of its own, or the node's, which lives as long. */
const char *sl_value_text(const struct sl_node *node, struct sl_arena *arena);

/* One step of a hash that is made of many. */
uint64_t sl_hash_mix(uint64_t hash, uint64_t next);

/* A number that a sweep makes: rounded to 12 digits, so that neither 0.1 + 0.2 nor the last
 * bit of somebody's libm makes another value; whole ones up to 2^53 keep all digits. */
struct sl_number {
    struct sl_node node; /* its text is the one below */
    char text[24];
};
void sl_number_init(struct sl_number *number, double value, struct sl_mark mark);
/* To 17 digits, which read back as value. */
void sl_number_exact(struct sl_number *number, double value);
const struct sl_node *sl_number_copy(struct sl_arena *arena,
                                     const struct sl_number *number);

#endif
