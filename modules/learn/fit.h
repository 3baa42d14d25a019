/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FIT_H
#define SL_LEARN_FIT_H

#include "modules/learn/early_stopping.h"
#include "modules/learn/seats.h"
#include "modules/learn/spans.h"
#include "runner/pipeline/stage.h"

/*
 * The one minibatch loop. It knows batches, epochs, an optimizer, checkpoints and series;
 * what is learned is the learner's.
 */

/* The configuration of a training, to be SL_INCLUDEd among a train module's fields. */
struct sl_fit_config {
    int64_t epochs, batch_size;
    struct sl_choice optimizer, schedule;
    double warmup, clip;
    int clip_by; /* enum sl_clip_by */
    bool shuffle;
    int precision; /* enum sl_precision */
    struct sl_string_list monitor;
    struct sl_early_stopping_config early_stopping;
    struct sl_file start, order;
};
enum sl_precision { SL_FLOAT32_PRECISION, SL_FLOAT64_PRECISION };

extern const struct sl_field sl_fit_fields[];

/* The rows a training learns from are those of this split. */
#define SL_FIT_SPLIT "train"

/* x is n x d, of the training's real. iteration counts the batches of the whole training
 * from 0. */
struct sl_fit_batch {
    size_t n;
    const void *x;
    uint64_t iteration;
};

/*
 * What is to be learned. Arrays are of the training's real.
 *
 * init      fills theta
 * gradient  overwrites dtheta with the gradient of the batch's loss and returns the loss:
 *           the mean over its rows
 * reserve   optional: what losses takes, before its first call. SL_ERR_MEMORY
 * losses    out: n float64, the loss of each row, in evaluation mode. pool: may be NULL
 * apart     losses may be called from other threads while gradient is at work
 * decayed   of theta: what weight decay applies to (modules/learn/optimizer.h)
 * track     optional: after theta was updated by the last gradient, sets what in it follows
 *           the rows and not the loss
 */
struct sl_learner {
    void *context;
    size_t parameters;
    void (*init)(void *context, void *theta);
    double (*gradient)(void *context, const struct sl_fit_batch *batch, const void *theta,
                       void *dtheta);
    enum sl_status (*reserve)(void *context, const struct sl_room_for *most,
                              struct sl_error *err);
    void (*losses)(void *context, struct sl_pool *pool, const struct sl_rows *rows,
                   const void *theta, double *out);
    bool apart;
    struct sl_spans decayed;
    void (*track)(void *context, void *theta);
};

/*
 * Trains and leaves the parameters in *theta (the step's memory). Goes on from the furthest
 * checkpoint of the trajectory; the bits are those of a training that was never stopped.
 *
 * Each epoch visits the split in a new random order, drawn from the stream "shuffle" at
 * the epoch's number, or in the order of the file `order`. The last batch of an epoch may
 * be short.
 *
 * With early_stopping the parameters are those of the best epoch so far, so that a training
 * of more epochs is never worse by the split that decides, and one that has stopped stays
 * as it is however many epochs are asked for.
 *
 * Errors: SL_ERR_SHAPE before the first batch where split, batch size, `start` or `order`
 * do not fit; SL_ERR_NUMERIC where a loss, or a gradient to be clipped, is not finite;
 * SL_ERR_CANCELLED, after a checkpoint, where the step is to stop.
 */
enum sl_status sl_fit(struct sl_step *step, const struct sl_fit_config *config,
                      const struct sl_dataset *data, const struct sl_learner *learner,
                      void **theta, struct sl_error *err);

/* What sl_fit records, for a module's results table. unit: of the loss, "nats" of one that
 * is a likelihood.
 *
 *     metrics  loss             mean over the rows of the epoch whose parameters are kept, as
 *                               its batches came: the last, or the best of early_stopping
 *              loss_last_batch  loss of the last batch
 *              loss_SPLIT       after that epoch, for every split in `monitor` and that of
 *                               early_stopping
 *              iterations       batches in all
 *              best_epoch       with early_stopping: the epoch that is kept, from 1
 *              epochs           and how many there were
 *              stopped_early    1: patience ran out; 0: all epochs were gone through
 *              clipped          share of the batches whose gradient was clipped, where `clip`
 *                               asks for it
 *     series   loss             of each batch, axis "iteration"
 *              loss_epoch       mean over the rows of each epoch, axis "epoch"
 *              loss_SPLIT       at the end of each epoch, axis "epoch"
 *              gradient         size of each batch's gradient before it was clipped, axis
 *                               "iteration"; where `clip` asks for it
 */
#define SL_FIT_RESULTS(unit)                                                             \
    {"loss", SL_RESULT_METRIC, unit, "mean training loss of the epoch that is kept"},    \
        {"loss_last_batch", SL_RESULT_METRIC, unit, "training loss of the last batch"},  \
        {"iterations", SL_RESULT_METRIC, NULL, "batches of the whole training"},         \
        {"clipped", SL_RESULT_METRIC, NULL,                                              \
         "share of the batches whose gradient was clipped"},                             \
        {"gradient", SL_RESULT_SERIES, NULL,                                             \
         "size of each batch's gradient before it was clipped"},                         \
        {"loss_{monitor}", SL_RESULT_METRIC, unit, "loss of a monitored split"},         \
        {"loss_{early_stopping.monitor}", SL_RESULT_METRIC, unit,                        \
         "loss of the split that decides when to stop"},                                 \
        {"best_epoch", SL_RESULT_METRIC, NULL,                                           \
         "with early_stopping: the epoch whose parameters are kept"},                    \
        {"epochs", SL_RESULT_METRIC, NULL, "with early_stopping: how many there were"},  \
        {"stopped_early", SL_RESULT_METRIC, NULL,                                        \
         "1: patience ran out before the last epoch; 0: it did not"},                    \
        {"loss", SL_RESULT_SERIES, unit, "training loss of each batch"},                 \
        {"loss_epoch", SL_RESULT_SERIES, unit, "mean training loss of each epoch"},      \
    {                                                                                    \
        "loss_*", SL_RESULT_SERIES, unit, "loss of a monitored split after each epoch"   \
    }

/* The work of sl_fit where a row passes `parameters` weights once: two operations for each
 * on the way forward, four on the way back; and of a score by one pass. */
void sl_fit_estimate(const struct sl_fit_config *config, const struct sl_schema *schema,
                     size_t parameters, struct sl_demand *estimate);

/* Tells at check time what sl_fit would refuse: no split to learn from, or a batch larger
 * than it, where the data's splits are known. */
void sl_fit_check(const struct sl_fit_config *config, const struct sl_check *check);

#endif
