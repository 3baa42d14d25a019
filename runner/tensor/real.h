/* SPDX-License-Identifier: MIT */
#ifndef SL_TENSOR_REAL_H
#define SL_TENSOR_REAL_H

/*
 * Kernels and layers are written once for a `real` and compiled twice: as float, and with
 * SL_FLOAT64 defined as double. SL_R(name) is the name of the one that is being compiled,
 * so that every kernel can be checked in float64 and its float32 build against that.
 */
#ifdef SL_FLOAT64
typedef double real;
#define SL_R(name) name##_f64
#define SL_REAL_TYPE SL_F64
#define SL_C(x) (x)
#else
typedef float real;
#define SL_R(name) name##_f32
#define SL_REAL_TYPE SL_F32
#define SL_C(x) (x##f)
#endif

/*
 * Kernels that gain from wide vectors are compiled for AVX2 as well and picked when the
 * program is loaded. No variant fuses a multiplication with an addition (-ffp-contract=off)
 * or reorders a sum, so all of them give the same bits. Not by clang, which gives the
 * resolvers of static functions external names that clash.
 */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) &&                \
    !defined(__clang__) && !defined(SL_SANITIZED)
#define SL_CLONES __attribute__((target_clones("avx2", "default")))
#define SL_FUSING_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define SL_CLONES
#define SL_FUSING_CLONES
#endif

/*
 * SL_FUSING_CLONES, in a file that is compiled with -ffp-contract=fast, fuses them where the
 * CPU can: a fourth less time for what is polynomials all over. The bits are then those of
 * CPUs with FMA or of those without, as they are of the C library's functions; a step's key
 * names which (runner/pipeline/platform.c). Every element takes the same operations, wherever
 * it stands: a test of the kernel says so.
 */

#endif
