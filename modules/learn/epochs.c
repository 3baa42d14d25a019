/* SPDX-License-Identifier: MIT */
#include "modules/learn/epochs.h"

#include <string.h>

#include "modules/learn/gather.h"
#include "modules/learn/slice.h"

/* Bytes of rows that are gathered at a time: work enough to wake a thread for, and little
 * enough to stay in its cache. */
#define GATHER_BYTES ((size_t)256 << 10)

/* The rows of an epoch begin where vectors do, wherever it lies in its block. */
#define ALIGNMENT ((size_t)64)

static size_t
real_size(const struct sl_epochs *e)
{
    return e->f64 ? sizeof(double) : sizeof(float);
}

static void
gather(const struct sl_epochs *e, const uint32_t *ids, size_t n, void *x)
{
    struct sl_rows rows = {e->data, ids, n};

    sl_gather(sl_step_pool(e->step), &rows, e->f64, x);
}

struct gathering {
    const struct sl_epochs *epochs;
    const uint32_t *ids;
    char *x;
};

static void
gather_slice(void *context, size_t first, size_t count)
{
    const struct gathering *g = context;
    size_t row = g->epochs->data->d * real_size(g->epochs);

    gather(g->epochs, g->ids + first, count, g->x + first * row);
}

/* Rows that come out of a model on their way are made all at once. */
static void
gather_batch(const struct sl_epochs *e, const uint32_t *ids, size_t n)
{
    struct gathering g = {e, ids, e->room};

    if (e->data->view)
        gather(e, ids, n, e->room);
    else
        sl_row_slices(sl_step_pool(e->step), n, 2 * e->data->d, gather_slice, &g);
}

/* The epoch's number alone decides, so that a training that goes on needs no memory of the
 * epochs before. */
static void
put_in_order(const struct sl_epochs *e, uint64_t epoch, uint32_t *ids)
{
    struct sl_stream stream = sl_stream_at(&e->stream, epoch);
    size_t n = e->split->n;

    if (e->order) {
        for (size_t i = 0; i < n; i++)
            ids[i] = e->split->rows[e->order[epoch * n + i]];
        return;
    }
    memcpy(ids, e->split->rows, n * sizeof *ids);
    if (e->shuffle)
        sl_stream_shuffle(&stream, ids, n);
}

static void
draw(void *context, size_t tile)
{
    struct sl_epochs_draw *d = context;
    const struct sl_epochs *e = d->epochs;

    (void)tile;
    for (uint64_t i = 0; i < d->count; i++) {
        put_in_order(e, d->first + i, d->ids);
        if (d->x)
            gather(e, d->ids, e->split->n, (char *)d->x + i * e->stride);
    }
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Offers the epochs that follow to whoever has nothing to do: each time more of them, since
 * the first are waited for. */
static void
draw_ahead(struct sl_epochs *e, uint64_t first)
{
    struct sl_epochs_draw *d = &e->draws[e->now == &e->draws[0]];

    d->first = first;
    d->count = smaller(smaller(2 * e->now->count, e->block), e->epochs - first);
    sl_pool_offer(sl_step_pool(e->step), &d->region, 1, draw, d);
    e->next = d;
}

/* Waits for what is drawn next, and has it. */
static void
collect(struct sl_epochs *e)
{
    sl_pool_collect(sl_step_pool(e->step), &e->next->region);
    e->now = e->next;
    e->next = NULL;
}

static bool
has(const struct sl_epochs_draw *d, uint64_t epoch)
{
    return d && epoch >= d->first && epoch - d->first < d->count;
}

/* The first epoch is drawn alone, since it is waited for. */
void
sl_epochs_turn_to(struct sl_epochs *e, uint64_t epoch)
{
    uint64_t next;

    if (has(e->now, epoch))
        return;
    if (e->next)
        collect(e);
    if (!has(e->now, epoch)) {
        e->now = &e->draws[0];
        e->now->first = epoch;
        e->now->count = 1;
        draw(e->now, 0);
    }
    next = e->now->first + e->now->count;
    if (next < e->epochs)
        draw_ahead(e, next);
}

const void *
sl_epochs_rows(const struct sl_epochs *e, uint64_t epoch, size_t first, size_t n)
{
    const struct sl_epochs_draw *d = e->now;

    if (d->x)
        return (const char *)d->x + (epoch - d->first) * e->stride +
               first * e->data->d * real_size(e);
    gather_batch(e, d->ids + first, n);
    return e->room;
}

void
sl_epochs_close(struct sl_epochs *e)
{
    if (e->next)
        collect(e);
}

static enum sl_status
reserve(struct sl_epochs *e, size_t bytes, void *array, struct sl_error *err)
{
    void *memory = sl_arena_array(sl_step_arena(e->step), bytes, 1);

    if (!memory)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu bytes of rows", bytes);
    memcpy(array, &memory, sizeof memory);
    return SL_OK;
}

/* What is gathered by a model on its way (a view) has a thread of its own to run on. */
enum sl_status
sl_epochs_open(struct sl_epochs *e, struct sl_error *err)
{
    size_t n = e->split->n, row = e->data->d * real_size(e);
    bool small;

    e->stream = sl_step_stream(e->step, "shuffle");
    e->stride = (n * row + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    small = !e->data->view && e->stride <= GATHER_BYTES;
    e->block = small ? GATHER_BYTES / e->stride : 1;
    e->block = smaller(e->block, e->epochs);
    e->now = e->next = NULL;
    if (!small)
        SL_TRY(reserve(e, e->batch_size * row, &e->room, err));
    for (size_t i = 0; i < 2; i++) {
        struct sl_epochs_draw *d = &e->draws[i];
        d->epochs = e;
        d->count = 0;
        d->x = NULL;
        SL_TRY(reserve(e, n * sizeof *d->ids, &d->ids, err));
        if (small)
            SL_TRY(reserve(e, e->block * e->stride, &d->x, err));
    }
    return SL_OK;
}
