/* SPDX-License-Identifier: MIT */
#ifndef SL_TEST_WORKSPACE_H
#define SL_TEST_WORKSPACE_H

#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

/* Whether files of the folder are memory: sluice puts nothing there to save memory. */
static inline bool
workspace_is_memory(const char *folder)
{
    struct statfs system;

    return statfs(folder, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

/* For tests that leave files: each works in a folder of its own, as its current one. */
static inline int
workspace_enter(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX";

    *state = mkdtemp(folder) == NULL ? NULL : strdup(folder);
    return *state == NULL || chdir(*state) != 0;
}

static inline int
workspace_leave(void **state)
{
    char command[100];
    int failed;

    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    failed = chdir("/") != 0 || system(command) != 0;
    free(*state);
    return failed;
}

#define WORKSPACE_TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, workspace_enter, workspace_leave)

#endif
