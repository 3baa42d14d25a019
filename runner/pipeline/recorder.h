/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_RECORDER_H
#define SL_PIPELINE_RECORDER_H

#include <pthread.h>

#include "runner/pipeline/record.h"

/*
 * Publishes records from a thread of its own, so that nobody waits for the disk: what
 * comes while one group is synced makes up the next. Nothing is called done before its
 * group is on disk: `done` is called then, for each record, from that thread. Where there is
 * one record alone, whoever adds it publishes it.
 */
struct sl_recorder {
    bool alone;
    pthread_t thread;     /* unless alone */
    pthread_mutex_t lock; /* covers the queue */
    pthread_cond_t changed;
    struct sl_recorded *first, *last;
    size_t n;
    bool ending;
    void (*done)(void *context, size_t run, enum sl_status status,
                 const struct sl_error *err);
    void *context;
    struct sl_profile *profile; /* NULL: nobody asks. Set before sl_recorder_init */
};

/* runs: records that will come; status and err, of done: of the group that it was in. */
enum sl_status sl_recorder_init(struct sl_recorder *recorder, size_t runs,
                                void (*done)(void *context, size_t run,
                                             enum sl_status status,
                                             const struct sl_error *err),
                                void *context, struct sl_error *err);
/* Publishes what is left, and ends the thread. */
void sl_recorder_release(struct sl_recorder *recorder);

/* Takes the record over: its own is empty then. Waits where many are in the queue. */
void sl_recorder_add(struct sl_recorder *recorder, size_t run, struct sl_record *record);

#endif
