/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_CALIBRATION_H
#define SL_LEARN_CALIBRATION_H

#include "modules/learn/interval.h"
#include "modules/learn/p_value.h"
#include "runner/pipeline/stage.h"

/*
 * What every calibrate module yields: a threshold, told in the unit of the scores and as
 * the share of normal rows that it is expected to flag, and the scores of normal rows that
 * p-values rest on.
 */
#define SL_CALIBRATION_INPUT                                                             \
    {                                                                                    \
        .name = "scores", .type = SL_PORT_SCORES, .shape = "n", .key = "split",          \
        .help = "anomaly score of each calibration row",                                 \
    }

#define SL_CALIBRATION_OUTPUTS                                                           \
    {                                                                                    \
        .name = "threshold",                                                             \
        .type = SL_PORT_TENSOR,                                                          \
        .shape = "1",                                                                    \
        .help = "rows that score above it are anomalies; in the unit of the scores",     \
    },                                                                                   \
    {                                                                                    \
        .name = "calibration", .type = SL_PORT_TENSOR, .shape = "n",                     \
        .help = "scores of normal rows, ascending: p-values rest on them"                \
    }

#define SL_CALIBRATION_RESULTS(how)                                                      \
    {"threshold", SL_RESULT_METRIC, NULL, how},                                          \
    {                                                                                    \
        "expected_false_alarms", SL_RESULT_METRIC, NULL,                                 \
            "share of normal rows that score above the threshold, to be expected"        \
    }

struct sl_yield {
    size_t n;
    const double *ascending; /* n, scores of normal rows */
    double threshold;
    const struct sl_tail *tail;      /* NULL: none */
    struct sl_estimate false_alarms; /* of normal rows to come */
};
enum sl_status sl_calibration_yield(struct sl_step *step, const struct sl_yield *yield,
                                    struct sl_error *err);

/* At least `least` finite scores, ascending. */
enum sl_status sl_calibration_sort(struct sl_step *step, const struct sl_scores *scores,
                                   size_t least, const double **ascending,
                                   struct sl_error *err);

/* As seen on the calibration rows themselves, with Wilson's interval. */
struct sl_estimate sl_false_alarms_seen(const double *ascending, size_t n,
                                        double threshold);
/* Above the rank-th lowest of n scores, 1 <= rank <= n: (n + 1 - rank) / (n + 1), whatever
 * the distribution, at most. */
struct sl_estimate sl_false_alarms_above(size_t rank, size_t n);

/* ---- with anomalies ------------------------------------------------------------------ */

/*
 * Modules that need anomalous rows as well: of another split, or told by the labels of the
 * one. The input ports are these two.
 */
#define SL_CALIBRATION_BOTH                                                              \
    SL_CALIBRATION_INPUT,                                                                \
    {                                                                                    \
        .name = "anomalous", .type = SL_PORT_SCORES, .shape = "m", .key = "anomalous",   \
        .optional = true,                                                                \
        .help = "scores of anomalous rows; without, the labels of `split` tell them"     \
    }

/* Rows of both kinds: at least one each, all scores finite. SL_ERR_SHAPE, SL_ERR_NUMERIC. */
struct sl_both {
    struct sl_ranking ranking;
    struct sl_cuts cuts;
};
enum sl_status sl_both_take(struct sl_step *step, const struct sl_int_list *normal_labels,
                            struct sl_both *both, struct sl_error *err);
/* Between the scores that cut i flags and the next lower one, half way. */
double sl_both_threshold(const struct sl_both *both, size_t cut);
enum sl_status sl_both_yield(struct sl_step *step, const struct sl_both *both, size_t cut,
                             struct sl_error *err);
/* Tells it where neither `anomalous:` nor labels are there. */
void sl_both_check(const struct sl_check *check);

#endif
