/* SPDX-License-Identifier: MIT */
/* A batch on its way through a variational autoencoder. */
#include <string.h>

#include "modules/learn/binarise.h"
#include "modules/learn/likelihood.h"
#include "modules/learn/slice.h"
#include "modules/learn/spread.h"
#include "modules/learn/variational.h"

static void
real_set(const struct sl_variational *v, void *reals, size_t i, double value)
{
    if (v->f64)
        ((double *)reals)[i] = value;
    else
        ((float *)reals)[i] = (float)value;
}

/* ---- work --------------------------------------------------------------------------- */

static enum sl_status
reserve(struct sl_arena *arena, size_t rows, size_t size, void *array,
        struct sl_error *err)
{
    void *memory = sl_arena_array(arena, rows, size);

    if (!memory)
        return sl_fail(err, SL_ERR_MEMORY,
                       "no memory for %zu times %zu bytes; take smaller batches", rows,
                       size);
    memcpy(array, &memory, sizeof memory);
    return SL_OK;
}

enum sl_status
sl_variational_work_new(struct sl_variational_work *work, const struct sl_variational *v,
                        size_t rows, bool training, struct sl_arena *arena,
                        struct sl_error *err)
{
    size_t latent = v->k * sl_network_real(&v->encoder);
    size_t square = v->k * v->k * sizeof(double);

    *work = (struct sl_variational_work){.v = v};
    SL_TRY(sl_network_work_new(&work->encoder, &v->encoder, rows, training, arena, err));
    SL_TRY(sl_network_work_new(&work->decoder, &v->decoder, rows, training, arena, err));
    if (v->config->binarise != SL_BINARISE_NONE)
        SL_TRY(reserve(arena, rows, v->d * sl_network_real(&v->encoder), &work->x, err));
    SL_TRY(reserve(arena, rows, latent, &work->e, err));
    SL_TRY(reserve(arena, rows, latent, &work->z, err));
    SL_TRY(reserve(arena, rows, latent, &work->dz, err));
    SL_TRY(reserve(arena, rows, sizeof *work->streams, &work->streams, err));
    SL_TRY(reserve(arena, rows, sizeof *work->missed, &work->missed, err));
    if (v->config->expectation != SL_CLOSED_FORM)
        return SL_OK;
    SL_TRY(reserve(arena, 1, square, &work->gram, err));
    SL_TRY(reserve(arena, 1, square, &work->moment, err));
    return reserve(arena, 2, square, &work->scratch, err);
}

/* ---- a batch on its way ------------------------------------------------------------- */

struct batch {
    const struct sl_variational_work *work;
    const struct sl_variational_pass *pass;
    bool training;
    struct sl_network_pass encode, decode;
    struct sl_posterior q;
    struct sl_likelihood likelihood;
};

static uint64_t
key(const struct sl_variational_pass *pass, size_t i)
{
    return pass->keys ? pass->keys[i] : pass->first + i;
}

/* What work on rows costs, by the number, in elements as sl_row_slices counts them: to
 * draw a pixel; to draw a latent and what belongs to it. */
enum { PIXEL_WORK = 8, LATENT_WORK = 256 };

/* Rows that are to be seen. */
struct view {
    const struct sl_variational_work *work;
    const struct sl_variational_pass *pass;
};

static void
draw_pixels(void *context, size_t first, size_t count)
{
    const struct view *view = context;
    const struct sl_variational *v = view->work->v;
    size_t row = v->d * sl_network_real(&v->encoder);

    for (size_t i = first; i < first + count; i++)
        (v->f64 ? sl_binarise_draw_f64 : sl_binarise_draw_f32)(
            &view->pass->pixels, key(view->pass, i), v->d,
            (const char *)view->pass->x + i * row, (char *)view->work->x + i * row);
}

/* The rows as they are to be seen, n x d. */
static const void *
seen(const struct sl_variational_work *work, const struct sl_variational_pass *pass)
{
    const struct sl_variational *v = work->v;
    struct view view = {work, pass};

    switch (v->config->binarise) {
    case SL_BINARISE_THRESHOLD:
        (v->f64 ? sl_binarise_threshold_f64
                : sl_binarise_threshold_f32)(pass->n * v->d, pass->x, work->x);
        return work->x;
    case SL_BINARISE_STOCHASTIC:
        sl_row_slices(pass->pool, pass->n, PIXEL_WORK * v->d, draw_pixels, &view);
        return work->x;
    default:
        return pass->x;
    }
}

static struct sl_network_pass
network_pass(const struct batch *b, const void *x, const void *theta, size_t which)
{
    const struct sl_variational_pass *pass = b->pass;

    return (struct sl_network_pass){
        .n = pass->n,
        .x = x,
        .theta = theta,
        .training = b->training,
        .iteration = pass->iteration,
        .stream = pass->layers[which],
        .pool = pass->pool,
    };
}

