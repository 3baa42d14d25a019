/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_ROW_KEY_H
#define SL_LEARN_ROW_KEY_H

#include <stddef.h>
#include <stdint.h>

/*
 * The substream that a row draws from where it is scored: made of what it holds, so that
 * neither its place in a file nor its company decides its score. x: d values of the real in
 * the function's name, taken to the nearest multiple of 2^-16, which hides the last bits that
 * preprocessing by products may differ in. Equal rows have equal keys.
 */
uint64_t sl_row_key_f32(size_t d, const void *x);
uint64_t sl_row_key_f64(size_t d, const void *x);

#endif
