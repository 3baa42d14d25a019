/* SPDX-License-Identifier: MIT */
/* sluice plan FILE: what a run of it would do, and what is there already. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/command/load.h"
#include "runner/command/place.h"
#include "runner/command/why.h"
#include "runner/parallel/pool.h"
#include "runner/pipeline/platform.h"
#include "runner/store/cache.h"
#include "runner/store/runfile.h"
#include "runner/tensor/linalg.h"

#define JOURNAL_MOST ((size_t)256 << 20)

/* Steps of one name: "train", or "score test". */
struct group {
    const char *name;
    size_t total, cached, to_do;
    double seconds; /* that one took, by the journal; NaN: not known */
};

struct survey {
    struct sl_call *call;
    struct sl_runs runs;
    struct sl_plan plan;
    struct sl_cache cache;
    const char *out;
    size_t recorded; /* runs */
    bool *needed;    /* by step: by a run that is not recorded */
    size_t n;
    struct group *groups;
};

static const char *
name_of(struct sl_arena *arena, const struct sl_plan_step *step)
{
    return step->split ? sl_arena_format(arena, "score %s", step->split)
                       : step->stage->name;
}

static bool
is_recorded(const struct survey *s, const struct sl_plan_run *run)
{
    const char *path =
        sl_arena_format(s->plan.arena, "%s/%s/run.h5", s->out, run->folder);
    const char *key, *state;
    char hex[SL_DIGEST_HEX];
    struct sl_error ignored;

    sl_digest_hex(&run->key, hex);
    return access(path, R_OK) == 0 &&
           sl_run_peek(path, s->plan.arena, &key, &state, &ignored) == SL_OK &&
           strcmp(key, hex) == 0;
}

static void
mark_needed(struct survey *s)
{
    s->needed = sl_arena_alloc(s->plan.arena, s->plan.n * sizeof *s->needed);
    for (size_t r = 0; r < s->plan.run_count; r++) {
        const struct sl_plan_run *run = &s->plan.runs[r];
        if (is_recorded(s, run)) {
            s->recorded++;
            continue;
        }
        for (size_t i = 0; i < run->n; i++)
            s->needed[run->needs[i]] = true;
    }
}

static struct group *
group_of(struct survey *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->groups[i].name, name) == 0)
            return &s->groups[i];
    s->groups[s->n] = (struct group){.name = name, .seconds = (double)NAN};
    return &s->groups[s->n++];
}

static void
count_steps(struct survey *s)
{
    size_t most = 0;

    for (size_t i = 0; i < s->runs.n; i++)
        most = s->plan.runs[i].n > most ? s->plan.runs[i].n : most;
    /* every run has the same stages, so the same names */
    s->groups = sl_arena_alloc(s->plan.arena, (s->plan.n + most) * sizeof *s->groups);
    for (size_t i = 0; i < s->plan.n; i++) {
        const struct sl_plan_step *step = &s->plan.steps[i];
        struct group *group = group_of(s, name_of(s->plan.arena, step));
        bool cached = sl_cache_has(&s->cache, &step->key);
        group->total++;
        group->cached += cached;
        group->to_do += s->needed[i] && !cached;
    }
}

/* ---- what steps took before --------------------------------------------------------- */

static void
take_line(struct survey *s, const char *line, double *sums, size_t *counts)
{
    json_t *event = json_loads(line, 0, NULL);
    const char *step = json_string_value(json_object_get(event, "step"));
    const char *state = json_string_value(json_object_get(event, "state"));

    if (step && state && strcmp(state, "done") == 0)
        for (size_t i = 0; i < s->n; i++)
            if (strcmp(s->groups[i].name, step) == 0) {
                sums[i] += json_number_value(json_object_get(event, "seconds"));
                counts[i]++;
            }
    json_decref(event);
}

