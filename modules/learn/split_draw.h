/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SPLIT_DRAW_H
#define SL_LEARN_SPLIT_DRAW_H

#include "modules/learn/split.h"

/* The inside of split.h: split.c draws, split_order.c says in what order rows are looked at
 * and which fold they are in, split_expect.c tells what is wrong. */

/* Of one part; arrays are NULL until somebody needs them. */
struct sl_split_state {
    uint32_t *random, *ordered; /* places in the part */
    size_t random_n;            /* rows that are still in random: see split.c */
    uint16_t *owner;            /* of each row: 1 + the rule that took it, 0: nobody */
    uint32_t *group_owner;
    uint8_t *fold; /* of each row */
};

#define SL_FOLDS_MOST 255
#define SL_SPLIT_RULES_MOST 65534

/* The order in which a rule looks at the rows of its part; NULL: that of the file. The
 * arena is that of the state. */
enum sl_status sl_split_order(const struct sl_split_rule *rule,
                              const struct sl_split_part *part,
                              struct sl_split_state *state, struct sl_arena *arena,
                              const uint32_t **order, struct sl_error *err);
/* Sets state->fold. */
enum sl_status sl_split_folds(const struct sl_split_part *part,
                              struct sl_split_state *state, struct sl_arena *arena,
                              struct sl_error *err);

/* n numbers of size bytes, zeros, or SL_ERR_MEMORY. */
enum sl_status sl_split_array(struct sl_arena *arena, size_t n, size_t size, void *array,
                              struct sl_error *err);

enum sl_status sl_split_fail_unlabelled(const struct sl_split_rule *rule,
                                        const struct sl_split_part *part,
                                        struct sl_error *err);
/* left: rows that match and that no earlier split took. */
enum sl_status sl_split_check_count(const struct sl_split_rule *rule,
                                    const struct sl_split_part *part, size_t left,
                                    struct sl_error *err);
enum sl_status sl_split_fail_shared(const struct sl_split_rule *a,
                                    const struct sl_split_rule *b,
                                    const struct sl_split_part *part, size_t shared,
                                    struct sl_error *err);

#endif
