/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_EXECUTOR_H
#define SL_PIPELINE_EXECUTOR_H

#include <pthread.h>

#include "runner/pipeline/best.h"
#include "runner/pipeline/cost.h"
#include "runner/pipeline/isolate.h"
#include "runner/pipeline/recorder.h"
#include "runner/pipeline/step.h"

/* The inside of sl_execute, in three files: prepare.c says what is to do, execute.c does
 * it, finish.c turns runs that are complete into records. */

enum sl_task_state {
    TASK_IDLE, /* no run needs it */
    TASK_WAITING,
    TASK_DONE,
    TASK_FAILED, /* error says why; of one whose input failed: the input's error */
};

/* A step of the plan on its way. */
struct sl_task {
    struct sl_job job;
    struct sl_executor *executor;
    struct sl_step step;
    enum sl_task_state state;
    size_t waiting; /* inputs that are not finished */
    size_t users;   /* steps and runs that still need the outcome */
    size_t *dependents;
    size_t n, capacity;
    size_t bytes;         /* that it takes while it runs, as its module estimates */
    size_t kept;          /* bytes that its outcome takes until nobody needs it */
    double work, seconds; /* as cost.h has them, less what an earlier step leaves it */
    struct sl_task *held; /* the next one that waits for memory */
    bool crashed;         /* or was too late: it has failed, whatever it was */
    bool borrowed;        /* its outcome is in the cache for other processes alone */
    struct sl_error error;
};

/* A run on its way: recorded by the thread that finishes its last step. */
struct sl_run_task {
    size_t left; /* steps that are not finished */
    size_t next; /* 1 + the next one of a list of complete runs; 0: the last */
};

/* The lock covers tasks' state, waiting and users, the runs and results, the best, and the
 * budget; a task's step is touched only by the thread that performs it, and read by others once it
 * is done. */
struct sl_executor {
    struct sl_execution *x;
    const struct sl_plan *plan;
    struct sl_pool *pool;
    struct sl_guards *guards; /* NULL: steps are done in this process */
    pthread_mutex_t lock;
    size_t budget, used, busy; /* bytes; tasks that run */
    struct sl_task *held;      /* those that wait for memory */
    struct sl_best best;
    struct sl_costs costs;
    bool halted; /* a run failed, and the others are to stop */
    struct sl_recorder recorder;
    struct sl_asides asides;    /* of a plan of one run, as are these: */
    pthread_mutex_t ahead_lock; /* covers the record */
    struct sl_record ahead;     /* what is built of it while steps run */
    struct sl_task *tasks;
    struct sl_run_task *runs;
    struct {
        size_t *at, n;
    } * runs_of; /* by step: the runs that need it */
};

/* Looks up what the record has, and makes tasks of what it lacks. */
void sl_executor_prepare(struct sl_executor *executor, void (*run)(struct sl_job *job));

/* In a plan of one run, under the lock, after a stage that is done while others are not: has
 * whoever is idle build the record as far as the run has come. label: of the step. */
void sl_executor_record_ahead(struct sl_executor *executor, const char *label);

/* For a run whose last step is finished, without the lock: builds its record and hands it
 * to the recorder. */
void sl_executor_finish_run(struct sl_executor *executor, size_t run);

/* Tells progress and journal what became of a run. */
void sl_executor_conclude(struct sl_executor *executor, size_t run);

/* Under the lock: tells the best so far anew, if a run with its metrics changes it. */
void sl_executor_tell_best(struct sl_executor *executor, size_t run);

/* The recorder's word that a record is on disk, or is not; executor is the context. */
void sl_executor_recorded(void *executor, size_t run, enum sl_status status,
                          const struct sl_error *err);

#endif
