/* SPDX-License-Identifier: MIT */
#include "runner/store/limited.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SILENCE_MS 60000

/* ---- the child ------------------------------------------------------------------------- */

static void
limit(int resource, uint64_t most)
{
    struct rlimit now;

    if (getrlimit(resource, &now))
        _exit(1);
    if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
        now.rlim_max = (rlim_t)most;
    now.rlim_cur = now.rlim_max;
    if (setrlimit(resource, &now))
        _exit(1);
}

#ifndef SL_SANITIZED
/* Bytes of addresses that are in use. */
static uint64_t
in_use(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file && fscanf(file, "%llu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
#endif

static void
close_all_but(int fd)
{
    long most = sysconf(_SC_OPEN_MAX);

    most = most > 0 && most < 65536 ? most : 65536;
    for (int i = 3; i < most; i++)
        if (i != fd)
            close(i);
}

/* All else is the child's own copy. */
static void
leave_shared_memory(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[PATH_MAX + 256], access[5];
    uintptr_t first, end;

    while (maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &first, &end, access) == 3 &&
            access[1] == 'w' && access[3] == 's')
            munmap((void *)first, end - first);
    }
    if (maps)
        fclose(maps);
}

static void
enter(const struct sl_limits *limits, int fd)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    close_all_but(fd);
    leave_shared_memory();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, limits->seconds);
#ifndef SL_SANITIZED /* whose shadow takes terabytes of addresses */
    limit(RLIMIT_AS, in_use() + limits->bytes);
#endif
}

struct starting {
    const struct sl_limits *limits;
    sl_limited_work *work;
    void *context;
    int pipe[2];
    pid_t pid;
    int error;
};

static void
start(void *context)
{
    struct starting *s = context;

    s->pid = fork();
    s->error = errno;
    if (s->pid != 0)
        return;
    enter(s->limits, s->pipe[1]);
    s->work(s->context, s->pipe[1]);
    _exit(0);
}

/* ---- this side --------------------------------------------------------------------------- */

enum sl_status
sl_limited_start(struct sl_limited *child, const struct sl_limits *limits,
                 sl_limited_under *under, sl_limited_work *work, void *context,
                 struct sl_error *err)
{
    struct starting s = {.limits = limits, .work = work, .context = context, .pid = -1};

    if (pipe(s.pipe))
        return sl_fail_errno(err, "cannot read '%s'", child->path);
    fcntl(s.pipe[0], F_SETFD, FD_CLOEXEC);
    fcntl(s.pipe[1], F_SETFD, FD_CLOEXEC);
    if (under)
        under(start, &s);
    else
        start(&s);
    close(s.pipe[1]);
    if (s.pid < 0) {
        close(s.pipe[0]);
        errno = s.error;
        return sl_fail_errno(err, "cannot read '%s': no process for it", child->path);
    }
    child->pid = s.pid;
    child->fd = s.pipe[0];
    return SL_OK;
}

void
sl_limited_end(struct sl_limited *child)
{
    if (child->pid <= 0)
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(child->fd);
    child->pid = 0;
}

/* The child sends no more: says why, and waits for it. */
static enum sl_status
fail_ended(struct sl_limited *child, struct sl_error *err)
{
    int status = 0;

    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    close(child->fd);
    child->pid = 0;
    if (WIFSIGNALED(status) &&
        (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return sl_fail(err, SL_ERR_IO, "'%s': reading it took more time than it may",
                       child->path);
    if (WIFSIGNALED(status))
        return sl_fail(err, SL_ERR_IO,
                       "'%s': the library that reads it crashed (signal %d); the file is "
                       "damaged",
                       child->path, WTERMSIG(status));
    return sl_fail(err, SL_ERR_IO, "'%s': reading it ended early (status %d)",
                   child->path, WEXITSTATUS(status));
}

enum sl_status
sl_limited_read(struct sl_limited *child, void *bytes, size_t count, struct sl_error *err)
{
    size_t done = 0;

    while (done < count) {
        struct pollfd ready = {.fd = child->fd, .events = POLLIN};
        int n = poll(&ready, 1, SILENCE_MS);
        ssize_t got;

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0) {
            sl_limited_end(child);
            return sl_fail(err, SL_ERR_IO,
                           "'%s': nothing came of reading it for a minute", child->path);
        }
        got = read(child->fd, (char *)bytes + done, count - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail_ended(child, err);
        done += (size_t)got;
    }
    return SL_OK;
}
