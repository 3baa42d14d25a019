/* SPDX-License-Identifier: MIT */
#include "modules/learn/conditioner.h"

#include <string.h>

#include "modules/learn/unit_dense.h"

const struct sl_field sl_conditioner_fields[] = {
    SL_FIELD(struct sl_conditioner_config, hidden, struct sl_int_list, SL_TYPE_INT_LIST,
             .text = "[64, 64]", .low = 1, .high = 1e5,
             .help = "widths of the inner network's hidden layers"),
    SL_CHOICE(struct sl_conditioner_config, activation, "relu", SL_ACTIVATION,
              "after each hidden layer of the inner network"),
    SL_FIELD_END,
};

extern const struct sl_layer_class sl_unit_dense_f32, sl_unit_dense_f64;
static const struct sl_row unit_dense_row = {
    .table = SL_LAYER, .as = {&sl_unit_dense_f32.entry, &sl_unit_dense_f64.entry}};

/* ---- making -------------------------------------------------------------------------- */

static enum sl_status
check(const struct sl_conditioner_config *config, struct sl_error *err)
{
    if (config->hidden.n > SL_HIDDEN_MAX)
        return sl_fail(err, SL_ERR_SHAPE,
                       "%zu hidden layers are more than the %d there can be",
                       config->hidden.n, SL_HIDDEN_MAX);
    return SL_OK;
}

/* Degrees of the units of a layer; NULL: the layer is not masked. */
struct degrees {
    const uint32_t *in, *out;
};

static enum sl_status
add_dense(struct sl_network *network, const char *name, size_t units,
          const struct degrees *degrees, struct sl_error *err)
{
    struct sl_unit_dense *dense = SL_NEW(network->arena, struct sl_unit_dense);
    struct sl_choice choice = {.row = &unit_dense_row, .config = dense};

    *dense = (struct sl_unit_dense){.units = units};
    if (degrees) {
        dense->in = degrees->in;
        dense->out = degrees->out;
    }
    return sl_network_add(network, name, &choice, err);
}

/* degrees: of each hidden layer and of the last; NULL: none of them is masked */
static enum sl_status
build(struct sl_conditioner *conditioner, const struct sl_conditioner_config *config,
      size_t out, const struct degrees *degrees, struct sl_error *err)
{
    struct sl_network *network = &conditioner->network;

    for (size_t i = 0; i < config->hidden.n; i++) {
        const char *name = sl_arena_format(network->arena, "hidden.%zu", i);
        SL_TRY(add_dense(network, name, (size_t)config->hidden.at[i],
                         degrees ? &degrees[i] : NULL, err));
        name = sl_arena_format(network->arena, "activation.%zu", i);
        SL_TRY(sl_network_add(network, name, &config->activation, err));
    }
    return add_dense(network, "output", out, degrees ? &degrees[config->hidden.n] : NULL,
                     err);
}

static void
name_parts(struct sl_conditioner *c)
{
    struct sl_layer_part part[SL_LAYER_PARTS];

    for (size_t i = 0; i < c->network.n; i++) {
        const struct sl_layer *layer = &c->network.layers[i];
        size_t n = layer->class->parts ? layer->class->parts(layer, part) : 0;
        for (size_t k = 0; k < n; k++) {
            part[k].name =
                sl_arena_format(c->network.arena, "%s.%s", layer->name, part[k].name);
            c->part[c->parts++] = part[k];
        }
    }
}

enum sl_status
sl_conditioner_make(struct sl_conditioner *conditioner,
                    const struct sl_conditioner_config *config,
                    const struct sl_layer *layer, size_t in, size_t out, bool f64,
                    struct sl_error *err)
{
    SL_TRY(check(config, err));
    *conditioner = (struct sl_conditioner){0};
    sl_network_init(&conditioner->network, layer->arena, in, f64);
    SL_TRY(build(conditioner, config, out, NULL, err));
    name_parts(conditioner);
    return SL_OK;
}

static const uint32_t *
hidden_degrees(struct sl_arena *arena, size_t units, size_t d)
{
    uint32_t *degrees = sl_arena_alloc(arena, units * sizeof *degrees);

    for (size_t j = 0; j < units; j++)
        degrees[j] = (uint32_t)(1 + j % (d > 1 ? d - 1 : 1));
    return degrees;
}

/* Of column i, from 1: i as an input, and i - 1, the last it may see, as an output. */
static const uint32_t *
column_degrees(struct sl_arena *arena, size_t d, size_t per_column, uint32_t first)
{
    uint32_t *degrees = sl_arena_alloc(arena, d * per_column * sizeof *degrees);

    for (size_t i = 0; i < d * per_column; i++)
        degrees[i] = first + (uint32_t)(i / per_column);
    return degrees;
}

