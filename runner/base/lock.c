/* SPDX-License-Identifier: MIT */
#include "runner/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/base/file.h"

/* Who holds it is written into the file, for the message to the next one. */
static void
write_holder(int fd)
{
    struct utsname system = {.nodename = "?"};
    char text[300];
    int n;

    uname(&system);
    n = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(),
                 system.nodename);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return; /* the lock holds without it */
}

static enum sl_status
say_holder(int fd, const char *folder, struct sl_error *err)
{
    char text[200] = "another process";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    if (n > 1)
        text[n - 1] = '\0';
    close(fd);
    return sl_fail(err, SL_ERR_IO,
                   "'%s' is in use by %s; wait for it, or choose another folder with "
                   "--out",
                   folder, text);
}

enum sl_status
sl_lock_take(struct sl_lock *lock, const char *folder, struct sl_error *err)
{
    char path[PATH_MAX];

    lock->fd = -1;
    SL_TRY(sl_folder_make_unsynced(folder, &lock->made, err));
    if ((size_t)snprintf(path, sizeof path, "%s/.lock", folder) >= sizeof path)
        return sl_fail(err, SL_ERR_IO, "the name of folder '%s' is too long", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return sl_fail_errno(err, "'%s' can't be opened", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return say_holder(fd, folder, err);
        enum sl_status status = sl_fail_errno(err, "'%s' can't be locked", path);
        close(fd);
        return status;
    }
    write_holder(fd);
    lock->fd = fd;
    return SL_OK;
}

void
sl_lock_release(struct sl_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
