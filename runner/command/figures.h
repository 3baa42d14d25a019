/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_FIGURES_H
#define SL_COMMAND_FIGURES_H

#include "runner/command/command.h"
#include "runner/plot/figure.h"

/* Appends the figures there are, with what they show: of a run, then of a sweep. */
enum sl_status sl_figures_list(struct sl_call *call, struct sl_text *out,
                               struct sl_error *err);

/* Appends what a figure shows, and what it takes from the record. */
void sl_figure_describe(const struct sl_figure *figure, struct sl_text *out);

#endif
