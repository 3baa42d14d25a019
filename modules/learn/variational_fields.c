/* SPDX-License-Identifier: MIT */
#include "modules/learn/variational.h"

static const char *const covariances[] = {"diagonal", "full", NULL};
static const char *const likelihoods[] = {"bernoulli", "gaussian", NULL};
static const char *const binarisings[] = {"none", "threshold", "stochastic", NULL};
static const char *const expectations[] = {"sampled", "closed-form", NULL};
static const char *const freezes[] = {"nothing", "decoder", NULL};

#define CONFIG struct sl_variational_config
const struct sl_field sl_variational_fields[] = {
    SL_FIELD(CONFIG, encoder, struct sl_int_list, SL_TYPE_INT_LIST, .flags = SL_REQUIRED,
             .low = 1, .high = 1e6,
             .help = "widths of the encoder's hidden layers; empty: a linear one"),
    SL_FIELD(CONFIG, latent, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED, .low = 1,
             .high = 1e5, .help = "columns of the latent"),
    SL_FIELD(CONFIG, decoder, struct sl_int_list, SL_TYPE_INT_LIST, .low = 1, .high = 1e6,
             .help = "widths of the decoder's hidden layers; if empty, the encoder's in "
                     "reverse"),
    SL_CHOICE(CONFIG, activation, "relu", SL_ACTIVATION, "after each hidden layer"),
    SL_INCLUDE(CONFIG, block, struct sl_dense_block_config, sl_dense_block_fields),
    SL_WORD(CONFIG, covariance, SL_DIAGONAL, covariances, "of the encoder's Gaussian"),
    SL_WORD(CONFIG, likelihood, SL_BERNOULLI, likelihoods,
            "of a row, given what the decoder makes of a latent"),
    SL_FIELD(CONFIG, noise, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE, .low = 0,
             .high = 1e6, .number = 1,
             .help = "standard deviation of a gaussian decoder, or where learning it "
                     "starts"),
    SL_BOOL(CONFIG, learn_noise, true, "learn the noise of a gaussian decoder"),
    SL_DOUBLE(CONFIG, beta, 1, 0, 1e6,
              "weight of the divergence in the loss; 1: the loss is the negative bound"),
    SL_WORD(
        CONFIG, binarise, SL_BINARISE_NONE, binarisings,
        "values become 0 or 1: by being above 0.5, or at random with the value as the "
        "chance of a 1, anew each time in training"),
    SL_WORD(CONFIG, expectation, SL_SAMPLED, expectations,
            "over the latent: by a draw, or exactly, of a linear gaussian decoder"),
    SL_INT(CONFIG, samples, 1, 1, 1e5,
           "draws of the latent for each row that is scored; in training it is one"),
    SL_WORD(CONFIG, freeze, SL_FREEZE_NOTHING, freezes,
            "what keeps the parameters it starts with; a decoder's noise among them"),
    SL_FIELD(CONFIG, decoder_seed, uint64_t, SL_TYPE_SEED,
             .help =
                 "what the decoder's first parameters are drawn from, so that several "
                 "stages may share them; 0: from the run's seed, as all others"),
    SL_FIELD_END,
};
