/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/isolate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/crash.h"
#include "runner/pipeline/executor.h"
#include "runner/pipeline/key.h"

/* How often the program looks at progress and at whether to stop. */
#define TICK_MS 100
/* What a step that is too late is left to write a checkpoint. */
#define GRACE_SECONDS 2.0

struct sl_shared {
    atomic_int stop;         /* the step is to stop */
    atomic_uint told, noted; /* counts progress and notes */
    double done, total, loss;
    char unit[32], note[400];
    bool ended; /* the rest is set */
    struct sl_error error;
    struct sl_place from;
    double seconds;
};

struct request {
    size_t step;
    unsigned threads;
};

/* How a child ended. */
struct ending {
    int status; /* of waitpid */
    bool late;  /* its time was over */
};

struct guard {
    pid_t pid;
    int fd; /* of the program */
    struct sl_shared *shared;
    bool busy;
};

struct sl_guards {
    struct sl_executor *executor;
    pthread_mutex_t lock; /* covers busy */
    unsigned n;
    struct guard *guards;
};

static double
now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

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
    sl_arena_init(&step->arena);
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

    sl_arena_init(&step->arena);
    sl_outcome_init(&step->outcome, &step->arena);
    SL_TRY(join(e, step, err));
    start = now_seconds();
    SL_TRY(sl_step_perform(step, err));
    shared->seconds = now_seconds() - start;
    if (step->outcome.model.module)
        SL_TRY(sl_step_open_model(step, err));
    sl_key_say(e->plan, step->plan, &origin);
    step->outcome.origin = sl_arena_string(&step->arena, origin.bytes);
    sl_text_release(&origin);
    return sl_cache_write(&e->x->cache, &step->plan->key, &step->outcome, err);
}

/* Memory is given back by the system. */
_Noreturn static void
be_child(struct sl_executor *e, const struct request *request, struct sl_shared *shared)
{
    struct sl_step *step = &e->tasks[request->step].step;
    struct sl_error err = {0};

    sl_crash_plainly();
    e->x->cache.damaged = note_damage;
    e->x->cache.context = shared;
    step->stop = &shared->stop;
    step->shared = shared;
    step->progress = NULL;
    step->pool = NULL; /* one thread needs none */
    if (request->threads == 1 ||
        sl_pool_new(&step->pool, request->threads, &err) == SL_OK)
        (void)perform(e, step, shared, &err);
    err.mark = (struct sl_mark){0};
    shared->error = err;
    shared->from = step->from;
    shared->ended = true;
    _exit(0);
}

/* ---- the guard ------------------------------------------------------------------------ */

/* Waits for the child; from its deadline on it is asked to stop, and made to a little
 * later. */
static struct ending
watch(pid_t child, double timeout, struct sl_shared *shared)
{
    double deadline = now_seconds() + timeout;
    struct ending ending = {0};
    struct timespec tick = {0, 20000000};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    while (waitpid(child, &ending.status, WNOHANG) != child) {
        (void)sigtimedwait(&set, NULL, &tick);
        double late = timeout > 0 ? now_seconds() - deadline : -1;
        if (late > 0) {
            ending.late = true;
            atomic_store(&shared->stop, SIGALRM);
        }
        if (late > GRACE_SECONDS)
            (void)kill(child, SIGKILL);
    }
    return ending;
}

static struct ending
guard_step(struct sl_executor *e, const struct request *request, struct sl_shared *shared)
{
    pid_t child = fork();

    if (child == 0)
        be_child(e, request, shared);
    if (child < 0) {
        sl_fail_errno(&shared->error, "no process for a step");
        shared->ended = true;
        return (struct ending){0};
    }
    return watch(child, e->plan->steps[request->step].stage->timeout, shared);
}

/* It ends when the program does, or closes its end. Signals from a terminal reach every
 * process; the program alone decides what they mean. */
_Noreturn static void
be_guard(struct sl_executor *e, int fd, struct sl_shared *shared)
{
    struct request request;
    sigset_t set;

    sl_crash_plainly();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    while (read(fd, &request, sizeof request) == (ssize_t)sizeof request) {
        struct ending ending = guard_step(e, &request, shared);
        if (write(fd, &ending, sizeof ending) != (ssize_t)sizeof ending)
            break;
    }
    _exit(0);
}

