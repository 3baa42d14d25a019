/* SPDX-License-Identifier: MIT */
#include "modules/learn/detection.h"

#include <math.h>
#include <stdint.h>

#include "modules/learn/bootstrap.h"
#include "modules/learn/examples.h"
#include "modules/learn/labels.h"
#include "modules/learn/scores.h"

#define ROC_POINTS 1000
#define METRICS_MAX 64

const struct sl_field sl_detection_fields[] = {
    SL_FIELD(struct sl_detection_config, metrics, struct sl_choice_list,
             SL_TYPE_CHOICE_LIST, .table = SL_METRIC,
             .help = "what to tell of the two samples; all there are if empty"),
    SL_NORMAL_LABELS(struct sl_detection_config, normal_labels),
    SL_INT(struct sl_detection_config, bootstrap, 400, 0, 1e6,
           "replicates for the intervals of metrics that have no formula; 0: none"),
    SL_FIELD_END,
};

/* ---- the samples -------------------------------------------------------------------- */

static enum sl_status
record_scores(const struct sl_sample *sample, struct sl_step *step, struct sl_error *err)
{
    const struct sl_scores *scores = &sample->scores;
    struct sl_arena *arena = sl_step_arena(step);
    struct sl_tensor values =
        sl_tensor_vector(SL_F64, (void *)(uintptr_t)scores->at, scores->n);
    struct sl_tensor rows =
        sl_tensor_vector(SL_U32, (void *)(uintptr_t)scores->ids, scores->n);

    SL_TRY(
        sl_record(step, sl_arena_format(arena, "scores_%s", sample->name), &values, err));
    return sl_record(step, sl_arena_format(arena, "rows_%s", sample->name), &rows, err);
}

static enum sl_status
take(struct sl_sample *sample, struct sl_step *step, struct sl_error *err)
{
    const struct sl_scores *scores = &sample->scores;
    struct sl_arena *arena = sl_step_arena(step);

    SL_TRY(sl_scores_check(scores, 0, err));
    SL_TRY(record_scores(sample, step, err));
    SL_TRY(sl_scores_ascending(scores, arena, &sample->ascending, err));
    return sl_examples_record(step, sample->name, scores, sample->ascending, err);
}

static enum sl_status
take_calibration(struct sl_samples *s, struct sl_step *step, struct sl_error *err)
{
    const struct sl_tensor *scores = sl_input_tensor(step, "calibration");

    if (!scores)
        return SL_OK;
    return sl_calibration_of(scores, sl_input_tensor(step, "tail"), &s->tail,
                             &s->calibration, err);
}

enum sl_status
sl_samples_take(struct sl_samples *s, struct sl_step *step,
                const struct sl_detection_config *config, struct sl_error *err)
{
    const struct sl_scores *labelled = sl_input_scores(step, "labelled");
    struct sl_scores empty = {0};

    *s = (struct sl_samples){.normal.name = "normal", .anomalous.name = "anomalous"};
    if (labelled) {
        SL_TRY(sl_scores_by_label(labelled, &config->normal_labels, sl_step_arena(step),
                                  &s->normal.scores, &s->anomalous.scores, err));
    } else {
        const struct sl_scores *normal = sl_input_scores(step, "normal");
        const struct sl_scores *anomalous = sl_input_scores(step, "anomalous");
        s->normal.scores = normal ? *normal : empty;
        s->anomalous.scores = anomalous ? *anomalous : empty;
    }
    SL_TRY(take(&s->normal, step, err));
    SL_TRY(take(&s->anomalous, step, err));
    return take_calibration(s, step, err);
}

/* ---- p-values ----------------------------------------------------------------------- */

/* Ascending: p falls as the score rises. */
static enum sl_status
p_of(const struct sl_samples *s, const struct sl_sample *sample, struct sl_arena *arena,
     const double **out, struct sl_error *err)
{
    size_t n = sample->scores.n;
    double *p = sl_arena_rows(arena, n, sizeof *p);

    if (!p)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu p-values", n);
    for (size_t i = 0; i < n; i++)
        p[i] = sample->ascending[n - 1 - i];
    sl_p_values(&s->calibration, n, p, p);
    *out = p;
    return SL_OK;
}

static enum sl_status
find_p_values(const struct sl_samples *s, struct sl_arena *arena, struct sl_p_values *p,
              struct sl_error *err)
{
    p->n = s->normal.scores.n;
    p->m = s->anomalous.scores.n;
    SL_TRY(p_of(s, &s->normal, arena, &p->normal, err));
    return p_of(s, &s->anomalous, arena, &p->anomalous, err);
}

enum sl_status
sl_detection_p_values(const struct sl_bundle *inputs, const struct sl_decisions *d,
                      struct sl_error *err)
{
    const struct sl_item *scores = sl_bundle_find(inputs, "calibration");
    const struct sl_item *numbers = sl_bundle_find(inputs, "tail");
    struct sl_calibration calibration;
    struct sl_tail tail;

    if (!scores) {
        for (size_t i = 0; i < d->n; i++)
            d->p[i] = (double)NAN;
        return SL_OK;
    }
    SL_TRY(sl_calibration_of(&scores->tensor, numbers ? &numbers->tensor : NULL, &tail,
                             &calibration, err));
    sl_p_values(&calibration, d->n, d->scores, d->p);
    return SL_OK;
}

