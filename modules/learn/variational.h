/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_VARIATIONAL_H
#define SL_LEARN_VARIATIONAL_H

#include "modules/learn/dense_block.h"

/*
 * Variational autoencoder (Kingma and Welling 2014). A row x comes from a latent
 * z ~ N(0, I) through a decoder, p(x | z); an encoder guesses z, q(z | x). For any q
 *
 *     ln p(x) >= E_q ln p(x | z) - D_KL(q(z | x) || N(0, I))
 *
 * with equality where q is the true posterior: the gap is D_KL(q || p(z | x)). The right
 * side is the bound that is raised; sums are over columns, in nats.
 *
 * The encoder's output is a Gaussian (posterior.h), the decoder's that of a likelihood
 * (likelihood.h). The divergence is in closed form; the expectation is taken by draws, or,
 * of a linear Gaussian decoder, in closed form too (spread.h).
 *
 * theta holds the encoder's parameters, the decoder's, and, where it is learned, the
 * logarithm of a Gaussian decoder's noise.
 */
enum sl_covariance { SL_DIAGONAL, SL_FULL };
enum sl_decoder_likelihood { SL_BERNOULLI, SL_GAUSSIAN };
enum sl_binarise { SL_BINARISE_NONE, SL_BINARISE_THRESHOLD, SL_BINARISE_STOCHASTIC };
enum sl_expectation { SL_SAMPLED, SL_CLOSED_FORM };
enum sl_freeze { SL_FREEZE_NOTHING, SL_FREEZE_DECODER };

struct sl_variational_config {
    struct sl_int_list encoder, decoder;
    int64_t latent, samples;
    struct sl_choice activation;
    struct sl_dense_block_config block;
    int covariance, likelihood, binarise, expectation, freeze; /* of the enums above */
    double noise, beta;
    bool learn_noise;
    uint64_t decoder_seed;
};

extern const struct sl_field sl_variational_fields[];

/* The latent columns a full covariance may have: it takes the square of them. */
#define SL_FULL_MOST 256

struct sl_variational {
    const struct sl_variational_config *config;
    bool f64;
    size_t d, k; /* columns of a row, of a latent */
    struct sl_network encoder, decoder;
    bool noisy; /* theta ends in the logarithm of the noise */
    size_t parameters;
};

/* As the networks': memory is the arena's, errors are those of sl_network_add. */
enum sl_status sl_variational_build(struct sl_variational *v,
                                    const struct sl_variational_config *config, size_t d,
                                    bool f64, struct sl_arena *arena,
                                    struct sl_error *err);

/* The decoder is linear and its likelihood Gaussian. */
bool sl_variational_is_linear(const struct sl_variational_config *config);

/* Initial parameters of both networks, each from its stream. */
void sl_variational_start(const struct sl_variational *v, const struct sl_stream *encoder,
                          const struct sl_stream *decoder, void *theta);

/* The decoder's part of theta, or of its gradient. */
void *sl_variational_decoder(const struct sl_variational *v, const void *theta);
/* Element i of theta. */
double sl_variational_parameter(const struct sl_variational *v, const void *theta,
                                size_t i);
/* The standard deviation of a Gaussian decoder. */
double sl_variational_noise(const struct sl_variational *v, const void *theta);

/* As sl_network_pack; the noise is "decoder.log_noise". */
enum sl_status sl_variational_pack(const struct sl_variational *v, const void *theta,
                                   struct sl_bundle *bundle, struct sl_error *err);
enum sl_status sl_variational_unpack(const struct sl_variational *v,
                                     const struct sl_bundle *bundle, void *theta,
                                     struct sl_error *err);

/* As sl_network_decayed; a decoder that is frozen keeps what it has. */
void sl_variational_decayed(const struct sl_variational *v, struct sl_spans *spans);

/* What one thread needs for up to `rows` rows. */
struct sl_variational_work {
    const struct sl_variational *v;
    struct sl_network_work encoder, decoder;
    void *x;                   /* rows x d, of rows made binary */
    void *e, *z, *dz;          /* rows x k */
    struct sl_stream *streams; /* rows */
    double *missed;            /* rows */
    double *gram, *moment, *scratch;
};

