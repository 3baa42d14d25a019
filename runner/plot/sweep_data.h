/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_SWEEP_DATA_H
#define SL_PLOT_SWEEP_DATA_H

#include "runner/base/text.h"
#include "runner/plot/sweep_view.h"

/* Appends what a script of a sweep has (runner/plot/sweep.h). */
void sl_sweep_variables(const struct sl_sweep_view *view,
                        const struct sl_sweep_drawing *drawing, struct sl_text *out);
void sl_sweep_blocks(const struct sl_sweep_view *view,
                     const struct sl_sweep_drawing *drawing, struct sl_text *out);
/* Of the table /rungs: variables, and the block 'rungs'. */
void sl_sweep_rung_variables(const struct sl_table *table, struct sl_text *out);
void sl_sweep_rungs(const struct sl_table *table, struct sl_arena *arena,
                    struct sl_text *out);

#endif
