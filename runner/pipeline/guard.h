/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_GUARD_H
#define SL_PIPELINE_GUARD_H

#include <sys/types.h>

#include "runner/pipeline/executor.h"
#include "runner/pipeline/profiled.h"

/* The inside of isolate.h, in two files: isolate.c is the program's side, guard.c that of
 * the processes it starts. */

/* What a guard and the child that does its step share with the program. */
struct sl_shared {
    atomic_int stop;         /* the step is to stop */
    atomic_uint told, noted; /* counts progress and notes */
    double done, total, loss;
    char unit[32], note[400];
    bool ended; /* the rest is set */
    struct sl_error error;
    struct sl_place from;
    double seconds;
    struct sl_profiled profiled;
};

/* To a guard: the step that it is to do. */
struct sl_guard_request {
    size_t step;
    unsigned threads;
};

/* From a guard: how the child ended. */
struct sl_guard_ending {
    int status; /* of waitpid */
    bool late;  /* its time was over */
};

/* To the starter, with the guard's end of a socket: which guard it is to start. */
struct sl_guard_order {
    unsigned index;
};

/* From the starter. */
struct sl_guard_started {
    pid_t pid; /* -1: there is no process for it */
    int error; /* errno of that */
    int before; /* how the guard that was in its place ended, of waitpid; 0: there was none */
};

/*
 * The starter: a process with one thread, as old as the first guard, so that a guard can be
 * forked whenever one is missing. It goes when its end of `control` is closed and the guards
 * are gone. shared: one for each of n guards.
 */
_Noreturn void sl_starter_run(struct sl_executor *executor, int control,
                              struct sl_shared *shared, unsigned n);

#endif
