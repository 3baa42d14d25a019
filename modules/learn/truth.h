/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_TRUTH_H
#define SL_LEARN_TRUTH_H

#include "modules/learn/quadrature.h"
#include "runner/pipeline/stage.h"

/* The distribution that a load module draws its rows from, for the record. */
struct sl_truth {
    size_t d;
    sl_log_density *log_density;
    const void *context;
    struct sl_extent view;         /* what a figure shows; the first d axes count */
    double entropy, entropy_error; /* in nats */
};

/* Points along an axis of the recorded density, of a line and of a plane. */
#define SL_TRUTH_LINE 401
#define SL_TRUTH_PLANE 200

/*
 * Records what SL_TRUTH_RESULTS says:
 *
 * entropy, entropy_error  metrics, in nats
 * true_density            d = 1: SL_TRUTH_LINE x 2, pairs (x, p) from end to end of the view
 *                         d = 2: SL_TRUTH_PLANE x SL_TRUTH_PLANE, p at the middle of each
 *                         cell of the view; rows go up the second axis, the lowest first
 * true_density_extent     d = 2: low and high of the first axis, then of the second
 */
enum sl_status sl_truth_record(struct sl_step *step, const struct sl_truth *truth,
                               struct sl_error *err);

#define SL_TRUTH_RESULTS                                                                 \
    {"entropy", SL_RESULT_METRIC, "nats", "of the true distribution"},                   \
        {"entropy_error", SL_RESULT_METRIC, "nats", "what `entropy` may be wrong by"},   \
        {"true_density", SL_RESULT_TENSOR, NULL,                                         \
         "1-D: pairs of x and density; 2-D: density on a grid, rows up the second "      \
         "axis"},                                                                        \
    {                                                                                    \
        "true_density_extent", SL_RESULT_TENSOR, NULL,                                   \
            "2-D: low and high of the first axis, then of the second"                    \
    }

#endif
