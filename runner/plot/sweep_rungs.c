/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "runner/plot/block.h"
#include "runner/plot/sweep_data.h"

/* A row of /rungs with the configuration that it is of, named by its row on rung 0. */
struct rung_row {
    size_t configuration, row;
};

struct rungs {
    size_t n;
    const int64_t *rung, *horizon, *kept;
    const double *value;
};

static const struct sl_column *
column_of(const struct sl_table *table, const char *name, enum sl_column_type type)
{
    const struct sl_column *column = sl_table_column(table, name);

    return column && column->type == type ? column : NULL;
}

static bool
open_rungs(const struct sl_table *table, struct rungs *rungs)
{
    const struct sl_column *rung = column_of(table, "rung", SL_COLUMN_INT);
    const struct sl_column *horizon = column_of(table, "horizon", SL_COLUMN_INT);
    const struct sl_column *kept = column_of(table, "kept", SL_COLUMN_INT);
    const struct sl_column *value = column_of(table, "value", SL_COLUMN_DOUBLE);

    if (!rung || !horizon || !kept || !value)
        return false;
    *rungs = (struct rungs){table->rows, rung->at.ints, horizon->at.ints, kept->at.ints,
                            value->at.doubles};
    return true;
}

static int
by_configuration(const void *a, const void *b)
{
    const struct rung_row *x = a, *y = b;

    if (x->configuration != y->configuration)
        return x->configuration < y->configuration ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* How many rows from one of a rung to the first of another. */
static size_t
same_rung(const struct rungs *rungs, size_t first)
{
    size_t n = 0;

    while (first + n < rungs->n && rungs->rung[first + n] == rungs->rung[first])
        n++;
    return n;
}

void
sl_sweep_rung_variables(const struct sl_table *table, struct sl_text *out)
{
    struct sl_text horizons = {0}, points = {0};
    struct rungs r;
    size_t count = 0;

    if (!open_rungs(table, &r))
        return;
    for (size_t i = 0, n; i < r.n; i += n, count++) {
        n = same_rung(&r, i);
        sl_text_format(&horizons, "%s%lld", i ? ", " : "", (long long)r.horizon[i]);
        sl_text_format(&points, "%s%zu", i ? ", " : "", n);
    }
    sl_text_format(out, "rung_count = %zu\narray rung_horizons[%zu] = [%s]\n", count,
                   count, horizons.bytes);
    sl_text_format(out, "array rung_points[%zu] = [%s]\n", count, points.bytes);
    sl_text_release(&horizons);
    sl_text_release(&points);
}

/* The points of a rung are those that the one below kept, in its order. */
static struct rung_row *
follow(const struct rungs *rungs, struct sl_arena *arena)
{
    struct rung_row *rows = sl_arena_alloc(arena, rungs->n * sizeof *rows);
    size_t parent = 0;

    for (size_t i = 0; i < rungs->n; i++) {
        rows[i] = (struct rung_row){i, i};
        if (rungs->rung[i] == 0)
            continue;
        while (parent < i && !rungs->kept[parent])
            parent++;
        rows[i].configuration = rows[parent++].configuration;
    }
    qsort(rows, rungs->n, sizeof *rows, by_configuration);
    return rows;
}

/* The row of the highest rung that the configuration of rows[i] reached. */
static size_t
last_of(const struct rung_row *rows, size_t n, size_t i)
{
    while (i + 1 < n && rows[i + 1].configuration == rows[i].configuration)
        i++;
    return rows[i].row;
}

void
sl_sweep_rungs(const struct sl_table *table, struct sl_arena *arena, struct sl_text *out)
{
    const struct rung_row *rows;
    struct rungs r;

    sl_text_append(out, "# rungs\n");
    if (!open_rungs(table, &r))
        return;
    rows = follow(&r, arena);
    for (size_t i = 0; i < r.n; i++) {
        size_t row = rows[i].row;
        if (i > 0 && rows[i].configuration != rows[i - 1].configuration)
            sl_text_append(out, "\n");
        sl_text_format(out, "%zu %lld %lld ", rows[i].configuration,
                       (long long)r.rung[row], (long long)r.horizon[row]);
        sl_block_number(out, r.value[row]);
        sl_text_format(out, " %d %lld\n", r.kept[row] != 0,
                       (long long)r.rung[last_of(rows, r.n, i)]);
    }
    sl_text_append(out, "\n\n");
}