/* The rows and the encoder's Gaussians of them. */
static void
encode(struct batch *b, const struct sl_variational_work *work,
       const struct sl_variational_pass *pass, bool training)
{
    const struct sl_variational *v = work->v;
    const void *x = seen(work, pass);

    *b = (struct batch){.work = work, .pass = pass, .training = training};
    b->encode = network_pass(b, x, pass->theta, 0);
    b->decode = network_pass(b, work->z, sl_variational_decoder(v, pass->theta), 1);
    b->q = (struct sl_posterior){
        .n = pass->n,
        .k = v->k,
        .full = v->config->covariance == SL_FULL,
        .h = sl_network_forward(&work->encoder, &b->encode),
    };
    b->likelihood = (struct sl_likelihood){
        .n = pass->n,
        .d = v->d,
        .x = x,
        .noise = sl_variational_noise(v, pass->theta),
        .pool = pass->pool,
    };
}

/* ---- the latents of rows ------------------------------------------------------------- */

/* An array of `columns` reals a row, from row `first` on; NULL stays NULL. */
static void *
rows_at(const struct batch *b, const void *reals, size_t columns, size_t first)
{
    size_t row = columns * sl_network_real(&b->work->v->encoder);

    return reals ? (char *)(uintptr_t)reals + first * row : NULL;
}

static struct sl_posterior
posterior_at(const struct batch *b, size_t first, size_t count)
{
    struct sl_posterior part = b->q;

    part.n = count;
    part.h = rows_at(b, part.h, sl_posterior_columns(part.k, part.full), first);
    part.e = rows_at(b, part.e, part.k, first);
    return part;
}

static void
each_posterior(const struct batch *b, sl_slice_fn *fn, void *context)
{
    size_t columns = sl_posterior_columns(b->q.k, b->q.full);

    sl_row_slices(b->pass->pool, b->pass->n, LATENT_WORK * columns, fn, context);
}

static void
diverge_rows(void *context, size_t first, size_t count)
{
    const struct batch *b = context;
    const struct sl_variational_pass *pass = b->pass;
    struct sl_posterior q = posterior_at(b, first, count);

    (b->work->v->f64 ? sl_posterior_divergence_f64
                     : sl_posterior_divergence_f32)(&q, pass->divergence + first);
    for (size_t i = first; i < first + count; i++)
        b->work->streams[i] = sl_stream_at(&pass->noise, key(pass, i));
}

/* The divergences, and where each row's draws begin. */
static void
diverge(struct batch *b)
{
    each_posterior(b, diverge_rows, b);
}

static void
draw_rows(void *context, size_t first, size_t count)
{
    const struct batch *b = context;
    const struct sl_variational_work *work = b->work;
    const struct sl_variational *v = work->v;
    struct sl_posterior q = posterior_at(b, first, count);

    for (size_t i = first; b->q.e && i < first + count; i++)
        for (size_t j = 0; j < v->k; j++)
            real_set(v, work->e, i * v->k + j, sl_stream_normal(&work->streams[i]));
    (v->f64 ? sl_posterior_draw_f64
            : sl_posterior_draw_f32)(&q, rows_at(b, work->z, v->k, first));
}

/* The next draw of each row's latent, or its mean where the rest is known exactly. */
static void
draw_latents(struct batch *b)
{
    b->q.e = b->work->v->config->expectation == SL_SAMPLED ? b->work->e : NULL;
    each_posterior(b, draw_rows, b);
}

static void
pull_rows(void *context, size_t first, size_t count)
{
    const struct batch *b = context;
    const struct sl_variational_work *work = b->work;
    const struct sl_variational *v = work->v;
    struct sl_posterior q = posterior_at(b, first, count);
    void *dh = rows_at(b, sl_network_dy(&work->encoder),
                       sl_posterior_columns(v->k, q.full), first);

    (v->f64 ? sl_posterior_gradient_f64 : sl_posterior_gradient_f32)(
        &q, rows_at(b, work->dz, v->k, first), v->config->beta / (double)b->pass->n, dh);
}

/* ---- there and back ------------------------------------------------------------------ */

static void
add_spread(struct batch *b, double *rows)
{
    const struct sl_variational_work *work = b->work;
    const struct sl_variational *v = work->v;

    (v->f64 ? sl_spread_gram_f64 : sl_spread_gram_f32)(v->d, v->k, b->decode.theta,
                                                       b->likelihood.noise, work->gram);
    (v->f64 ? sl_spread_rows_f64 : sl_spread_rows_f32)(&b->q, work->gram, work->scratch,
                                                       rows);
}

