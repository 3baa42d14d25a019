/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FRAME_AUDIT_H
#define SL_LEARN_FRAME_AUDIT_H

#include "modules/learn/frame.h"

/* What is odd about rows that have been read. */

/* Rows that lack values. */
struct sl_frame_gaps {
    size_t rows, kept;       /* rows that lack one; of those, rows that are not dropped */
    const uint8_t *left_out; /* n: dropped rows; NULL: none */
};

/* Looks for values that are missing (NaN), which the policy may call an error, and for
 * infinite ones, which are one. SL_ERR_NUMERIC with the place of the first and their
 * number. */
enum sl_status sl_frame_find_gaps(const struct sl_frame *frame,
                                  const struct sl_dataset *data,
                                  struct sl_frame_gaps *gaps, struct sl_error *err);

/* Records SL_FRAME_RESULTS but for what the module itself knows, and warns. */
enum sl_status sl_frame_audit(struct sl_step *step, const struct sl_frame *frame,
                              const struct sl_dataset *data,
                              const struct sl_frame_gaps *gaps, struct sl_error *err);

#endif