/* Means over the journal of the results folder. */
static void
estimate(struct survey *s)
{
    const char *path = sl_arena_format(s->plan.arena, "%s/journal.jsonl", s->out);
    double *sums = sl_arena_alloc(s->plan.arena, s->n * sizeof *sums);
    size_t count, *counts = sl_arena_alloc(s->plan.arena, s->n * sizeof *counts);
    struct sl_error ignored;
    char *text, *line, *rest;

    if (sl_file_read(path, JOURNAL_MOST, s->plan.arena, &text, &count, &ignored))
        return;
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        take_line(s, line, sums, counts);
    for (size_t i = 0; i < s->n; i++)
        if (counts[i])
            s->groups[i].seconds = sums[i] / (double)counts[i];
}

/* ---- printing ----------------------------------------------------------------------- */

static void
print_estimate(const struct survey *s)
{
    double seconds = 0;
    const char *unknown = NULL;
    unsigned threads = sl_pool_default_threads();

    for (size_t i = 0; i < s->n; i++) {
        if (s->groups[i].to_do && isnan(s->groups[i].seconds))
            unknown = s->groups[i].name;
        else if (s->groups[i].to_do)
            seconds += (double)s->groups[i].to_do * s->groups[i].seconds;
    }
    if (unknown)
        printf("\nhow long it takes is not known: no '%s' was done here before\n",
               unknown);
    else
        printf("\nabout %.0f s of work, %.0f s on %u threads\n", seconds,
               seconds / threads, threads);
}

static void
print_survey(const struct survey *s)
{
    printf("%s: %zu point%s, %zu run%s, %zu recorded already\n\n",
           s->runs.at[0].experiment->name, s->runs.sweep.n,
           s->runs.sweep.n == 1 ? "" : "s", s->runs.n, s->runs.n == 1 ? "" : "s",
           s->recorded);
    printf("  %-24s %8s %9s %8s\n", "step", "distinct", "in cache", "to do");
    for (size_t i = 0; i < s->n; i++)
        printf("  %-24s %8zu %9zu %8zu\n", s->groups[i].name, s->groups[i].total,
               s->groups[i].cached, s->groups[i].to_do);
    print_estimate(s);
}

static void
print_json(const struct survey *s)
{
    json_t *steps = json_array(), *top;

    for (size_t i = 0; i < s->n; i++)
        json_array_append_new(steps,
                              json_pack("{s:s, s:I, s:I, s:I}", "step", s->groups[i].name,
                                        "distinct", (json_int_t)s->groups[i].total,
                                        "cached", (json_int_t)s->groups[i].cached,
                                        "to_do", (json_int_t)s->groups[i].to_do));
    top = json_pack("{s:I, s:I, s:I, s:o}", "points", (json_int_t)s->runs.sweep.n, "runs",
                    (json_int_t)s->runs.n, "recorded", (json_int_t)s->recorded, "steps",
                    steps);
    json_dumpf(top, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(top);
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct survey s = {.call = call};

    (void)exit_status;
    SL_TRY(sl_call_load(call, &s.runs, err));
    SL_TRY(sl_linalg_start(err));
    sl_plan_init(&s.plan, call->arena, sl_platform(call->arena));
    for (size_t i = 0; i < s.runs.n; i++)
        SL_TRY(sl_plan_add(&s.plan, s.runs.at[i].experiment, s.runs.at[i].label, err));
    s.cache.folder = sl_call_cache(call);
    s.out = sl_call_out(call, s.runs.at[0].experiment->name);
    if (sl_call_option(call, "why"))
        return sl_why(&s.plan, &s.cache, sl_call_option(call, "why"), call->arena, err);
    mark_needed(&s);
    count_steps(&s);
    estimate(&s);
    if (sl_call_option(call, "json"))
        print_json(&s);
    else
        print_survey(&s);
    return SL_OK;
}

static const struct sl_option options[] = {
    {"why", "STEP", "what sets a step apart from the nearest one in the cache", false},
    SL_PLACE_OPTIONS,
    SL_SWEEP_OPTIONS,
    {"json", NULL, "as JSON", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_plan = {
    .name = "plan",
    .arguments = "FILE [KEY=VALUE]...",
    .summary = "print what a run would do, and what is there already",
    .help =
        "STEP is a stage's name (of the first run), 'score SPLIT', or the first digits\n"
        "of a key.\n",
    .options = options,
    .least = 1,
    .most = 1000,
    .run = run,
};
