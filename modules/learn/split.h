/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SPLIT_H
#define SL_LEARN_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/rng.h"
#include "runner/config/field.h"
#include "runner/store/dataset.h"

/*
 * Which rows a split takes of its part.
 *
 * In order of the file: the first `count` matching rows behind the first `skip` of them,
 * or, of a rule that is `apart` and skips none, of those that no split before has.
 * At random: all such splits of a part share one permutation of it, and each takes, in the
 * order in which they stand in the configuration, the first `count` matching rows that no
 * earlier one took. So they are disjoint, a smaller count is the beginning of a larger one,
 * and a split added behind the others moves none of them. The rows come in that order. They
 * also pass over rows of splits that are listed or that values choose.
 *
 * Where a part has groups, the permutation is one of groups, a split takes whole groups
 * until it has its count, and no group is in two splits.
 */
enum sl_split_fold { SL_FOLD_ANY, SL_FOLD_THIS, SL_FOLD_OTHERS };
struct sl_split_rule {
    const char *name; /* of the split */
    size_t part;
    struct sl_int_list classes; /* labels that match; empty: all rows do */
    size_t count;               /* 0: all that are left */
    size_t skip;                /* of splits in order of the file */
    bool random;

    double fraction;      /* in place of count: of the rows that match; 0: not given */
    bool stratified;      /* the same share of every class */
    double contamination; /* what share of the split is to be rows of other classes */
    bool
        apart; /* pass over rows of any split before: at random, not of random ones alone;
                 * in order, too, unless it says how many to skip */
    int fold;  /* enum sl_split_fold */
    size_t value_count; /* codes in part->values that match; 0: all do */
    const uint32_t *values;
    size_t list_count; /* exactly these rows of the part, in this order; 0: not listed */
    const uint32_t *list;
};

/* What splits are drawn from: rows first..first+n-1 of the data set. */
struct sl_split_part {
    const char *name; /* "mnist/train" */
    size_t first, n;  /* n 0: not known yet */
    bool labelled;
    const int32_t *labels; /* n, if labelled */
    struct sl_stream stream;

    /* All of them optional. */
    const uint8_t *left_out; /* n: rows that are in no split */
    const uint32_t *values;  /* n: codes that rules choose by */
    const uint32_t *groups;  /* n: codes below group_count */
    size_t group_count;
    const double *order; /* n: `first` goes by it, from the least, not by the file */
    uint32_t folds,
        fold; /* the rows are cut into so many, stratified by class; this one */
};

/*
 * Every rule's rows, from the arena. SL_ERR_CONFIG, with names and numbers, for a split that
 * comes out empty, one that asks for more than there is, a class that no row has, and two
 * splits that share rows.
 */
enum sl_status sl_split_rows(const struct sl_split_rule *rules, size_t n,
                             const struct sl_split_part *parts, size_t part_count,
                             struct sl_arena *arena, struct sl_split *splits,
                             struct sl_error *err);

/* What can be told of rules[i] before there is data: the errors above as far as sizes and
 * the rules before it decide them, else how many rows it takes; 0: not known. */
enum sl_status sl_split_expect(const struct sl_split_rule *rules, size_t i,
                               const struct sl_split_part *parts, size_t *rows,
                               struct sl_error *err);

#endif
