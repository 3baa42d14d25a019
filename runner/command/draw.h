/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_DRAW_H
#define SL_COMMAND_DRAW_H

#include "runner/command/command.h"
#include "runner/config/field.h"
#include "runner/store/runfile.h"

struct sl_draw_job {
    const struct sl_run_record *run;
    const char *folder; /* of the run; pictures go to FOLDER/figures */
    const char *title;  /* what is said before, or NULL */
    size_t n;
    const char *const *figures; /* names */
    bool missing_only;          /* leave alone what is there */
    bool quiet;
};

/* Draws figures of a run and says where they are. Without gnuplot it says that they wait,
 * which is no error. */
enum sl_status sl_draw(struct sl_call *call, const struct sl_draw_job *job,
                       struct sl_error *err);

/* Whether a figure's pictures are in a folder. */
bool sl_is_drawn(struct sl_arena *arena, const char *folder, const char *name);
/* Says on standard error that figures wait for gnuplot; path: what `sluice plot` takes. */
void sl_tell_waiting(const struct sl_call *call, const char *path);

#endif
