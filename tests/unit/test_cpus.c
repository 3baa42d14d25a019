/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/publish.h"
#include "runner/parallel/cpus.h"
#include "runner/parallel/pool.h"

static const struct {
    const char *membership, *file, *text;
    double want;
} quotas[] = {
    {"0::/\n", "cpu.max", "max 100000\n", 0},
    {"0::/\n", "cpu.max", "250000 100000\n", 2.5},
    {"0::/a/b\n", "a/b/cpu.max", "50000 100000\n", 0.5},
    {"0::/a/b\n", "a/cpu.max", "300000 100000\n", 3},
    {"0::/a/b\n", "a/c/cpu.max", "300000 100000\n", 0},
    {"0::/gone\n", "cpu.max", "400000 100000\n", 4},
    {"4:memory:/x\n2:cpuacct,cpu:/x\n", "cpu/x/cpu.cfs_quota_us", "150000\n", 1.5},
    {"2:cpu:/gone\n0::/\n", "cpu/cpu.cfs_quota_us", "700000\n", 7},
    {"2:cpu:/\n", "cpu/cpu.cfs_quota_us", "-1\n", 0},
    {"2:cpuset:/\n", "cpu/cpu.cfs_quota_us", "150000\n", 0},
    {"nonsense", "cpu.max", "250000 100000\n", 0},
    {"0::/\n", "cpu.max", "", 0},
};

static void
quotas_are_read(void **state)
{
    struct sl_error err = {0};
    char folder[] = "/tmp/sluice-test-XXXXXX", path[100], command[100];
    char membership[100];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(membership, sizeof membership, "%s/membership", folder);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
        sl_publish(membership, quotas[i].membership, strlen(quotas[i].membership), &err);
        snprintf(path, sizeof path, "%s/%s", folder, quotas[i].file);
        sl_publish(path, quotas[i].text, strlen(quotas[i].text), &err);
        if (strncmp(quotas[i].file, "cpu/", 4) == 0) {
            memcpy(strstr(path, "quota_us"), "period_us", sizeof "period_us");
            sl_publish(path, "100000\n", 7, &err);
        }
        assert_true(sl_cpus_quota(membership, folder) == quotas[i].want);
        assert_int_equal(system(command), 0);
    }
    assert_true(sl_cpus_quota(membership, folder) == 0);
    assert_true(sl_cpus_allowed() >= 1);
    assert_true(sl_pool_default_threads() >= 1);
    assert_true(sl_pool_default_threads() <= sl_cpus_allowed());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotas_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
