/* SPDX-License-Identifier: MIT */
#include "modules/learn/selection.h"

#include <stdbool.h>

static inline bool
before(const struct sl_keyed *a, const struct sl_keyed *b)
{
    return a->key < b->key || (a->key == b->key && a->id < b->id);
}

static struct sl_keyed
median_of(struct sl_keyed a, struct sl_keyed b, struct sl_keyed c)
{
    if (before(&b, &a)) {
        struct sl_keyed kept = a;
        a = b;
        b = kept;
    }
    if (before(&c, &b))
        return before(&c, &a) ? a : c;
    return b;
}

/* Leaves *i > *j with nothing that comes behind the pivot up to j, and nothing that comes
 * before it from i on. */
static void
part(struct sl_keyed *at, struct sl_keyed pivot, size_t *i, size_t *j)
{
    while (*i <= *j) {
        struct sl_keyed kept;

        for (; before(&at[*i], &pivot); ++*i)
            continue;
        for (; before(&pivot, &at[*j]); --*j)
            continue;
        if (*i > *j)
            return;
        kept = at[*i];
        at[(*i)++] = at[*j];
        at[*j] = kept;
        if (*j == 0)
            return;
        --*j;
    }
}

void
sl_keyed_select(struct sl_keyed *at, size_t n, size_t middle)
{
    size_t first = 0, last = n - 1;

    while (first < last) {
        size_t i = first, j = last;

        part(at, median_of(at[first], at[first + (last - first) / 2], at[last]), &i, &j);
        if (middle <= j)
            last = j;
        else if (middle >= i)
            first = i;
        else
            return;
    }
}
