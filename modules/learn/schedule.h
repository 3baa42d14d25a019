/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SCHEDULE_H
#define SL_LEARN_SCHEDULE_H

#include <stdint.h>

#include "runner/config/table.h"

/*
 * A learning rate over a training, in the table SL_SCHEDULE: what the optimizer's own rate
 * is multiplied by in each of its steps. One that looks at `iterations`, the batches of the
 * whole training, says so in entry.reads_horizon: more epochs are then another training
 * from its first batch on.
 */
struct sl_schedule_class {
    struct sl_entry entry;
    /* iteration: of the batch, from 0 */
    double (*rate)(const void *config, uint64_t iteration, uint64_t iterations);
};

#endif
