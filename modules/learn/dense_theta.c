/* SPDX-License-Identifier: MIT */
#include "modules/learn/dense_theta.h"

#include <math.h>

size_t
SL_R(sl_dense_parts)(const struct sl_layer *layer, struct sl_layer_part *part)
{
    part[0] = (struct sl_layer_part){"weight", layer->out, layer->in};
    part[1] = (struct sl_layer_part){"bias", layer->out, 0};
    return 2;
}

void
SL_R(sl_dense_draw)(struct sl_stream *stream, size_t in, size_t n, real *theta)
{
    double bound = 1 / sqrt((double)in);

    for (size_t i = 0; i < n; i++)
        theta[i] = (real)(bound * (2 * sl_stream_uniform(stream) - 1));
}

void
SL_R(sl_dense_init)(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    SL_R(sl_dense_draw)(stream, layer->in, layer->parameters, theta);
}
