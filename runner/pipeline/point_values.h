/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_POINT_VALUES_H
#define SL_PIPELINE_POINT_VALUES_H

#include "runner/pipeline/runs.h"

/*
 * What the axes of a sweep stand at in each point, axis by axis (axis_count x n): the
 * point's value; of a path that the point leaves alone the one that its run was bound with.
 * NULL where the run has none, as the lr of an optimizer that is another one, and for a
 * use.GROUP that a point leaves alone.
 */
const struct sl_node *const *sl_point_values(const struct sl_runs *runs,
                                             struct sl_arena *arena);

#endif