/* ---- the program ---------------------------------------------------------------------- */

static enum sl_status
start_guard(struct sl_guards *g, struct guard *guard, struct sl_error *err)
{
    pid_t parent = getpid();
    int ends[2];

    guard->shared = mmap(NULL, sizeof *guard->shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (guard->shared == MAP_FAILED) {
        guard->shared = NULL;
        return sl_fail_errno(err, "no shared memory for --isolate");
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return sl_fail_errno(err, "no socket for --isolate");
    guard->pid = fork();
    if (guard->pid == 0) {
        /* Ends of guards before it would keep those from seeing that the program is gone. */
        for (struct guard *other = g->guards; other < guard; other++)
            close(other->fd);
        close(ends[0]);
        if (getppid() == parent)
            be_guard(g->executor, ends[1], guard->shared);
        _exit(0);
    }
    close(ends[1]);
    guard->fd = ends[0];
    if (guard->pid < 0)
        return sl_fail_errno(err, "no process for --isolate");
    return SL_OK;
}

enum sl_status
sl_guards_new(struct sl_guards **guards, struct sl_executor *executor, unsigned n,
              struct sl_error *err)
{
    struct sl_guards *g = calloc(1, sizeof *g);

    *guards = NULL;
    if (g)
        g->guards = calloc(n, sizeof *g->guards);
    if (!g || !g->guards) {
        free(g);
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %u guards", n);
    }
    g->executor = executor;
    pthread_mutex_init(&g->lock, NULL);
    for (enum sl_status status = SL_OK; g->n < n; g->n++) {
        g->guards[g->n].fd = -1;
        status = start_guard(g, &g->guards[g->n], err);
        if (status) {
            g->n++;
            sl_guards_free(g);
            return status;
        }
    }
    *guards = g;
    return SL_OK;
}

void
sl_guards_free(struct sl_guards *g)
{
    for (unsigned i = 0; g && i < g->n; i++) {
        struct guard *guard = &g->guards[i];
        if (guard->fd >= 0)
            close(guard->fd);
        while (guard->pid > 0 && waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        if (guard->shared)
            munmap(guard->shared, sizeof *guard->shared);
    }
    if (g) {
        pthread_mutex_destroy(&g->lock);
        free(g->guards);
    }
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
      struct ending *ending)
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
say_ending(const struct sl_step *step, const struct ending *ending, bool *crashed,
           struct sl_error *err)
{
    const struct sl_stage *stage = step->plan->stage;
    char text[120];

    *crashed = true;
    if (ending->late)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "module '%s' took longer than its timeout of %g seconds, and did "
                       "not stop",
                       stage->module->entry.name, stage->timeout);
    if (WIFSIGNALED(ending->status) && WTERMSIG(ending->status) == SIGKILL) {
        *crashed = false;
        return sl_fail(err, SL_ERR_MEMORY,
                       "module '%s' was killed (SIGKILL), as the system does where "
                       "memory runs out",
                       stage->module->entry.name);
    }
    (void)sl_crash_say(ending->status, text, sizeof text);
    return sl_fail(err, SL_ERR_NUMERIC, "module '%s' %s", stage->module->entry.name,
                   text);
}

static enum sl_status
conclude(struct sl_step *step, const struct sl_shared *shared,
         const struct ending *ending, bool *crashed, struct sl_error *err)
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

enum sl_status
sl_guards_perform(struct sl_guards *g, size_t index, unsigned threads, double *seconds,
                  bool *crashed, struct sl_error *err)
{
    struct sl_step *step = &g->executor->tasks[index].step;
    struct guard *guard = take_guard(g);
    struct request request = {index, threads};
    struct ending ending;
    enum sl_status status;

    *crashed = false;
    memset(guard->shared, 0, sizeof *guard->shared);
    if (write(guard->fd, &request, sizeof request) != (ssize_t)sizeof request ||
        !await(g, guard, step, &ending))
        status = sl_fail(err, SL_ERR_IO, "the process that guards a step is gone");
    else
        status = conclude(step, guard->shared, &ending, crashed, err);
    *seconds = guard->shared->seconds;
    leave_guard(g, guard);
    return status;
}
