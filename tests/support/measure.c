/* SPDX-License-Identifier: MIT */
/* Runs a command and writes what it took to a file: "MILLISECONDS KILOBYTES", of processor
 * time and of memory at its peak. Ends as the command does.
 * usage: measure FILE COMMAND [ARGUMENT]... */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long
milliseconds(struct timeval time)
{
    return time.tv_sec * 1000L + time.tv_usec / 1000;
}

int
main(int argc, char **argv)
{
    struct rusage used;
    int status;
    pid_t child;
    FILE *out;

    if (argc < 3)
        return 2;
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 2;
    out = fopen(argv[1], "w");
    if (!out)
        return 2;
    fprintf(out, "%ld %ld\n", milliseconds(used.ru_utime) + milliseconds(used.ru_stime),
            used.ru_maxrss);
    if (fclose(out) != 0)
        return 2;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
