/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FRAME_SPLITS_H
#define SL_LEARN_FRAME_SPLITS_H

#include "modules/learn/frame.h"

enum sl_frame_choice { SL_CHOOSE_RANDOM, SL_CHOOSE_FIRST };

/* A split in a frame's configuration. */
struct sl_frame_split {
    const char *from;
    struct sl_int_list classes;
    int64_t count, skip;
    double fraction, contamination;
    int choose; /* enum sl_frame_choice */
    int fold;   /* enum sl_split_fold */
    bool stratify;
    struct sl_string_list values;
    struct sl_file rows;
};
extern const struct sl_field sl_frame_split_fields[];

/* Names, and what of the rules can be told without data. */
void sl_frame_splits_check(const struct sl_frame_config *config,
                           const struct sl_check *check);
/* Of these, what two splits say together: that they share rows, or that one leaves none for
 * the other. */
void sl_frame_overlap_check(const struct sl_frame_config *config,
                            const struct sl_check *check);
/* Of a split's key, or of its name where it does not have that key. */
struct sl_mark sl_frame_split_mark(const struct sl_check *check, const char *split,
                                   const char *key);

/*
 * Draws the splits of rows that have been read. labels: n, or NULL. left_out: n, rows that
 * are in no split, or NULL. Memory is the frame's; data gets splits.
 */
enum sl_status sl_frame_split(struct sl_step *step, struct sl_frame *frame,
                              const struct sl_frame_reader *reader, const int32_t *labels,
                              const uint8_t *left_out, struct sl_dataset *data,
                              struct sl_error *err);

#endif
