/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_STEPS_H
#define SL_LEARN_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

/*
 * Two empirical distribution functions, F of a and G of b, from value to value. Values that
 * tie, within a sample or between them, are one step.
 */
struct sl_steps {
    const double *a, *b; /* ascending */
    size_t n, m;
    size_t i, j;       /* values passed so far */
    double difference; /* F - G from here on ... */
    double width;      /* ... so far, to the next value; 0 behind the last */
};

/* To the next value; false when all have been passed. n, m > 0. */
bool sl_steps_next(struct sl_steps *steps);

/*
 * Works on column after column of a (n x d) and b (m x d), on several at once: `use` gets
 * the columns sorted. SL_ERR_MEMORY.
 */
struct sl_pool;
struct sl_columns {
    size_t d, n, m;
    const double *a, *b;
    void (*use)(void *context, size_t column, struct sl_steps *steps);
    void *context;
};
enum sl_status sl_columns_sorted(const struct sl_columns *columns, struct sl_pool *pool,
                                 struct sl_arena *arena, struct sl_error *err);

#endif
