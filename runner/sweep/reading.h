/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_READING_H
#define SL_SWEEP_READING_H

#include "runner/sweep/index.h"
#include "runner/sweep/sweep.h"
#include "runner/sweep/value.h"

/*
 * What the parts of reading a sweep share. Paths and values become small numbers as they
 * come up, so that points are compared, combined and dropped without looking at a node.
 */

/* A path and the distinct values that it was given. */
struct sl_swept {
    const char *path;
    struct sl_mark mark; /* where it came up first */
    size_t n, capacity;
    const struct sl_node **values;
    uint32_t *lists; /* the last list that a value stood in, from 1 */
    struct sl_index index;
};

/* Where a generator names a path. */
struct sl_place {
    uint32_t axis;
    struct sl_mark mark;
};

/* A value for the path of a place. */
struct sl_pick {
    uint32_t place, value;
};

/* A point in the making. */
struct sl_draft {
    struct sl_pick *picks;
    struct sl_mark mark; /* of what tells it from the points beside it */
    uint32_t n;
    bool drawn; /* at random: may equal another one */
};

/* The points of an expression. */
struct sl_drafts {
    size_t n;
    struct sl_draft *at;
    size_t place_count; /* one for each path that some of the points have */
    uint32_t *places;
    bool bad; /* an error was told, and points may be missing */
};

struct sl_reading {
    const struct sl_compose *compose;
    struct sl_arena *arena;   /* for what the sweep keeps */
    struct sl_arena *scratch; /* for the rest */
    struct sl_report *report;
    uint64_t seed;
    size_t axis_count, axis_capacity;
    struct sl_swept **axes;
    size_t place_count, place_capacity;
    struct sl_place *places;
    uint32_t lists; /* read so far */
    size_t dropped; /* equal points of draws */
};

/* The path that is the key of a node; false, and a problem, if it is none. */
bool sl_reading_path(struct sl_reading *reading, const struct sl_node *node,
                     uint32_t *place);
struct sl_swept *sl_reading_axis(const struct sl_reading *reading, uint32_t place);

/* The number of a value of a place's path. A value that the path cannot have is told. */
uint32_t sl_reading_value(struct sl_reading *reading, uint32_t place,
                          const struct sl_node *node);
/* The same for a number that may be overwritten afterwards. */
uint32_t sl_reading_number(struct sl_reading *reading, uint32_t place,
                           const struct sl_number *number);

/* Leaves out the points that equal an earlier one: counts them if one of the two was
 * drawn, and tells them else. Sorts each point by the axes. */
void sl_drafts_distinct(struct sl_reading *reading, struct sl_drafts *drafts);

/* All combinations of n sets, the last one running fastest. */
void sl_drafts_combine(struct sl_reading *reading, const struct sl_drafts *sets, size_t n,
                       struct sl_mark mark, struct sl_drafts *all);
/* One set after the other. */
void sl_drafts_join(struct sl_reading *reading, const struct sl_drafts *sets, size_t n,
                    struct sl_mark mark, struct sl_drafts *all);

/* Keeps the points for which a condition, or each of a list of them, is `wanted`. None left
 * is a problem. */
void sl_drafts_filter(struct sl_reading *reading, const struct sl_node *node, bool wanted,
                      struct sl_drafts *drafts);

/* Reads VALUES; false, and a problem, where they are none. */
struct sl_values {
    size_t n;
    const struct sl_node **at;
};
bool sl_values_read(struct sl_reading *reading, const struct sl_node *node,
                    struct sl_values *values);
/* The only key of {NAME: ...}, if it is the name of values that are made. */
bool sl_values_are_made(const struct sl_node *node);
/* The numbers of distinct values, or NULL, and a problem, where two are equal. */
uint32_t *sl_values_number(struct sl_reading *reading, uint32_t place,
                           const struct sl_values *values);

/* A list of exactly n finite numbers; false, and a problem, if it is none. shape: how a
 * message shows it. */
bool sl_numbers_read(struct sl_reading *reading, const struct sl_node *node,
                     const char *shape, size_t n, double *numbers);

/* "expected WHAT, got 'x'"; nothing of a value that was told to be wrong. */
void sl_reading_refuse(struct sl_reading *reading, const struct sl_node *node,
                       const char *what);
/* An error, and too many points. */
void sl_reading_refuse_count(struct sl_reading *reading, struct sl_mark mark,
                             const char *what, double count);

/* {count: N, space: {...}}: `where` is the path of the node in the block. */
void sl_random_read(struct sl_reading *reading, const struct sl_node *node,
                    const char *where, struct sl_drafts *drafts);
void sl_sobol_read(struct sl_reading *reading, const struct sl_node *node,
                   const char *where, struct sl_drafts *drafts);
/* Random points of a search, and its space. */
void sl_search_read(struct sl_reading *reading, const struct sl_node *node,
                    const char *where, struct sl_search *search,
                    struct sl_drafts *drafts);

/* An expression, with the keys of the block allowed beside it if it is the outermost one,
 * where == "". */
void sl_expression_read(struct sl_reading *reading, const struct sl_node *node,
                        const char *where, struct sl_drafts *drafts);
/* The list of figures of a block. */
void sl_figures_read(struct sl_reading *reading, const struct sl_node *node,
                     struct sl_sweep *sweep);
/* {PATH: VALUES, ...}. */
void sl_grid_read(struct sl_reading *reading, const struct sl_node *node,
                  const char *where, struct sl_drafts *drafts);
/* The words "PATH=A,B,C", as a set each. */
struct sl_drafts *sl_words_read(struct sl_reading *reading, const char *const *words,
                                size_t n);

/* What stands beside the outermost expression. */
void sl_block_read(struct sl_reading *reading, const struct sl_node *block,
                   struct sl_sweep *sweep);

#endif
