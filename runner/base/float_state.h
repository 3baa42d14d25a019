/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_FLOAT_STATE_H
#define SL_BASE_FLOAT_STATE_H

#include <stdint.h>

/*
 * How the calling thread rounds, and what it does with numbers next to zero: the control
 * bits of the floating-point unit. Code that was linked with -ffast-math changes them for
 * everybody (it turns on flush-to-zero), and with them the bits of all results.
 */
uint64_t sl_float_state(void);
void sl_float_state_set(uint64_t state);

/* What is set now and was not in `before`: "flush-to-zero and denormals-are-zero",
 * "another rounding or other traps". */
const char *sl_float_state_change(uint64_t before, uint64_t now);

#endif
