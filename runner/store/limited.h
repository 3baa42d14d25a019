/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_LIMITED_H
#define SL_STORE_LIMITED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/base/error.h"

/*
 * Work on a file that may be damaged or worse, in a child process with little memory and
 * time: it may crash or hang without harm. What it writes to its pipe is read here.
 *
 * The child has one thread and everything that the process had, but for its files, which
 * are closed, so that it holds no lock, and for memory that it would share with the process
 * and could write to, which is unmapped: rows that stand in files (sl_arena_rows). It may use
 * what takes locks only if nobody else held them when it was made; whoever starts one sees to
 * that with `under`.
 */
struct sl_limited {
    const char *path; /* for messages */
    pid_t pid;        /* 0: none */
    int fd;           /* what the child writes */
};

/* seconds: of CPU that it may use. bytes: of memory beside what the process has. */
struct sl_limits {
    unsigned seconds;
    uint64_t bytes;
};

typedef void sl_limited_work(void *context, int fd);
/* Calls start(context) while it holds whatever the child has to find free. */
typedef void sl_limited_under(void (*start)(void *context), void *context);

/* work runs in the child, which ends when it returns. under may be NULL. SL_ERR_IO. */
enum sl_status sl_limited_start(struct sl_limited *child, const struct sl_limits *limits,
                                sl_limited_under *under, sl_limited_work *work,
                                void *context, struct sl_error *err);

/* Exactly count bytes. SL_ERR_IO where the child crashed, ran out of its limits, or sent
 * nothing for a minute; it is gone then. */
enum sl_status sl_limited_read(struct sl_limited *child, void *bytes, size_t count,
                               struct sl_error *err);
/* Ends it; does nothing on {0}. */
void sl_limited_end(struct sl_limited *child);

#endif
