/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_GENERATE_H
#define SL_LEARN_GENERATE_H

#include "runner/pipeline/stage.h"

/*
 * Data sets that are drawn: float64 rows with labels, in splits of given sizes. Row i of a
 * split draws from substream i of a stream of the split's own (of the seed for splits), so
 * that no split's size or presence moves another, and a longer split begins with the rows
 * of a shorter one.
 */
struct sl_recipe {
    struct sl_int_map splits; /* rows of each */
    size_t d;
    /* One row: x, d values; returns its label. row counts within the split. */
    int32_t (*draw)(const void *context, size_t split, size_t row,
                    struct sl_stream *stream, double *x);
    const void *context;
};

/* The field `splits` of a module that generates. */
#define SL_SPLIT_SIZES(S, m)                                                             \
    SL_FIELD(S, m, struct sl_int_map, SL_TYPE_INT_MAP, .flags = SL_REQUIRED, .low = 1,   \
             .high = 1e9, .help = "rows of each split, by name")

/* Draws all rows, records the points of a line or a plane (SL_POINTS_RESULT), and yields
 * the data set. */
enum sl_status sl_generate(struct sl_step *step, const struct sl_recipe *recipe,
                           struct sl_error *err);

/* points_SPLIT: the first SL_POINTS rows of each split, n x d, where d is 1 or 2. */
#define SL_POINTS 10000
#define SL_POINTS_RESULT                                                                 \
    {                                                                                    \
        "points_*", SL_RESULT_TENSOR, NULL,                                              \
            "1-D and 2-D: the first 10,000 rows of each split"                           \
    }

/* Tells what is wrong with the splits; their schema. */
void sl_generate_check(const struct sl_int_map *splits, const struct sl_check *check);
void sl_generate_schema(const struct sl_int_map *splits, size_t d, struct sl_arena *arena,
                        struct sl_schema *schema);

#endif
