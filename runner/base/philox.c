/* SPDX-License-Identifier: MIT */
#include "runner/base/philox.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

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

static void
plain_blocks(uint64_t position, uint64_t substream, const uint32_t key[2], uint32_t *out)
{
    for (unsigned i = 0; i < SL_PHILOX_BLOCKS; i++) {
        uint64_t at = position + i;
        uint32_t counter[4] = {(uint32_t)at, (uint32_t)(at >> 32), (uint32_t)substream,
                               (uint32_t)(substream >> 32)};

        sl_philox(counter, key, out + (size_t)4 * i);
    }
}

#if defined(__x86_64__) && defined(__GNUC__)
/*
 * Four counters beside each other, a word in the low half of each 64 bits: the one product
 * of AVX2 that gives all bits takes low halves only, so what stands above may be anything.
 * Compilers don't find this form by themselves. Two such rows go through the rounds at once,
 * since a round of one is mostly waiting for its products.
 */
enum { ROWS = 2 };
struct four {
    __m256i c[4];
};

__attribute__((target("avx2"))) static inline struct four
four_counters(uint64_t position, uint64_t substream)
{
    __m256i low = _mm256_add_epi64(_mm256_set1_epi64x((long long)position),
                                   _mm256_set_epi64x(3, 2, 1, 0));
    __m256i high = _mm256_set1_epi64x((long long)substream);

    return (struct four){
        {low, _mm256_srli_epi64(low, 32), high, _mm256_srli_epi64(high, 32)}};
}

__attribute__((target("avx2"))) static inline void
round_of(struct four *f, __m256i k0, __m256i k1)
{
    __m256i p0 = _mm256_mul_epu32(f->c[0], _mm256_set1_epi64x(MULTIPLIER_0));
    __m256i p1 = _mm256_mul_epu32(f->c[2], _mm256_set1_epi64x(MULTIPLIER_1));

    f->c[0] = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), _mm256_xor_si256(f->c[1], k0));
    f->c[1] = p1;
    f->c[2] = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), _mm256_xor_si256(f->c[3], k1));
    f->c[3] = p0;
}

/* Words 0 and 1 of each block side by side, and 2 and 3; then those of a block. */
__attribute__((target("avx2"))) static inline void
put(const struct four *f, uint32_t *out)
{
    __m256i c0 = _mm256_blend_epi32(f->c[0], _mm256_slli_epi64(f->c[1], 32), 0xaa);
    __m256i c2 = _mm256_blend_epi32(f->c[2], _mm256_slli_epi64(f->c[3], 32), 0xaa);
    __m256i even = _mm256_unpacklo_epi64(c0, c2), odd = _mm256_unpackhi_epi64(c0, c2);

    _mm256_storeu_si256((__m256i *)out, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256((__m256i *)(out + 8), _mm256_permute2x128_si256(even, odd, 0x31));
}

__attribute__((target("avx2"))) static void
rows_of_four(uint64_t position, uint64_t substream, const uint32_t key[2], uint32_t *out)
{
    const __m256i w0 = _mm256_set1_epi64x(WEYL_0), w1 = _mm256_set1_epi64x(WEYL_1);
    __m256i k0 = _mm256_set1_epi64x(key[0]), k1 = _mm256_set1_epi64x(key[1]);
    struct four rows[ROWS];

    for (unsigned i = 0; i < ROWS; i++)
        rows[i] = four_counters(position + 4 * i, substream);
    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < ROWS; i++)
            round_of(&rows[i], k0, k1);
        k0 = _mm256_add_epi64(k0, w0);
        k1 = _mm256_add_epi64(k1, w1);
    }
    for (unsigned i = 0; i < ROWS; i++)
        put(&rows[i], out + (size_t)16 * i);
}

void
sl_philox_blocks(uint64_t position, uint64_t substream, const uint32_t key[2],
                 uint32_t *out)
{
    if (!__builtin_cpu_supports("avx2")) {
        plain_blocks(position, substream, key, out);
        return;
    }
    for (unsigned i = 0; i < SL_PHILOX_BLOCKS; i += 4 * ROWS)
        rows_of_four(position + i, substream, key, out + (size_t)4 * i);
}
#else
void
sl_philox_blocks(uint64_t position, uint64_t substream, const uint32_t key[2],
                 uint32_t *out)
{
    plain_blocks(position, substream, key, out);
}
#endif
