/* SPDX-License-Identifier: MIT */
/* sluice plan FILE: what a run of it would do, and what is there already. */
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/load.h"
#include "runner/command/place.h"
#include "runner/command/why.h"
#include "runner/parallel/pool.h"
#include "runner/pipeline/cost.h"
#include "runner/pipeline/platform.h"
#include "runner/store/cache.h"
#include "runner/store/runfile.h"
#include "runner/tensor/linalg.h"

/* Steps of one name: "train", or "score test". */
struct group {
    const char *name;
    size_t total, recorded, cached, to_do;
    bool guessed; /* how long it takes was never measured here */
};

struct survey {
    struct sl_call *call;
    struct sl_runs runs;
    struct sl_plan plan;
    struct sl_cache cache;
    const char *out;
    size_t recorded, faults; /* runs */
    bool *needed;            /* by step: by a run that is not recorded */
    bool *missing;           /* and it is not in the cache */
    size_t n;
    struct group *groups;
    unsigned threads;
    double work, longest; /* seconds: of all steps, of those that wait for each other */
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
        s->faults += run->fault != NULL;
        if (!run->fault && is_recorded(s, run)) {
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
    s->groups[s->n] = (struct group){.name = name};
    return &s->groups[s->n++];
}

static void
count_steps(struct survey *s)
{
    /* At most so many names: a plan has steps of all of its runs' stages. */
    s->groups = sl_arena_alloc(s->plan.arena, s->plan.n * sizeof *s->groups);
    s->missing = sl_arena_alloc(s->plan.arena, s->plan.n * sizeof *s->missing);
    for (size_t i = 0; i < s->plan.n; i++) {
        const struct sl_plan_step *step = &s->plan.steps[i];
        struct group *group = group_of(s, name_of(s->plan.arena, step));
        s->missing[i] = s->needed[i] && !sl_cache_has(&s->cache, &step->key);
        group->total++;
        group->recorded += !s->needed[i];
        group->cached += s->needed[i] && !s->missing[i];
        group->to_do += s->missing[i];
    }
}

/* ---- how long it takes -------------------------------------------------------------- */

struct paths {
    const struct sl_plan *plan;
    const double *seconds;
    const size_t *before;
    double *longest; /* by step, from a start to its end; -1: not known yet */
};

static double
longest_path(struct paths *p, size_t step)
{
    const struct sl_plan_step *plan = &p->plan->steps[step];
    double longest = 0;

    if (p->longest[step] >= 0)
        return p->longest[step];
    for (size_t i = 0; i < plan->n; i++)
        longest = fmax(longest, longest_path(p, plan->inputs[i].step));
    if (p->before[step] != SIZE_MAX)
        longest = fmax(longest, longest_path(p, p->before[step]));
    return p->longest[step] = longest + p->seconds[step];
}

/* What is left of a training that goes on from a checkpoint, as a share. Where a shorter one
 * is done before it, that has counted already. */
static double
share_left(const struct survey *s, size_t step, const size_t *before)
{
    const struct sl_plan_step *plan = &s->plan.steps[step];
    struct sl_place last = {(uint64_t)plan->horizon, 0}, at;

    if (!s->missing[step] || plan->horizon <= 1 || before[step] != SIZE_MAX)
        return 1;
    at = sl_checkpoint_reach(&s->cache, &plan->trajectory, last);
    return fmax(0, 1 - (double)at.epoch / plan->horizon);
}

static void
estimate(struct survey *s)
{
    struct sl_arena *arena = s->plan.arena;
    struct paths p = {.plan = &s->plan};
    struct sl_costs costs;
    const double *whole;
    double *seconds = sl_arena_alloc(arena, s->plan.n * sizeof *seconds);

    sl_costs_read(&costs, sl_arena_format(arena, "%s/journal.jsonl", s->out), arena);
    p.before = sl_plan_chain(&s->plan, s->missing, arena);
    whole = sl_costs_seconds(&costs, &s->plan, s->missing, p.before, arena);
    for (size_t i = 0; i < s->plan.n; i++)
        seconds[i] = whole[i] * share_left(s, i, p.before);
    p.seconds = seconds;
    p.longest = sl_arena_alloc(arena, s->plan.n * sizeof *p.longest);
    for (size_t i = 0; i < s->plan.n; i++)
        p.longest[i] = -1;
    for (size_t i = 0; i < s->plan.n; i++) {
        bool measured = true;
        s->work += p.seconds[i];
        s->longest = fmax(s->longest, longest_path(&p, i));
        if (s->missing[i])
            sl_cost_of(&costs, &s->plan.steps[i], &measured);
        if (!measured)
            group_of(s, name_of(arena, &s->plan.steps[i]))->guessed = true;
    }
    s->threads = sl_pool_default_threads();
}

static double
seconds_together(const struct survey *s)
{
    return fmax(s->work / s->threads, s->longest);
}

/* ---- printing ----------------------------------------------------------------------- */

static void
print_seconds(double seconds)
{
    long s = lround(seconds);

    if (seconds < 10)
        printf("%.2g s", seconds);
    else if (s < 600)
        printf("%ld s", s);
    else if (s < 2 * 86400)
        printf("%ld:%02ld h", s / 3600, s / 60 % 60);
    else
        printf("%ld days", s / 86400);
}

static void
print_guessed(const struct survey *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->groups[i].guessed)
            printf("%s'%s'", n++ ? ", " : "; a guess for what was never measured here: ",
                   s->groups[i].name);
}

