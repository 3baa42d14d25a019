/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_TURN_H
#define SL_LEARN_TURN_H

#include <stddef.h>
#include <string.h>

#include "runner/tensor/real.h"

/*
 * A matrix turned in squares that stay in registers. What is here is put in place: a function
 * that is compiled for several processors (SL_CLONES) has it in each of its forms.
 */
#define SL_TURN_PART static inline __attribute__((always_inline))

typedef real sl_turn_row
    __attribute__((vector_size(32), aligned(sizeof(real)), may_alias));
enum { SL_TURN_SIDE = 32 / (int)sizeof(real) };

#ifdef SL_FLOAT64
#define SL_TURN_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define SL_TURN_HIGH(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#define SL_TURN_LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define SL_TURN_HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#else
#define SL_TURN_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define SL_TURN_HIGH(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define SL_TURN_LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define SL_TURN_HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define SL_TURN_LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define SL_TURN_HIGH_HALVES(a, b)                                                        \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#endif

/* Squares of 1, 2 and 4 change places. */
SL_TURN_PART void
sl_turn_square(const real *from, size_t from_apart, real *to, size_t to_apart)
{
    enum { SIDE = SL_TURN_SIDE };
    sl_turn_row a[SIDE], b[SIDE];

#pragma GCC unroll 8
    for (int i = 0; i < SIDE; i++)
        a[i] = *(const sl_turn_row *)(from + (size_t)i * from_apart);
#pragma GCC unroll 4
    for (int i = 0; i < SIDE; i += 2) {
        b[i] = SL_TURN_LOW(a[i], a[i + 1]);
        b[i + 1] = SL_TURN_HIGH(a[i], a[i + 1]);
    }
#ifdef SL_FLOAT64
    memcpy(a, b, sizeof a);
#else
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        int i = k + (k & 2);
        a[i] = SL_TURN_LOW_PAIRS(b[i], b[i + 2]);
        a[i + 2] = SL_TURN_HIGH_PAIRS(b[i], b[i + 2]);
    }
#endif
#pragma GCC unroll 4
    for (int i = 0; i < SIDE / 2; i++) {
        *(sl_turn_row *)(to + (size_t)i * to_apart) =
            SL_TURN_LOW_HALVES(a[i], a[i + SIDE / 2]);
        *(sl_turn_row *)(to + (size_t)(i + SIDE / 2) * to_apart) =
            SL_TURN_HIGH_HALVES(a[i], a[i + SIDE / 2]);
    }
}

/* to (columns x rows) = from' (rows x columns), in which rows are so many numbers apart. */
SL_TURN_PART void
sl_turn(size_t rows, size_t columns, const real *from, size_t from_apart, real *to,
        size_t to_apart)
{
    size_t whole_rows = rows - rows % SL_TURN_SIDE;
    size_t whole_columns = columns - columns % SL_TURN_SIDE;

    for (size_t i = 0; i < whole_rows; i += SL_TURN_SIDE)
        for (size_t j = 0; j < whole_columns; j += SL_TURN_SIDE)
            sl_turn_square(from + i * from_apart + j, from_apart, to + j * to_apart + i,
                           to_apart);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = i < whole_rows ? whole_columns : 0; j < columns; j++)
            to[j * to_apart + i] = from[i * from_apart + j];
}

#endif
