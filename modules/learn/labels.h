/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LABELS_H
#define SL_LEARN_LABELS_H

#include "runner/pipeline/stage.h"

/*
 * Rows that their labels tell apart: normal are those of `normal_labels`, anomalous all
 * others; -1 is no label. The default is 0, as tables of anomalies have it.
 */
#define SL_NORMAL_LABELS(S, m)                                                           \
    SL_FIELD(S, m, struct sl_int_list, SL_TYPE_INT_LIST, .low = -2147483648.0,           \
             .high = 2147483647.0, .text = "[0]",                                        \
             .help = "of a split whose labels tell rows apart: those of normal rows")

/* The label of a row that has none, where others have. */
#define SL_NO_LABEL (-1)

/* The scores of each kind, in the order of the split. SL_ERR_SHAPE where the data or
 * a row has no label. */
enum sl_status sl_scores_by_label(const struct sl_scores *scores,
                                  const struct sl_int_list *normal_labels,
                                  struct sl_arena *arena, struct sl_scores *normal,
                                  struct sl_scores *anomalous, struct sl_error *err);

/* Tells at mark that the data is known to have no labels. */
void sl_labels_check(const struct sl_check *check, struct sl_mark mark);

#endif
