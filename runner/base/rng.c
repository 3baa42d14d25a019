/* SPDX-License-Identifier: MIT */
#include "runner/base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "runner/base/hash.h"
#include "runner/base/philox.h"

static uint32_t
word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void
sl_stream_init(struct sl_stream *stream, uint64_t seed, const char *stage,
               const char *purpose)
{
    struct sl_digest digest;
    struct sl_hash hash;

    sl_hash_init(&hash);
    sl_hash_u64(&hash, seed);
    sl_hash_text(&hash, stage);
    sl_hash_text(&hash, purpose);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);

    *stream = (struct sl_stream){
        .key = {word_at(digest.bytes), word_at(digest.bytes + 4)},
    };
}

struct sl_stream
sl_stream_at(const struct sl_stream *stream, uint64_t index)
{
    return (struct sl_stream){
        .key = {stream->key[0], stream->key[1]},
        .substream = index,
    };
}

static void
next_block(struct sl_stream *stream)
{
    uint32_t counter[4] = {(uint32_t)stream->position, (uint32_t)(stream->position >> 32),
                           (uint32_t)stream->substream,
                           (uint32_t)(stream->substream >> 32)};

    sl_philox(counter, stream->key, stream->words);
    stream->position++;
    stream->left = 4;
}

uint32_t
sl_stream_u32(struct sl_stream *stream)
{
    if (stream->left == 0)
        next_block(stream);
    return stream->words[4 - stream->left--];
}

void
sl_stream_fill(struct sl_stream *stream, uint32_t *words, size_t n)
{
    size_t at = 0;

    for (; at < n && stream->left > 0; at++)
        words[at] = sl_stream_u32(stream);
    for (; n - at >= 4 * SL_PHILOX_BLOCKS; at += 4 * SL_PHILOX_BLOCKS) {
        sl_philox_blocks(stream->position, stream->substream, stream->key, words + at);
        stream->position += SL_PHILOX_BLOCKS;
    }
    for (; at < n; at++)
        words[at] = sl_stream_u32(stream);
}

/* Lemire (2019), "Fast random integer generation in an interval": of a word, the place in
 * 0..n-1 where it falls; false for the few words that would favour some places. */
static bool
place_below(uint32_t word, uint32_t n, uint32_t *place)
{
    uint64_t product = (uint64_t)word * n;

    *place = (uint32_t)(product >> 32);
    return (uint32_t)product >= n || (uint32_t)product >= -n % n;
}

uint32_t
sl_stream_below(struct sl_stream *stream, uint32_t n)
{
    uint32_t place;

    assert(n > 0);
    while (!place_below(sl_stream_u32(stream), n, &place))
        ;
    return place;
}

double
sl_stream_uniform(struct sl_stream *stream)
{
    uint64_t high = sl_stream_u32(stream) >> 5, low = sl_stream_u32(stream) >> 6;

    return (double)(high << 26 | low) * 0x1p-53;
}

/* Box and Muller (1958); 1 - u lies in (0, 1]. */
double
sl_stream_normal(struct sl_stream *stream)
{
    static const double two_pi = 6.283185307179586476925;
    double radius = sqrt(-2.0 * log(1.0 - sl_stream_uniform(stream)));

    return radius * cos(two_pi * sl_stream_uniform(stream));
}

/* Words are drawn ahead, never more than are used. */
void
sl_stream_shuffle(struct sl_stream *stream, uint32_t *values, size_t n)
{
    enum { AHEAD = 16 * SL_PHILOX_BLOCKS };
    uint32_t words[AHEAD], j;

    assert(n <= UINT32_MAX);
    for (size_t i = n; i > 1;) {
        size_t ahead = i - 1 < AHEAD ? i - 1 : AHEAD;

        sl_stream_fill(stream, words, ahead);
        for (size_t w = 0; w < ahead; w++) {
            if (!place_below(words[w], (uint32_t)i, &j))
                continue;
            uint32_t value = values[--i];
            values[i] = values[j];
            values[j] = value;
        }
    }
}
