/* SPDX-License-Identifier: MIT */
/*
 * Peaks over threshold: the highest scores follow a generalised Pareto distribution whatever
 * the scores do (Balkema and de Haan 1974; Pickands 1975), so that a share of false alarms
 * can be asked for that is rarer than any calibration row (Siffer et al. 2017).
 */
#include "modules/learn/calibration.h"
#include "modules/learn/pareto.h"

/* Rows that a tail of two parameters is fitted to, at least. */
#define LEAST 10

struct config {
    double false_alarms, tail;
};

static const struct sl_field fields[] = {
    {.key = "false_alarms",
     .type = SL_TYPE_DOUBLE,
     .flags = SL_POSITIVE,
     .offset = SL_MEMBER(struct config, false_alarms, double),
     .high = 0.5,
     .number = 1e-3,
     .help = "share of normal rows to flag; less than `tail`"},
    {.key = "tail",
     .type = SL_TYPE_DOUBLE,
     .flags = SL_POSITIVE,
     .offset = SL_MEMBER(struct config, tail, double),
     .high = 0.5,
     .number = 0.1,
     .help = "share of the calibration rows that the tail is fitted to, the highest"},
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    SL_CALIBRATION_INPUT,
    SL_PORT_END,
};

static const struct sl_port outputs[] = {
    SL_CALIBRATION_OUTPUTS,
    {
        .name = "tail",
        .type = SL_PORT_TENSOR,
        .shape = "4",
        .help = "score at which the tail begins, scale, shape, share of the rows in it",
    },
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_CALIBRATION_RESULTS("where the tail falls to the share false_alarms"),
    {"tail_rows", SL_RESULT_METRIC, "rows", "calibration rows in the tail"},
    {"tail_score", SL_RESULT_METRIC, NULL, "where the tail begins"},
    {"tail_scale", SL_RESULT_METRIC, NULL, "scale of the Pareto distribution"},
    {"tail_shape", SL_RESULT_METRIC, NULL,
     "its shape: above 0 the tail is heavy, below 0 it has an end"},
    SL_RESULT_END,
};

static enum sl_status
fit(struct sl_step *step, const struct sl_yield *yield, double share,
    struct sl_tail *tail, struct sl_error *err)
{
    size_t k = (size_t)(share * (double)yield->n * (1.0 + 1e-12));
    double *excess;

    tail->score = yield->ascending[yield->n - k - 1];
    /* Rows tied with it are no excess. */
    k = sl_ranking_above(yield->ascending, yield->n, tail->score);
    if (k < LEAST)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "%zu calibration scores lie in the tail, at least %d are needed; "
                       "raise 'tail', or calibrate on more rows",
                       k, LEAST);
    tail->share = (double)k / (double)yield->n;
    excess = sl_arena_rows(sl_step_arena(step), k, sizeof *excess);
    if (!excess)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu scores", k);
    for (size_t i = 0; i < k; i++)
        excess[i] = yield->ascending[yield->n - k + i] - tail->score;
    sl_pareto_fit(excess, k, &tail->scale, &tail->shape);
    sl_metric(step, "tail_rows", (double)k);
    return SL_OK;
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_scores *scores = sl_input_scores(step, "scores");
    struct sl_tail tail;
    struct sl_yield yield = {
        .n = scores->n, .tail = &tail, .false_alarms.value = c->false_alarms};

    SL_TRY(sl_calibration_sort(step, scores, LEAST, &yield.ascending, err));
    SL_TRY(fit(step, &yield, c->tail, &tail, err));
    if (tail.share < c->false_alarms)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "the tail has %.6g of the rows, less than 'false_alarms'",
                       tail.share);
    yield.threshold = tail.score + sl_tail_excess(&tail, c->false_alarms);
    SL_TRY(sl_calibration_yield(step, &yield, err));
    sl_metric(step, "tail_score", tail.score);
    sl_metric(step, "tail_scale", tail.scale);
    sl_metric(step, "tail_shape", tail.shape);
    return SL_OK;
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    const struct sl_node *node = sl_node_get(check->node, "false_alarms");

    if (c->false_alarms >= c->tail)
        sl_report_add(
            check->report, SL_ERROR, node ? node->mark : check->mark,
            "'false_alarms' is %g and 'tail' %g; it asks for a share within the "
            "tail, so it has to be less",
            c->false_alarms, c->tail);
}

const struct sl_module calibrate_pot = {
    .entry =
        {
            .name = "pot",
            .summary = "the tail of the scores, extrapolated: peaks over threshold",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .check = check,
    .run = run,
};