enum sl_status
sl_conditioner_make_masked(struct sl_conditioner *conditioner,
                           const struct sl_conditioner_config *config,
                           const struct sl_layer *layer, size_t per_column, bool f64,
                           struct sl_error *err)
{
    struct degrees degrees[SL_HIDDEN_MAX + 1];
    size_t d = layer->in, hidden = config->hidden.n;
    const uint32_t *in = column_degrees(layer->arena, d, 1, 1);

    SL_TRY(check(config, err));
    for (size_t i = 0; i < hidden; i++) {
        const uint32_t *out =
            hidden_degrees(layer->arena, (size_t)config->hidden.at[i], d);
        degrees[i] = (struct degrees){in, out};
        in = out;
    }
    degrees[hidden] =
        (struct degrees){in, column_degrees(layer->arena, d, per_column, 0)};
    *conditioner = (struct sl_conditioner){0};
    sl_network_init(&conditioner->network, layer->arena, d, f64);
    SL_TRY(build(conditioner, config, d * per_column, degrees, err));
    name_parts(conditioner);
    return SL_OK;
}

void
sl_conditioner_start(const struct sl_conditioner *conditioner,
                     const struct sl_stream *stream, void *theta)
{
    const struct sl_network *network = &conditioner->network;
    const struct sl_layer *last = &network->layers[network->n - 1];
    size_t size = sl_network_real(network);

    sl_network_start(network, stream, theta);
    memset((char *)theta + last->offset * size, 0, last->parameters * size);
}

/* ---- memory -------------------------------------------------------------------------- */

static bool
in_place(const struct sl_network *network, size_t i)
{
    return i > 0 && network->layers[i].class->in_place;
}

static size_t
widest(const struct sl_network *network)
{
    size_t width = network->in;

    for (size_t i = 0; i < network->n; i++)
        width = network->layers[i].out > width ? network->layers[i].out : width;
    return width;
}

/* x and dx, the gradients on their way, and each layer's y and kept. */
size_t
sl_conditioner_kept(const struct sl_conditioner *conditioner)
{
    const struct sl_network *network = &conditioner->network;
    size_t reals = 2 * network->in + 2 * widest(network);

    for (size_t i = 0; i < network->n; i++)
        reals +=
            network->layers[i].kept + (in_place(network, i) ? 0 : network->layers[i].out);
    return reals;
}

size_t
sl_conditioner_scratch(const struct sl_conditioner *conditioner)
{
    const struct sl_network *network = &conditioner->network;
    size_t reals = 0;

    for (size_t i = 0; i < network->n; i++)
        reals += network->layers[i].scratch;
    return reals;
}

/* Reals are dealt out from the front. */
static void *
take(char **memory, size_t reals, size_t size)
{
    void *taken = *memory;

    *memory += reals * size;
    return taken;
}

void
sl_conditioner_lay(const struct sl_conditioner *conditioner, size_t n, void *memory,
                   struct sl_conditioner_work *w)
{
    const struct sl_network *network = &conditioner->network;
    size_t size = sl_network_real(network), width = widest(network);
    char *at = memory;

    w->work = (struct sl_network_work){
        .network = network, .rows = n, .y = w->y, .kept = w->kept};
    w->x = take(&at, n * network->in, size);
    w->dx = take(&at, n * network->in, size);
    w->work.gradients[0] = take(&at, n * width, size);
    w->work.gradients[1] = take(&at, n * width, size);
    for (size_t i = 0; i < network->n; i++) {
        const struct sl_layer *layer = &network->layers[i];
        w->y[i] = in_place(network, i) ? w->y[i - 1] : take(&at, n * layer->out, size);
        w->kept[i] = take(&at, layer->scratch + n * layer->kept, size);
    }
}

/* ---- passes -------------------------------------------------------------------------- */

static struct sl_network_pass
pass_of(const struct sl_conditioner_work *work, const void *theta, struct sl_pool *pool)
{
    return (struct sl_network_pass){
        .n = work->work.rows, .x = work->x, .theta = theta, .pool = pool};
}

const void *
sl_conditioner_forward(const struct sl_conditioner_work *work, const void *theta,
                       struct sl_pool *pool)
{
    struct sl_network_pass pass = pass_of(work, theta, pool);

    return sl_network_forward(&work->work, &pass);
}

void *
sl_conditioner_outputs(const struct sl_conditioner_work *work)
{
    return work->y[work->work.network->n - 1];
}

void *
sl_conditioner_du(const struct sl_conditioner_work *work)
{
    return sl_network_dy(&work->work);
}

void
sl_conditioner_backward(const struct sl_conditioner_work *work, const void *theta,
                        struct sl_pool *pool, void *dtheta)
{
    struct sl_network_pass pass = pass_of(work, theta, pool);

    sl_network_backward(&work->work, &pass, dtheta, work->dx);
}
