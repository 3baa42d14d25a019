/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PLATFORM_H
#define SL_PIPELINE_PLATFORM_H

#include "runner/base/arena.h"

/*
 * What the bits of a result depend on besides the configuration, in one line: the build id
 * of the program, OpenBLAS with its core, the C library and the CPU features by which its
 * mathematics picks a variant. "build 3f2a9c01, OpenBLAS 0.3.21 pthread Zen, glibc 2.36,
 * x86_64 avx2 fma". After sl_linalg_start.
 */
const char *sl_platform(struct sl_arena *arena);

#endif
