/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_AUTOENCODER_H
#define SL_LEARN_AUTOENCODER_H

#include "modules/learn/dense_block.h"
#include "modules/learn/fit.h"
#include "modules/learn/loss.h"
#include "modules/learn/network.h"
#include "modules/learn/noise.h"
#include "modules/learn/sparsity.h"
#include "runner/pipeline/stage.h"

/*
 * Autoencoder: a network of an encoder, whose last layer is the code, and a decoder that is
 * to give back the encoder's input; that which came in, where noise was put on it. In
 * training a penalty may stand on the code.
 */
struct sl_autoencoder_config {
    struct sl_int_list encoder, decoder;
    struct sl_choice activation, output, loss;
    struct sl_dense_block_config block;
    bool tied;
    struct sl_noise_config denoise;
    struct sl_sparsity_config sparse;
};

extern const struct sl_field sl_autoencoder_fields[];

struct sl_autoencoder {
    const struct sl_autoencoder_config *config;
    const struct sl_loss_class *loss;
    size_t d;                           /* columns of a row */
    size_t code;                        /* place of the layer that makes the code */
    struct sl_network network, encoder; /* the encoder's layers are the network's first */
    /* Those of the network's layers whose output the loss compares with a row: all, or, for
     * a loss of chances, all but the sigmoid at the end. */
    struct sl_network compared;
};

/* As the networks': memory is the arena's, errors are those of sl_network_add. */
enum sl_status sl_autoencoder_build(struct sl_autoencoder *a,
                                    const struct sl_autoencoder_config *config, size_t d,
                                    bool f64, struct sl_arena *arena,
                                    struct sl_error *err);

/* Looks through all splits for values that the loss does not take: SL_ERR_SHAPE. */
enum sl_status sl_autoencoder_check_rows(const struct sl_autoencoder *a,
                                         const struct sl_dataset *data,
                                         struct sl_error *err);

/* What the field table can't say. */
void sl_autoencoder_check(const struct sl_autoencoder_config *config, bool f64,
                          const struct sl_check *check);

/* A training that is under way, in the step's memory: step and a are the caller's to set. */
struct sl_autoencoder_learning {
    struct sl_step *step;
    struct sl_autoencoder a;
    struct sl_network_work work;
    struct sl_network_room room; /* for losses */
    struct sl_stream stream;
    double *rows; /* of a batch: the losses */
};

/* The loss of rows of the network's real, and its gradient, as the comparison asks. */
void sl_autoencoder_compare(const struct sl_autoencoder *a,
                            const struct sl_comparison *comparison);

/* The learner is for sl_fit, of rows that were looked through, by batches of up to batch_size.
 * A batch's loss is that of sl_autoencoder_losses on rows with noise, and what the penalty
 * adds. SL_ERR_MEMORY. */
enum sl_status sl_autoencoder_learn(struct sl_autoencoder_learning *l, size_t batch_size,
                                    struct sl_learner *learner, struct sl_error *err);

/* Over many rows, several chunks at once, in evaluation mode. */
struct sl_autoencoder_map {
    const struct sl_autoencoder *a;
    const void *theta;
    struct sl_pool *pool;
};

/* out: rows->n, the loss between each row and what the network makes of it. SL_ERR_SHAPE
 * names a value that the loss does not take. */
enum sl_status sl_autoencoder_losses(const struct sl_autoencoder_map *map,
                                     const struct sl_rows *rows, double *out,
                                     struct sl_error *err);
/* The same of rows that sl_autoencoder_check_rows looked through, in room for a->compared. */
void sl_autoencoder_losses_in(const struct sl_autoencoder_map *map,
                              const struct sl_network_room *room,
                              const struct sl_rows *rows, double *out);
/* out: rows->n x d, the parts of that loss that come from each column. */
enum sl_status sl_autoencoder_parts(const struct sl_autoencoder_map *map,
                                    const struct sl_rows *rows, double *out,
                                    struct sl_error *err);
/* out: rows->n x d, what the network makes of each row; float32. */
enum sl_status sl_autoencoder_images(const struct sl_autoencoder_map *map,
                                     const struct sl_rows *rows, float *out,
                                     struct sl_error *err);
/* out: rows->n x encoder.out, each row's code. */
enum sl_status sl_autoencoder_codes(const struct sl_autoencoder_map *map,
                                    const struct sl_rows *rows, double *out,
                                    struct sl_error *err);

#endif
