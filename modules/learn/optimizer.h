/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_OPTIMIZER_H
#define SL_LEARN_OPTIMIZER_H

#include <stdint.h>

#include "modules/learn/spans.h"
#include "runner/config/field.h"

/*
 * One step of an optimizer over all parameters at once. Arrays are of the network's real.
 *
 * t         the number of this step, from 1
 * rate      what the schedule makes of the learning rate: a factor
 * theta     n, to be changed
 * gradient  n
 * decayed   those of theta that weight decay draws to 0, of an optimizer that has it: the
 *           matrices, which weigh what comes in, and not the vectors: biases, scales, means
 * state     states x n: the optimizer's arrays one behind the other, zeros before step 1
 */
struct sl_update {
    size_t n;
    uint64_t t;
    double rate;
    void *theta;
    const void *gradient;
    struct sl_spans decayed;
    void *state;
    struct sl_pool *pool;
};

/* An optimizer has no other state: t, theta and state are all that a checkpoint keeps. */
struct sl_optimizer_class {
    struct sl_entry entry;
    size_t states; /* arrays of n reals */
    void (*step)(const void *config, const struct sl_update *update);
};

#endif
