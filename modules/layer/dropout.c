/* SPDX-License-Identifier: MIT */
/*
 * Inverted dropout (Srivastava et al. 2014, "Dropout: a simple way to prevent neural
 * networks from overfitting"): in training each value is 0 with chance `rate`, and
 * 1/(1 - rate) times itself else, so that its mean stays; in evaluation y = x. What is
 * dropped is drawn by the batch and a row's place in it.
 */
#include <string.h>

#include "modules/learn/layer.h"
#include "modules/learn/slice.h"

struct config {
    double rate;
};

static const struct sl_field fields[] = {
    SL_DOUBLE(struct config, rate, 0.5, 0, 0.99, "chance of a value to be dropped"),
    SL_FIELD_END,
};

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    (void)err;
    layer->out = layer->in;
    layer->kept = layer->in;
    return SL_OK;
}

struct work {
    const struct sl_pass *pass;
    double rate;
    size_t d;
};

/* The factors of a row, which begins at a block of the stream of its own. */
static void
draw_row(const struct work *w, size_t row, real *factors)
{
    enum { WORDS = 512 };
    const uint32_t limit = (uint32_t)(w->rate * 0x1p32);
    const real stays = (real)(1 / (1 - w->rate));
    struct sl_stream stream = w->pass->stream;
    uint32_t words[WORDS];

    stream.left = 0;
    stream.position += row * ((w->d + 3) / 4);
    for (size_t first = 0; first < w->d; first += WORDS) {
        size_t n = w->d - first < WORDS ? w->d - first : WORDS;

        sl_stream_fill(&stream, words, n);
        for (size_t j = 0; j < n; j++)
            factors[first + j] = words[j] < limit ? 0 : stays;
    }
}

SL_CLONES static void
multiply(size_t n, const real *restrict factors, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = factors[i] * x[i];
}

static void
forward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_pass *pass = w->pass;
    real *factors = pass->kept;

    for (size_t i = first; i < first + count; i++)
        draw_row(w, i, factors + i * w->d);
    multiply(count * w->d, factors + first * w->d, (const real *)pass->x + first * w->d,
             (real *)pass->y + first * w->d);
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct config *c = layer->config;
    struct work w = {pass, c->rate, layer->in};

    if (pass->training)
        sl_row_slices(pass->pool, pass->n, 4 * layer->in, forward_rows, &w);
    else
        memcpy(pass->y, pass->x, pass->n * layer->in * sizeof(real));
}

static void
backward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_pass *pass = w->pass;
    size_t at = first * w->d;

    multiply(count * w->d, (const real *)pass->kept + at, (const real *)pass->dy + at,
             (real *)pass->dx + at);
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct work w = {.pass = pass, .d = layer->in};

    if (pass->dx && pass->training)
        sl_row_slices(pass->pool, pass->n, layer->in, backward_rows, &w);
    else if (pass->dx)
        memcpy(pass->dx, pass->dy, pass->n * layer->in * sizeof(real));
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    (void)layer, (void)theta, (void)graph;
    return x;
}

const struct sl_layer_class SL_R(layer_dropout) = {
    .entry = {.name = "dropout",
              .summary = "values are dropped at random in training, and none after it",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
