/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SCORES_H
#define SL_LEARN_SCORES_H

#include "runner/pipeline/stage.h"

/* SL_OK for at least `least` scores that are all finite; else SL_ERR_NUMERIC with the
 * split and the number in the data of the first row that is at fault. */
enum sl_status sl_scores_check(const struct sl_scores *scores, size_t least,
                               struct sl_error *err);

/* A score and the place of its row in the split. */
struct sl_scored {
    double score;
    size_t place;
};

/* By ascending score, ties by place. */
void sl_scored_sort(struct sl_scored *scored, size_t n);

/* n of them, sorted. SL_ERR_MEMORY where the arena cannot hold them. */
enum sl_status sl_scores_ascending(const struct sl_scores *scores, struct sl_arena *arena,
                                   double **ascending, struct sl_error *err);

#endif
