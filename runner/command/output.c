/* SPDX-License-Identifier: MIT */
#include "runner/command/output.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* An earlier write may have failed, and errno is another's by now: the pipe knows. */
static bool
reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

enum sl_status
sl_output_flush(struct sl_error *err)
{
    static const char words[] = "can't write to standard output";

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return SL_OK;
    if (errno == EPIPE || reader_is_gone())
        return sl_fail(err, SL_ERR_CANCELLED, "nobody reads standard output any more");
    return errno ? sl_fail_errno(err, words) : sl_fail(err, SL_ERR_IO, words);
}
