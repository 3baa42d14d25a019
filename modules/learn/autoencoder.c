/* SPDX-License-Identifier: MIT */
#include "modules/learn/autoencoder.h"

#include <string.h>

#include "runner/parallel/profile.h"

const struct sl_field sl_autoencoder_fields[] = {
    SL_FIELD(struct sl_autoencoder_config, encoder, struct sl_int_list, SL_TYPE_INT_LIST,
             .flags = SL_REQUIRED, .low = 1, .high = 1e6,
             .help = "widths of the encoder's layers; the last is the code"),
    SL_FIELD(struct sl_autoencoder_config, decoder, struct sl_int_list, SL_TYPE_INT_LIST,
             .low = 1, .high = 1e6,
             .help = "widths of the decoder's hidden layers; if empty, the encoder's in "
                     "reverse, without the code"),
    SL_CHOICE(struct sl_autoencoder_config, activation, "relu", SL_ACTIVATION,
              "after each hidden layer and after the code"),
    SL_CHOICE(struct sl_autoencoder_config, output, "sigmoid", SL_ACTIVATION,
              "after the last layer; identity for rows of any range"),
    SL_INCLUDE(struct sl_autoencoder_config, block, struct sl_dense_block_config,
               sl_dense_block_fields),
    SL_BOOL(struct sl_autoencoder_config, tied, false,
            "the decoder's weights are the encoder's, transposed"),
    SL_FIELD(struct sl_autoencoder_config, denoise, struct sl_noise_config,
             SL_TYPE_RECORD, .fields = sl_noise_fields,
             .size = sizeof(struct sl_noise_config),
             .help = "noise on each row in training, of which it is to come out free; in "
                     "the units that preprocessing leaves"),
    SL_FIELD(struct sl_autoencoder_config, sparse, struct sl_sparsity_config,
             SL_TYPE_RECORD, .fields = sl_sparsity_fields,
             .size = sizeof(struct sl_sparsity_config),
             .help = "a penalty on the code, in training part of the loss"),
    SL_CHOICE(struct sl_autoencoder_config, loss, "mse", SL_LOSS,
              "between a row and its image; the score by reconstruction is the same"),
    SL_FIELD_END,
};

/* ---- the network -------------------------------------------------------------------- */

/* Hidden layers of the decoder. */
static size_t
decoder_depth(const struct sl_autoencoder_config *c)
{
    return c->decoder.n > 0 ? c->decoder.n : c->encoder.n - 1;
}

static int64_t
decoder_width(const struct sl_autoencoder_config *c, size_t i)
{
    return c->decoder.n > 0 ? c->decoder.at[i] : c->encoder.at[c->encoder.n - 2 - i];
}

/* The layer of the encoder that layer i of the decoder undoes; there is one where they
 * mirror each other. */
static const char *
mirror_name(const struct sl_network *network, const struct sl_autoencoder_config *c,
            size_t i)
{
    return sl_arena_format(network->arena, "encoder.%zu", c->encoder.n - 1 - i);
}

static bool
mirrors(const struct sl_autoencoder_config *c)
{
    bool same = decoder_depth(c) == c->encoder.n - 1;

    for (size_t i = 0; same && i < decoder_depth(c); i++)
        same = decoder_width(c, i) == c->encoder.at[c->encoder.n - 2 - i];
    return same;
}

/* Neither the code nor the output has anything between it and its activation. */
static enum sl_status
add_encoder(struct sl_network *network, const struct sl_autoencoder_config *c,
            struct sl_error *err)
{
    for (size_t i = 0; i < c->encoder.n; i++) {
        struct sl_dense_block block = {
            .name = sl_arena_format(network->arena, "encoder.%zu", i),
            .units = c->encoder.at[i],
            .activation = &c->activation,
            .between = i + 1 < c->encoder.n ? &c->block : NULL,
        };
        SL_TRY(sl_network_add_block(network, &block, err));
    }
    return SL_OK;
}

static enum sl_status
add_decoder(struct sl_network *network, const struct sl_autoencoder_config *c, size_t d,
            struct sl_error *err)
{
    size_t hidden = decoder_depth(c);

    for (size_t i = 0; i <= hidden; i++) {
        struct sl_dense_block block = {
            .name = sl_arena_format(network->arena, "decoder.%zu", i),
            .units = i < hidden ? decoder_width(c, i) : (int64_t)d,
            .tied = c->tied ? mirror_name(network, c, i) : NULL,
            .activation = i < hidden ? &c->activation : &c->output,
            .between = i < hidden ? &c->block : NULL,
        };
        SL_TRY(sl_network_add_block(network, &block, err));
    }
    return SL_OK;
}

static enum sl_status
add_noise(struct sl_network *network, const struct sl_autoencoder_config *c,
          struct sl_error *err)
{
    struct sl_choice choice = {.row = sl_registry_find(&sl_builtin, SL_LAYER, "noise"),
                               .config = &c->denoise};

    if (c->denoise.gaussian > 0 || c->denoise.masking > 0)
        return sl_network_add(network, "denoise", &choice, err);
    return SL_OK;
}

static enum sl_status
add_penalty(struct sl_network *network, const struct sl_autoencoder_config *c,
            struct sl_error *err)
{
    struct sl_choice choice = {.row = &sl_sparsity_row, .config = &c->sparse};

    return sl_sparsity_is_on(&c->sparse) ? sl_network_add(network, "sparse", &choice, err)
                                         : SL_OK;
}

