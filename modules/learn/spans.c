/* SPDX-License-Identifier: MIT */
#include "modules/learn/spans.h"

#include <assert.h>
#include <string.h>

static size_t
end_of(const struct sl_span *span)
{
    return span->first + span->count;
}

void
sl_spans_add(struct sl_spans *spans, struct sl_arena *arena, size_t first, size_t count)
{
    struct sl_span *last = spans->n ? &spans->at[spans->n - 1] : NULL;

    assert(!last || first >= end_of(last));
    if (count == 0)
        return;
    if (last && first == end_of(last)) {
        last->count += count;
        return;
    }
    if (spans->n == spans->capacity) {
        struct sl_span *more;
        spans->capacity = spans->capacity ? 2 * spans->capacity : 8;
        more = sl_arena_alloc(arena, spans->capacity * sizeof *more);
        if (spans->n)
            memcpy(more, spans->at, spans->n * sizeof *more);
        spans->at = more;
    }
    spans->at[spans->n++] = (struct sl_span){first, count};
}

struct cut {
    const struct sl_spans *spans;
    sl_span_fn *fn;
    void *context;
};

/* The first span that ends behind `place`; there may be none. */
static size_t
span_at(const struct sl_spans *spans, size_t place)
{
    size_t low = 0, high = spans->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (end_of(&spans->at[middle]) <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
cut_slice(void *context, size_t first, size_t count)
{
    const struct cut *cut = context;
    size_t at = first, end = first + count;

    for (size_t i = span_at(cut->spans, first); at < end; i++) {
        const struct sl_span *span = i < cut->spans->n ? &cut->spans->at[i] : NULL;
        size_t from = span && span->first < end ? span->first : end;
        size_t to = span && end_of(span) < end ? end_of(span) : end;

        if (from > at)
            cut->fn(cut->context, at, from - at, false);
        from = from > at ? from : at;
        if (to > from)
            cut->fn(cut->context, from, to - from, true);
        at = to;
    }
}

void
sl_span_slices(struct sl_pool *pool, size_t n, const struct sl_spans *spans,
               sl_span_fn *fn, void *context)
{
    struct cut cut = {spans, fn, context};

    sl_slices(pool, n, cut_slice, &cut);
}
