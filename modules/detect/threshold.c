/* SPDX-License-Identifier: MIT */
/* Flags rows that score above a threshold, and tells how well that goes. */
#include <string.h>

#include "modules/learn/examples.h"
#include "modules/learn/metric.h"
#include "modules/learn/scores.h"
#include "runner/pipeline/stage.h"

#define ROC_POINTS 1000

struct config {
    struct sl_choice_list metrics;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, metrics, struct sl_choice_list, SL_TYPE_CHOICE_LIST,
             .table = SL_METRIC,
             .help = "what to tell of the two samples; all there are if empty"),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    {
        .name = "normal",
        .type = SL_PORT_SCORES,
        .shape = "n",
        .key = "normal",
        .help = "anomaly score of each normal row",
    },
    {
        .name = "anomalous",
        .type = SL_PORT_SCORES,
        .shape = "m",
        .key = "anomalous",
        .help = "anomaly score of each anomalous row",
    },
    {
        .name = "threshold",
        .type = SL_PORT_TENSOR,
        .shape = "1",
        .help = "a row is flagged when its score is above it",
    },
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"threshold", SL_RESULT_METRIC, NULL, "a row is flagged when its score is above it"},
    {"*", SL_RESULT_METRIC, NULL, "each of `metrics` under its own name"},
    {"scores_normal", SL_RESULT_TENSOR, NULL, "score of each normal row"},
    {"scores_anomalous", SL_RESULT_TENSOR, NULL, "score of each anomalous row"},
    {"roc", SL_RESULT_TENSOR, NULL, "pairs of false and true positive rate"},
    {"examples_*", SL_RESULT_TENSOR, NULL,
     "typical and worst; row; input and reconstruction; height; width"},
    {"example_scores_*", SL_RESULT_TENSOR, NULL, "the scores of those rows"},
    SL_RESULT_END,
};

/* One of the two samples. */
struct sample {
    const char *name; /* of the port */
    const struct sl_scores *scores;
    double *ascending;
};

static enum sl_status
sample_take(struct sample *sample, struct sl_step *step, struct sl_error *err)
{
    const struct sl_scores *scores = sl_input_scores(step, sample->name);
    struct sl_arena *arena = sl_step_arena(step);
    struct sl_tensor vector = {.type = SL_F64, .rank = 1, .shape = {scores->n}};
    struct sl_scored *sorted;

    SL_TRY(sl_scores_check(scores, 0, err));
    SL_TRY(sl_scores_sort(scores, arena, &sorted, err));
    SL_TRY(sl_tensor_new(&vector, arena, SL_F64, 1, &scores->n, err));
    sample->scores = scores;
    sample->ascending = vector.data;
    if (scores->n)
        memcpy(vector.data, scores->at, scores->n * sizeof *scores->at);
    SL_TRY(
        sl_record(step, sl_arena_format(arena, "scores_%s", sample->name), &vector, err));
    for (size_t i = 0; i < scores->n; i++)
        sample->ascending[i] = sorted[i].score;
    return sl_examples_record(step, sample->name, scores, sorted, err);
}

static void
tell(struct sl_step *step, const struct sl_row *row, const struct sl_detection *detection)
{
    const struct sl_metric_class *metric = (const struct sl_metric_class *)row->as[0];

    sl_metric(step, metric->entry.name, metric->of(detection));
}

static void
tell_metrics(struct sl_step *step, const struct config *config,
             const struct sl_detection *detection)
{
    const struct sl_registry *registry = sl_step_registry(step);

    for (size_t i = 0; i < config->metrics.n; i++)
        tell(step, config->metrics.at[i].row, detection);
    if (config->metrics.n)
        return;
    for (size_t i = 0; i < registry->n; i++)
        if (registry->rows[i].table == SL_METRIC)
            tell(step, &registry->rows[i], detection);
}

static enum sl_status
record_roc(struct sl_step *step, const struct sl_ranking *ranking, struct sl_error *err)
{
    double(*pairs)[2];
    struct sl_tensor roc;

    if (ranking->n == 0 || ranking->m == 0)
        return SL_OK;
    pairs = sl_arena_alloc(sl_step_arena(step), ROC_POINTS * sizeof *pairs);
    roc = sl_tensor_matrix(SL_F64, pairs, sl_ranking_roc(ranking, ROC_POINTS, pairs), 2);
    return sl_record(step, "roc", &roc, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    struct sample normal = {.name = "normal"}, anomalous = {.name = "anomalous"};
    struct sl_detection detection = {.threshold = sl_input_scalar(step, "threshold")};

    SL_TRY(sample_take(&normal, step, err));
    SL_TRY(sample_take(&anomalous, step, err));
    detection.ranking = (struct sl_ranking){
        .normal = normal.ascending,
        .n = normal.scores->n,
        .anomalous = anomalous.ascending,
        .m = anomalous.scores->n,
    };
    sl_metric(step, "threshold", detection.threshold);
    tell_metrics(step, config, &detection);
    return record_roc(step, &detection.ranking, err);
}

const struct sl_module detect_threshold = {
    .entry =
        {
            .name = "threshold",
            .summary = "flags rows that score above a threshold",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .results = results,
    .run = run,
};
