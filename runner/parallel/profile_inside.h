/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_PROFILE_INSIDE_H
#define SL_PARALLEL_PROFILE_INSIDE_H

#include <pthread.h>
#include <stdbool.h>

#include "runner/parallel/profile.h"

/* The inside of profile.h: profile.c has spans and threads, profile_step.c steps and
 * memory, profile_sum.c what all of it came to. */

#define SL_PROFILE_CHUNK ((size_t)4096)
struct sl_profile_chunk {
    struct sl_profile_chunk *next;
    size_t n;
    struct sl_profile_event events[SL_PROFILE_CHUNK];
};

/* What a thread did of a step. */
struct sl_profile_share {
    uint64_t busy;
    double flops, bytes;
};

/* Its own alone, until it has ended. */
struct sl_profile_thread {
    struct sl_profile *profile;
    struct sl_profile_thread *next;
    char name[24];
    struct sl_profile_span *top;
    size_t n, capacity;
    struct sl_profile_row *rows;
    size_t shares_size;
    struct sl_profile_share *shares; /* by step; 0 is what is outside of steps */
    size_t events, dropped;
    struct sl_profile_chunk *first, *last;
    uint64_t looked; /* when it last looked how much is resident */
};

/* lock: covers the list of threads, arena, and steps with what is open of them. */
struct sl_profile {
    pthread_key_t key; /* the calling thread's struct sl_profile_thread */
    uint64_t origin;   /* ns of CLOCK_MONOTONIC */
    size_t bound;      /* events of a thread */
    int resident;      /* /proc/self/statm, or -1 */
    pthread_mutex_t lock;
    struct sl_arena arena;
    struct sl_profile_thread *first, *last;
    size_t n;
    size_t steps, capacity;
    struct sl_profile_step *step;
    size_t *open; /* indices of steps that are */
    size_t opened, open_capacity;
};

uint64_t sl_profile_now(const struct sl_profile *profile);

/* Room for one more behind n elements of size bytes; new ones are zeros. Ends the process
 * where there is none. */
void *sl_profile_grow(void *items, size_t n, size_t *capacity, size_t size);

/* The row of a thread, made where it is missing. same: whether names are. */
struct sl_profile_row *sl_profile_row(struct sl_profile_thread *thread,
                                      enum sl_operation operation, const char *name);

/* Bytes that the process has resident; 0 where the system does not tell. */
size_t sl_profile_resident(const struct sl_profile *profile);

#endif
