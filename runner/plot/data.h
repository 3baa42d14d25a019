/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_DATA_H
#define SL_PLOT_DATA_H

#include "runner/plot/figure.h"
#include "runner/store/runfile.h"

/* One stage of a run, to be shown by a figure. */
struct sl_subject {
    const struct sl_run_record *run;
    const struct sl_figure *figure;
    const struct sl_stage_record *stage;
};

/* Appends what the figure takes from the record: variables in gnuplot's language, and
 * blocks of numbers that its scripts call by name. SL_ERR_SHAPE if something is not there
 * or has another shape than the script's header says. */
enum sl_status sl_subject_write(const struct sl_subject *subject,
                                struct sl_text *variables, struct sl_text *blocks,
                                struct sl_error *err);

#endif
