/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_OUTCOME_H
#define SL_STORE_OUTCOME_H

#include "runner/base/hash.h"
#include "runner/store/dataset.h"
#include "runner/tensor/tensor.h"

/* A model as it is stored: what made it, with what configuration, and its parameters. */
struct sl_stored_model {
    const char *module; /* the train module's name; NULL: there is no model */
    const char *config; /* its bound configuration as YAML */
    size_t d, height, width;
    const struct sl_features *features; /* of those rows; NULL: not described */
    bool float32;        /* the values of those rows were; else any that a double holds */
    double scale;        /* of the rows it expects, as in struct sl_dataset */
    const double *means; /* d, of the training rows' columns; NULL: not kept */
    struct sl_bundle parameters;
    struct sl_bundle preprocess; /* what was fitted of the steps before the model */
};

/* Everything that a step leaves. The cache stores outcomes whole. */
struct sl_outcome {
    struct sl_arena *arena;
    const char *origin;       /* what went into the key, for a reader; NULL: not said */
    struct sl_bundle outputs; /* artifacts that are tensors: a threshold, scores */
    struct sl_bundle metrics; /* rank-0 float64 */
    struct sl_bundle series;
    struct sl_bundle tensors;
    struct sl_stored_model model;
    struct sl_dataset *dataset; /* NULL: none; its bytes stand in a file of their own */
    bool labelled;              /* set by reading: that file has labels */
};

void sl_outcome_init(struct sl_outcome *outcome, struct sl_arena *arena);

/* As an HDF5 file in memory. */
enum sl_status sl_outcome_write(const struct sl_outcome *outcome, struct sl_arena *arena,
                                char **bytes, size_t *count, struct sl_error *err);
/* The inverse; the data set's x and labels are left NULL, they are the cache's. outcome
 * has been initialised. */
enum sl_status sl_outcome_read(const void *bytes, size_t count,
                               struct sl_outcome *outcome, struct sl_error *err);

/* The bytes of models/KEY.h5, and back: attributes module, d, height, width and scale of /,
 * and where rows are float32 their type; the datasets /config and /parameters/NAME, of a table
 * /features and /preprocess/NAME, and where they are kept /rows/means. model need not be
 * initialised. */
enum sl_status sl_model_write(const struct sl_stored_model *model, struct sl_arena *arena,
                              char **bytes, size_t *count, struct sl_error *err);
enum sl_status sl_model_read(const void *bytes, size_t count, struct sl_arena *arena,
                             struct sl_stored_model *model, struct sl_error *err);

#endif
