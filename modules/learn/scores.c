/* SPDX-License-Identifier: MIT */
#include "modules/learn/scores.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "modules/learn/sort.h"

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
                           "score '%s' of row %" PRIu32
                           " of the data, in split '%s', is %g, not finite",
                           scores->score, scores->ids[i], scores->split, scores->at[i]);
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
sl_scores_ascending(const struct sl_scores *scores, struct sl_arena *arena,
                    double **ascending, struct sl_error *err)
{
    double *values = sl_arena_rows(arena, scores->n, sizeof *values), *room;
    struct sl_arena scratch;

    sl_arena_init_in(&scratch, arena->folder);
    room = sl_arena_rows(&scratch, scores->n, sizeof *room);
    if (!values || !room) {
        sl_arena_release(&scratch);
        return sl_fail(err, SL_ERR_MEMORY, "no memory to sort %zu scores", scores->n);
    }
    if (scores->n)
        memcpy(values, scores->at, scores->n * sizeof *values);
    sl_sort(values, room, scores->n);
    sl_arena_release(&scratch);
    *ascending = values;
    return SL_OK;
}
