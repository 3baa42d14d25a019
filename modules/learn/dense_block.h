/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_DENSE_BLOCK_H
#define SL_LEARN_DENSE_BLOCK_H

#include "modules/learn/network.h"
#include "runner/pipeline/stage.h"

/*
 * A dense layer with what stands behind it: a normalisation (Ioffe and Szegedy 2015 put it
 * before the activation), an activation, dropout. To be SL_INCLUDEd among a model's fields.
 */
enum sl_normalisation {
    SL_NORMALISATION_NONE,
    SL_NORMALISATION_BATCH,
    SL_NORMALISATION_LAYER
};
struct sl_dense_block_config {
    double dropout;
    int normalisation;
};

extern const struct sl_field sl_dense_block_fields[];

/* Its layers are NAME, NAME.batch-normalisation, NAME.relu, NAME.dropout. */
struct sl_dense_block {
    const char *name;
    int64_t units;
    const char
        *tied; /* the dense layer whose weights it has, transposed; NULL: its own */
    const struct sl_choice *activation; /* NULL: none */
    const struct sl_dense_block_config
        *between; /* NULL: neither normalisation nor dropout */
};
/* Tells what it does in batches of so many rows. */
void sl_dense_block_check(const struct sl_dense_block_config *config, int64_t batch_size,
                          const struct sl_check *check);

enum sl_status sl_network_add_block(struct sl_network *network,
                                    const struct sl_dense_block *block,
                                    struct sl_error *err);

#endif
