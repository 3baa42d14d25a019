/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_TRAINING_H
#define SL_LEARN_TRAINING_H

#include "modules/learn/epochs.h"
#include "modules/learn/fit.h"
#include "modules/learn/monitor.h"
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
    bool f64;

    uint64_t epochs, batches; /* batches of an epoch */
    uint64_t epoch, batch;    /* done so far: epochs, batches of the next one */
    double saved;             /* sl_seconds of the last checkpoint */

    void *theta, *dtheta;   /* learner->parameters */
    void *state;            /* the optimizer's */
    struct sl_epochs rows;  /* of each epoch in its order */
    struct sl_tensor order; /* epochs x split->n, of the file `order`; data NULL: none */
    double *losses;         /* epochs x batches, of each batch */
    double *gradients;      /* epochs x batches, sizes of them; NULL: none is clipped */
    double *clip_parts;     /* SL_CLIP_PARTS(parameters) */

    struct sl_string_list monitor; /* the splits that are, that of early_stopping too */
    size_t decides;                /* which of them does */
    double *monitored;             /* epochs x monitor.n */
    struct sl_monitor watch;
    struct sl_early_stopping stopping;
    void *best; /* learner->parameters, of the best epoch; NULL: nothing decides */
};

/* Checks that everything fits, and stands at the furthest checkpoint or at the start. */
enum sl_status sl_training_open(struct sl_training *t, struct sl_step *step,
                                const struct sl_fit_config *config,
                                const struct sl_dataset *data,
                                const struct sl_learner *learner, struct sl_error *err);

/* The loss of monitored split i after an epoch, from 0. */
double *sl_training_loss(const struct sl_training *t, uint64_t epoch, size_t i);
/* An epoch is done, the losses of its splits too. */
void sl_training_end_epoch(struct sl_training *t);
bool sl_training_is_over(const struct sl_training *t);
/* The epoch whose parameters are kept, from 1: the last so far, or the best. */
uint64_t sl_training_kept(const struct sl_training *t);

/* Rows of batch `batch` of any epoch. */
size_t sl_training_rows(const struct sl_training *t, uint64_t batch);

enum sl_status sl_training_save(struct sl_training *t, struct sl_error *err);

/* After an sl_training_open that went well, whatever became of the training: what is wrong
 * with the splits of an earlier epoch goes before what ended it. */
enum sl_status sl_training_close(struct sl_training *t, enum sl_status status,
                                 struct sl_error *err);

#endif
