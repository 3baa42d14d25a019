/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/clock.h"
#include "runner/base/crash.h"
#include "runner/pipeline/key.h"

/* What a step that is too late is left to write a checkpoint. */
#define GRACE_SECONDS 2.0

/* ---- the child: one step -------------------------------------------------------------- */

void
sl_shared_progress(struct sl_shared *shared, double done, double total, const char *unit,
                   double loss)
{
    shared->done = done;
    shared->total = total;
    shared->loss = loss;
    snprintf(shared->unit, sizeof shared->unit, "%s", unit);
    atomic_fetch_add(&shared->told, 1);
}

void
sl_shared_note(struct sl_shared *shared, const char *text)
{
    snprintf(shared->note, sizeof shared->note, "%s", text);
    atomic_fetch_add(&shared->noted, 1);
}

static void
note_damage(void *context, const char *text)
{
    sl_shared_note(context, text);
}

static enum sl_status join(struct sl_executor *e, struct sl_step *step,
                           struct sl_error *err);

/* Reads a step that was performed before, by another process, with what it rests on. */
static enum sl_status
load(struct sl_executor *e, size_t index, struct sl_error *err)
{
    struct sl_step *step = &e->tasks[index].step;
    bool found = false;

    if (step->outcome.arena)
        return SL_OK;
    sl_arena_init_in(&step->arena, step->cache->folder);
    sl_outcome_init(&step->outcome, &step->arena);
    SL_TRY(sl_cache_read(step->cache, &step->plan->key, &step->outcome, &found, err));
    if (!found)
        return sl_fail(err, SL_ERR_IO, "what step '%s' left is not in the cache any more",
                       step->label);
    if (step->plan->split)
        SL_TRY(join(e, step, err));
    return step->outcome.model.module ? sl_step_open_model(step, err) : SL_OK;
}

static enum sl_status
join(struct sl_executor *e, struct sl_step *step, struct sl_error *err)
{
    const struct sl_step **from =
        sl_arena_alloc(&step->arena, step->plan->n * sizeof *from);

    for (size_t i = 0; i < step->plan->n; i++) {
        SL_TRY(load(e, step->plan->inputs[i].step, err));
        from[i] = &e->tasks[step->plan->inputs[i].step].step;
    }
    sl_step_join(step, from);
    return SL_OK;
}

static enum sl_status
perform(struct sl_executor *e, struct sl_step *step, struct sl_shared *shared,
        struct sl_error *err)
{
    struct sl_text origin = {0};
    double start;

    sl_arena_init_in(&step->arena, step->cache->folder);
    sl_outcome_init(&step->outcome, &step->arena);
    SL_TRY(join(e, step, err));
    start = sl_seconds();
    SL_TRY(sl_profiled_perform(step, err));
    shared->seconds = sl_seconds() - start;
    if (step->outcome.model.module)
        SL_TRY(sl_step_open_model(step, err));
    sl_key_say(e->plan, step->plan, &origin);
    step->outcome.origin = sl_arena_string(&step->arena, origin.bytes);
    sl_text_release(&origin);
    return sl_cache_write(&e->x->cache, &step->plan->key, &step->outcome, err);
}

/* In a profile of its own, if the program has one: threads of the other's are not here. */
static enum sl_status
perform_profiled(struct sl_executor *e, struct sl_step *step, struct sl_shared *shared,
                 struct sl_error *err)
{
    struct sl_profile *profile;
    struct sl_profile_span span;
    enum sl_status status;

    if (!e->x->profile)
        return perform(e, step, shared, err);
    SL_TRY(sl_profile_new(&profile, 0, err));
    SL_TRY(sl_pool_watch(step->pool, profile, err));
    e->x->cache.profile = profile;
    sl_profile_begin_step(profile, &span, step->label, step->label);
    status = perform(e, step, shared, err);
    sl_profile_end_step(profile, &span, "done");
    sl_profiled_take(profile, &shared->profiled);
    return status;
}

/* Memory is given back by the system. */
_Noreturn static void
be_child(struct sl_executor *e, const struct sl_guard_request *request,
         struct sl_shared *shared)
{
    struct sl_step *step = &e->tasks[request->step].step;
    struct sl_error err = {0};

