/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FRAME_DUPLICATES_H
#define SL_LEARN_FRAME_DUPLICATES_H

#include "runner/parallel/pool.h"
#include "runner/store/dataset.h"

/*
 * How many rows of the other splits are equal, byte for byte, to a row of split train; no
 * row is in two splits. Rows are compared by hashes of 63 bits, so that one in about
 * 2^57 / n^2 such counts is wrong.
 *
 * Rows are read in the order of the file, train's twice. Memory: a byte for a row and about
 * two more for one of train, and, as in a filter of Bloom's (1970), 8 for those alone whose
 * hashes may meet; in files of folder where there are many, as of sl_arena_init_in.
 * SL_ERR_MEMORY.
 */
enum sl_status sl_frame_duplicates(struct sl_pool *pool, const struct sl_dataset *data,
                                   const struct sl_split *train, const char *folder,
                                   size_t *shared, struct sl_error *err);

#endif
