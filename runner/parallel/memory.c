/* SPDX-License-Identifier: MIT */
#include "runner/parallel/memory.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number that stands behind a word in a file, "" for a file that is a number alone.
 * SIZE_MAX if there is none. */
static size_t
number_in(const char *path, const char *word)
{
    FILE *file = fopen(path, "re");
    char line[200], *end;
    size_t found = SIZE_MAX, length = strlen(word);

    if (!file)
        return SIZE_MAX;
    while (found == SIZE_MAX && fgets(line, sizeof line, file)) {
        unsigned long long value;
        if (strncmp(line, word, length) != 0)
            continue;
        value = strtoull(line + length, &end, 10);
        if (end != line + length)
            found = (size_t)value;
    }
    fclose(file);
    return found;
}

size_t
sl_memory_budget_of(const char *meminfo, const char *group)
{
    char limit_path[PATH_MAX], used_path[PATH_MAX];
    size_t available = number_in(meminfo, "MemAvailable:"), limit, used;

    snprintf(limit_path, sizeof limit_path, "%s/memory.max", group);
    snprintf(used_path, sizeof used_path, "%s/memory.current", group);
    limit = number_in(limit_path, "");
    used = number_in(used_path, "");
    if (available != SIZE_MAX)
        available *= 1024;
    if (limit != SIZE_MAX && used != SIZE_MAX) {
        size_t left = limit > used ? limit - used : 0;
        available = left < available ? left : available;
    }
    return available == SIZE_MAX ? SIZE_MAX : available / 5 * 4;
}

size_t
sl_memory_budget(void)
{
    return sl_memory_budget_of("/proc/meminfo", "/sys/fs/cgroup");
}

size_t
sl_memory_peak(void)
{
    size_t kib = number_in("/proc/self/status", "VmHWM:");
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        ssize_t ignored = write(fd, "5", 1); /* the peak is what there is now */

        (void)ignored;
        close(fd);
    }
    return kib == SIZE_MAX ? 0 : kib * 1024;
}
