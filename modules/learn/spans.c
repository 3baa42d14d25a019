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

/* Where slices begin: elements, so that no two of them write to a line of the cache. */
#define UNIT ((size_t)16)

struct cut {
    size_t n, slices;
    const struct sl_spans *spans;
    sl_span_fn *fn;
    void *context;
};

static size_t
begin_of(size_t count, size_t slices, size_t i)
{
    return i == slices ? count : count * i / slices / UNIT * UNIT;
}

/* The i-th slice of a span, or of what lies between two. */
static void
cut_span(const struct cut *cut, size_t i, struct sl_span span, bool inside)
{
    size_t begin = begin_of(span.count, cut->slices, i);
    size_t end = begin_of(span.count, cut->slices, i + 1);

    if (end > begin)
        cut->fn(cut->context, span.first + begin, end - begin, inside);
}

static void
tile(void *context, size_t i)
{
    const struct cut *cut = context;
    size_t at = 0;

    for (size_t s = 0; s < cut->spans->n; s++) {
        struct sl_span span = cut->spans->at[s];

        cut_span(cut, i, (struct sl_span){at, span.first - at}, false);
        cut_span(cut, i, span, true);
        at = end_of(&span);
    }
    cut_span(cut, i, (struct sl_span){at, cut->n - at}, false);
}

void
sl_span_slices(struct sl_pool *pool, size_t n, const struct sl_spans *spans,
               sl_span_fn *fn, void *context)
{
    struct cut cut = {n, 1, spans, fn, context};

    while (n / cut.slices > SL_SLICE)
        cut.slices *= 2;
    sl_pool_tiles(pool, cut.slices, tile, &cut);
}
