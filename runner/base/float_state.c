/* SPDX-License-Identifier: MIT */
#include "runner/base/float_state.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

/* Bits of MXCSR (Intel SDM, volume 1, 10.2.3). The six lowest only note what happened. */
#define HAPPENED 0x3fu
#define FLUSH_TO_ZERO 0x8000u
#define DENORMALS_ARE_ZERO 0x40u

uint64_t
sl_float_state(void)
{
    return _mm_getcsr() & ~HAPPENED;
}

void
sl_float_state_set(uint64_t state)
{
    _mm_setcsr((unsigned)state);
}

#elif defined(__aarch64__)
#define FLUSH_TO_ZERO 0x1000000u /* FZ of FPCR */
#define DENORMALS_ARE_ZERO 0u

uint64_t
sl_float_state(void)
{
    uint64_t state;

    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    return state;
}

void
sl_float_state_set(uint64_t state)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(state));
}

#else
#define FLUSH_TO_ZERO 0u
#define DENORMALS_ARE_ZERO 0u

uint64_t
sl_float_state(void)
{
    return 0;
}

void
sl_float_state_set(uint64_t state)
{
    (void)state;
}
#endif

const char *
sl_float_state_change(uint64_t before, uint64_t now)
{
    uint64_t set = now & ~before, zero = FLUSH_TO_ZERO | DENORMALS_ARE_ZERO;

    if (zero && (set & zero) == zero)
        return "flush-to-zero and denormals-are-zero";
    if (set & FLUSH_TO_ZERO)
        return "flush-to-zero";
    if (set & DENORMALS_ARE_ZERO)
        return "denormals-are-zero";
    return "another rounding or other traps";
}
