/* SPDX-License-Identifier: MIT */
#include "modules/learn/binarise.h"

#include <stdbool.h>

#include "runner/base/philox.h"
#include "runner/tensor/real.h"

/* Words of a block of sl_philox. */
enum { WORDS = 4 };

SL_CLONES static void
cut(size_t n, const real *x, real *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] > (real)0.5 ? 1 : 0;
}

void
SL_R(sl_binarise_threshold)(size_t n, const void *x, void *out)
{
    cut(n, x, out);
}

static bool
undecided(size_t n, const real *x)
{
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any |= x[i] > 0 && x[i] < 1;
    return any;
}

/* A word is below 2^32, so a value of 1 stays 1; and below 0 there is none. */
static void
draw(size_t n, const real *x, const uint32_t words[WORDS], real *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (double)words[i] < (double)x[i] * 0x1p32 ? 1 : 0;
}

void
SL_R(sl_binarise_draw)(const struct sl_stream *stream, uint64_t substream, size_t n,
                       const void *x, void *out)
{
    const real *from = x;
    real *to = out;
    uint32_t words[WORDS] = {0};

    for (size_t j = 0; j < n; j += WORDS) {
        uint32_t counter[4] = {(uint32_t)(j / WORDS),
                               (uint32_t)((uint64_t)j / WORDS >> 32), (uint32_t)substream,
                               (uint32_t)(substream >> 32)};
        size_t count = n - j < WORDS ? n - j : WORDS;
        if (undecided(count, from + j))
            sl_philox(counter, stream->key, words);
        draw(count, from + j, words, to + j);
    }
}
