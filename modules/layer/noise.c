/* SPDX-License-Identifier: MIT */
/*
 * Noise on what comes, in training alone (modules/learn/noise.h); in evaluation y = x. It is
 * drawn by the batch and a row's place in it. Gradients pass where nothing was masked.
 */
#include "modules/learn/noise.h"

#include <math.h>
#include <string.h>

#include "modules/learn/layer.h"
#include "modules/learn/slice.h"

/* A value keeps what its gradient is multiplied by. */
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
    const struct sl_noise_config *config;
    size_t d;
};

/* Words that are drawn ahead: of Gaussians two for every two, so that any part of a row is
 * drawn as the whole is. */
enum { WORDS = 256 };

/* Box and Muller (1958), both of a pair, by 32 bits each; u lies in (0, 1). */
static void
add_gaussian(double std, size_t n, struct sl_stream *stream, real *y)
{
    static const double angle = 6.283185307179586476925 * 0x1p-32;
    uint32_t words[WORDS];

    for (size_t first = 0; first < n; first += WORDS) {
        size_t count = n - first < WORDS ? n - first : WORDS;

        sl_stream_fill(stream, words, count + count % 2);
        for (size_t j = 0; j < count; j += 2) {
            double radius = std * sqrt(-2 * log(((double)words[j] + 0.5) * 0x1p-32));
            double at = angle * (double)words[j + 1];

            y[first + j] += (real)(radius * cos(at));
            if (j + 1 < count)
                y[first + j + 1] += (real)(radius * sin(at));
        }
    }
}

static void
mask(double chance, size_t n, struct sl_stream *stream, real *y, real *kept)
{
    const uint32_t limit = (uint32_t)(chance * 0x1p32);
    uint32_t words[WORDS];

    for (size_t first = 0; first < n; first += WORDS) {
        size_t count = n - first < WORDS ? n - first : WORDS;

        sl_stream_fill(stream, words, count);
        for (size_t j = 0; j < count; j++) {
            kept[first + j] = words[j] < limit ? 0 : 1;
            y[first + j] = words[j] < limit ? 0 : y[first + j];
        }
    }
}

/* Every row has blocks of four words of its own, for either noise. */
static void
forward_rows(void *context, size_t first, size_t count)
{
    const struct work *w = context;
    const struct sl_pass *pass = w->pass;
    size_t d = w->d, blocks = (d + 3) / 4;

    memcpy((real *)pass->y + first * d, (const real *)pass->x + first * d,
           count * d * sizeof(real));
    for (size_t i = first; i < first + count; i++) {
        struct sl_stream stream = pass->stream;
        real *y = (real *)pass->y + i * d;

        stream.left = 0;
        stream.position += 2 * i * blocks;
        if (w->config->gaussian > 0)
            add_gaussian(w->config->gaussian, d, &stream, y);
        stream = pass->stream;
        stream.left = 0;
        stream.position += (2 * i + 1) * blocks;
        mask(w->config->masking, d, &stream, y, (real *)pass->kept + i * d);
    }
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct work w = {pass, layer->config, layer->in};

    if (pass->training)
        sl_row_slices(pass->pool, pass->n, 16 * layer->in, forward_rows, &w);
    else
        memcpy(pass->y, pass->x, pass->n * layer->in * sizeof(real));
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const real *dy = pass->dy, *kept = pass->kept;
    real *dx = pass->dx;

    for (size_t i = 0; dx && i < pass->n * layer->in; i++)
        dx[i] = pass->training ? kept[i] * dy[i] : dy[i];
}

static const char *
graph(const struct sl_layer *layer, const void *theta, struct sl_graph *graph,
      const char *x)
{
    (void)layer, (void)theta, (void)graph;
    return x;
}

const struct sl_layer_class SL_R(layer_noise) = {
    .entry = {.name = "noise",
              .summary = "values are disturbed in training, and not after it",
              .fields = sl_noise_fields,
              .config_size = sizeof(struct sl_noise_config)},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .graph = graph,
};
