/* SPDX-License-Identifier: MIT */
#include "modules/learn/scores.h"

#include <math.h>
#include <stdlib.h>

enum sl_status
sl_scores_check(const struct sl_scores *scores, size_t least, struct sl_error *err)
{
    if (scores->n < least)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "split '%s' has %zu row%s, at least %zu are needed", scores->split,
                       scores->n, scores->n == 1 ? "" : "s", least);
    for (size_t i = 0; i < scores->n; i++)
        if (!isfinite(scores->at[i]))
            return sl_fail(err, SL_ERR_NUMERIC,
                           "score '%s' of row %zu of split '%s' is %g, not finite",
                           scores->score, i, scores->split, scores->at[i]);
    return SL_OK;
}

static int
ascending(const void *a, const void *b)
{
    const struct sl_scored *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void
sl_scored_sort(struct sl_scored *scored, size_t n)
{
    if (n > 1)
        qsort(scored, n, sizeof *scored, ascending);
}

enum sl_status
sl_scores_sort(const struct sl_scores *scores, struct sl_arena *arena,
               struct sl_scored **sorted, struct sl_error *err)
{
    struct sl_scored *all = sl_arena_array(arena, scores->n, sizeof *all);

    if (!all)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to sort %zu scores", scores->n);
    for (size_t i = 0; i < scores->n; i++)
        all[i] = (struct sl_scored){.score = scores->at[i], .place = i};
    sl_scored_sort(all, scores->n);
    *sorted = all;
    return SL_OK;
}
