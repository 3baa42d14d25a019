/* SPDX-License-Identifier: MIT */
#ifndef SL_PARALLEL_MEMORY_H
#define SL_PARALLEL_MEMORY_H

#include <stddef.h>

/* Four fifths of the memory that can be had now without swapping: of what the system
 * calls available, and of what the cgroup leaves. SIZE_MAX where neither is known. */
size_t sl_memory_budget(void);

/* For tests. meminfo: "/proc/meminfo"; group: the folder with memory.max. */
size_t sl_memory_budget_of(const char *meminfo, const char *group);

/* The most that the process had resident, in bytes, since it was asked last; since its start
 * where the system does not forget. 0 where it does not tell. */
size_t sl_memory_peak(void);

#endif
