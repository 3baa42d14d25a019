/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FLOW_RECORD_H
#define SL_LEARN_FLOW_RECORD_H

#include "runner/pipeline/stage.h"

/*
 * What figures show of a flow in one or two dimensions, by its operations over points
 * (model.h). Everything is float64 and in the units of the rows; in more dimensions
 * nothing is recorded.
 *
 * of one dimension
 *     density         1000 x 2: x, p(x), x equally spaced over the domain
 *     map             1000 x 2: x, z
 *     latent          n: z of the first rows of the training split, at most 5,000
 * of two
 *     density         200 x 200: p, row i at the i-th y, column j at the j-th x, the
 *                     domain's ends included
 *     density_extent  4: lowest x, highest x, lowest y, highest y
 *     warp            26 x 121 x 2: lines of the base's grid, z_0 = -3, -2.5, ..., 3 and
 *                     then z_1, of 121 points each between -3 and 3, as they lie in the
 *                     space of x; left out where a point has no inverse
 *     latent          n x 2
 */
#define SL_FLOW_LATENT_MAX 5000

/* domain: low, high for every dimension, or NULL: the range of the training rows, widened
 * by a fifth of itself on either side. */
enum sl_status sl_flow_record(struct sl_step *step, const struct sl_model *model,
                              const struct sl_dataset *data, const double *domain,
                              struct sl_error *err);

#define SL_FLOW_RECORD_RESULTS                                                           \
    {"density", SL_RESULT_TENSOR, NULL, "learned density over a grid (d = 1: x, p)"},    \
        {"density_extent", SL_RESULT_TENSOR, NULL, "x_low, x_high, y_low, y_high"},      \
        {"map", SL_RESULT_TENSOR, NULL, "x and what it is mapped to"},                   \
        {"warp", SL_RESULT_TENSOR, NULL, "the base's grid lines in the space of x"},     \
    {                                                                                    \
        "latent", SL_RESULT_TENSOR, NULL, "what training rows are mapped to"             \
    }

#endif
