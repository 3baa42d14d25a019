/* SPDX-License-Identifier: MIT */
#include "modules/learn/network.h"

#include <assert.h>
#include <string.h>

#include "modules/learn/normal_base.h"
#include "runner/parallel/profile.h"

size_t
sl_network_real(const struct sl_network *network)
{
    return network->f64 ? sizeof(double) : sizeof(float);
}

/* reals is of the network's real; NULL stays NULL. */
static void *
real_at(const struct sl_network *network, const void *reals, size_t i)
{
    return reals ? (char *)reals + i * sl_network_real(network) : NULL;
}

void
sl_network_init(struct sl_network *network, struct sl_arena *arena, size_t in, bool f64)
{
    *network = (struct sl_network){.arena = arena, .f64 = f64, .in = in, .out = in};
}

static struct sl_layer *
grow(struct sl_network *network)
{
    if (network->n == network->capacity) {
        size_t capacity = network->capacity ? 2 * network->capacity : 8;
        struct sl_layer *layers =
            sl_arena_alloc(network->arena, capacity * sizeof *layers);
        if (network->n)
            memcpy(layers, network->layers, network->n * sizeof *layers);
        network->layers = layers;
        network->capacity = capacity;
    }
    return &network->layers[network->n++];
}

enum sl_status
sl_network_add(struct sl_network *network, const char *name,
               const struct sl_choice *choice, struct sl_error *err)
{
    const struct sl_entry *entry = choice->row->as[network->f64];
    struct sl_layer layer = {
        .name = sl_arena_string(network->arena, name),
        .class = (const struct sl_layer_class *)entry,
        .config = choice->config,
        .in = network->out,
        .offset = network->parameters,
        .arena = network->arena,
    };

    if (!entry)
        return sl_fail_at(err, choice->mark, "layer '%s' does not come in float64",
                          choice->row->as[0]->name);
    if (layer.class->shape(&layer, err))
        return sl_error_context(err, "layer '%s' (%s)", name, entry->name);
    network->flow =
        choice->row->table == SL_FLOW_LAYER && (network->n == 0 || network->flow);
    network->out = layer.out;
    network->parameters += layer.parameters;
    *grow(network) = layer;
    return SL_OK;
}

/* A layer's configuration out of its own field table, as if a file had said so. */
static enum sl_status
bind_setting(const struct sl_entry *entry, const struct sl_setting *setting,
             struct sl_arena *arena, const void **config, struct sl_error *err)
{
    struct sl_mark nowhere = {0};
    struct sl_node *map = sl_node_new(arena, SL_NODE_MAP, nowhere);
    struct sl_node *value = sl_node_new(arena, SL_NODE_SCALAR, nowhere);
    void *bound = sl_arena_alloc(arena, entry->config_size ? entry->config_size : 1);
    struct sl_report report;
    struct sl_binder binder = {arena, &report, &sl_builtin};

    sl_report_init(&report, arena);
    value->key = setting->key;
    value->text = setting->value;
    if (setting->key)
        sl_node_append(map, value);
    sl_fields_bind(&binder, entry->fields, map, nowhere, NULL, bound);
    if (report.errors)
        return sl_fail(err, SL_ERR_SHAPE, "%s", report.problems[0].text);
    *config = bound;
    return SL_OK;
}

enum sl_status
sl_network_add_set(struct sl_network *network, const char *name,
                   const struct sl_setting *setting, struct sl_error *err)
{
    struct sl_choice choice = {
        .row = sl_registry_find(&sl_builtin, SL_LAYER, setting->type)};

    assert(choice.row);
    if (bind_setting(choice.row->as[0], setting, network->arena, &choice.config, err))
        return sl_error_context(err, "layer '%s' (%s)", name, setting->type);
    return sl_network_add(network, name, &choice, err);
}

enum sl_status
sl_network_add_units(struct sl_network *network, const char *name, const char *type,
                     int64_t units, struct sl_error *err)
{
    struct sl_setting setting = {
        type, "units", sl_arena_format(network->arena, "%lld", (long long)units)};

    return sl_network_add_set(network, name, &setting, err);
}

