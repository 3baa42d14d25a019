/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_CANVAS_H
#define SL_PLOT_CANVAS_H

#include "runner/plot/figure.h"

enum sl_format { SL_SVG = 1, SL_PNG = 2 };

/* A figure with what it shows, on its way to disk. */
struct sl_canvas {
    const struct sl_figure *figure;
    const char *folder;  /* made if it is missing */
    const char *name;    /* of its files, without the ending */
    unsigned formats;    /* enum sl_format, or'ed */
    const char *gnuplot; /* by sl_gnuplot_find; NULL: not there, the pictures wait */
    const char *variables, *blocks; /* gnuplot's language, and the data file */
};

/* Publishes NAME.dat, NAME.gp and, where there is a gnuplot, the pictures. SL_ERR_IO if
 * gnuplot failed (with its own words), a file could not be written, or a picture came out
 * incomplete; nothing is published then. */
enum sl_status sl_canvas_publish(const struct sl_canvas *canvas, struct sl_arena *arena,
                                 struct sl_error *err);

#endif
