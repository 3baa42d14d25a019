/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_DRAW_H
#define SL_PLOT_DRAW_H

#include "runner/plot/canvas.h"
#include "runner/store/runfile.h"

struct sl_drawing {
    const struct sl_run_record *run;
    const struct sl_figure *figure;
    const char *folder;  /* made if it is missing */
    unsigned formats;    /* enum sl_format, or'ed */
    const char *gnuplot; /* by sl_gnuplot_find; NULL: not there, the pictures wait */
};

/*
 * Publishes NAME.dat, NAME.gp and, where there is a gnuplot, NAME.svg and NAME.png for
 * every stage that the figure shows. `gnuplot NAME.gp` in the folder draws them again. The
 * same record gives the same bytes.
 *
 * The caller says which figure it was.
 *
 * SL_ERR_CONFIG   the figure is of a sweep
 * SL_ERR_SHAPE    the record lacks something that the figure needs
 * SL_ERR_IO       gnuplot failed (with its own words), a file could not be written, or a
 *                 picture came out incomplete; nothing of that stage is published then
 */
enum sl_status sl_figure_draw(const struct sl_drawing *drawing, struct sl_arena *arena,
                              struct sl_error *err);

#endif
