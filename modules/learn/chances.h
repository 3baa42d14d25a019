/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CHANCES_H
#define SL_LEARN_CHANCES_H

#include "runner/store/dataset.h"

/* What takes values from 0 to 1 alone, chances of a 1, looks at its rows first. split: NULL,
 * or the rows' split, for the message; who: its end, of what takes them and what else would
 * do. SL_ERR_SHAPE names the first value that is none (NaN is none), SL_ERR_MEMORY. */
enum sl_status sl_chances_check(const struct sl_rows *rows, const char *split,
                                const char *who, struct sl_error *err);
/* All rows of all splits. */
enum sl_status sl_chances_check_splits(const struct sl_dataset *data, const char *who,
                                       struct sl_error *err);

#endif
