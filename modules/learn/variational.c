/* SPDX-License-Identifier: MIT */
#include "modules/learn/variational.h"

#include <math.h>

#include "modules/learn/posterior.h"

/* ---- the networks ------------------------------------------------------------------- */

/* Hidden layers of the decoder. */
static size_t
decoder_depth(const struct sl_variational_config *c)
{
    return c->decoder.n > 0 ? c->decoder.n : c->encoder.n;
}

static int64_t
decoder_width(const struct sl_variational_config *c, size_t i)
{
    return c->decoder.n > 0 ? c->decoder.at[i] : c->encoder.at[c->encoder.n - 1 - i];
}

bool
sl_variational_is_linear(const struct sl_variational_config *c)
{
    return c->likelihood == SL_GAUSSIAN && decoder_depth(c) == 0;
}

/* Behind the last layer stands nothing: it makes the parameters of a distribution. */
static enum sl_status
add_layer(const struct sl_variational_config *c, struct sl_network *network,
          const char *name, int64_t units, bool hidden, struct sl_error *err)
{
    struct sl_dense_block block = {
        .name = name,
        .units = units,
        .activation = hidden ? &c->activation : NULL,
        .between = hidden ? &c->block : NULL,
    };

    return sl_network_add_block(network, &block, err);
}

static enum sl_status
add_encoder(struct sl_variational *v, struct sl_error *err)
{
    const struct sl_variational_config *c = v->config;
    size_t last = sl_posterior_columns(v->k, c->covariance == SL_FULL);

    for (size_t i = 0; i <= c->encoder.n; i++) {
        const char *name = sl_arena_format(v->encoder.arena, "encoder.%zu", i);
        bool hidden = i < c->encoder.n;
        SL_TRY(add_layer(c, &v->encoder, name, hidden ? c->encoder.at[i] : (int64_t)last,
                         hidden, err));
    }
    return SL_OK;
}

static enum sl_status
add_decoder(struct sl_variational *v, struct sl_error *err)
{
    const struct sl_variational_config *c = v->config;
    size_t depth = decoder_depth(c);

    for (size_t i = 0; i <= depth; i++) {
        const char *name = sl_arena_format(v->decoder.arena, "decoder.%zu", i);
        bool hidden = i < depth;
        SL_TRY(add_layer(c, &v->decoder, name,
                         hidden ? decoder_width(c, i) : (int64_t)v->d, hidden, err));
    }
    return SL_OK;
}

enum sl_status
sl_variational_build(struct sl_variational *v, const struct sl_variational_config *c,
                     size_t d, bool f64, struct sl_arena *arena, struct sl_error *err)
{
    *v = (struct sl_variational){.config = c, .f64 = f64, .d = d, .k = (size_t)c->latent};
    sl_network_init(&v->encoder, arena, d, f64);
    SL_TRY(add_encoder(v, err));
    sl_network_init(&v->decoder, arena, v->k, f64);
    SL_TRY(add_decoder(v, err));
    v->noisy =
        c->likelihood == SL_GAUSSIAN && c->learn_noise && c->freeze != SL_FREEZE_DECODER;
    v->parameters = v->encoder.parameters + v->decoder.parameters + v->noisy;
    return SL_OK;
}

/* ---- theta -------------------------------------------------------------------------- */

void *
sl_variational_decoder(const struct sl_variational *v, const void *theta)
{
    return (char *)(uintptr_t)theta +
           v->encoder.parameters * sl_network_real(&v->encoder);
}

static double
real_get(const struct sl_variational *v, const void *reals, size_t i)
{
    return v->f64 ? ((const double *)reals)[i] : (double)((const float *)reals)[i];
}

static void
real_set(const struct sl_variational *v, void *reals, size_t i, double value)
{
    if (v->f64)
        ((double *)reals)[i] = value;
    else
        ((float *)reals)[i] = (float)value;
}

double
sl_variational_parameter(const struct sl_variational *v, const void *theta, size_t i)
{
    return real_get(v, theta, i);
}

double
sl_variational_noise(const struct sl_variational *v, const void *theta)
{
    return v->noisy ? exp(real_get(v, theta, v->parameters - 1)) : v->config->noise;
}

void
sl_variational_start(const struct sl_variational *v, const struct sl_stream *encoder,
                     const struct sl_stream *decoder, void *theta)
{
    sl_network_start(&v->encoder, encoder, theta);
    sl_network_start(&v->decoder, decoder, sl_variational_decoder(v, theta));
    if (v->noisy)
        real_set(v, theta, v->parameters - 1, log(v->config->noise));
}

static struct sl_item
noise_item(const struct sl_variational *v, const void *theta)
{
    char *at = (char *)(uintptr_t)theta;

    at += (v->parameters - 1) * sl_network_real(&v->encoder);
    return (struct sl_item){
        .name = "decoder.log_noise",
        .tensor = sl_tensor_vector(v->f64 ? SL_F64 : SL_F32, at, 1),
    };
}

enum sl_status
sl_variational_pack(const struct sl_variational *v, const void *theta,
                    struct sl_bundle *bundle, struct sl_error *err)
{
    struct sl_item noise;

    SL_TRY(sl_network_pack(&v->encoder, theta, bundle, err));
    SL_TRY(sl_network_pack(&v->decoder, sl_variational_decoder(v, theta), bundle, err));
    if (!v->noisy)
        return SL_OK;
    noise = noise_item(v, theta);
    return sl_bundle_add(bundle, &noise, err);
}

enum sl_status
sl_variational_unpack(const struct sl_variational *v, const struct sl_bundle *bundle,
                      void *theta, struct sl_error *err)
{
    const struct sl_item *noise;

    SL_TRY(sl_network_unpack(&v->encoder, bundle, theta, err));
    SL_TRY(sl_network_unpack(&v->decoder, bundle, sl_variational_decoder(v, theta), err));
    if (!v->noisy)
        return SL_OK;
    noise = sl_bundle_find(bundle, "decoder.log_noise");
    if (!noise || sl_tensor_count(&noise->tensor) != 1)
        return sl_fail(err, SL_ERR_SHAPE, "the model has no one 'decoder.log_noise'");
    real_set(v, theta, v->parameters - 1, sl_tensor_at(&noise->tensor, 0));
    return SL_OK;
}

void
sl_variational_decayed(const struct sl_variational *v, struct sl_spans *spans)
{
    sl_network_decayed(&v->encoder, 0, spans);
    if (v->config->freeze != SL_FREEZE_DECODER)
        sl_network_decayed(&v->decoder, v->encoder.parameters, spans);
}