enum sl_status
sl_autoencoder_build(struct sl_autoencoder *a, const struct sl_autoencoder_config *config,
                     size_t d, bool f64, struct sl_arena *arena, struct sl_error *err)
{
    *a = (struct sl_autoencoder){.config = config, .d = d};
    a->loss = (const struct sl_loss_class *)config->loss.row->as[f64];
    if (!a->loss)
        return sl_fail_at(err, config->loss.mark, "loss '%s' does not come in float64",
                          config->loss.row->as[0]->name);
    if (config->tied && !mirrors(config))
        return sl_fail(err, SL_ERR_SHAPE,
                       "a tied decoder has the encoder's widths in reverse, without the "
                       "code; leave 'decoder' out");
    sl_network_init(&a->encoder, arena, d, f64);
    SL_TRY(add_encoder(&a->encoder, config, err));
    sl_network_init(&a->network, arena, d, f64);
    SL_TRY(add_noise(&a->network, config, err));
    SL_TRY(add_encoder(&a->network, config, err));
    a->code = a->network.n - 1;
    SL_TRY(add_penalty(&a->network, config, err));
    SL_TRY(add_decoder(&a->network, config, d, err));
    a->compared = a->network;
    a->compared.n -= a->loss->chances;
    return SL_OK;
}

/* ---- what can be told before -------------------------------------------------------- */

/* A loss of chances knows of one function that makes them. */
static void
check_loss(const struct sl_autoencoder_config *c, const struct sl_check *check)
{
    const struct sl_entry *loss = c->loss.row ? c->loss.row->as[0] : NULL;
    const char *output = c->output.row ? c->output.row->as[0]->name : NULL;

    if (loss && output && ((const struct sl_loss_class *)loss)->chances &&
        strcmp(output, "sigmoid") != 0)
        sl_report_add(check->report, SL_ERROR, c->output.mark,
                      "loss '%s' takes the chances that a sigmoid gives; 'output: %s' "
                      "does not go with it",
                      loss->name, output);
}

static void
check_hidden(const struct sl_autoencoder_config *c, const struct sl_check *check)
{
    const char *const keys[] = {c->block.dropout > 0 ? "dropout" : NULL,
                                c->block.normalisation ? "normalisation" : NULL};

    for (size_t i = 0; i < 2 && c->encoder.n == 1 && c->decoder.n == 0; i++)
        if (keys[i])
            sl_report_add(check->report, SL_WARNING, sl_check_mark(check, keys[i]),
                          "there is no hidden layer that '%s' could do anything to: "
                          "'encoder' has the code alone",
                          keys[i]);
}

/* A mean outside of (0, 1) is no chance. */
static void
check_sparsity(const struct sl_autoencoder_config *c, const struct sl_check *check)
{
    const struct sl_row *row = c->activation.row;

    if (c->sparse.kl > 0 && row && strcmp(row->as[0]->name, "sigmoid") != 0)
        sl_report_add(check->report, SL_ERROR, sl_check_mark(check, "sparse"),
                      "'kl' holds the means of codes in (0, 1) beside a target: "
                      "'activation: sigmoid', or 'l1'");
}

static void
check_network(const struct sl_autoencoder_config *c, bool f64,
              const struct sl_check *check)
{
    struct sl_mark mark = sl_check_mark(check, "encoder");
    int64_t code = c->encoder.at[c->encoder.n - 1];
    size_t d = check->schema->d;
    struct sl_autoencoder a;
    struct sl_error err;

    if ((uint64_t)code > d)
        sl_report_add(check->report, SL_WARNING, mark,
                      "the code has %lld columns, more than the data's %zu: it can copy "
                      "what it should compress",
                      (long long)code, d);
    if (c->decoder.n > 0 && (uint64_t)c->decoder.at[c->decoder.n - 1] == d)
        sl_report_add(check->report, SL_WARNING, sl_check_mark(check, "decoder"),
                      "'decoder' lists hidden layers; the output, as wide as the data's "
                      "%zu columns, follows by itself",
                      d);
    if (c->tied && !mirrors(c))
        mark = sl_check_mark(check, "decoder");
    if (sl_autoencoder_build(&a, c, d, f64, check->arena, &err))
        sl_report_add(check->report, SL_ERROR, err.mark.line ? err.mark : mark, "%s",
                      err.text);
}

void
sl_autoencoder_check(const struct sl_autoencoder_config *c, bool f64,
                     const struct sl_check *check)
{
    bool chosen = c->activation.row && c->output.row && c->loss.row;

    check_loss(c, check);
    if (c->encoder.n == 0)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "'encoder' is empty; its last width is that of the code");
    else if (chosen && check->schema && check->schema->d)
        check_network(c, f64, check);
    check_hidden(c, check);
    check_sparsity(c, check);
}

void
sl_autoencoder_compare(const struct sl_autoencoder *a,
                       const struct sl_comparison *comparison)
{
    size_t arrays = comparison->dy ? 3 : 2;
    size_t count = arrays * comparison->n * comparison->d;
    struct sl_profile_span span;

    sl_profile_begin(sl_pool_profile(comparison->pool), &span, SL_OPERATION_LOSS,
                     a->loss->entry.name);
    a->loss->compare(a->config->loss.config, comparison);
    sl_profile_end(
        &span, (struct sl_amount){.bytes = (double)(count * sl_network_real(&a->network)),
                                  .rows = comparison->n});
}
