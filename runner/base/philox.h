/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_PHILOX_H
#define SL_BASE_PHILOX_H

#include <stddef.h>
#include <stdint.h>

/* Philox 4x32-10 (Salmon et al. 2011), one block of four words. */
void sl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The blocks of SL_PHILOX_BLOCKS counters, from position on, which is the low half; the
 * substream is the high one. out: four words for each. */
enum { SL_PHILOX_BLOCKS = 16 };
void sl_philox_blocks(uint64_t position, uint64_t substream, const uint32_t key[2],
                      uint32_t *out);

#endif
