/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SPANS_H
#define SL_LEARN_SPANS_H

#include <stdbool.h>
#include <stddef.h>

#include "modules/learn/slice.h"
#include "runner/base/arena.h"

/* Some of the elements of an array: spans of it in ascending order, none of them empty and
 * no two of them overlapping. Memory is an arena's. */
struct sl_span {
    size_t first, count;
};
struct sl_spans {
    size_t n, capacity;
    struct sl_span *at;
};

/* Behind all that are there; one that touches the last makes it longer. */
void sl_spans_add(struct sl_spans *spans, struct sl_arena *arena, size_t first,
                  size_t count);

/*
 * Calls fn for the elements 0..n-1 piece by piece, each of which lies in the spans (inside) or
 * outside of them altogether, perhaps for several at once. Cut are the spans and what lies
 * between them, each into as many slices as the others: who has the first half of a matrix's
 * rows elsewhere has the first half of it here, too. n and the spans alone decide.
 */
typedef void sl_span_fn(void *context, size_t first, size_t count, bool inside);
void sl_span_slices(struct sl_pool *pool, size_t n, const struct sl_spans *spans,
                    sl_span_fn *fn, void *context);

#endif
