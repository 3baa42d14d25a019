/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "modules/learn/sort.h"
#include "modules/learn/split_draw.h"

enum sl_status
sl_split_array(struct sl_arena *arena, size_t n, size_t size, void *array,
               struct sl_error *err)
{
    void *memory = sl_arena_rows(arena, n ? n : 1, size);

    if (!memory)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the splits of %zu rows", n);
    memcpy(array, &memory, sizeof memory);
    return SL_OK;
}

/* ---- at random ---------------------------------------------------------------------------- */

static enum sl_status
shuffled(size_t n, struct sl_stream stream, struct sl_arena *arena, uint32_t **order,
         struct sl_error *err)
{
    SL_TRY(sl_split_array(arena, n, sizeof **order, order, err));
    for (size_t i = 0; i < n; i++)
        (*order)[i] = (uint32_t)i;
    sl_stream_shuffle(&stream, *order, n);
    return SL_OK;
}

/* Rows by a permutation of their groups, those of a group in the order of the file: a
 * counting sort by the group's rank. */
static enum sl_status
shuffle_groups(const struct sl_split_part *part, struct sl_arena *arena, uint32_t **order,
               struct sl_error *err)
{
    size_t groups = part->group_count;
    uint32_t *by_rank = NULL, *begin = NULL;

    SL_TRY(shuffled(groups, part->stream, arena, &by_rank, err));
    SL_TRY(sl_split_array(arena, groups, sizeof *begin, &begin, err));
    SL_TRY(sl_split_array(arena, part->n, sizeof **order, order, err));
    for (size_t row = 0; row < part->n; row++)
        begin[part->groups[row]]++;
    for (size_t k = 0, at = 0; k < groups; k++) {
        size_t n = begin[by_rank[k]];

        begin[by_rank[k]] = (uint32_t)at;
        at += n;
    }
    for (size_t row = 0; row < part->n; row++)
        (*order)[begin[part->groups[row]]++] = (uint32_t)row;
    return SL_OK;
}

static enum sl_status
random_order(const struct sl_split_part *part, struct sl_split_state *state,
             struct sl_arena *arena, struct sl_error *err)
{
    if (state->random)
        return SL_OK;
    state->random_n = part->n;
    if (part->groups)
        return shuffle_groups(part, arena, &state->random, err);
    return shuffled(part->n, part->stream, arena, &state->random, err);
}

/* ---- by a key ------------------------------------------------------------------------------- */

static enum sl_status
key_order(const struct sl_split_part *part, struct sl_split_state *state,
          struct sl_arena *arena, struct sl_error *err)
{
    struct sl_keyed *keyed = NULL, *scratch = NULL;

    if (state->ordered)
        return SL_OK;
    SL_TRY(sl_split_array(arena, part->n, sizeof *state->ordered, &state->ordered, err));
    SL_TRY(sl_split_array(arena, part->n, sizeof *keyed, &keyed, err));
    SL_TRY(sl_split_array(arena, part->n, sizeof *scratch, &scratch, err));
    for (size_t row = 0; row < part->n; row++)
        keyed[row] = (struct sl_keyed){part->order[row], (uint32_t)row};
    sl_sort_keyed(keyed, scratch, part->n);
    for (size_t i = 0; i < part->n; i++)
        state->ordered[i] = keyed[i].row;
    return SL_OK;
}

enum sl_status
sl_split_order(const struct sl_split_rule *rule, const struct sl_split_part *part,
               struct sl_split_state *state, struct sl_arena *arena,
               const uint32_t **order, struct sl_error *err)
{
    *order = NULL;
    if (rule->random) {
        SL_TRY(random_order(part, state, arena, err));
        *order = state->random;
    } else if (part->order) {
        SL_TRY(key_order(part, state, arena, err));
        *order = state->ordered;
    }
    return SL_OK;
}

/* ---- folds ----------------------------------------------------------------------------------- */

/* Groups, in their random order, go to the fold that has the fewest rows so far. */
static void
fold_groups(const struct sl_split_part *part, struct sl_split_state *state)
{
    size_t sizes[SL_FOLDS_MOST] = {0}, least = 0;

    for (size_t i = 0; i < part->n; i++) {
        uint32_t row = state->random[i];

        if (i == 0 || part->groups[row] != part->groups[state->random[i - 1]])
            for (size_t k = least = 0; k < part->folds; k++)
                least = sizes[k] < sizes[least] ? k : least;
        state->fold[row] = (uint8_t)least;
        sizes[least] += !(part->left_out && part->left_out[row]);
    }
}

static int
by_label(const void *a, const void *b)
{
    const struct sl_keyed *x = a, *y = b;

    return x->key != y->key ? (x->key < y->key ? -1 : 1) : 0;
}

/* Where each class's turn is at; labels are looked up in a sorted table. */
static enum sl_status
fold_classes(const struct sl_split_part *part, struct sl_split_state *state,
             struct sl_error *err)
{
    enum { CLASSES = 4096 };
    struct sl_keyed *turns = calloc(CLASSES, sizeof *turns);
    size_t n = 0;

    if (!turns)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for folds");
    for (size_t i = 0; i < part->n; i++) {
        uint32_t row = state->random[i];
        struct sl_keyed key = {part->labelled ? part->labels[row] : 0, 0}, *turn;

        if (part->left_out && part->left_out[row])
            continue;
        turn = bsearch(&key, turns, n, sizeof *turns, by_label);
        if (!turn && n == CLASSES) {
            free(turns);
            return sl_fail(err, SL_ERR_CONFIG,
                           "'%s' has more than %d classes, too many for folds",
                           part->name, CLASSES);
        }
        if (!turn) {
            turns[n++] = key;
            qsort(turns, n, sizeof *turns, by_label);
            turn = bsearch(&key, turns, n, sizeof *turns, by_label);
        }
        state->fold[row] = (uint8_t)(turn->row++ % part->folds);
    }
    free(turns);
    return SL_OK;
}

enum sl_status
sl_split_folds(const struct sl_split_part *part, struct sl_split_state *state,
               struct sl_arena *arena, struct sl_error *err)
{
    SL_TRY(random_order(part, state, arena, err));
    SL_TRY(sl_split_array(arena, part->n, sizeof *state->fold, &state->fold, err));
    if (!part->groups)
        return fold_classes(part, state, err);
    fold_groups(part, state);
    return SL_OK;
}
