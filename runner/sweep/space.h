/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_SPACE_H
#define SL_SWEEP_SPACE_H

#include "runner/base/rng.h"
#include "runner/sweep/reading.h"

/*
 * A space that values are drawn from. uniform and log-uniform take numbers from low to
 * high, integer the whole ones from low to high, both included, choice one of a list.
 */

/* Reads {uniform: [a, b]} and the like, which stands behind the path of a place; false, and
 * a problem, if it is none. */
bool sl_space_read(struct sl_reading *reading, const struct sl_node *node,
                   struct sl_space *space, uint32_t *place);

/* Where u of [0, 1) leads, in the order of the values; and a draw without bias. A number
 * is written to `number` and belongs to it, a choice to the space. */
const struct sl_node *sl_space_at(const struct sl_space *space, double u,
                                  struct sl_number *number);
const struct sl_node *sl_space_draw(const struct sl_space *space,
                                    struct sl_stream *stream, struct sl_number *number);

#endif
