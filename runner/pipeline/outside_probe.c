/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/crash.h"
#include "runner/pipeline/outside.h"

#define PATIENCE_MS 5000

_Noreturn static void
answer(int fd, enum sl_status (*fn)(void *, struct sl_error *), void *context)
{
    struct sl_error err = {0};

    sl_crash_plainly();
    (void)fn(context, &err);
    _exit(write(fd, &err, sizeof err) == (ssize_t)sizeof err ? 0 : 1);
}

/* The child's error as far as it came: true if it is whole. A mark is not passed on: its
 * file's name is the child's. */
static bool
listen_to(int fd, struct sl_error *said)
{
    struct pollfd poll_in = {.fd = fd, .events = POLLIN};
    int ready;

    do
        ready = poll(&poll_in, 1, PATIENCE_MS);
    while (ready < 0 && errno == EINTR);
    return ready > 0 && read(fd, said, sizeof *said) == (ssize_t)sizeof *said;
}

/* What is left to say when the child has said nothing. */
static enum sl_status
say_end(int status, bool killed, const char *what, struct sl_error *err)
{
    char text[120];

    if (killed)
        return sl_fail(err, SL_ERR_CONFIG, "%s takes longer than %d seconds", what,
                       PATIENCE_MS / 1000);
    if (sl_crash_say(status, text, sizeof text))
        return sl_fail(err, SL_ERR_CONFIG,
                       "%s %s; the file is cut off, its constructor crashes, or its "
                       "tables point nowhere",
                       what, text);
    return sl_fail(err, SL_ERR_CONFIG, "%s %s", what, text);
}

enum sl_status
sl_probe(enum sl_status (*fn)(void *context, struct sl_error *err), void *context,
         const char *what, struct sl_error *err)
{
    struct sl_error said;
    int ends[2], status = 0;
    bool heard, killed = false;
    pid_t child;

    if (pipe(ends) != 0)
        return sl_fail_errno(err, "%s: no pipe to a child process", what);
    child = fork();
    if (child == 0)
        answer(ends[1], fn, context);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return sl_fail_errno(err, "%s: no child process", what);
    }
    heard = listen_to(ends[0], &said);
    if (!heard && waitpid(child, &status, WNOHANG) != child)
        /* It closed its end and is about to be gone, or it hangs. */
        killed = kill(child, SIGKILL) == 0;
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!heard)
        return say_end(status,
                       killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, what,
                       err);
    if (said.status)
        return sl_fail(err, said.status, "%s", said.text);
    return SL_OK;
}
