/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_FIGURE_H
#define SL_PLOT_FIGURE_H

#include <stdbool.h>

#include "runner/pipeline/experiment.h"

/*
 * A figure is a gnuplot script, NAME.gp on the search path. Adding a figure is adding a
 * script. Its first comment says what it shows; lines that begin with "#:" declare what it
 * takes from the record:
 *
 *     #: metric KIND/NAME         the variable KIND_NAME
 *     #: series KIND/NAME         a block of the data file: place on the axis, value
 *     #: tensor KIND/NAME         a block: one line a row
 *     #: input KIND/KEY           the variable KIND_KEY: the split that KEY names
 *     #: data COLUMNS             only of data with so many columns
 *     #: data images              only of images
 *     #: size WIDTH HEIGHT        in points, 640 x 400 if it is not there
 *
 * KIND is a kind of stage. A figure shows one stage of the kind that its first path names;
 * where a run has several, each has its own picture, NAME-STAGE. Of other kinds it takes
 * the nearest stage before that one, else the first.
 *
 * Words that may follow a path:
 *
 *     optional        a metric that is not there is NaN, a block has the shape ''
 *     as NAME         what variables are called instead of KIND_NAME
 *     rows I J ...    of a tensor: the dimensions (from 0) that make up the lines of its
 *                     block; the others make up the columns. Else all but the last
 *     columns N       of a tensor: the figure can show no other number of columns
 *
 * A NAME that ends in * stands for every item that begins so. With "as m" these are the
 * blocks 'm/1', 'm/2', ...; m_count says how many, and m_names[i] what * stands for.
 *
 * KIND* stands for every stage of the kind, in the run's order; a figure whose first path
 * begins so is one picture for all of them. With "as m" these are the blocks 'm/1', ... or,
 * of a metric, the array m; m_count says how many, and m_names[i] the stage. A stage that
 * lacks the item has NaN or a block of shape ''; one has to have it.
 *
 * A figure of a sweep says so, in place of paths, and what it can show:
 *
 *     #: sweep points             of sweep.h5: the block 'points', one line a point
 *     #: sweep rungs              the same, and the block 'rungs', one line a point of halving
 *     #: axes LEAST [MOST]        how many swept paths it shows; any number
 *     #: metrics N                how many metrics, 1 if it is not there
 *     #: on request               it is drawn where it is asked for alone
 *
 * What such a script has is in runner/plot/sweep.h.
 *
 * A block is `data index 'KIND/NAME'`. With it come KIND_NAME_shape ('1000 2'), _unit and,
 * for series, _axis; with a metric, KIND_NAME_unit. Every script also has experiment,
 * stage, seed, format ('svg' or 'png'), width and height. Texts may hold anything: they are
 * for labels, not for `eval`.
 */
enum sl_need_type { SL_NEED_METRIC, SL_NEED_SERIES, SL_NEED_TENSOR, SL_NEED_INPUT };

#define SL_NEED_ROWS 4

struct sl_need {
    enum sl_need_type type;
    const char *kind, *name;
    const char *alias;                      /* what its variables are called */
    bool optional, family, every;           /* every: of all stages of the kind */
    unsigned row_count, rows[SL_NEED_ROWS]; /* row_count 0: all but the last */
    unsigned columns;                       /* 0: any number */
};

enum sl_figure_subject { SL_OF_RUN, SL_OF_SWEEP, SL_OF_HALVING };

struct sl_figure {
    const char *name, *summary;
    const char *script, *style; /* style: of the folder it was found in */
    unsigned width, height;
    unsigned columns; /* of the data it is for; 0: of any */
    bool images;      /* it is for images */
    enum sl_figure_subject subject;
    unsigned least_axes, most_axes, metrics; /* of a sweep */
    bool
        on_request; /* of a sweep: not drawn because it fits, but where it is asked for */
    size_t n;
    const struct sl_need *needs; /* at least one, of a run */
};

/* The search path: folders named in $SLUICE_PLOT_PATH (with : between them), then those
 * of modules from outside (NULL-terminated; NULL: none), then the installed one, then that
 * of the source tree the program was built from; those that exist. program: argv[0].
 * NULL-terminated. */
const char *const *sl_figure_search(struct sl_arena *arena, const char *program,
                                    const char *const *modules);

/* The names of all figures, sorted, each once. */
struct sl_string_list sl_figure_names(const char *const *search, struct sl_arena *arena);

/* SL_ERR_CONFIG, with the nearest name, if there is none of that name or its header can't
 * be understood. */
enum sl_status sl_figure_read(const char *const *search, const char *name,
                              struct sl_arena *arena, struct sl_figure *figure,
                              struct sl_error *err);

/* Tells at mark what keeps an experiment from having this figure: that there is none of
 * that name, that a stage is missing, that its module does not record what is needed, or
 * that it is for other data. */
void sl_figure_check(const struct sl_experiment *experiment, const char *name,
                     struct sl_mark mark, const char *const *search,
                     struct sl_arena *arena, struct sl_report *report);

#endif
