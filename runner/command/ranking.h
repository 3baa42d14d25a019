/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_RANKING_H
#define SL_COMMAND_RANKING_H

#include "runner/command/view.h"

/* A column of which less, or more, is better. */
struct sl_ranking_goal {
    const char *text; /* "minimize train.loss" */
    bool maximize;
    struct sl_shown shown; /* of doubles */
};

/* Rows from the best to the worst. With several goals the Pareto front alone: the rows that
 * no other row beats in one goal without being beaten in another. */
struct sl_ranking {
    size_t goal_count; /* set by the caller, at least 1 */
    const struct sl_ranking_goal *goals;

    size_t n, *rows;
    int64_t *ranks; /* by row, from 1; rows with equal values share one */
    size_t unranked_count, *unranked; /* rows without a finite value */
    size_t dominated;                 /* rows behind the front */
};

/* Ranks n rows of a table that has `all` rows. */
void sl_rank(struct sl_ranking *ranking, const size_t *rows, size_t n, size_t all,
             struct sl_arena *arena);

#endif
