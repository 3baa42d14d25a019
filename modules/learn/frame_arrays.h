/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FRAME_ARRAYS_H
#define SL_LEARN_FRAME_ARRAYS_H

#include "modules/learn/frame.h"

/* What readers share whose files hold arrays of numbers, not columns with names. */

/* Names the frame->count columns by their numbers from 0. */
void sl_frame_number_columns(struct sl_frame *frame);

/* Labels out of numbers of any type, which have to be whole ones of 32 bits: SL_ERR_SHAPE,
 * with the path, if one is not. labels: as many. */
enum sl_status sl_frame_labels(const struct sl_tensor *values, const char *path,
                               int32_t *labels, struct sl_error *err);

/* Codes of frame->n numbers, in ascending order; their words are the shortest texts. */
enum sl_status sl_frame_number_codes(const struct sl_frame *frame, const double *values,
                                     struct sl_frame_codes *codes, struct sl_error *err);

/* The columns that are taken of n rows of frame->count values of frame->type, to rows of
 * frame->d. */
void sl_frame_scatter(const struct sl_frame *frame, const void *rows, size_t n, void *x);

#endif
