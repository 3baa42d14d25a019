/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/best.h"

#include <math.h>
#include <string.h>

void
sl_best_init(struct sl_best *best, const struct sl_runs *runs, struct sl_arena *arena)
{
    *best = (struct sl_best){.runs = runs, .at = SIZE_MAX};
    if (!runs || runs->sweep.objective_count != 1)
        return;
    best->objective = runs->sweep.objectives;
    best->points = sl_arena_alloc(arena, runs->sweep.n * sizeof *best->points);
}

static double
mean_of(const struct sl_best *best, size_t point)
{
    return best->points[point].sum / (double)best->points[point].n;
}

/* Whether a is before b. */
static bool
is_better(const struct sl_best *best, size_t a, size_t b)
{
    double x = mean_of(best, a), y = mean_of(best, b);

    if (x == y)
        return a < b;
    return best->objective->maximize ? x > y : x < y;
}

/* The one that was best may have become worse. */
static void
search(struct sl_best *best)
{
    for (size_t i = 0; i < best->runs->sweep.n; i++)
        if (best->points[i].n && is_better(best, i, best->at))
            best->at = i;
}

static double
value_of(const struct sl_objective *o, const struct sl_run_result *result)
{
    for (size_t i = 0; i < result->n; i++)
        if (strcmp(result->metrics[i].stage, o->stage) == 0 &&
            strcmp(result->metrics[i].name, o->metric) == 0)
            return result->metrics[i].value;
    return (double)NAN;
}

bool
sl_best_add(struct sl_best *best, size_t run, const struct sl_run_result *result)
{
    double value = best->objective ? value_of(best->objective, result) : (double)NAN;
    size_t point, before = best->at;

    if (!isfinite(value))
        return false;
    point = best->runs->at[run].point;
    best->points[point].sum += value;
    best->points[point].n++;
    if (before == SIZE_MAX || is_better(best, point, before))
        best->at = point;
    else if (point == before)
        search(best);
    return best->at != before || point == before;
}

void
sl_best_say(const struct sl_best *best, struct sl_text *out)
{
    const struct sl_objective *o = best->objective;
    const struct sl_sweep *sweep;
    struct sl_arena arena;
    const char *label;

    if (best->at == SIZE_MAX)
        return;
    sweep = &best->runs->sweep;
    sl_arena_init(&arena);
    label = sl_point_label(&sweep->points[best->at], best->at, &arena);
    sl_text_format(out, "%s.%s %.6g (point %zu%s%s", o->stage, o->metric,
                   mean_of(best, best->at), best->at, *label ? ", " : "", label);
    if (sweep->repeats > 1)
        sl_text_format(out, "; %zu of %lld repeats", best->points[best->at].n,
                       (long long)sweep->repeats);
    sl_text_append(out, ")");
    sl_arena_release(&arena);
}
