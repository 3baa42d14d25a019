/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_TRAIN_ROWS_H
#define SL_LEARN_TRAIN_ROWS_H

#include "runner/pipeline/stage.h"

/* The rows that a statistic is learned from: split SL_TRAIN_ROWS, whole and in float64. */
#define SL_TRAIN_ROWS SL_PREPROCESS_SPLIT

struct sl_train_rows {
    size_t n, d;
    const double *x; /* n x d */
};

/* Memory is the step's. SL_ERR_SHAPE where there is no such split or fewer than `least`
 * rows; SL_ERR_NUMERIC names the first value that is not finite; SL_ERR_MEMORY. */
enum sl_status sl_train_rows_take(struct sl_step *step, size_t least,
                                  struct sl_train_rows *rows, struct sl_error *err);

/* The same in two calls, for whoever has a place for them: n and d first, then the rows. */
enum sl_status sl_train_rows_find(struct sl_step *step, size_t least,
                                  struct sl_train_rows *rows, struct sl_error *err);
enum sl_status sl_train_rows_into(struct sl_step *step, double *x, struct sl_error *err);

/* What many a statistic rests on: mean (d) and covariance (d x d, the caller's to
 * overwrite). */
struct sl_train_moments {
    size_t n, d;
    double *mean, *covariance;
};

/* The same errors. The covariance has the divisor n - less. No more than a block of the
 * rows is held at a time. */
enum sl_status sl_train_moments_take(struct sl_step *step, size_t least, double less,
                                     struct sl_train_moments *moments,
                                     struct sl_error *err);

/* Tells at the line of `key` that it asks for `least` rows, of fewer; and that there is no
 * split to learn from. key NULL: at the stage's. */
void sl_train_rows_check(const struct sl_check *check, const char *key, size_t least);

/* The ports of a module that learns from them. */
#define SL_TRAIN_ROWS_INPUT                                                              \
    {                                                                                    \
        .name = "data", .type = SL_PORT_DATASET, .shape = "n d",                         \
        .help = "rows; those of split '" SL_TRAIN_ROWS "' are learned from"              \
    }

#endif
