/* SPDX-License-Identifier: MIT */
#include "modules/learn/binarise.h"

#include <stdbool.h>

#include "runner/base/philox.h"
#include "runner/tensor/real.h"

/* Words of a call of sl_philox_blocks. */
enum { BLOCK = 4 * SL_PHILOX_BLOCKS };

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

SL_CLONES static bool
undecided(size_t n, const real *x)
{
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any |= x[i] > 0 && x[i] < 1;
    return any;
}

/* A word is below 2^32, so a value of 1 stays 1; and below 0 there is none. */
SL_CLONES static void
draw(size_t n, const real *restrict x, const uint32_t *restrict words, real *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (double)words[i] < (double)x[i] * 0x1p32 ? 1 : 0;
}

/* Most pixels of an image are 0 or 1, whatever the word: only where one of a block is not
 * does it take words. */
void
SL_R(sl_binarise_draw)(const struct sl_stream *stream, uint64_t substream, size_t n,
                       const void *x, void *out)
{
    const real *from = x;
    real *to = out;
    uint32_t words[BLOCK] = {0};

    for (size_t j = 0; j < n; j += BLOCK) {
        size_t count = n - j < BLOCK ? n - j : BLOCK;
        if (undecided(count, from + j))
            sl_philox_blocks(j / 4, substream, stream->key, words);
        draw(count, from + j, words, to + j);
    }
}