void
sl_network_start(const struct sl_network *network, const struct sl_stream *stream,
                 void *theta)
{
    for (size_t i = 0; i < network->n; i++) {
        const struct sl_layer *layer = &network->layers[i];
        struct sl_stream own = sl_stream_at(stream, i);
        if (layer->class->init)
            layer->class->init(layer, &own, real_at(network, theta, layer->offset));
    }
}

/* The widest gradient that a layer gets or gives. */
static size_t
widest(const struct sl_network *network)
{
    size_t width = network->in;

    for (size_t i = 0; i < network->n; i++)
        width = network->layers[i].out > width ? network->layers[i].out : width;
    return width;
}

/* besides + rows x columns reals in *reals; NULL if that is none. */
static enum sl_status
reserve(const struct sl_network_work *work, size_t besides, size_t columns,
        struct sl_arena *arena, void **reals, struct sl_error *err)
{
    size_t count;

    if (besides == 0 && columns == 0)
        return SL_OK;
    if (__builtin_mul_overflow(work->rows, columns, &count) ||
        __builtin_add_overflow(count, besides, &count))
        count = SIZE_MAX;
    *reals = sl_arena_array(arena, count, sl_network_real(work->network));
    if (!*reals)
        return sl_fail(err, SL_ERR_MEMORY,
                       "no memory for %zu rows of %zu columns; take smaller batches",
                       work->rows, columns);
    return SL_OK;
}

/* Work on the caller's x is never in place: the first layer has a y of its own. */
static bool
in_place(const struct sl_network *network, size_t i)
{
    return i > 0 && network->layers[i].class->in_place;
}

enum sl_status
sl_network_work_new(struct sl_network_work *work, const struct sl_network *network,
                    size_t rows, bool training, struct sl_arena *arena,
                    struct sl_error *err)
{
    *work = (struct sl_network_work){.network = network, .rows = rows};
    work->y = sl_arena_alloc(arena, network->n * sizeof *work->y);
    work->kept = sl_arena_alloc(arena, network->n * sizeof *work->kept);
    for (size_t i = 0; i < network->n; i++) {
        const struct sl_layer *layer = &network->layers[i];
        if (in_place(network, i))
            work->y[i] = work->y[i - 1];
        else
            SL_TRY(reserve(work, 0, layer->out, arena, &work->y[i], err));
        SL_TRY(reserve(work, layer->scratch, layer->kept, arena, &work->kept[i], err));
    }
    for (size_t i = 0; training && i < 2; i++)
        SL_TRY(reserve(work, 0, widest(network), arena, &work->gradients[i], err));
    return SL_OK;
}

/* Whether the last layer states the density itself (sl_layer_class.density). */
static bool
states_density(const struct sl_network *network)
{
    return network->n > 0 && network->layers[network->n - 1].class->density;
}

static struct sl_pass
pass_of(const struct sl_network_work *work, const struct sl_network_pass *pass, size_t i)
{
    const struct sl_network *network = work->network;
    const struct sl_layer *layer = &network->layers[i];

    return (struct sl_pass){
        .n = pass->n,
        .first = pass->first,
        .training = pass->training,
        .density = pass->density && i + 1 == network->n && layer->class->density,
        .pool = pass->pool,
        .stream = sl_stream_at(&pass->stream, pass->iteration * network->n + i),
        .x = i > 0 ? work->y[i - 1] : pass->x,
        .y = work->y[i],
        .kept = work->kept[i],
        .theta = real_at(network, pass->theta, layer->offset),
        .log_det = pass->log_det,
        .dlog_det = pass->dlog_det,
    };
}

/* A layer with parameters moves its rows in products, which count them. */
static struct sl_amount
amount_of(const struct sl_network *network, const struct sl_layer *layer, size_t n)
{
    double columns = layer->parameters ? 0 : (double)(layer->in + layer->out);

    return (struct sl_amount){
        .bytes = (double)n * columns * (double)sl_network_real(network), .rows = n};
}

