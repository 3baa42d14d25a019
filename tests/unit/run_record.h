/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_RUN_RECORD_H
#define SL_TESTS_RUN_RECORD_H

#include "runner/base/arena.h"
#include "runner/store/runfile.h"

/* A run's record, put together by hand, for tests of figures. What does not fit fails the
 * test. */

/* A stage without results. */
struct sl_stage_record run_record_stage(struct sl_arena *arena, const char *name,
                                        const char *kind, const char *inputs);

/* A tensor, or with an axis a series; at: places on the axis, NULL for 1, 2, ... */
void run_record_add(struct sl_bundle *bundle, const char *name, struct sl_tensor tensor,
                    const char *axis, const double *at);
void run_record_metric(struct sl_bundle *bundle, const char *name, double value);

#endif
