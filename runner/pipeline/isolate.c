/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/isolate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/crash.h"
#include "runner/pipeline/guard.h"

/* How often the program looks at progress and at whether to stop. */
#define TICK_MS 100

/* ---- the program ---------------------------------------------------------------------- */

struct guard {
    int fd; /* -1: there is no process */
    struct sl_shared *shared;
    bool busy;
};

struct sl_guards {
    struct sl_executor *executor;
    pthread_mutex_t lock; /* covers busy */
    unsigned n;
    struct guard *guards;
    struct sl_shared *shared; /* n */
    pthread_mutex_t starting; /* covers control */
    pid_t starter;
    int control; /* of the starter */
};

/* Sends an order with a socket beside it. */
static bool
send_order(int control, const struct sl_guard_order *order, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof fd)];
        struct cmsghdr align;
    } room = {0};
    struct iovec part = {(void *)(uintptr_t)order, sizeof *order};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    return sendmsg(control, &message, 0) == (ssize_t)sizeof *order;
}

/* Has the starter put a guard in this one's place. *before: how that one ended. */
static enum sl_status
start_guard(struct sl_guards *g, struct guard *guard, int *before, struct sl_error *err)
{
    struct sl_guard_order order = {(unsigned)(guard - g->guards)};
    struct sl_guard_started started = {0};
    int ends[2];
    bool said;

    if (guard->fd >= 0)
        close(guard->fd);
    guard->fd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return sl_fail_errno(err, "no socket for --isolate");
    pthread_mutex_lock(&g->starting);
    said = send_order(g->control, &order, ends[1]) &&
           read(g->control, &started, sizeof started) == (ssize_t)sizeof started;
    pthread_mutex_unlock(&g->starting);
    close(ends[1]);
    if (!said || started.pid < 0) {
        close(ends[0]);
        errno = started.error;
        return said ? sl_fail_errno(err, "no process for --isolate")
                    : sl_fail(err, SL_ERR_IO, "the process that starts others is gone");
    }
    guard->fd = ends[0];
    *before = started.before;
    return SL_OK;
}

static enum sl_status
start_starter(struct sl_guards *g, struct sl_error *err)
{
    pid_t program = getpid();
    int ends[2];

    g->shared = mmap(NULL, g->n * sizeof *g->shared, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (g->shared == MAP_FAILED) {
        g->shared = NULL;
        return sl_fail_errno(err, "no shared memory for --isolate");
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return sl_fail_errno(err, "no socket for --isolate");
    g->starter = fork();
    if (g->starter == 0) {
        close(ends[0]);
        if (getppid() == program)
            sl_starter_run(g->executor, ends[1], g->shared, g->n);
        _exit(0);
    }
    close(ends[1]);
    g->control = ends[0];
    if (g->starter < 0)
        return sl_fail_errno(err, "no process for --isolate");
    return SL_OK;
}

enum sl_status
sl_guards_new(struct sl_guards **guards, struct sl_executor *executor, unsigned n,
              struct sl_error *err)
{
    struct sl_guards *g = calloc(1, sizeof *g);
    enum sl_status status;
    int before;

    *guards = NULL;
    if (g)
        g->guards = calloc(n, sizeof *g->guards);
    if (!g || !g->guards) {
        free(g);
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %u guards", n);
    }
    g->executor = executor;
    g->control = -1;
    g->n = n;
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->starting, NULL);
    for (unsigned i = 0; i < n; i++)
        g->guards[i].fd = -1;
    status = start_starter(g, err);
    for (unsigned i = 0; status == SL_OK && i < n; i++) {
        g->guards[i].shared = &g->shared[i];
        status = start_guard(g, &g->guards[i], &before, err);
    }
    if (status)
        sl_guards_free(g);
    else
        *guards = g;
    return status;
}

void
sl_guards_free(struct sl_guards *g)
{
    if (!g)
        return;
    for (unsigned i = 0; i < g->n; i++)
        if (g->guards[i].fd >= 0)
            close(g->guards[i].fd);
    if (g->control >= 0)
        close(g->control);
    while (g->starter > 0 && waitpid(g->starter, NULL, 0) < 0 && errno == EINTR)
        ;
    if (g->shared)
        munmap(g->shared, g->n * sizeof *g->shared);
    pthread_mutex_destroy(&g->lock);
    pthread_mutex_destroy(&g->starting);
    free(g->guards);
    free(g);
}

static struct guard *
take_guard(struct sl_guards *g)
{
    struct guard *guard = g->guards;

    pthread_mutex_lock(&g->lock);
    while (guard->busy)
        guard++;
    guard->busy = true;
    pthread_mutex_unlock(&g->lock);
    return guard;
}

static void
leave_guard(struct sl_guards *g, struct guard *guard)
{
    pthread_mutex_lock(&g->lock);
    guard->busy = false;
    pthread_mutex_unlock(&g->lock);
}

/* Passes on what there is to tell. */
static void
pass_on(struct sl_guards *g, const struct sl_step *step, const struct sl_shared *shared,
        unsigned *told, unsigned *noted)
{
    struct sl_progress *progress = g->executor->x->progress;

    if (atomic_load(&shared->told) != *told) {
        *told = atomic_load(&shared->told);
        sl_progress_tell(progress, step->line, shared->done, shared->total, shared->unit,
                         shared->loss);
    }
    if (atomic_load(&shared->noted) != *noted) {
        *noted = atomic_load(&shared->noted);
        sl_progress_note(progress, shared->note);
    }
}

/* False where the guard itself is gone. */
static bool
await(struct sl_guards *g, const struct guard *guard, const struct sl_step *step,
      struct sl_guard_ending *ending)
{
    struct pollfd answer = {.fd = guard->fd, .events = POLLIN};
    unsigned told = 0, noted = 0;
    int ready;

    do {
        int stop = atomic_load(g->executor->x->stop);
        if (stop)
            atomic_store(&guard->shared->stop, stop);
        ready = poll(&answer, 1, TICK_MS);
        pass_on(g, step, guard->shared, &told, &noted);
    } while (ready == 0 || (ready < 0 && errno == EINTR));
    return read(guard->fd, ending, sizeof *ending) == (ssize_t)sizeof *ending;
}

/* What became of a child that has not said so itself. */
static enum sl_status
say_ending(const struct sl_step *step, const struct sl_guard_ending *ending,
           bool *crashed, struct sl_error *err)
{
    const struct sl_stage *stage = step->plan->stage;
    char text[120];

    *crashed = true;
    if (ending->late)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "module '%s' took longer than its timeout of %g seconds, and did "
                       "not stop",
                       stage->module->entry.name, stage->timeout);
    (void)sl_crash_say(ending->status, text, sizeof text);
    return sl_fail(err, SL_ERR_NUMERIC, "module '%s' %s", stage->module->entry.name,
                   text);
}

