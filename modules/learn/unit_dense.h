/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_UNIT_DENSE_H
#define SL_LEARN_UNIT_DENSE_H

#include "modules/learn/layer.h"

/*
 * The dense layer over a batch that is stored unit by unit: x is in x n, and y out x n, so
 * that a unit's values of all rows stand side by side. Theta is that of the dense layer.
 *
 * With degrees it is the dense layer of MADE (Germain et al. 2015): input j reaches output
 * o alone if in[j] <= out[o]. Theta holds the weights of the others as well: they take no
 * part, and their gradient is 0.
 *
 * It is no layer that a configuration can name; its configuration is this struct.
 */
struct sl_unit_dense {
    size_t units;
    const uint32_t *in, *out; /* degrees of the inputs, of the units; or NULL */
};

#endif
