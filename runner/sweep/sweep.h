/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_SWEEP_H
#define SL_SWEEP_SWEEP_H

#include "runner/config/interpolate.h"
#include "runner/config/node.h"
#include "runner/config/report.h"

/*
 * What a `sweep:` block means: the points of a search over configuration values, times
 * repeats. A block is a sweep expression:
 *
 *     grid: {PATH: VALUES, ...}    every combination, the last path runs fastest
 *     zip: {PATH: VALUES, ...}     paired; lists of one length
 *     list: [{PATH: VALUE, ...}]   points one by one
 *     random: {count: N, space: {PATH: SPACE, ...}}
 *     sobol: {count: N, space: {PATH: SPACE, ...}}
 *     all: [EXPRESSION, ...]       every combination of the expressions' points
 *     any: [EXPRESSION, ...]       one after the other
 *     when: CONDITION              keeps the points for which it holds
 *     exclude: CONDITION           drops those; either may be a list
 *
 * Several generators in one mapping are combined as by `all`; a list of expressions is
 * `any`. VALUES: a list, {range: [first, last, step]}, {linspace: [first, last, n]} or
 * {logspace: [first, last, n]} (first and last themselves, not their exponents). SPACE:
 * {uniform: [a, b]}, {log-uniform: [a, b]}, {integer: [a, b]}, {choice: VALUES}.
 * CONDITION: comparisons of paths with values, joined by and, or, not and parentheses:
 * "calibrate.k > 2 and train.optimizer != adam" (runner/sweep/condition.h); its paths are
 * swept by the expression that it stands in. A path may lead to a whole subtree, or be
 * use.GROUP.
 *
 * Numbers that are made or drawn have 12 digits. Point i of a draw does not depend on the
 * count, nor a path's values on the other paths. {} is a point that changes nothing.
 *
 * Beside the expression the block has:
 *
 *     repeats: N                   seeds as replicates: repeat r uses seed + r
 *     objective: {minimize: STAGE.METRIC} or a list of these
 *     halving: {horizon: PATH, first: N, factor: N}         factor: 3 by default
 *     search: {tpe: {rounds: N, size: N, start: N, space: {...}}}
 *                                  rounds: with the first; start: size by default
 *
 *     figures: [NAME, {NAME: STAGE.METRIC}, {NAME: [STAGE.METRIC, ...]}]
 *                                  by default those that fit, of the objectives
 *
 * A search draws its own points: no generator stands beside it. Both it and halving need
 * one objective.
 */

/* A value that a point gives to a path. */
struct sl_assignment {
    const char *path;
    struct sl_mark mark;         /* of the path, where the sweep says it */
    const struct sl_node *value; /* not to be changed: shared by many points */
};

struct sl_point {
    size_t n;
    const struct sl_assignment *at; /* in the order of the axes; each path once */
};

/* A path that is swept, with the distinct values it takes, in the order of their coming.
 * Equal values of a path are one node in all points: compare pointers. */
struct sl_axis {
    const char *path;
    struct sl_mark mark;
    size_t n;
    const struct sl_node *const *values;
    const char *const *texts; /* one line each, as YAML */
};

struct sl_objective {
    bool maximize;
    const char *stage, *metric;
    struct sl_mark mark;
};

enum sl_space_kind { SL_UNIFORM, SL_LOG_UNIFORM, SL_INTEGER, SL_SPACE_CHOICE };
struct sl_space {
    const char *path;
    struct sl_mark mark;
    enum sl_space_kind kind;
    double low, high;
    size_t n; /* of a choice */
    const struct sl_node *const *choices;
};

/* Synchronous successive halving (Jamieson and Talwalkar 2016) on a horizon. */
struct sl_halving {
    const char *horizon; /* a path; NULL: there is none */
    int64_t first, factor;
    struct sl_mark mark;
};

/* A search in rounds; rounds 0: there is none. */
struct sl_search {
    int64_t rounds, size, start; /* start: points of the first round, drawn at random */
    size_t n;
    const struct sl_space *space;
    struct sl_mark mark;
};

struct sl_sweep_figure {
    const char *name;
    struct sl_mark mark;
    size_t n;
    const char *const *metrics;  /* STAGE.METRIC; none: the objectives */
    const struct sl_mark *marks; /* of the metrics */
};

struct sl_sweep {
    struct sl_mark mark; /* of the block */
    size_t n;
    const struct sl_point *points; /* distinct; of a search: those of its first round */
    size_t axis_count;
    const struct sl_axis *axes;
    int64_t repeats;
    size_t objective_count;
    const struct sl_objective *objectives;
    struct sl_halving halving;
    struct sl_search search;
    size_t figure_count;
    const struct sl_sweep_figure *figures; /* NULL: the block does not say */
    size_t dropped; /* equal points of a random draw that were left out */
};

/*
 * Reads a block. block NULL: one point without assignments, one repeat. axes: words
 * "PATH=A,B,C" of the command line, combined with the block's points as by `all`; repeats
 * 0: as the block says. seed: of the draws.
 *
 * Problems go to the report: a sweep that comes to nothing, two equal points that nobody
 * drew, more than SL_SWEEP_MAX points, before conditions, or runs. A sweep whose points are
 * wrong has none; those of others may be bound, to tell their mistakes, too. Whether a path
 * is one that a module reads is told by the binding of each run.
 */
#ifndef SL_SWEEP_MAX
#define SL_SWEEP_MAX 1000000
#endif
struct sl_sweep_call {
    const struct sl_compose *compose; /* arena, report, registry */
    const struct sl_node *block;
    size_t n;
    const char *const *axes;
    int64_t repeats;
    uint64_t seed;
};
void sl_sweep_read(const struct sl_sweep_call *call, struct sl_sweep *sweep);

/* The block `sweep` of a composed tree, NULL where it has none, with what it refers to: the
 * file's values, the same for all points. What the points set has no such value, and is told.
 * The values of points keep their references, for sl_interpolate in each. axes: words of the
 * command line, as above. */
const struct sl_node *sl_sweep_follow(const struct sl_interpolation *interpolation,
                                      struct sl_node *tree, const char *const *axes,
                                      size_t n);

/* The tree with a point's values in place of its own. Subtrees that the point does not
 * touch are shared with base, which is not changed. */
struct sl_node *sl_point_apply(const struct sl_compose *compose,
                               const struct sl_node *base, const struct sl_point *point);

/* The point's choices of group files as override words, "use.GROUP=NAME"; returns how many.
 * They are for composition: sl_point_apply leaves them alone. */
size_t sl_point_uses(const struct sl_point *point, struct sl_arena *arena,
                     const char *const **words);

/* "k=2.5,encoder=256.128.8": the last parts of the paths with their values, fit for a file
 * name, at most 80 characters; "point-12" where that is too long. "" without assignments. */
const char *sl_point_label(const struct sl_point *point, size_t index,
                           struct sl_arena *arena);

/* The value of a point at a path as one line of YAML, or NULL. */
const char *sl_point_text(const struct sl_point *point, const char *path,
                          struct sl_arena *arena);

#endif
