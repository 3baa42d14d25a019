/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SELECTION_H
#define SL_LEARN_SELECTION_H

#include <stddef.h>
#include <stdint.h>

/* Numbers that belong to somebody. Keys are no NaN, ids differ. */
struct sl_keyed {
    double key;
    uint32_t id;
};

/* Puts all that come before at[middle] by (key, id) in front of it, and the others behind:
 * at[middle] is as if sorted, middle < n. In time proportional to n (Hoare 1961, "Find",
 * with the median of three). What order comes out depends on what came in alone. */
void sl_keyed_select(struct sl_keyed *at, size_t n, size_t middle);

#endif