/* ---- metrics ------------------------------------------------------------------------ */

struct chosen {
    size_t n;
    const struct sl_metric_class *at[METRICS_MAX];
};

static void
choose(struct chosen *chosen, const struct sl_registry *registry,
       const struct sl_choice_list *list)
{
    for (size_t i = 0; i < list->n && chosen->n < METRICS_MAX; i++)
        chosen->at[chosen->n++] = (const struct sl_metric_class *)list->at[i].row->as[0];
    if (list->n)
        return;
    for (size_t i = 0; i < registry->n && chosen->n < METRICS_MAX; i++)
        if (registry->rows[i].table == SL_METRIC)
            chosen->at[chosen->n++] =
                (const struct sl_metric_class *)registry->rows[i].as[0];
}

static const char *
reason_of(const struct sl_metric_class *metric, const struct sl_detection *detection)
{
    if (metric->of_p_values && !detection->p)
        return "the calibration gives no p-values";
    if (!(detection->cuts.normals > 0))
        return "there are no normal rows";
    if (!(detection->cuts.anomalies > 0))
        return "there are no anomalous rows";
    return "it is not a number";
}

static void
tell(struct sl_step *step, const struct sl_metric_class *metric,
     const struct sl_detection *detection, const struct sl_interval *interval)
{
    struct sl_estimate estimate = {.value = metric->of(detection)};

    if (isnan(estimate.value))
        estimate.undefined = reason_of(metric, detection);
    else if (metric->interval)
        estimate.interval = metric->interval(detection);
    else if (metric->resampled)
        estimate.interval = *interval;
    sl_metric_estimate(step, metric->entry.name, &estimate);
}

static enum sl_status
tell_metrics(struct sl_step *step, const struct sl_detection_config *config,
             const struct sl_detection *detection, struct sl_error *err)
{
    const struct sl_metric_class *resampled[METRICS_MAX];
    struct sl_interval intervals[METRICS_MAX] = {{0}};
    struct chosen chosen = {0};
    struct sl_bootstrap bootstrap = {
        .detection = detection,
        .metrics = resampled,
        .replicates = (size_t)config->bootstrap,
        .stream = sl_step_stream(step, "bootstrap"),
        .pool = sl_step_pool(step),
        .arena = sl_step_arena(step),
    };
    size_t k = 0;

    choose(&chosen, sl_step_registry(step), &config->metrics);
    for (size_t i = 0; i < chosen.n; i++)
        if (chosen.at[i]->resampled)
            resampled[bootstrap.n++] = chosen.at[i];
    if (bootstrap.replicates && bootstrap.n)
        SL_TRY(sl_bootstrap(&bootstrap, intervals, err));
    for (size_t i = 0; i < chosen.n; i++) {
        tell(step, chosen.at[i], detection, &intervals[k]);
        k += chosen.at[i]->resampled;
    }
    return SL_OK;
}

static enum sl_status
record_roc(struct sl_step *step, const struct sl_cuts *cuts, struct sl_error *err)
{
    double(*pairs)[2];
    struct sl_tensor roc;

    if (!(cuts->normals > 0 && cuts->anomalies > 0))
        return SL_OK;
    pairs = sl_arena_alloc(sl_step_arena(step), ROC_POINTS * sizeof *pairs);
    roc = sl_tensor_matrix(SL_F64, pairs, sl_cuts_roc(cuts, ROC_POINTS, pairs), 2);
    return sl_record(step, "roc", &roc, err);
}

enum sl_status
sl_samples_tell(const struct sl_samples *s, struct sl_step *step,
                const struct sl_detection_config *config, double threshold,
                struct sl_error *err)
{
    struct sl_ranking ranking = {s->normal.ascending, s->normal.scores.n,
                                 s->anomalous.ascending, s->anomalous.scores.n};
    struct sl_arena *arena = sl_step_arena(step);
    struct sl_detection detection = {0};
    struct sl_p_values p;

    SL_TRY(sl_cuts_of(&ranking, threshold, arena, &detection.cuts, err));
    if (s->calibration.scores) {
        SL_TRY(find_p_values(s, arena, &p, err));
        detection.p = &p;
    }
    sl_metric(step, "threshold", threshold);
    SL_TRY(tell_metrics(step, config, &detection, err));
    return record_roc(step, &detection.cuts, err);
}

/* ---- what can be told before -------------------------------------------------------- */

void
sl_detection_check(const struct sl_check *check)
{
    const struct sl_node *split = sl_node_get(check->node, "split");
    const struct sl_node *normal = sl_node_get(check->node, "normal");
    const struct sl_node *anomalous = sl_node_get(check->node, "anomalous");

    if (split && (normal || anomalous))
        sl_report_add(check->report, SL_ERROR, split->mark,
                      "'split' is for rows that their labels tell apart; it does not go "
                      "with 'normal' and 'anomalous'");
    else if (!split && !normal)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "this stage needs 'normal:' and 'anomalous:', the splits its rows "
                      "come from, or 'split:', one whose labels tell them apart");
    else if (!split && !anomalous)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "this stage needs 'anomalous:', the split its anomalous rows come "
                      "from");
    else if (split)
        sl_labels_check(check, split->mark);
}
