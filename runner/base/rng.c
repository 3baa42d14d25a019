/* SPDX-License-Identifier: MIT */
#include "runner/base/rng.h"

#include <assert.h>
#include <math.h>

#include "runner/base/hash.h"

/* The constants of Salmon et al. 2011, table 2. */
#define MULTIPLIER_0 0xd2511f53u
#define MULTIPLIER_1 0xcd9e8d57u
#define WEYL_0 0x9e3779b9u
#define WEYL_1 0xbb67ae85u
#define ROUNDS 10

void
sl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)MULTIPLIER_0 * c0, p1 = (uint64_t)MULTIPLIER_1 * c2;

        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

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

/* Lemire (2019), "Fast random integer generation in an interval": the few products whose
 * low half would favour some results are drawn again. */
uint32_t
sl_stream_below(struct sl_stream *stream, uint32_t n)
{
    uint64_t product;
    uint32_t unfair;

    assert(n > 0);
    unfair = -n % n;
    do
        product = (uint64_t)sl_stream_u32(stream) * n;
    while ((uint32_t)product < unfair);
    return (uint32_t)(product >> 32);
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

void
sl_stream_shuffle(struct sl_stream *stream, uint32_t *values, size_t n)
{
    assert(n <= UINT32_MAX);
    for (size_t i = n; i > 1; i--) {
        size_t j = sl_stream_below(stream, (uint32_t)i);
        uint32_t value = values[i - 1];

        values[i - 1] = values[j];
        values[j] = value;
    }
}
