/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_DRAW_H
#define SL_COMMAND_DRAW_H

#include "runner/command/command.h"
#include "runner/config/field.h"
#include "runner/store/runfile.h"

struct sl_draw_job {
    const struct sl_run_record *run;
    const char *folder; /* of the run; pictures go to FOLDER/figures */
    size_t n;
    const char *const *figures; /* names */
    bool missing_only;          /* leave alone what is there */
    bool quiet;
};

/* Draws figures of a run and says where they are. Without gnuplot it says that they wait,
 * which is no error. */
enum sl_status sl_draw(struct sl_call *call, const struct sl_draw_job *job,
                       struct sl_error *err);

#endif
