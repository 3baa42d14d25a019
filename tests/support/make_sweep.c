/* SPDX-License-Identifier: MIT */
/* make_sweep PATH POINTS REPEATS FAILING [METRICS]: a results folder with the sweep.h5 of
 * tests/unit/sample_sweep.h, for tests of what reads one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sample_sweep.h"

/* The table with copies of its last `width` columns, `more` times, under other names. */
static struct sl_table
widen(const struct sl_table *table, size_t width, size_t more, struct sl_arena *arena)
{
    size_t n = table->n + width * more;
    struct sl_column *columns = sl_arena_alloc(arena, n * sizeof *columns);

    for (size_t i = 0; i < n; i++) {
        size_t from = i < table->n ? i : table->n - width + (i - table->n) % width;
        const char *name = table->columns[from].name;
        columns[i] = table->columns[from];
        if (i >= table->n)
            columns[i].name = sl_arena_format(
                arena, "more-%zu.%s", (i - table->n) / width, strchr(name, '.') + 1);
    }
    return (struct sl_table){table->rows, n, columns};
}

int
main(int argc, char **argv)
{
    struct sl_sweep_record sweep;
    struct sl_arena arena;

    if (argc != 5 && argc != 6) {
        fputs("usage: make_sweep PATH POINTS REPEATS FAILING [METRICS]\n", stderr);
        return 2;
    }
    sl_arena_init(&arena);
    sample_sweep(&sweep, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
                 strtoul(argv[4], NULL, 10), &arena);
    if (argc == 6) {
        sweep.runs = widen(&sweep.runs, 1, strtoul(argv[5], NULL, 10), &arena);
        sweep.points = widen(&sweep.points, 5, strtoul(argv[5], NULL, 10), &arena);
    }
    sample_sweep_publish(argv[1], &sweep, &arena);
    sl_arena_release(&arena);
    return 0;
}
