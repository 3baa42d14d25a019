/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_HEADER_H
#define SL_PLOT_HEADER_H

#include "runner/plot/figure.h"

/* Reads what a script says of itself: fills all but name, script and style from
 * figure->script. SL_ERR_CONFIG with file and line of the first thing that is wrong. */
enum sl_status sl_figure_parse(const char *path, struct sl_arena *arena,
                               struct sl_figure *figure, struct sl_error *err);

/* "metric", "series", ... */
const char *sl_need_word(enum sl_need_type type);

/* Whether two names, each of which may end in * for a family, can mean the same item. */
bool sl_names_meet(const char *a, const char *b);

#endif
