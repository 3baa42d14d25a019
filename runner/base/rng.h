/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_RNG_H
#define SL_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/*
 * Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"). A stream is named, not handed on: its key is the hash of
 * seed, stage name and purpose, so that adding a stage, a split or a thread moves no other
 * stream. The counter's high half picks one of 2^64 substreams (an epoch, a row), its low
 * half counts the draws within it.
 */
struct sl_stream {
    uint32_t key[2];
    uint64_t substream, position; /* position: blocks of four words used so far */
    uint32_t words[4];
    unsigned left; /* words not used yet */
};

void sl_stream_init(struct sl_stream *stream, uint64_t seed, const char *stage,
                    const char *purpose);
/* The start of substream index of the same stream. */
struct sl_stream sl_stream_at(const struct sl_stream *stream, uint64_t index);

uint32_t sl_stream_u32(struct sl_stream *stream);
/* The next n of them, a few times faster. */
void sl_stream_fill(struct sl_stream *stream, uint32_t *words, size_t n);
/* Uniform on 0..n-1 without bias; n > 0. */
uint32_t sl_stream_below(struct sl_stream *stream, uint32_t n);
/* Uniform on [0, 1), 53 bits. */
double sl_stream_uniform(struct sl_stream *stream);
/* Standard normal, Box-Muller; always uses two uniforms. */
double sl_stream_normal(struct sl_stream *stream);
/* Fisher-Yates. */
void sl_stream_shuffle(struct sl_stream *stream, uint32_t *values, size_t n);

#endif