enum sl_status sl_variational_work_new(struct sl_variational_work *work,
                                       const struct sl_variational *v, size_t rows,
                                       bool training, struct sl_arena *arena,
                                       struct sl_error *err);

/*
 * The terms of the bound of a batch.
 *
 * x            n x d
 * noise, pixels  row i draws its latents and its pixels from their substream keys[i], or
 *              first + i where keys is NULL: neither its place in a batch nor threads
 *              decide
 * iteration    of a training, for the layers' own draws, from the streams layers: the
 *              encoder's and the decoder's
 * samples      draws of z, of which the mean is taken
 * missed       n, overwritten: -E ln p(x | z) of each row
 * divergence   n, overwritten: D_KL(q(z | x) || N(0, I)) of each row
 */
struct sl_variational_pass {
    size_t n; /* at most work->rows */
    const void *x, *theta;
    struct sl_pool *pool;
    struct sl_stream noise, pixels, layers[2];
    const uint64_t *keys;
    uint64_t first, iteration;
    size_t samples;
    double *missed, *divergence;
};

void sl_variational_terms(const struct sl_variational_work *work,
                          const struct sl_variational_pass *pass);

/* The same of one draw, with dtheta (overwritten): the gradient of the mean over rows of
 * missed + beta divergence. Of a frozen decoder it is 0. The work is one for training. */
void sl_variational_gradient(const struct sl_variational_work *work,
                             const struct sl_variational_pass *pass, void *dtheta);

/* After theta was updated by the last gradient: layers that follow the rows do so. */
void sl_variational_track(const struct sl_variational_work *work, void *theta);

/* The decoder's output, n x d, at the mean of each row's latent, which is left in work->z;
 * missed and divergence are not looked at. */
const void *sl_variational_means(const struct sl_variational_work *work,
                                 const struct sl_variational_pass *pass);

/* The decoder's output, n x d, at the latents z (n x k). */
const void *sl_variational_output(const struct sl_variational_work *work, size_t n,
                                  const void *theta, const double *z);

/* What threads need to be at chunks of rows at the same time. Memory is the arena's;
 * SL_ERR_MEMORY. */
struct sl_variational_room {
    struct sl_seats seats;
    struct sl_variational_lane *lanes; /* of each seat */
};
enum sl_status sl_variational_room_new(struct sl_variational_room *room,
                                       const struct sl_variational *v,
                                       const struct sl_room_for *most,
                                       struct sl_arena *arena, struct sl_error *err);

/*
 * Over many rows, several chunks at once. Draws are keyed by what the rows hold
 * (modules/learn/row_key.h), so a row's place decides no more than the last bits of products.
 */
struct sl_variational_map {
    const struct sl_variational *v;
    const void *theta;
    struct sl_pool *pool;
    const struct sl_variational_room *room; /* NULL: each call makes its own */
};

/* The terms of each row, with samples as configured. missed, divergence: rows->n. */
enum sl_status sl_variational_bound(const struct sl_variational_map *map,
                                    const struct sl_rows *rows,
                                    const struct sl_stream *noise,
                                    const struct sl_stream *pixels, double *missed,
                                    double *divergence, struct sl_error *err);

/* out: rows->n, the terms of each row with weights, added. */
struct sl_variational_score {
    struct sl_stream noise, pixels;
    double of_missed, of_divergence;
};
enum sl_status sl_variational_score(const struct sl_variational_map *map,
                                    const struct sl_rows *rows,
                                    const struct sl_variational_score *score, double *out,
                                    struct sl_error *err);

/* out: rows->n x d, the decoder's mean at the mean of each row's latent; float32. */
enum sl_status sl_variational_reconstruct(const struct sl_variational_map *map,
                                          const struct sl_rows *rows,
                                          const struct sl_stream *pixels, float *out,
                                          struct sl_error *err);

/* out: rows->n x k, the mean of each row's latent. */
enum sl_status sl_variational_encode(const struct sl_variational_map *map,
                                     const struct sl_rows *rows,
                                     const struct sl_stream *pixels, double *out,
                                     struct sl_error *err);

/* out: n x d, the decoder's mean at each of the latents z (n x k). */
enum sl_status sl_variational_decode(const struct sl_variational_map *map, size_t n,
                                     const double *z, double *out, struct sl_error *err);

#endif