static enum sl_status
conclude(struct sl_step *step, const struct sl_shared *shared,
         const struct sl_guard_ending *ending, bool *crashed, struct sl_error *err)
{
    const struct sl_stage *stage = step->plan->stage;

    if (!shared->ended)
        return say_ending(step, ending, crashed, err);
    step->from = shared->from;
    if (shared->error.status == SL_ERR_CANCELLED && ending->late) {
        *crashed = true;
        return sl_fail(err, SL_ERR_NUMERIC,
                       "module '%s' took longer than its timeout of %g seconds",
                       stage->module->entry.name, stage->timeout);
    }
    if (shared->error.status)
        return sl_fail(err, shared->error.status, "%s", shared->error.text);
    return SL_OK;
}

/* A guard that is gone while a step runs was ended by the step, as far as anyone can tell:
 * whoever is asked to end sluice ends it as a whole. */
static enum sl_status
replace_guard(struct sl_guards *g, struct guard *guard, const struct sl_step *step,
              bool *crashed, struct sl_error *err)
{
    char text[120];
    int before = 0;

    SL_TRY(start_guard(g, guard, &before, err));
    (void)sl_crash_say(before, text, sizeof text);
    *crashed = true;
    return sl_fail(err, SL_ERR_NUMERIC, "the process that guards module '%s' %s",
                   step->plan->stage->module->entry.name, text);
}

enum sl_status
sl_guards_perform(struct sl_guards *g, size_t index, unsigned threads, double *seconds,
                  bool *crashed, struct sl_error *err)
{
    struct sl_step *step = &g->executor->tasks[index].step;
    struct guard *guard = take_guard(g);
    struct sl_guard_request request = {index, threads};
    struct sl_guard_ending ending;
    enum sl_status status = SL_OK;
    int before;

    *crashed = false;
    memset(guard->shared, 0, sizeof *guard->shared);
    if (guard->fd < 0)
        status = start_guard(g, guard, &before, err);
    if (status == SL_OK) {
        if (send(guard->fd, &request, sizeof request, MSG_NOSIGNAL) ==
                (ssize_t)sizeof request &&
            await(g, guard, step, &ending))
            status = conclude(step, guard->shared, &ending, crashed, err);
        else
            status = replace_guard(g, guard, step, crashed, err);
    }
    *seconds = guard->shared->seconds;
    sl_profiled_add(g->executor->x->profile, &guard->shared->profiled);
    leave_guard(g, guard);
    return status;
}