    e->x->cache.damaged = note_damage;
    e->x->cache.context = shared;
    step->stop = &shared->stop;
    step->shared = shared;
    step->progress = NULL;
    step->pool = NULL; /* one thread needs none */
    if ((request->threads == 1 && !e->x->profile) ||
        sl_pool_new(&step->pool, request->threads, &err) == SL_OK)
        (void)perform_profiled(e, step, shared, &err);
    err.mark = (struct sl_mark){0};
    shared->error = err;
    shared->from = step->from;
    shared->ended = true;
    _exit(0);
}

/* ---- the guard ------------------------------------------------------------------------ */

/* Waits for the child; from its deadline on it is asked to stop, and made to a little
 * later. */
static struct sl_guard_ending
watch(pid_t child, double timeout, struct sl_shared *shared)
{
    double deadline = sl_seconds() + timeout;
    struct sl_guard_ending ending = {0};
    struct timespec tick = {0, 20000000};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    while (waitpid(child, &ending.status, WNOHANG) != child) {
        (void)sigtimedwait(&set, NULL, &tick);
        double late = timeout > 0 ? sl_seconds() - deadline : -1;
        if (late > 0) {
            ending.late = true;
            atomic_store(&shared->stop, SIGALRM);
        }
        if (late > GRACE_SECONDS)
            (void)kill(child, SIGKILL);
    }
    return ending;
}

static struct sl_guard_ending
guard_step(struct sl_executor *e, const struct sl_guard_request *request, int fd,
           struct sl_shared *shared)
{
    pid_t guard = getpid(), child = fork();

    if (child == 0) {
        close(fd);
        sl_crash_plainly();
        if (getppid() != guard)
            _exit(0);
        be_child(e, request, shared);
    }
    if (child < 0) {
        sl_fail_errno(&shared->error, "no process for a step");
        shared->ended = true;
        return (struct sl_guard_ending){0};
    }
    return watch(child, e->plan->steps[request->step].stage->timeout, shared);
}

/* It ends when the program does, or closes its end. */
_Noreturn static void
be_guard(struct sl_executor *e, int fd, struct sl_shared *shared)
{
    struct sl_guard_request request;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    while (read(fd, &request, sizeof request) == (ssize_t)sizeof request) {
        struct sl_guard_ending ending = guard_step(e, &request, fd, shared);
        if (write(fd, &ending, sizeof ending) != (ssize_t)sizeof ending)
            break;
    }
    _exit(0);
}

/* ---- the starter ---------------------------------------------------------------------- */

/* The order's socket is in *fd. False where the program is gone. */
static bool
take_order(int control, struct sl_guard_order *order, int *fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof *fd)];
        struct cmsghdr align;
    } room;
    struct iovec part = {order, sizeof *order};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    const struct cmsghdr *head;

    if (recvmsg(control, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *order)
        return false;
    head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS)
        return false;
    memcpy(fd, CMSG_DATA(head), sizeof *fd);
    return true;
}

static struct sl_guard_started
start_guard(struct sl_executor *e, pid_t before, int control, int fd,
            struct sl_shared *shared)
{
    struct sl_guard_started started = {0};
    pid_t starter = getpid();

    if (before > 0) {
        (void)kill(before, SIGKILL); /* what can't be spoken to is gone, or as good as */
        (void)waitpid(before, &started.before, 0);
    }
    started.pid = fork();
    if (started.pid == 0) {
        close(control);
        sl_crash_plainly();
        if (getppid() == starter)
            be_guard(e, fd, shared);
        _exit(0);
    }
    started.error = started.pid < 0 ? errno : 0;
    close(fd);
    return started;
}

/* Signals from a terminal reach every process; the program alone decides what they mean. */
void
sl_starter_run(struct sl_executor *e, int control, struct sl_shared *shared, unsigned n)
{
    pid_t *guards = calloc(n, sizeof *guards);
    struct sl_guard_order order;
    int fd;

    sl_crash_plainly();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    while (guards && take_order(control, &order, &fd)) {
        struct sl_guard_started started =
            start_guard(e, guards[order.index], control, fd, &shared[order.index]);
        guards[order.index] = started.pid;
        if (write(control, &started, sizeof started) != (ssize_t)sizeof started)
            break;
    }
    while (wait(NULL) > 0)
        ;
    _exit(0);
}
