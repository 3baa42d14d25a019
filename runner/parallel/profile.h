/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_PROFILE_H
#define SL_PARALLEL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

/*
 * Where the time of a command goes: spans of operations, one inside the other on each
 * thread, and what they did.
 *
 * Who starts the command owns the profile and hands it down: by itself, with the pool
 * (sl_pool_profile), with the cache. NULL is a profile that nobody asked for, which costs a
 * branch. It knows its threads by a key of its own; a thread that opens a span for the first
 * time is entered. A thread writes what is its own without a lock. Nothing that is computed
 * depends on a profile.
 *
 *     span (on the caller's stack) -> its thread: sums by operation and by step, events
 *                                  -> once all threads have ended: sl_profile_sum, the
 *                                     table; sl_profile_visit, the trace
 */
struct sl_profile;

enum sl_operation {
    SL_OPERATION_RUN,  /* the command: planning, conclusions, what nothing else is */
    SL_OPERATION_STEP, /* the engine around a step */
    SL_OPERATION_LOAD, /* modules by their kinds, less what is named below */
    SL_OPERATION_TRAIN,
    SL_OPERATION_CALIBRATE,
    SL_OPERATION_DETECT,
    SL_OPERATION_SAMPLE,
    SL_OPERATION_SCORE,
    SL_OPERATION_GATHER,  /* rows, made reals */
    SL_OPERATION_FORWARD, /* layers, less their products */
    SL_OPERATION_BACKWARD,
    SL_OPERATION_PRODUCT, /* of matrices */
    SL_OPERATION_LOSS,
    SL_OPERATION_OPTIMIZER,
    SL_OPERATION_EVALUATE, /* a split in between, less its layers */
    SL_OPERATION_READ,     /* what the cache holds */
    SL_OPERATION_HASH,
    SL_OPERATION_WRITE,   /* files made, and written without a sync */
    SL_OPERATION_PUBLISH, /* files written and synced */
    SL_OPERATION_FIGURE,
    SL_OPERATION_WAIT, /* for another thread, with work of its own at hand */
    SL_OPERATION_IDLE, /* without any: not in the sums of what is busy, no event */
    SL_OPERATIONS
};
const char *sl_operation_word(enum sl_operation operation);

/* What a span did itself, not counting spans inside it. flops: multiplications and additions
 * of matrix products. bytes: read and written, as if nothing stayed in a cache. */
struct sl_amount {
    double flops, bytes;
    size_t rows;
};

struct sl_profile_span {
    struct sl_profile_thread *thread; /* NULL: nobody asks; the rest is not set then */
    struct sl_profile_span *outer;
    const char *name;
    uint64_t start, inner; /* ns; inner: in spans inside it */
    size_t step;           /* 1 + its index; 0: none */
    size_t resident;       /* bytes, the most seen at the end of it and those inside */
    enum sl_operation operation;
    bool helps; /* another thread's span, which counts */
};

/* What the events of a thread are bounded to; what comes then is in the sums alone. Spans of
 * steps and of the command are always there. */
#define SL_PROFILE_EVENTS ((size_t)1 << 20)

/* The calling thread is the first, "main". events: bound for each thread. SL_ERR_MEMORY. */
enum sl_status sl_profile_new(struct sl_profile **profile, size_t events,
                              struct sl_error *err);
/* NULL is allowed. */
void sl_profile_free(struct sl_profile *profile);

/* Names the calling thread; it gets its number behind it. */
void sl_profile_thread(struct sl_profile *profile, const char *name);

/* name lives as long as the profile: a row's is its address. The step is that of the span
 * around it. */
void sl_profile_open(struct sl_profile *profile, struct sl_profile_span *span,
                     enum sl_operation operation, const char *name);
void sl_profile_close(struct sl_profile_span *span, struct sl_amount amount);

/* The innermost span of the calling thread, or NULL. */
const struct sl_profile_span *sl_profile_here(const struct sl_profile *profile);

/* What a span is of, for threads that help with what is inside it, perhaps when it is
 * closed. name NULL: there was none. */
struct sl_profile_like {
    const char *name;
    size_t step;
    enum sl_operation operation;
};
struct sl_profile_like sl_profile_like(const struct sl_profile *profile);
void sl_profile_help(struct sl_profile *profile, struct sl_profile_span *span,
                     const struct sl_profile_like *like);

static inline void
sl_profile_begin(struct sl_profile *profile, struct sl_profile_span *span,
                 enum sl_operation operation, const char *name)
{
    span->thread = NULL;
    if (profile)
        sl_profile_open(profile, span, operation, name);
}

static inline void
sl_profile_end(struct sl_profile_span *span, struct sl_amount amount)
{
    if (span->thread)
        sl_profile_close(span, amount);
}

/* A step of the plan. label: what steps of its kind are called, name: what it alone is
 * ("train", "train #3 r1"); both are copied. While it is open, the most that the process has
 * resident is noted. profile may be NULL. */
void sl_profile_begin_step(struct sl_profile *profile, struct sl_profile_span *span,
                           const char *label, const char *name);
/* state: a literal. */
void sl_profile_end_step(struct sl_profile *profile, struct sl_profile_span *span,
                         const char *state);

/* ---- what it came to: once every span is closed ------------------------------------------ */

/* All spans of an operation and a name. */
struct sl_profile_row {
    enum sl_operation operation;
    const char *name;
    size_t count;
    uint64_t ns; /* of all threads, less the spans inside */
    double flops, bytes;
    size_t resident; /* bytes, the most seen at the end of one; 0: none was looked at */
};

struct sl_profile_step {
    const char *label, *name, *state;
    uint64_t start, ns; /* from the profile's beginning; by the clock */
    uint64_t busy;      /* of all threads */
    double flops, bytes;
    size_t peak; /* resident bytes of the process */
};

struct sl_profile_sum {
    uint64_t ns;   /* of the profile so far */
    uint64_t busy; /* of all threads, without idling; the rows' sum */
    size_t threads;
    size_t dropped; /* events */
    size_t peak;    /* resident bytes, of all steps and rows */
    size_t n, steps;
    struct sl_profile_row *rows; /* the longest first; those that idle are left out */
    struct sl_profile_step *step;
};
void sl_profile_sum(struct sl_profile *profile, struct sl_arena *arena,
                    struct sl_profile_sum *sum);

/* What another process did for the step of the span, which is the calling thread's: as if it
 * had been done here, on no thread. Names of rows are copied. */
void sl_profile_add(struct sl_profile *profile, const struct sl_profile_span *span,
                    const struct sl_profile_row *rows, size_t n, size_t peak);

struct sl_profile_event {
    uint64_t start, ns; /* from the profile's beginning */
    double flops, bytes;
    const char *name;
    size_t step; /* 1 + its index; 0: none */
    uint32_t rows;
    enum sl_operation operation; /* SL_OPERATIONS: the process has `bytes` resident */
};

/* Thread after thread, from 1 in the order in which they were entered, with the name that it
 * has; event NULL begins a thread. Spans come in the order in which they ended. */
typedef void sl_profile_use(void *context, size_t thread, const char *name,
                            const struct sl_profile_event *event);
void sl_profile_visit(const struct sl_profile *profile, sl_profile_use *use,
                      void *context);

#endif
