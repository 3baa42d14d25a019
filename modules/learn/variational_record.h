/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_VARIATIONAL_RECORD_H
#define SL_LEARN_VARIATIONAL_RECORD_H

#include "modules/learn/variational.h"
#include "runner/pipeline/stage.h"

/*
 * What is recorded of a trained variational autoencoder besides its losses:
 *
 *     metrics  noise                 of a Gaussian decoder
 *              reconstruction_SPLIT  mean of -E ln p(x | z)
 *              divergence_SPLIT      mean of D_KL(q(z | x) || N(0, I)); the two make up the
 *                                    negative bound
 *     tensors  prior_samples         of images: SL_PRIOR_SAMPLES x height x width, the
 *                                    decoder's means at latents drawn from the prior
 *              walk                  of images: rows x columns x height x width, the
 *                                    decoder's means along straight lines in latent space,
 *                                    each from the code of one row of the training split to
 *                                    that of another; with two latents SL_WALK_GRID
 *                                    quantiles of the one by those of the other
 *
 * and of a linear Gaussian decoder, for the training split and as means over its rows:
 *
 *     metrics  bound              after the last epoch
 *              likelihood         ln p(x) at the decoder it came to, exact
 *              ceiling            what the bound can reach: the likelihood of a frozen
 *                                 decoder, the maximum likelihood of probabilistic
 *                                 principal component analysis of one that is learned
 *              gap                ceiling - bound
 *              gap_per_dimension  that by the number of columns
 *     series   ceilings           that maximum for 0..d-1 latents, axis "latent"
 *
 * splits: those that are scored.
 */
#define SL_PRIOR_SAMPLES 64
#define SL_WALK_ROWS 8
#define SL_WALK_COLUMNS 12
#define SL_WALK_GRID 16

#define SL_VARIATIONAL_RESULTS                                                           \
    {"noise", SL_RESULT_METRIC, NULL, "standard deviation of a gaussian decoder"},       \
        {"reconstruction_{monitor}", SL_RESULT_METRIC, "nats",                           \
         "of a monitored split: mean of -E ln p(x | z)"},                                \
        {"divergence_{monitor}", SL_RESULT_METRIC, "nats",                               \
         "of a monitored split: mean divergence of q(z | x) from the prior"},            \
        {"bound", SL_RESULT_METRIC, "nats",                                              \
         "of a linear decoder: bound of the training split"},                            \
        {"likelihood", SL_RESULT_METRIC, "nats",                                         \
         "of a linear decoder: exact mean ln p(x) of the training split"},               \
        {"ceiling", SL_RESULT_METRIC, "nats",                                            \
         "of a linear decoder: what the bound can reach"},                               \
        {"gap", SL_RESULT_METRIC, "nats", "ceiling - bound"},                            \
        {"gap_per_dimension", SL_RESULT_METRIC, "nats", "gap by the number of columns"}, \
        {"ceilings", SL_RESULT_SERIES, "nats",                                           \
         "of a linear decoder: maximum likelihood by the number of latents, from 0"},    \
        {"prior_samples", SL_RESULT_TENSOR, NULL,                                        \
         "images of latents drawn from the prior: sample, height, width"},               \
    {                                                                                    \
        "walk", SL_RESULT_TENSOR, NULL,                                                  \
            "images along lines through latent space: row, column, height, width"        \
    }

enum sl_status sl_variational_record(struct sl_step *step,
                                     const struct sl_variational_map *map,
                                     const struct sl_dataset *data,
                                     const struct sl_string_list *splits,
                                     struct sl_error *err);

/* Streams of a stage's own, the same where it trains and where it scores. */
struct sl_stream sl_variational_noise_stream(struct sl_step *step);
struct sl_stream sl_variational_pixel_stream(struct sl_step *step);

#endif
