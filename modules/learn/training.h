/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_TRAINING_H
#define SL_LEARN_TRAINING_H

#include <time.h>

#include "modules/learn/fit.h"
#include "modules/learn/optimizer.h"
#include "modules/learn/schedule.h"

/*
 * A training that is under way: what sl_fit keeps between two batches, and its way into a
 * checkpoint and back. All memory is the step's and is taken before the first batch.
 */
struct sl_training {
    struct sl_step *step;
    const struct sl_fit_config *config;
    const struct sl_dataset *data;
    const struct sl_learner *learner;
    const struct sl_split *split;
    const struct sl_optimizer_class *optimizer;
    const struct sl_schedule_class *schedule;
    bool f64;

    uint64_t epochs, batches; /* batches of an epoch */
    uint64_t epoch, batch;    /* done so far: epochs, batches of the next one */
    struct timespec saved;    /* when the last checkpoint was written */

    void *theta, *dtheta;   /* learner->parameters */
    void *state;            /* the optimizer's */
    void *x;                /* batch_size x d */
    uint32_t *ids;          /* split->n: the order of this epoch */
    struct sl_tensor order; /* epochs x split->n, of the file `order`; data NULL: none */
    double *losses;         /* epochs x batches, of each batch */
    double *monitored;      /* splits in `monitor` x epochs */
};

/* Checks that everything fits, and stands at the furthest checkpoint or at the start. */
enum sl_status sl_training_open(struct sl_training *t, struct sl_step *step,
                                const struct sl_fit_config *config,
                                const struct sl_dataset *data,
                                const struct sl_learner *learner, struct sl_error *err);

/* Rows of batch `batch` of any epoch. */
size_t sl_training_rows(const struct sl_training *t, uint64_t batch);

/* Puts the order of the epoch that is under way into ids. */
void sl_training_shuffle(struct sl_training *t);

enum sl_status sl_training_save(struct sl_training *t, struct sl_error *err);

#endif
