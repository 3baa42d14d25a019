/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_EPOCHS_H
#define SL_LEARN_EPOCHS_H

#include "runner/pipeline/stage.h"

/*
 * The order in which each epoch of a training goes through its split, and the rows in that
 * order. Where they are small they are gathered some epochs at a time. A thread that has
 * nothing to do draws the next ones while these are learned from; who draws them and how many
 * at a time decides nothing, since an epoch's order depends on its number alone.
 */
struct sl_epochs_draw {
    const struct sl_epochs *epochs;
    uint64_t first, count; /* the epochs */
    uint32_t *ids;         /* n: the order of the last of them */
    void *x;               /* block times stride bytes; NULL: rows are not gathered */
    struct sl_region region;
};

/* Set by the caller: down to `f64`. */
struct sl_epochs {
    struct sl_step *step;
    const struct sl_dataset *data;
    const struct sl_split *split;
    const int32_t *order; /* epochs x n, places in the split; NULL: none is given */
    uint64_t epochs, batch_size;
    bool shuffle; /* where no order is given; else as the split has them */
    bool f64;

    struct sl_stream stream;
    uint64_t block; /* epochs that are drawn at a time */
    size_t stride;  /* bytes from an epoch's rows to the next one's */
    void *room;     /* batch_size x d, where rows are not gathered */
    struct sl_epochs_draw draws[2];
    struct sl_epochs_draw *now, *next; /* next: a thread may be at it; NULL: nothing is */
};

/* Memory is the step's; SL_ERR_MEMORY. */
enum sl_status sl_epochs_open(struct sl_epochs *epochs, struct sl_error *err);
/* Makes an epoch the one that batches are of. */
void sl_epochs_turn_to(struct sl_epochs *epochs, uint64_t epoch);
/* Rows [first, first + n) of the epoch, n x d of the real, until the next call. n is at most
 * batch_size. */
const void *sl_epochs_rows(const struct sl_epochs *epochs, uint64_t epoch, size_t first,
                           size_t n);
/* Nobody is at anything any more. To be called before the step ends. */
void sl_epochs_close(struct sl_epochs *epochs);

#endif