static void
add_base(const struct sl_network *network, size_t n, const void *y, void *log_p)
{
    if (network->f64)
        sl_normal_base_add_f64(n, network->out, y, log_p);
    else
        sl_normal_base_add_f32(n, network->out, y, log_p);
}

static void
base_gradient(const struct sl_network_work *work, const struct sl_network_pass *pass)
{
    const struct sl_network *network = work->network;
    const void *y = work->y[network->n - 1];

    if (network->f64)
        sl_normal_base_gradient_f64(pass->n, network->out, y, pass->dlog_det,
                                    work->gradients[0]);
    else
        sl_normal_base_gradient_f32(pass->n, network->out, y, pass->dlog_det,
                                    work->gradients[0]);
}

const void *
sl_network_forward(const struct sl_network_work *work, const struct sl_network_pass *pass)
{
    const struct sl_network *network = work->network;
    const void *y = network->n ? work->y[network->n - 1] : pass->x;

    assert(pass->n <= work->rows);
    for (size_t i = 0; i < network->n; i++) {
        const struct sl_layer *layer = &network->layers[i];
        struct sl_pass p = pass_of(work, pass, i);
        struct sl_profile_span span;

        sl_profile_begin(sl_pool_profile(p.pool), &span, SL_OPERATION_FORWARD,
                         layer->class->entry.name);
        layer->class->forward(layer, &p);
        sl_profile_end(&span, amount_of(network, layer, p.n));
    }
    if (pass->density && !states_density(network))
        add_base(network, pass->n, y, pass->log_det);
    return y;
}

void *
sl_network_dy(const struct sl_network_work *work)
{
    return work->gradients[0];
}

/* The first layer that a gradient moves; those before it get zeros. */
static size_t
first_moved(const struct sl_network *network)
{
    size_t i = 0;

    while (i < network->n &&
           (network->layers[i].parameters == 0 || network->layers[i].class->settled))
        i++;
    return i;
}

/* Gradients change places between two buffers; layers in place leave theirs where it is. */
void
sl_network_backward(const struct sl_network_work *work,
                    const struct sl_network_pass *pass, void *dtheta, void *dx)
{
    const struct sl_network *network = work->network;
    size_t at = 0, last = dx ? 0 : first_moved(network);

    if (last > 0)
        memset(dtheta, 0,
               (last < network->n ? network->layers[last].offset : network->parameters) *
                   sl_network_real(network));
    if (pass->density && !states_density(network))
        base_gradient(work, pass);
    for (size_t i = network->n; i-- > last;) {
        const struct sl_layer *layer = &network->layers[i];
        struct sl_pass p = pass_of(work, pass, i);
        struct sl_profile_span span;

        p.dy = p.density ? NULL : work->gradients[at];
        p.dtheta = real_at(network, dtheta, layer->offset);
        if (i == last) {
            p.dx = dx;
        } else {
            at ^= !in_place(network, i);
            p.dx = work->gradients[at];
        }
        sl_profile_begin(sl_pool_profile(p.pool), &span, SL_OPERATION_BACKWARD,
                         layer->class->entry.name);
        layer->class->backward(layer, &p);
        sl_profile_end(&span, amount_of(network, layer, p.n));
    }
}

void
sl_network_track(const struct sl_network_work *work, void *theta)
{
    const struct sl_network *network = work->network;

    for (size_t i = 0; i < network->n; i++) {
        const struct sl_layer *layer = &network->layers[i];

        if (layer->class->track)
            layer->class->track(layer, work->kept[i],
                                real_at(network, theta, layer->offset));
    }
}

size_t
sl_network_bytes(const struct sl_network *network, size_t rows)
{
    size_t columns = network->in + 2 * widest(network);

    for (size_t i = 0; i < network->n; i++)
        columns += network->layers[i].out + network->layers[i].kept;
    return sl_network_real(network) * (4 * network->parameters + rows * columns);
}
