/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SCHEDULE_H
#define SL_LEARN_SCHEDULE_H

#include <stdint.h>

#include "runner/config/field.h"

/* Where a training stands when a batch takes its step. */
struct sl_schedule_point {
    uint64_t iteration;  /* of the batch, from 0 */
    uint64_t iterations; /* batches of the whole training */
    uint64_t batches;    /* of an epoch */
    uint64_t warmup;     /* batches of the warm-up; may be more than there are */
};

/*
 * A learning rate over a training, in the table SL_SCHEDULE: what the optimizer's own rate
 * is multiplied by in each of its steps. One that looks at `iterations` says so in
 * entry.reads_horizon: more epochs are then another training from its first batch on.
 */
struct sl_schedule_class {
    struct sl_entry entry;
    /* Asked for batches from the warm-up's end on alone. */
    double (*rate)(const void *config, const struct sl_schedule_point *at);
};

/*
 * The rate at a point, warm-up included: over its batches the rate rises in a line to what
 * the schedule has at its end, batch i of w taking (i + 1) / w of that (gradual warm-up,
 * Goyal et al. 2017, section 2.2).
 */
double sl_schedule_rate(const struct sl_choice *schedule,
                        const struct sl_schedule_point *at);

#endif
