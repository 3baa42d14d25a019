/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_SHOW_SWEEP_H
#define SL_COMMAND_SHOW_SWEEP_H

#include "runner/command/results_sweep.h"

/* What `show` says about a sweep: its points, or its runs with --runs. */
enum sl_status sl_show_sweep(struct sl_call *call, const char *path,
                             struct sl_error *err);

/* And about a point of one, PATH#POINT, with its runs. */
enum sl_status sl_show_point(struct sl_call *call, const char *path, int64_t point,
                             struct sl_error *err);

#endif
