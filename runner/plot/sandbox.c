/* SPDX-License-Identifier: MIT */
#include "runner/plot/sandbox.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#define CPU_SECONDS 60
#define MEMORY_BYTES ((rlim_t)4 << 30)
#define FILE_BYTES ((rlim_t)256 << 20)

bool
sl_sandbox_limit(void)
{
    static const struct {
        int resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CPU, CPU_SECONDS},
        {RLIMIT_AS, MEMORY_BYTES},
        {RLIMIT_FSIZE, FILE_BYTES},
        {RLIMIT_CORE, 0},
    };

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit now;

        if (getrlimit(limits[i].resource, &now))
            return false;
        if (now.rlim_max == RLIM_INFINITY || now.rlim_max > limits[i].most)
            now.rlim_max = limits[i].most;
        now.rlim_cur = now.rlim_max;
        if (setrlimit(limits[i].resource, &now))
            return false;
    }
    return true;
}

#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif
#endif

#ifdef MACHINE
#define LOAD(field)                                                                      \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(error) ANSWER(SECCOMP_RET_ERRNO | (error))
/* Skips the next instruction unless the loaded word is value. */
#define UNLESS(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)

/* The low half of a 64-bit argument; both machines are little-endian. */
#define CLONE_FLAGS args[0]
/* System calls of the x32 ABI have this bit and would pass under other numbers. */
#define FOREIGN_ABI 0x40000000u
#ifndef CLONE_THREAD
#define CLONE_THREAD 0x00010000
#endif

/*
 * clone3 passes its flags in memory, where a filter can't look: without it the C library
 * falls back to clone. execve is not forbidden, since gnuplot itself is yet to be
 * executed; without a new process there is nobody else to call it.
 */
static const struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_ABI, 0, 1),
    ANSWER(SECCOMP_RET_KILL_PROCESS),
#ifdef SYS_fork
    UNLESS(SYS_fork),
    REFUSE(EPERM),
    UNLESS(SYS_vfork),
    REFUSE(EPERM),
#endif
    UNLESS(SYS_clone3),
    REFUSE(ENOSYS),
    UNLESS(SYS_socket),
    REFUSE(EACCES),
    UNLESS(SYS_socketpair),
    REFUSE(EACCES),
    UNLESS(SYS_ptrace),
    REFUSE(EPERM),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
    ANSWER(SECCOMP_RET_ALLOW),
    LOAD(CLONE_FLAGS),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
    ANSWER(SECCOMP_RET_ALLOW),
    REFUSE(EPERM),
};

void
sl_sandbox_seal(void)
{
    struct sock_fprog program = {sizeof filter / sizeof *filter,
                                 (struct sock_filter *)filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
void
sl_sandbox_seal(void)
{
}
#endif
