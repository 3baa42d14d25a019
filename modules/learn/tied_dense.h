/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_TIED_DENSE_H
#define SL_LEARN_TIED_DENSE_H

#include "modules/learn/network.h"

/*
 * A dense layer that has the weights of another one of its network, transposed, and a bias
 * of its own: y = x W + b, where the other makes x' W' + b' (tied weights: Vincent et al.
 * 2010, section 2.1). Its theta is b; its bias starts as that of a dense layer.
 *
 * It is no layer that a configuration can name; its configuration is this struct.
 */
struct sl_tied_dense {
    size_t units;
    size_t lender; /* offset of the other one's theta in the network's, in reals */
};

/* Appends one that borrows from the dense layer of that name, which lends but once.
 * SL_ERR_SHAPE unless the columns that come here are those that the other makes. */
enum sl_status sl_network_add_tied(struct sl_network *network, const char *name,
                                   const char *lender, struct sl_error *err);

#endif
