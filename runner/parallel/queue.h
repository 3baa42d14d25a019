/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_QUEUE_H
#define SL_PARALLEL_QUEUE_H

#include "runner/parallel/pool.h"

/*
 * Jobs that wait, the highest priority first, the first come first among equals: a pairing
 * heap (Fredman et al. 1986) through the links inside the jobs, so that nothing here needs
 * memory. {0} is empty. Takes no lock.
 */
struct sl_queue {
    struct sl_job *first; /* NULL: empty */
    unsigned long long arrivals;
    size_t count;
};

void sl_queue_push(struct sl_queue *queue, struct sl_job *job);
/* NULL if there is none. */
struct sl_job *sl_queue_pop(struct sl_queue *queue);

#endif
