/* SPDX-License-Identifier: MIT */
/*
 * Flags rows by their p-values, so many that the expected share of normal rows among the
 * flagged ones stays at or below a level (Benjamini and Hochberg 1995). Conformal p-values
 * that share a calibration split depend on each other in a way under which that holds
 * (Bates, Candes, Lei, Romano and Sesia 2023, theorem 2).
 */
#include <math.h>
#include <string.h>

#include "modules/learn/detection.h"
#include "modules/learn/sort.h"

struct config {
    struct sl_detection_config detection;
    double level;
};

static const struct sl_field fields[] = {
    {.key = "level",
     .type = SL_TYPE_DOUBLE,
     .flags = SL_POSITIVE,
     .offset = SL_MEMBER(struct config, level, double),
     .high = 1.0,
     .number = 0.1,
     .help = "the share of normal rows among the flagged ones, at most, on average"},
    SL_INCLUDE(struct config, detection, struct sl_detection_config, sl_detection_fields),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    SL_DETECTION_PORTS(false),
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_DETECTION_RESULTS,
    {"flagged", SL_RESULT_METRIC, "rows", "rows of either kind that are flagged"},
    SL_RESULT_END,
};

static void
check(const void *config, const struct sl_check *check)
{
    (void)config;
    sl_detection_check(check);
}

/* Every row's p-value, ascending: those of both samples merged. */
static void
merge(const struct sl_samples *s, double *p)
{
    const struct sl_sample *a = &s->normal, *b = &s->anomalous;
    size_t i = a->scores.n, j = b->scores.n;

    for (size_t k = 0; i || j; k++) {
        bool first = !j || (i && a->ascending[i - 1] > b->ascending[j - 1]);

        p[k] = first ? a->ascending[--i] : b->ascending[--j];
    }
    sl_p_values(&s->calibration, a->scores.n + b->scores.n, p, p);
}

/* Rows are flagged by p, which falls as the score rises: the highest score that is not. */
static double
threshold_of(const struct sl_samples *s, double cut)
{
    const struct sl_sample *both[] = {&s->normal, &s->anomalous};
    double threshold = -(double)INFINITY;

    for (size_t k = 0; k < 2; k++)
        for (size_t i = both[k]->scores.n; i-- > 0;)
            if (sl_p_value(&s->calibration, both[k]->ascending[i]) > cut) {
                threshold = fmax(threshold, both[k]->ascending[i]);
                break;
            }
    return threshold;
}

static size_t
count_flagged(const struct sl_samples *s, double threshold)
{
    return sl_ranking_above(s->normal.ascending, s->normal.scores.n, threshold) +
           sl_ranking_above(s->anomalous.ascending, s->anomalous.scores.n, threshold);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_samples s;
    double *p, threshold;
    size_t n;

    SL_TRY(sl_samples_take(&s, step, &c->detection, err));
    n = s.normal.scores.n + s.anomalous.scores.n;
    p = sl_arena_rows(sl_step_arena(step), n, sizeof *p);
    if (!p)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu p-values", n);
    merge(&s, p);
    threshold = threshold_of(&s, sl_benjamini_hochberg(p, n, c->level));
    sl_metric(step, "flagged", (double)count_flagged(&s, threshold));
    return sl_samples_tell(&s, step, &c->detection, threshold, err);
}

/* The largest p-value that is rejected; p-values are numbers. */
static enum sl_status
cut_of(const struct sl_decisions *d, double level, struct sl_arena *scratch, double *cut,
       struct sl_error *err)
{
    double *sorted = sl_arena_rows(scratch, d->n, sizeof *sorted);
    double *room = sl_arena_rows(scratch, d->n, sizeof *room);

    if (!sorted || !room)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu p-values", d->n);
    if (d->n)
        memcpy(sorted, d->p, d->n * sizeof *sorted);
    sl_sort(sorted, room, d->n);
    *cut = sl_benjamini_hochberg(sorted, d->n, level);
    return SL_OK;
}

static enum sl_status
decide(const void *config, const struct sl_bundle *known, const struct sl_decisions *d,
       struct sl_error *err)
{
    const struct config *c = config;
    struct sl_arena scratch;
    enum sl_status status;
    double cut = 0;

    SL_TRY(sl_detection_p_values(known, d, err));
    sl_arena_init_in(&scratch, known->arena ? known->arena->folder : NULL);
    status = cut_of(d, c->level, &scratch, &cut, err);
    sl_arena_release(&scratch);
    SL_TRY(status);
    for (size_t i = 0; i < d->n; i++)
        d->flagged[i] = d->p[i] <= cut;
    return SL_OK;
}

const struct sl_module detect_benjamini_hochberg = {
    .entry =
        {
            .name = "benjamini-hochberg",
            .summary =
                "flags rows by p-values, and bounds the share of false discoveries",
            .fields = fields,
            .config_size = sizeof(struct config),
        },
    .inputs = inputs,
    .results = results,
    .draws = SL_DRAWS,
    .check = check,
    .reads = 1u << SL_METRIC,
    .run = run,
    .decide = decide,
    .decides_together = true,
};
