/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "runner/parallel/profile_inside.h"

static struct sl_profile_row *
find_named(struct sl_profile_row *rows, size_t n, const struct sl_profile_row *like)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].operation == like->operation && strcmp(rows[i].name, like->name) == 0)
            return &rows[i];
    return NULL;
}

static void
add_row(struct sl_profile_row *to, const struct sl_profile_row *row)
{
    to->count += row->count;
    to->ns += row->ns;
    to->flops += row->flops;
    to->bytes += row->bytes;
    to->resident = row->resident > to->resident ? row->resident : to->resident;
}

static void
add_rows(const struct sl_profile_thread *thread, struct sl_profile_sum *sum)
{
    for (size_t i = 0; i < thread->n; i++) {
        const struct sl_profile_row *row = &thread->rows[i];
        struct sl_profile_row *to = find_named(sum->rows, sum->n, row);

        if (to)
            add_row(to, row);
        else
            sum->rows[sum->n++] = *row;
        sum->busy += row->ns;
        sum->peak = row->resident > sum->peak ? row->resident : sum->peak;
    }
}

static void
add_shares(const struct sl_profile_thread *thread, struct sl_profile_sum *sum)
{
    for (size_t i = 1; i < thread->shares_size && i <= sum->steps; i++) {
        sum->step[i - 1].busy += thread->shares[i].busy;
        sum->step[i - 1].flops += thread->shares[i].flops;
        sum->step[i - 1].bytes += thread->shares[i].bytes;
    }
}

static int
longest_first(const void *a, const void *b)
{
    const struct sl_profile_row *x = a, *y = b;

    return (x->ns < y->ns) - (x->ns > y->ns);
}

void
sl_profile_sum(struct sl_profile *profile, struct sl_arena *arena,
               struct sl_profile_sum *sum)
{
    size_t most = 0;

    *sum = (struct sl_profile_sum){
        .ns = sl_profile_now(profile),
        .threads = profile->n,
        .steps = profile->steps,
        .step = sl_arena_alloc(arena, profile->steps * sizeof *sum->step),
    };
    for (size_t i = 0; i < profile->steps; i++) {
        sum->step[i] = profile->step[i];
        sum->peak = sum->step[i].peak > sum->peak ? sum->step[i].peak : sum->peak;
    }
    for (const struct sl_profile_thread *t = profile->first; t; t = t->next)
        most += t->n;
    sum->rows = sl_arena_alloc(arena, most * sizeof *sum->rows);
    for (const struct sl_profile_thread *t = profile->first; t; t = t->next) {
        add_rows(t, sum);
        add_shares(t, sum);
        sum->dropped += t->dropped;
    }
    qsort(sum->rows, sum->n, sizeof *sum->rows, longest_first);
}

/* Its row of the thread; names from elsewhere have no address that lasts. */
static struct sl_profile_row *
row_named(struct sl_profile_thread *thread, const struct sl_profile_row *row)
{
    struct sl_profile *profile = thread->profile;
    struct sl_profile_row *found = find_named(thread->rows, thread->n, row);
    const char *name;

    if (found)
        return found;
    pthread_mutex_lock(&profile->lock);
    name = sl_arena_string(&profile->arena, row->name);
    pthread_mutex_unlock(&profile->lock);
    return sl_profile_row(thread, row->operation, name);
}

void
sl_profile_add(struct sl_profile *profile, const struct sl_profile_span *span,
               const struct sl_profile_row *rows, size_t n, size_t peak)
{
    struct sl_profile_thread *thread = span->thread;
    struct sl_profile_step *step;
    struct sl_profile_share *share;

    thread->shares = sl_profile_grow(thread->shares, span->step, &thread->shares_size,
                                     sizeof *thread->shares);
    share = &thread->shares[span->step];
    for (size_t i = 0; i < n; i++) {
        add_row(row_named(thread, &rows[i]), &rows[i]);
        share->busy += rows[i].ns;
        share->flops += rows[i].flops;
        share->bytes += rows[i].bytes;
    }
    pthread_mutex_lock(&profile->lock);
    step = &profile->step[span->step - 1];
    step->peak = peak > step->peak ? peak : step->peak;
    pthread_mutex_unlock(&profile->lock);
}

void
sl_profile_visit(const struct sl_profile *profile, sl_profile_use *use, void *context)
{
    size_t number = 1;

    for (const struct sl_profile_thread *t = profile->first; t; t = t->next, number++) {
        use(context, number, t->name, NULL);
        for (const struct sl_profile_chunk *c = t->first; c; c = c->next)
            for (size_t i = 0; i < c->n; i++)
                use(context, number, t->name, &c->events[i]);
    }
}
