/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_MASKED_DENSE_H
#define SL_LEARN_MASKED_DENSE_H

#include "modules/learn/layer.h"

/*
 * The dense layer of MADE (Germain et al. 2015): y = x (W o M)' + b, where M lets input j
 * reach output o alone if in[j] <= out[o]. Theta is as that of the dense layer, whatever
 * the masked weights in it are: they take no part, and their gradient is 0.
 *
 * It is no layer that a configuration can name; its configuration is this struct.
 */
struct sl_masked_dense {
    size_t units;
    const uint32_t *in, *out; /* degrees of the inputs, of the units */
};

#endif
