/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_CPUS_H
#define SL_PARALLEL_CPUS_H

/* CPUs that this process may run on. */
unsigned sl_cpus_allowed(void);

/*
 * The CPUs' worth of time that the cgroup grants, 0 if it sets no limit: the least of the
 * group and those above it.
 *
 * membership   the file that names the group of the process: "/proc/self/cgroup"
 * mount        where the groups are: "/sys/fs/cgroup"; version 2 or version 1
 */
double sl_cpus_quota(const char *membership, const char *mount);

#endif
