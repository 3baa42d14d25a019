/* SPDX-License-Identifier: MIT */
#include "modules/learn/dense_block.h"

#include "modules/learn/tied_dense.h"

static const char *const normalisations[] = {"none", "batch", "layer", NULL};

const struct sl_field sl_dense_block_fields[] = {
    SL_WORD(struct sl_dense_block_config, normalisation, SL_NORMALISATION_NONE,
            normalisations,
            "of each hidden layer before its activation: its columns over the batch, or "
            "each row over its columns"),
    SL_DOUBLE(struct sl_dense_block_config, dropout, 0, 0, 0.99,
              "chance that a value behind a hidden layer is dropped, in training"),
    SL_FIELD_END,
};

/* A layer NAME.TYPE. */
static enum sl_status
add_behind(struct sl_network *network, const char *name, const struct sl_setting *setting,
           struct sl_error *err)
{
    const char *own = sl_arena_format(network->arena, "%s.%s", name, setting->type);

    return sl_network_add_set(network, own, setting, err);
}

static enum sl_status
add_normalisation(struct sl_network *network, const char *name, int normalisation,
                  struct sl_error *err)
{
    static const char *const types[] = {
        [SL_NORMALISATION_BATCH] = "batch-normalisation",
        [SL_NORMALISATION_LAYER] = "layer-normalisation",
    };
    struct sl_setting setting = {.type = types[normalisation]};

    return setting.type ? add_behind(network, name, &setting, err) : SL_OK;
}

static enum sl_status
add_activation(struct sl_network *network, const char *name,
               const struct sl_choice *activation, struct sl_error *err)
{
    const char *own =
        sl_arena_format(network->arena, "%s.%s", name, activation->row->as[0]->name);
    size_t columns = network->out;

    SL_TRY(sl_network_add(network, own, activation, err));
    return network->out == columns
               ? SL_OK
               : sl_fail_at(err, activation->mark,
                            "activation '%s' makes %zu columns of %zu",
                            activation->row->as[0]->name, network->out, columns);
}

static enum sl_status
add_dropout(struct sl_network *network, const char *name, double rate,
            struct sl_error *err)
{
    struct sl_setting setting = {"dropout", "rate",
                                 sl_arena_format(network->arena, "%.17g", rate)};

    return rate > 0 ? add_behind(network, name, &setting, err) : SL_OK;
}

enum sl_status
sl_network_add_block(struct sl_network *network, const struct sl_dense_block *block,
                     struct sl_error *err)
{
    const struct sl_dense_block_config *between = block->between;

    if (block->tied)
        SL_TRY(sl_network_add_tied(network, block->name, block->tied, err));
    else
        SL_TRY(sl_network_add_units(network, block->name, "dense", block->units, err));
    if (between)
        SL_TRY(add_normalisation(network, block->name, between->normalisation, err));
    if (block->activation)
        SL_TRY(add_activation(network, block->name, block->activation, err));
    return between ? add_dropout(network, block->name, between->dropout, err) : SL_OK;
}

void
sl_dense_block_check(const struct sl_dense_block_config *config, int64_t batch_size,
                     const struct sl_check *check)
{
    if (config->normalisation == SL_NORMALISATION_BATCH && batch_size == 1)
        sl_report_add(check->report, SL_WARNING, sl_check_mark(check, "normalisation"),
                      "a batch of one row has no variance to normalise by: "
                      "'normalisation: layer', or a larger 'batch_size'");
}
