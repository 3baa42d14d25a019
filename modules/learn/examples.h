/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_EXAMPLES_H
#define SL_LEARN_EXAMPLES_H

#include "modules/learn/scores.h"

/* Rows of each kind that are recorded, or as many as there are. */
#define SL_EXAMPLES 8

/*
 * Records what a model makes of a few images, for a figure: the rows whose scores are
 * nearest the median (typical, nearest first) and those that score highest (worst, worst
 * first), ties by place.
 *
 *     examples_<name>         2 x k x 2 x height x width, float32: typical and worst; row;
 *                             input and reconstruction; in the units of the rows
 *     example_scores_<name>   2 x k, float64
 *
 * Records nothing where there is no row, no image, or a model that does not reconstruct.
 * ascending: the scores, sorted.
 */
enum sl_status sl_examples_record(struct sl_step *step, const char *name,
                                  const struct sl_scores *scores, const double *ascending,
                                  struct sl_error *err);

#endif
