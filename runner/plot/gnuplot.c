/* SPDX-License-Identifier: MIT */
#include "runner/plot/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/plot/sandbox.h"

#define WORDS_MAX ((size_t)16 << 10) /* of gnuplot's that are kept */
#define LAST_DESCRIPTOR 4096
#define CHILD_FAILED 127

const char *
sl_gnuplot_find(struct sl_arena *arena)
{
    const char *path = getenv("PATH");
    char *rest = NULL;
    char *list = sl_arena_string(arena, path ? path : "/usr/local/bin:/usr/bin:/bin");

    for (char *folder = strtok_r(list, ":", &rest); folder;
         folder = strtok_r(NULL, ":", &rest)) {
        const char *program = sl_arena_format(arena, "%s/gnuplot", folder);

        if (folder[0] == '/' && access(program, X_OK) == 0)
            return program;
    }
    return NULL;
}

void
sl_gnuplot_quote(struct sl_text *out, const char *text)
{
    sl_text_append(out, "'");
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            continue;
        if (*c == '\'')
            sl_text_append(out, "'.\"'\".'");
        else
            sl_text_append_bytes(out, c, 1);
    }
    sl_text_append(out, "'");
}

/* ---- the child: between fork and execve only what is safe in a signal handler -------- */

struct child {
    const struct sl_gnuplot *call;
    char *const *arguments, *const *environment;
    int words; /* the end of the pipe that it writes to */
};

/* Whoever holds a descriptor of a locked file holds the lock. */
static void
close_others(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
        return;
#endif
    for (int fd = 3; fd < LAST_DESCRIPTOR; fd++)
        close(fd);
}

static void
forget_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int signal = 1; signal < NSIG; signal++)
        (void)sigaction(signal, &action, NULL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
say(const char *text)
{
    ssize_t written = write(2, text, strlen(text));

    (void)written;
}

_Noreturn static void
child_run(const struct child *child)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(child->words, 2) < 0)
        _exit(CHILD_FAILED);
    close_others();
    forget_signals();
    if (chdir(child->call->folder))
        say("cannot enter its folder");
    else if (!sl_sandbox_limit())
        say("cannot set its limits");
    else {
        sl_sandbox_seal();
        execve(child->call->program, child->arguments, child->environment);
        say("cannot be executed");
    }
    _exit(CHILD_FAILED);
}

/* ---- the parent ---------------------------------------------------------------------- */

static long long
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads until the child closes its end; false if that takes too long. */
static bool
listen_until(int fd, long long deadline, struct sl_text *words)
{
    char piece[512];

    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        long long left = deadline - now_ms();
        ssize_t n;

        if (left <= 0)
            return false;
        if (poll(&ready, 1, (int)left) <= 0)
            continue;
        n = read(fd, piece, sizeof piece);
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return true;
        if (n > 0 && words->count < WORDS_MAX)
            sl_text_append_bytes(words, piece, (size_t)n);
    }
}

/* Waits until the child has ended; kills it when its time is over. */
static int
await(pid_t pid, long long deadline, bool *late)
{
    const struct timespec pause = {0, 2000000};
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 ||
           (ended < 0 && errno == EINTR)) {
        if (!*late && now_ms() > deadline) {
            *late = true;
            kill(pid, SIGKILL);
        }
        nanosleep(&pause, NULL);
    }
    return status;
}

/* What gnuplot says last is what went wrong: the last line with a letter in it. */
static const char *
last_words(struct sl_text *words)
{
    char *rest = NULL, *last = NULL;

    for (char *line = words->bytes ? strtok_r(words->bytes, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        if (line[strspn(line, " \t^")])
            last = line;
    for (char *c = last; c && *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return last ? last + strspn(last, " ") : "it said nothing";
}

static enum sl_status
judge(const struct sl_gnuplot *call, int status, bool late, struct sl_text *words,
      struct sl_error *err)
{
    if (late)
        return sl_fail(err, SL_ERR_IO, "gnuplot did not finish '%s' within %u ms",
                       call->script, call->timeout_ms);
    if (WIFSIGNALED(status))
        return sl_fail(err, SL_ERR_IO, "gnuplot was ended by signal %d on '%s'",
                       WTERMSIG(status), call->script);
    if (WEXITSTATUS(status))
        return sl_fail(err, SL_ERR_IO, "gnuplot failed on '%s': %.400s", call->script,
                       last_words(words));
    return SL_OK;
}

static enum sl_status
attend(const struct sl_gnuplot *call, pid_t pid, int fd, struct sl_error *err)
{
    long long deadline = now_ms() + call->timeout_ms;
    struct sl_text words = {0};
    bool late = !listen_until(fd, deadline, &words);
    enum sl_status result;

    if (late)
        kill(pid, SIGKILL);
    result = judge(call, await(pid, deadline, &late), late, &words, err);
    sl_text_release(&words);
    return result;
}

/* Fonts are looked up and cached below the folder it works in, not in the user's home. */
static char **
environment_of(struct sl_arena *arena, const char *folder)
{
    char **environment = sl_arena_alloc(arena, 5 * sizeof *environment);

    environment[0] = sl_arena_string(arena, "PATH=/nonexistent");
    environment[1] = sl_arena_string(arena, "LC_ALL=C.UTF-8");
    environment[2] = sl_arena_format(arena, "HOME=%s", folder);
    environment[3] = sl_arena_format(arena, "TMPDIR=%s", folder);
    return environment;
}

enum sl_status
sl_gnuplot_run(const struct sl_gnuplot *call, struct sl_error *err)
{
    struct sl_arena arena;
    struct child child = {.call = call};
    char *script = NULL;
    int ends[2];
    pid_t pid;
    enum sl_status status;

    if (pipe(ends))
        return sl_fail_errno(err, "cannot start gnuplot");
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    sl_arena_init(&arena);
    script = sl_arena_string(&arena, call->script);
    child.words = ends[1];
    child.arguments = (char *[]){"gnuplot", "-d", script, NULL};
    child.environment = environment_of(&arena, call->folder);
    pid = fork();
    if (pid == 0)
        child_run(&child);
    close(ends[1]);
    status = pid < 0 ? sl_fail_errno(err, "cannot start gnuplot")
                     : attend(call, pid, ends[0], err);
    close(ends[0]);
    sl_arena_release(&arena);
    return status;
}
