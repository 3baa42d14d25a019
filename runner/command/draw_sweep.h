/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_DRAW_SWEEP_H
#define SL_COMMAND_DRAW_SWEEP_H

#include "runner/command/command.h"
#include "runner/store/sweepfile.h"

struct sl_draw_sweep_job {
    const struct sl_sweep_record *sweep;
    const char *folder; /* of the plan; pictures go to FOLDER/figures */
    size_t n;
    const char *const *figures; /* names, or none: those that the sweep asks for or, where
                                   it asks for none, those that fit */
    bool missing_only;          /* leave alone what is there */
    bool quiet;
};

/* Draws figures of a sweep and says where they are. One that can't be drawn does not keep
 * the others from it; the first such error is returned. Without gnuplot it says that they
 * wait, which is no error. */
enum sl_status sl_draw_sweep(struct sl_call *call, const struct sl_draw_sweep_job *job,
                             struct sl_error *err);

#endif
