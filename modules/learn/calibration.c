/* SPDX-License-Identifier: MIT */
#include "modules/learn/calibration.h"

#include <math.h>

#include "modules/learn/labels.h"
#include "modules/learn/scores.h"

enum sl_status
sl_calibration_yield(struct sl_step *step, const struct sl_yield *yield,
                     struct sl_error *err)
{
    struct sl_tensor scores =
        sl_tensor_vector(SL_F64, (void *)(uintptr_t)yield->ascending, yield->n);

    SL_TRY(sl_output_scalar(step, "threshold", yield->threshold, err));
    SL_TRY(sl_output_tensor(step, "calibration", &scores, err));
    if (yield->tail) {
        const struct sl_tail *t = yield->tail;
        double numbers[] = {t->score, t->scale, t->shape, t->share};
        struct sl_tensor tail = sl_tensor_vector(SL_F64, numbers, 4);
        SL_TRY(sl_output_tensor(step, "tail", &tail, err));
    }
    sl_metric(step, "threshold", yield->threshold);
    sl_metric_estimate(step, "expected_false_alarms", &yield->false_alarms);
    return SL_OK;
}

enum sl_status
sl_calibration_sort(struct sl_step *step, const struct sl_scores *scores, size_t least,
                    const double **ascending, struct sl_error *err)
{
    double *values;

    SL_TRY(sl_scores_check(scores, least, err));
    SL_TRY(sl_scores_ascending(scores, sl_step_arena(step), &values, err));
    *ascending = values;
    return SL_OK;
}

struct sl_estimate
sl_false_alarms_seen(const double *ascending, size_t n, double threshold)
{
    double above = (double)sl_ranking_above(ascending, n, threshold);

    return (struct sl_estimate){
        .value = sl_share(above, (double)n),
        .interval = sl_interval_wilson(above, (double)n),
        .undefined = n ? NULL : "there are no normal rows",
    };
}

struct sl_estimate
sl_false_alarms_above(size_t rank, size_t n)
{
    double above = (double)(n + 1 - rank), all = (double)(n + 1);

    return (struct sl_estimate){
        .value = above / all,
        .interval = sl_interval_wilson(above, all),
    };
}

/* ---- with anomalies ------------------------------------------------------------------ */

enum sl_status
sl_both_take(struct sl_step *step, const struct sl_int_list *normal_labels,
             struct sl_both *both, struct sl_error *err)
{
    const struct sl_scores *scores = sl_input_scores(step, "scores");
    const struct sl_scores *others = sl_input_scores(step, "anomalous");
    struct sl_scores normal = *scores, anomalous;
    struct sl_ranking *r = &both->ranking;

    if (others)
        anomalous = *others;
    else
        SL_TRY(sl_scores_by_label(scores, normal_labels, sl_step_arena(step), &normal,
                                  &anomalous, err));
    if (!normal.n || !anomalous.n)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "split '%s' has no %s rows, and this calibration needs both kinds",
                       normal.n ? anomalous.split : normal.split,
                       normal.n ? "anomalous" : "normal");
    r->n = normal.n;
    r->m = anomalous.n;
    SL_TRY(sl_calibration_sort(step, &normal, 1, &r->normal, err));
    SL_TRY(sl_calibration_sort(step, &anomalous, 1, &r->anomalous, err));
    return sl_cuts_of(r, (double)INFINITY, sl_step_arena(step), &both->cuts, err);
}

double
sl_both_threshold(const struct sl_both *both, size_t cut)
{
    const struct sl_ranking *r = &both->ranking;
    size_t i = r->n - (size_t)both->cuts.normal[cut];
    size_t j = r->m - (size_t)both->cuts.anomalous[cut];
    double score = fmin(i < r->n ? r->normal[i] : (double)INFINITY,
                        j < r->m ? r->anomalous[j] : (double)INFINITY);
    double below = fmax(i ? r->normal[i - 1] : -(double)INFINITY,
                        j ? r->anomalous[j - 1] : -(double)INFINITY);
    double middle = score / 2.0 + below / 2.0;

    if (isinf(below)) /* everything is flagged */
        return nextafter(score, -(double)INFINITY);
    return middle < score ? fmax(middle, below) : below;
}

enum sl_status
sl_both_yield(struct sl_step *step, const struct sl_both *both, size_t cut,
              struct sl_error *err)
{
    const struct sl_ranking *r = &both->ranking;
    struct sl_yield yield = {
        .n = r->n,
        .ascending = r->normal,
        .threshold = sl_both_threshold(both, cut),
    };

    yield.false_alarms = sl_false_alarms_seen(r->normal, r->n, yield.threshold);
    return sl_calibration_yield(step, &yield, err);
}

void
sl_both_check(const struct sl_check *check)
{
    const struct sl_node *split = sl_node_get(check->node, "split");

    if (split && !sl_node_get(check->node, "anomalous") && check->schema &&
        check->schema->labels == SL_LABELS_NONE)
        sl_report_add(
            check->report, SL_ERROR, split->mark,
            "this calibration needs anomalous rows, and the data has no labels; "
            "name a split of them with 'anomalous:'");
}