/* -ln p(x | z) of each row, or its expectation; dy unless NULL. */
static void
decode(struct batch *b, double *rows, void *dy)
{
    const struct sl_variational_work *work = b->work;
    const struct sl_variational *v = work->v;

    draw_latents(b);
    b->likelihood.y = sl_network_forward(&work->decoder, &b->decode);
    b->likelihood.rows = rows;
    b->likelihood.dy = dy;
    if (v->config->likelihood == SL_BERNOULLI)
        (v->f64 ? sl_bernoulli_f64 : sl_bernoulli_f32)(&b->likelihood);
    else
        (v->f64 ? sl_gaussian_f64 : sl_gaussian_f32)(&b->likelihood);
    if (v->config->expectation == SL_CLOSED_FORM)
        add_spread(b, rows);
}

void
sl_variational_terms(const struct sl_variational_work *work,
                     const struct sl_variational_pass *pass)
{
    size_t samples = work->v->config->expectation == SL_CLOSED_FORM ? 1 : pass->samples;
    struct batch b;

    encode(&b, work, pass, false);
    diverge(&b);
    memset(pass->missed, 0, pass->n * sizeof *pass->missed);
    for (size_t s = 0; s < samples; s++) {
        decode(&b, work->missed, NULL);
        for (size_t i = 0; i < pass->n; i++)
            pass->missed[i] += work->missed[i];
    }
    for (size_t i = 0; i < pass->n; i++)
        pass->missed[i] /= (double)samples;
}

const void *
sl_variational_means(const struct sl_variational_work *work,
                     const struct sl_variational_pass *pass)
{
    const struct sl_variational *v = work->v;
    struct batch b;

    encode(&b, work, pass, false);
    (v->f64 ? sl_posterior_draw_f64 : sl_posterior_draw_f32)(&b.q, work->z);
    return sl_network_forward(&work->decoder, &b.decode);
}

const void *
sl_variational_output(const struct sl_variational_work *work, size_t n, const void *theta,
                      const double *z)
{
    const struct sl_variational *v = work->v;
    struct sl_network_pass pass = {
        .n = n, .x = work->z, .theta = sl_variational_decoder(v, theta)};

    for (size_t i = 0; i < n * v->k; i++)
        real_set(v, work->z, i, z[i]);
    return sl_network_forward(&work->decoder, &pass);
}

/* ---- gradients ---------------------------------------------------------------------- */

/* Of -ln p by ln noise: d - |x - y|^2 / noise^2, its expectation where that is taken. */
static void
noise_gradient(const struct batch *b, void *dtheta)
{
    const struct sl_variational *v = b->work->v;
    double floor = sl_gaussian_floor(v->d, b->likelihood.noise), sum = 0;

    for (size_t i = 0; i < b->pass->n; i++)
        sum += (double)v->d - 2 * (b->pass->missed[i] - floor);
    real_set(v, dtheta, v->parameters - 1, sum / (double)b->pass->n);
}

/* What the exact expectation adds: by the factors of the Gaussians, and by the weights of
 * the decoder, which are the first of its parameters. */
static void
spread_gradient(const struct batch *b, void *dh, void *ddecoder)
{
    const struct sl_variational_work *work = b->work;
    const struct sl_variational *v = work->v;
    double noise = b->likelihood.noise;

    (v->f64 ? sl_spread_gradient_f64
            : sl_spread_gradient_f32)(&b->q, work->gram, work->scratch, dh, work->moment);
    (v->f64 ? sl_spread_weight_f64
            : sl_spread_weight_f32)(v->d, v->k, b->decode.theta, work->moment,
                                    1 / (noise * noise * (double)b->pass->n), ddecoder);
}

void
sl_variational_gradient(const struct sl_variational_work *work,
                        const struct sl_variational_pass *pass, void *dtheta)
{
    const struct sl_variational *v = work->v;
    void *ddecoder = sl_variational_decoder(v, dtheta);
    void *dh = sl_network_dy(&work->encoder);
    struct batch b;

    encode(&b, work, pass, true);
    diverge(&b);
    decode(&b, pass->missed, sl_network_dy(&work->decoder));
    sl_network_backward(&work->decoder, &b.decode, ddecoder, work->dz);
    each_posterior(&b, pull_rows, &b);
    if (v->config->expectation == SL_CLOSED_FORM)
        spread_gradient(&b, dh, ddecoder);
    if (v->config->freeze == SL_FREEZE_DECODER)
        memset(ddecoder, 0, v->decoder.parameters * sl_network_real(&v->decoder));
    sl_network_backward(&work->encoder, &b.encode, dtheta, NULL);
    if (v->noisy)
        noise_gradient(&b, dtheta);
}

void
sl_variational_track(const struct sl_variational_work *work, void *theta)
{
    sl_network_track(&work->encoder, theta);
    sl_network_track(&work->decoder, sl_variational_decoder(work->v, theta));
}
