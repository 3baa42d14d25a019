/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT */

#include "runner/parallel/cpus.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/parallel/pool.h"

unsigned
sl_cpus_allowed(void)
{
    cpu_set_t set;
    long online;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    /* More CPUs than a cpu_set_t has room for. */
    online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (unsigned)online;
}

/* The first line of FOLDER/NAME, false if there is none. */
static bool
read_line(const char *folder, const char *name, char *line, int size)
{
    char path[PATH_MAX];
    FILE *file;
    bool found;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    found = fgets(line, size, file) != NULL;
    fclose(file);
    return found;
}

/* Of one group's folder: cpu.max holds "QUOTA PERIOD" or "max PERIOD" in version 2;
 * version 1 has a file for each, and a quota of -1 is none. */
static double
quota_of(const char *folder)
{
    char line[100], second[100];
    double quota, period;

    if (read_line(folder, "cpu.max", line, sizeof line)) {
        if (sscanf(line, "%lf %lf", &quota, &period) != 2)
            return 0;
    } else {
        if (!read_line(folder, "cpu.cfs_quota_us", line, sizeof line) ||
            !read_line(folder, "cpu.cfs_period_us", second, sizeof second) ||
            sscanf(line, "%lf", &quota) != 1 || sscanf(second, "%lf", &period) != 1)
            return 0;
    }
    return quota > 0 && period > 0 ? quota / period : 0;
}

/* The least of GROUP and the groups above it, up to the root. */
static double
least_quota(const char *root, const char *group)
{
    char folder[PATH_MAX];
    double least = 0;

    if (snprintf(folder, sizeof folder, "%s%s", root, group) >= (int)sizeof folder)
        return 0;
    for (;;) {
        double quota = quota_of(folder);
        char *slash = strrchr(folder, '/');

        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
        if (strlen(folder) <= strlen(root) || slash == NULL)
            return least;
        *slash = '\0';
    }
}

/* list holds words with commas between them. */
static bool
has_word(const char *list, const char *word)
{
    size_t length;

    for (;; list += length + 1) {
        length = strcspn(list, ",");
        if (length == strlen(word) && memcmp(list, word, length) == 0)
            return true;
        if (list[length] == '\0')
            return false;
    }
}

/* A line is ID:CONTROLLERS:GROUP; version 2 has no controllers in it. */
static double
quota_by_line(char *line, const char *mount)
{
    char root[PATH_MAX], *controllers = strchr(line, ':'), *group;

    if (controllers == NULL || (group = strchr(++controllers, ':')) == NULL)
        return 0;
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    if (*controllers == '\0')
        return least_quota(mount, group);
    if (!has_word(controllers, "cpu") ||
        snprintf(root, sizeof root, "%s/cpu", mount) >= (int)sizeof root)
        return 0;
    return least_quota(root, group);
}

double
sl_cpus_quota(const char *membership, const char *mount)
{
    char line[PATH_MAX + 100];
    FILE *file = fopen(membership, "re");
    double least = 0;

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        double quota = quota_by_line(line, mount);

        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
    }
    fclose(file);
    return least;
}

unsigned
sl_pool_default_threads(void)
{
    unsigned allowed = sl_cpus_allowed();
    double quota = ceil(sl_cpus_quota("/proc/self/cgroup", "/sys/fs/cgroup"));

    return quota >= 1 && quota < allowed ? (unsigned)quota : allowed;
}
