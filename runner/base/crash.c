/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sigabbrev_np */
#include "runner/base/crash.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

void
sl_crash_plainly(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    struct rlimit none = {0, 0};

    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        signal(crashes[i], SIG_DFL);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

bool
sl_crash_say(int status, char *text, size_t size)
{
    if (!WIFSIGNALED(status)) {
        snprintf(text, size, "ended the process with status %d", WEXITSTATUS(status));
        return false;
    }
    int number = WTERMSIG(status);
    const char *name = sigabbrev_np(number), *words = sigdescr_np(number);
    if (number == SIGKILL) /* no mistake of its own ends a process so */
        snprintf(text, size,
                 "was killed with SIGKILL (Killed), as the system does where memory runs "
                 "out");
    else
        snprintf(text, size, "crashed with SIG%s (%s)", name ? name : "?",
                 words ? words : "an unknown signal");
    return true;
}