static void
print_estimate(const struct survey *s)
{
    size_t left = s->runs.n - s->recorded - s->faults;

    putchar('\n');
    if (left == 0) {
        puts("nothing to do");
        return;
    }
    fputs("about ", stdout);
    print_seconds(s->work);
    fputs(" of work, ", stdout);
    print_seconds(seconds_together(s));
    printf(" on %u thread%s", s->threads, s->threads == 1 ? "" : "s");
    print_guessed(s);
    putchar('\n');
}

static void
print_faults(const struct survey *s)
{
    for (size_t i = 0; i < s->plan.run_count; i++)
        if (s->plan.runs[i].fault)
            sl_report_line(stdout, "  %s can't be done: %s", s->plan.runs[i].folder,
                           s->plan.runs[i].fault);
}

static void
print_survey(const struct survey *s)
{
    printf("%s: %zu point%s, %zu run%s, %zu recorded already%s\n\n",
           s->runs.at[0].experiment->name, s->runs.sweep.n,
           s->runs.sweep.n == 1 ? "" : "s", s->runs.n, s->runs.n == 1 ? "" : "s",
           s->recorded, s->runs.rounds ? "; the first round of a search" : "");
    printf("  %-24s %8s %9s %9s %8s\n", "step", "distinct", "recorded", "in cache",
           "to do");
    for (size_t i = 0; i < s->n; i++)
        printf("  %-24s %8zu %9zu %9zu %8zu\n", s->groups[i].name, s->groups[i].total,
               s->groups[i].recorded, s->groups[i].cached, s->groups[i].to_do);
    print_estimate(s);
    print_faults(s);
}

static json_t *
group_json(const struct group *group)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:b}", "step", group->name, "distinct",
                     (json_int_t)group->total, "recorded", (json_int_t)group->recorded,
                     "cached", (json_int_t)group->cached, "to_do",
                     (json_int_t)group->to_do, "guessed", group->guessed);
}

static void
print_json(const struct survey *s)
{
    json_t *steps = json_array(), *faults = json_array(), *top;

    for (size_t i = 0; i < s->n; i++)
        json_array_append_new(steps, group_json(&s->groups[i]));
    for (size_t i = 0; i < s->plan.run_count; i++)
        if (s->plan.runs[i].fault)
            json_array_append_new(faults,
                                  json_pack("{s:s, s:s}", "run", s->plan.runs[i].folder,
                                            "reason", s->plan.runs[i].fault));
    top = json_pack("{s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:i}", "points",
                    (json_int_t)s->runs.sweep.n, "runs", (json_int_t)s->runs.n,
                    "recorded", (json_int_t)s->recorded, "faults", faults, "steps", steps,
                    "seconds", s->work, "seconds_together", seconds_together(s),
                    "threads", (int)s->threads);
    json_dumpf(top, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(top);
}

static void
tell_damage(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "%s\n", text);
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct survey s = {.call = call};

    (void)exit_status;
    SL_TRY(sl_call_load(call, &s.runs, err));
    SL_TRY(sl_linalg_start(err));
    sl_plan_init(&s.plan, call->arena, sl_platform(call->arena));
    s.plan.registry = call->registry;
    SL_TRY(sl_call_plan(&s.runs, &s.plan, err));
    s.cache = (struct sl_cache){
        .folder = sl_call_cache(call), .damaged = tell_damage, .looks = true};
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
        "A step is recorded where all runs that rest on it have their run.h5, which "
        "then\n"
        "stands for it; the cache may have let go of it. STEP is a stage's name (of the\n"
        "first run), 'score SPLIT', or the first digits of a key.\n",
    .options = options,
    .least = 1,
    .most = 1000,
    .run = run,
};
