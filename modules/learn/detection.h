/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_DETECTION_H
#define SL_LEARN_DETECTION_H

#include "modules/learn/metric.h"
#include "modules/learn/p_value.h"
#include "runner/pipeline/stage.h"

/*
 * What every detect module does: takes two samples of scores, one of normal and one of
 * anomalous rows, or one split whose labels tell them apart; records them; and tells the
 * metrics of what a threshold flags, with their intervals.
 */
struct sl_detection_config {
    struct sl_choice_list metrics;
    struct sl_int_list normal_labels;
    int64_t bootstrap;
};
extern const struct sl_field sl_detection_fields[];

/* The input ports: rows, and what the calibration knows of normal scores, which a module
 * that looks at p-values can't do without. */
#define SL_DETECTION_PORTS(without)                                                      \
    {                                                                                    \
        .name = "normal",                                                                \
        .type = SL_PORT_SCORES,                                                          \
        .shape = "n",                                                                    \
        .key = "normal",                                                                 \
        .optional = true,                                                                \
        .help = "anomaly score of each normal row",                                      \
    },                                                                                   \
        {                                                                                \
            .name = "anomalous",                                                         \
            .type = SL_PORT_SCORES,                                                      \
            .shape = "m",                                                                \
            .key = "anomalous",                                                          \
            .optional = true,                                                            \
            .help = "anomaly score of each anomalous row",                               \
        },                                                                               \
        {                                                                                \
            .name = "labelled",                                                          \
            .type = SL_PORT_SCORES,                                                      \
            .shape = "n",                                                                \
            .key = "split",                                                              \
            .optional = true,                                                            \
            .help =                                                                      \
                "in place of those two: scores of rows that their labels tell apart",    \
        },                                                                               \
        {                                                                                \
            .name = "calibration",                                                       \
            .type = SL_PORT_TENSOR,                                                      \
            .shape = "n",                                                                \
            .optional = (without),                                                       \
            .help = "scores of normal rows, ascending: p-values rest on them",           \
        },                                                                               \
    {                                                                                    \
        .name = "tail", .type = SL_PORT_TENSOR, .shape = "4", .optional = true,          \
        .help = "of a calibration that extrapolates",                                    \
    }

#define SL_DETECTION_RESULTS                                                             \
    {"threshold", SL_RESULT_METRIC, NULL,                                                \
     "a row is flagged when its score is above it"},                                     \
        {"{metrics}", SL_RESULT_METRIC, NULL, "each of `metrics` under its own name"},   \
        {"scores_normal", SL_RESULT_TENSOR, NULL, "score of each normal row"},           \
        {"scores_anomalous", SL_RESULT_TENSOR, NULL, "score of each anomalous row"},     \
        {"rows_normal", SL_RESULT_TENSOR, NULL,                                          \
         "number in the data, from 0, of the row of each of scores_normal"},             \
        {"rows_anomalous", SL_RESULT_TENSOR, NULL,                                       \
         "number in the data, from 0, of the row of each of scores_anomalous"},          \
        {"roc", SL_RESULT_TENSOR, NULL, "pairs of false and true positive rate"},        \
        {"examples_*", SL_RESULT_TENSOR, NULL,                                           \
         "typical and worst; row; input and reconstruction; height; width"},             \
    {                                                                                    \
        "example_scores_*", SL_RESULT_TENSOR, NULL, "the scores of those rows"           \
    }

/* One of the two samples. */
struct sl_sample {
    const char *name; /* "normal" or "anomalous" */
    struct sl_scores scores;
    double *ascending;
};

struct sl_samples {
    struct sl_sample normal, anomalous;
    struct sl_calibration calibration; /* scores NULL: there is none */
    struct sl_tail tail;
};

/*
 * Takes the samples and records, for either, `scores_*` (n float64), `rows_*` (n uint32) in
 * the same order, and examples. A row's number is its place among all rows that the load
 * stage read, in whatever split or in none, from 0: of a table without its header, with
 * several files those of one behind those of the other. SL_ERR_SHAPE for a split without
 * labels, SL_ERR_NUMERIC for a score that is not finite.
 */
enum sl_status sl_samples_take(struct sl_samples *samples, struct sl_step *step,
                               const struct sl_detection_config *config,
                               struct sl_error *err);

/* Records the threshold, the metrics of what lies above it, and the ROC curve. The module
 * declares SL_DRAWS: the bootstrap has a stream. */
enum sl_status sl_samples_tell(const struct sl_samples *samples, struct sl_step *step,
                               const struct sl_detection_config *config, double threshold,
                               struct sl_error *err);

/* Tells it where the configuration names neither both samples nor one split, or both. */
void sl_detection_check(const struct sl_check *check);

/* P-values of n scores by the calibration among a detect module's inputs; NaN without. */
enum sl_status sl_detection_p_values(const struct sl_bundle *inputs,
                                     const struct sl_decisions *decisions,
                                     struct sl_error *err);

#endif
