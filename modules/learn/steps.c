/* SPDX-License-Identifier: MIT */
#include "modules/learn/steps.h"

#include <math.h>

#include "modules/learn/sort.h"
#include "runner/parallel/pool.h"

/* The lower of the two next values; infinity behind the last. */
static double
next_value(const struct sl_steps *s)
{
    double a = s->i < s->n ? s->a[s->i] : (double)INFINITY;
    double b = s->j < s->m ? s->b[s->j] : (double)INFINITY;

    return a < b ? a : b;
}

bool
sl_steps_next(struct sl_steps *s)
{
    double here = next_value(s), next;

    if (s->i == s->n && s->j == s->m)
        return false;
    while (s->i < s->n && s->a[s->i] <= here)
        s->i++;
    while (s->j < s->m && s->b[s->j] <= here)
        s->j++;
    next = next_value(s);
    s->difference = (double)s->i / (double)s->n - (double)s->j / (double)s->m;
    s->width = isinf(next) ? 0 : next - here;
    return true;
}

/* Room for so many columns; which of them works on a column decides nothing. */
enum { LANES = 16 };

struct lanes {
    const struct sl_columns *columns;
    size_t n;
    double *room; /* n x 2 (columns->n + columns->m), the second half for scratch */
};

static void
take_column(const double *x, size_t rows, size_t d, size_t column, double *out,
            double *scratch)
{
    for (size_t i = 0; i < rows; i++)
        out[i] = x[i * d + column];
    sl_sort(out, scratch, rows);
}

static void
work_lane(void *context, size_t lane)
{
    const struct lanes *lanes = context;
    const struct sl_columns *c = lanes->columns;
    double *a = lanes->room + lane * 2 * (c->n + c->m), *b = a + c->n,
           *scratch = b + c->m;

    for (size_t column = lane; column < c->d; column += lanes->n) {
        struct sl_steps steps = {a, b, c->n, c->m, .i = 0};

        take_column(c->a, c->n, c->d, column, a, scratch);
        take_column(c->b, c->m, c->d, column, b, scratch);
        c->use(c->context, column, &steps);
    }
}

enum sl_status
sl_columns_sorted(const struct sl_columns *columns, struct sl_pool *pool,
                  struct sl_arena *arena, struct sl_error *err)
{
    struct lanes lanes = {columns, columns->d < LANES ? columns->d : LANES, NULL};

    lanes.room = sl_arena_array(arena, lanes.n * 2 * (columns->n + columns->m),
                                sizeof *lanes.room);
    if (!lanes.room)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to sort %zu values",
                       columns->n + columns->m);
    sl_pool_tiles(pool, lanes.n, work_lane, &lanes);
    return SL_OK;
}
