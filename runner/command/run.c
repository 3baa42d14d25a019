/* SPDX-License-Identifier: MIT */
/* sluice run FILE: plans what is missing, does it, and says what it came to. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/base/lock.h"
#include "runner/base/publish.h"
#include "runner/command/changes.h"
#include "runner/command/draw.h"
#include "runner/command/draw_sweep.h"
#include "runner/command/failures.h"
#include "runner/command/load.h"
#include "runner/command/place.h"
#include "runner/command/print.h"
#include "runner/command/profile_report.h"
#include "runner/command/results.h"
#include "runner/parallel/pool.h"
#include "runner/parallel/profile.h"
#include "runner/pipeline/execute.h"
#include "runner/pipeline/platform.h"
#include "runner/pipeline/rounds.h"
#include "runner/pipeline/tally.h"
#include "runner/store/cache_list.h"
#include "runner/store/h5.h"
#include "runner/tensor/linalg.h"

#define CACHE_GIB 50.0

struct session {
    struct sl_call *call;
    struct sl_runs runs;
    const struct sl_experiment *experiment; /* of the first run */
    const char *plan_folder;
    struct sl_plan plan;
    struct sl_execution execution;
    struct sl_cache_checked checked;
    struct sl_beside h5;          /* its start */
    struct sl_freezing freezing;  /* of the plan */
    struct sl_progress *progress; /* of all rounds */
    struct sl_profile_span whole; /* of the profile, if there is one */
    long threads, memory;         /* MiB; 0: by the machine */
    unsigned made;                /* folders of out that are not on disk yet */
    size_t known;                 /* runs of the rounds before */
    bool complete;                /* there was nothing to do */
    bool quiet, json;             /* json: the log's form */
};

static void
tell_damage(void *context, const char *text)
{
    sl_progress_note(context, text);
}

static const char *
out_folder(const struct session *s)
{
    return sl_call_out(s->call, s->experiment->name);
}

static void
write_start(const struct session *s)
{
    struct utsname system = {.nodename = "?"};

    uname(&system);
    sl_journal_write(&s->execution.journal, "start", "s:s, s:s, s:s, s:i, s:s, s:i",
                     "file", s->call->words[0], "program", "sluice " SL_VERSION,
                     "platform", s->plan.platform, "threads", (int)s->threads, "host",
                     system.nodename, "runs", (int)s->plan.run_count);
}

/* What became of the runs, for whoever reads the log. */
static void
write_end(const struct session *s)
{
    int counts[SL_RUN_STATES] = {0};

    for (size_t i = 0; i < s->plan.run_count; i++)
        counts[s->execution.results[i].state]++;
    sl_journal_write(&s->execution.journal, "end", "s:i, s:i, s:i, s:i", "runs",
                     (int)s->plan.run_count, "done",
                     counts[SL_RUN_DONE] + counts[SL_RUN_RECORDED], "failed",
                     counts[SL_RUN_FAILED], "interrupted", counts[SL_RUN_INTERRUPTED]);
}

/* Whether sweep.h5 says of itself what the experiment's file says now. */
static bool
has_heading(struct session *s, const struct sl_sweep_record *record)
{
    struct sl_sweep_record now;

    sl_tally_heading(&s->runs, s->call->arena, &now);
    return strcmp(record->name, now.name) == 0 &&
           strcmp(record->description, now.description) == 0 &&
           strcmp(record->objectives, now.objectives) == 0 &&
           strcmp(record->figures, now.figures) == 0;
}

/* Whether sweep.h5 says that every run of this very plan is done, and each has its file:
 * then there is nothing to look into, however many there are. */
static bool
is_complete(struct session *s)
{
    const char *path = sl_arena_format(s->call->arena, "%s/sweep.h5", s->plan_folder);
    struct sl_digest digest = sl_plan_digest(&s->plan);
    const struct sl_column *state;
    struct sl_sweep_record record;
    struct sl_error ignored;
    char hex[SL_DIGEST_HEX], file[PATH_MAX];

    sl_digest_hex(&digest, hex);
    if (!s->runs.swept || s->runs.rounds || s->execution.from_scratch ||
        sl_sweep_file_read(path, s->call->arena, &record, &ignored) ||
        strcmp(record.key, hex) != 0 || record.runs.rows != s->plan.run_count ||
        !has_heading(s, &record))
        return false;
    state = sl_table_column(&record.runs, "state");
    for (size_t i = 0; i < s->plan.run_count; i++) {
        snprintf(file, sizeof file, "%s/%s/run.h5", s->execution.out,
                 s->plan.runs[i].folder);
        if (strcmp(state->at.texts[i], "done") != 0 || access(file, R_OK) != 0)
            return false;
    }
    return true;
}

/* Removes what a process that was killed left half-written. */
static void
clean(struct session *s)
{
    static const char *const folders[] = {"", "/models", "/plans"};
    struct sl_arena *arena = s->call->arena;
    const char *out = s->execution.out;
    struct sl_error ignored;

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        (void)sl_publish_sweep(sl_arena_format(arena, "%s%s", out, folders[i]), &ignored);
    (void)sl_publish_sweep(s->plan_folder, &ignored);
    (void)sl_publish_sweep(sl_arena_format(arena, "%s/figures", s->plan_folder),
                           &ignored);
    for (size_t i = s->known; i < s->plan.run_count; i++)
        (void)sl_publish_sweep(
            sl_arena_format(arena, "%s/%s", out, s->plan.runs[i].folder), &ignored);
}

/* Plans the runs that the plan does not have yet. */
static enum sl_status
plan_runs(struct session *s, struct sl_error *err)
{
    struct sl_profile_span span;
    enum sl_status status;

    sl_profile_begin(s->call->profile, &span, SL_OPERATION_RUN, "plan");
    status = sl_call_plan(&s->runs, &s->plan, err);
    sl_profile_end(&span, (struct sl_amount){.rows = s->plan.run_count});
    return status;
}

static enum sl_status
is_planned(void *freezing, struct sl_error *err)
{
    struct sl_freezing *f = freezing;

    return sl_beside_wait(&f->beside, err);
}

static enum sl_status
execute(struct session *s, struct sl_error *err)
{
    struct sl_execution *x = &s->execution;

    *x = (struct sl_execution){
        .plan = &s->plan,
        .registry = s->call->registry,
        .cache = {.folder = sl_call_cache(s->call),
                  .damaged = tell_damage,
                  .checked = &s->checked,
                  .profile = s->call->profile},
        .out = out_folder(s),
        .threads = (unsigned)s->threads,
        .retry_failed = sl_call_option(s->call, "retry-failed") != NULL,
        .from_scratch = sl_call_option(s->call, "from-scratch") != NULL,
        .isolate = sl_call_option(s->call, "isolate") != NULL,
        .runs = &s->runs,
        .halts = s->experiment->halts,
        .memory = (size_t)s->memory << 20,
        .known = s->known,
        .results = x->results,
        .stop = s->call->stop,
        .profile = s->call->profile,
    };
    x->journal.mirrored = s->json;
    x->journal.path = sl_arena_format(s->call->arena, "%s/journal.jsonl", x->out);
    if (!s->plan_folder && !s->quiet && !s->json)
        sl_changes_tell(x->out, &s->runs, s->call->arena);
    s->freezing.made = s->made;
    s->made = 0;
    sl_results_freeze(&s->freezing, x->out, &s->plan, &s->runs, &s->plan_folder);
    s->complete = is_complete(s);
    if (s->complete)
        return SL_OK;
    clean(s);
    write_start(s);
    if (!s->progress)
        s->progress = sl_progress_new(
            s->quiet || s->json ? SL_PROGRESS_QUIET : sl_progress_default(), &x->journal);
    if (!s->progress)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the progress bar");
    sl_progress_runs(s->progress, s->plan.run_count);
    x->progress = s->progress;
    x->cache.context = x->progress;
    x->planned = is_planned;
    x->plan_context = &s->freezing;
    /* no thread is beside a fork */
    if (x->isolate)
        SL_TRY(sl_beside_wait(&s->h5, err));
    /* a sweep's is there before its first step */
    if (x->isolate || s->plan.run_count > 1)
        SL_TRY(is_planned(&s->freezing, err));
    return sl_execute(x, err);
}

/* ---- what it came to ---------------------------------------------------------------- */

static enum sl_status
conclude_run(struct session *s, size_t index, struct sl_error *err)
{
    const struct sl_run_result *result = &s->execution.results[index];
    struct sl_arena *arena = s->call->arena;
    const char *folder =
        sl_arena_format(arena, "%s/%s", s->execution.out, s->plan.runs[index].folder);
    const char *path = sl_arena_format(arena, "%s/run.h5", folder);
    struct sl_run_record record;
    struct sl_draw_job job = {
        .folder = folder,
        .n = s->experiment->figures.n,
        .figures = s->experiment->figures.at,
        .missing_only = result->state == SL_RUN_RECORDED,
        .quiet = s->quiet,
    };

    if (result->state != SL_RUN_DONE && result->state != SL_RUN_RECORDED)
        return SL_OK;
    if (s->quiet && job.n == 0)
        return SL_OK; /* nobody looks at it */
    SL_TRY(sl_run_read(path, arena, &record, err));
    if (!s->quiet)
        sl_print_run(stdout, path, &record);
    job.run = &record;
    return sl_draw(s->call, &job, err);
}

/* The objective's mean at each point. */
static const double *
objective_values(struct session *s, const struct sl_sweep_record *record)
{
    const struct sl_objective *objective = s->runs.sweep.objectives;
    const struct sl_column *column = sl_table_column(
        &record->points, sl_arena_format(s->call->arena, "%s.%s.mean", objective->stage,
                                         objective->metric));
    double *none;

    if (column)
        return column->at.doubles;
    none = sl_arena_alloc(s->call->arena, record->points.rows * sizeof *none);
    for (size_t i = 0; i < record->points.rows; i++)
        none[i] = (double)NAN;
    return none;
}

static enum sl_status
publish_sweep(struct session *s, struct sl_sweep_record *record, struct sl_error *err)
{
    const char *path = sl_arena_format(s->call->arena, "%s/sweep.h5", s->plan_folder);
    char *bytes;
    size_t count;

    if (s->runs.rounds)
        record->rungs = sl_rounds_table(s->runs.rounds, objective_values(s, record));
    SL_TRY(sl_sweep_write(record, s->call->arena, &bytes, &count, err));
    return sl_publish(path, bytes, count, err);
}

/* Whether runs are open: what comes next can't be told then. */
static bool
is_interrupted(const struct session *s)
{
    for (size_t i = 0; i < s->plan.run_count; i++)
        if (s->execution.results[i].state == SL_RUN_INTERRUPTED)
            return true;
    return atomic_load(s->call->stop) != 0;
}

/* Suggestions of a search that equal a point that there is. */
static void
tell_dropped(struct session *s, size_t n)
{
    const char *text = sl_arena_format(
        s->call->arena, "%zu suggested point%s equal to another one and left out", n,
        n == 1 ? " is" : "s are");

    if (n)
        sl_progress_note(s->progress, text);
}

/* A round, and what it came to; *more says whether it leads to another one. */
static enum sl_status
run_round(struct session *s, bool *more, struct sl_error *err)
{
    struct sl_sweep_record record;
    size_t points = s->runs.sweep.n, added, dropped;
    enum sl_status status, frozen;
    struct sl_error told;

    *more = false;
    SL_TRY(plan_runs(s, err));
    status = execute(s, err);
    frozen = sl_results_frozen(&s->freezing, &told);
    SL_TRY(status);
    if (frozen) {
        *err = told;
        return frozen;
    }
    s->known = s->plan.run_count;
    if (s->complete || !s->runs.swept)
        return SL_OK;
    sl_tally(&s->execution, &s->runs, s->call->arena, &record);
    SL_TRY(publish_sweep(s, &record, err));
    if (!s->runs.rounds || is_interrupted(s))
        return SL_OK;
    dropped = s->runs.sweep.dropped;
    added = sl_rounds_next(s->runs.rounds, objective_values(s, &record));
    tell_dropped(s, s->runs.sweep.dropped - dropped);
    if (added == 0)
        return publish_sweep(s, &record, err);
    *more = true;
    SL_TRY(sl_runs_add(&s->runs, s->runs.sweep.points + points, added, points, err));
    s->call->tell(s->call);
    return sl_report_status(s->call->report, err);
}

/* Whether the file says `figures: []`, of the sweep or of its runs. */
static bool
wants_no_figures(const struct session *s)
{
    const struct sl_node *figures = sl_node_get(s->runs.followed, "figures");

    if (s->runs.sweep.figures)
        return s->runs.sweep.figure_count == 0;
    return figures && figures->kind == SL_NODE_LIST && figures->count == 0;
}

static enum sl_status
conclude_sweep(struct session *s, struct sl_error *err)
{
    const char *path = sl_arena_format(s->call->arena, "%s/sweep.h5", s->plan_folder);
    struct sl_sweep_record record;
    struct sl_draw_sweep_job job = {
        .sweep = &record,
        .folder = s->plan_folder,
        .missing_only = s->complete,
        .quiet = s->quiet,
    };

    if (!s->quiet)
        printf("%s: %zu points, %zu runs%s; 'sluice show %s' prints them\n", path,
               s->runs.sweep.n, s->runs.n, s->complete ? ", all of them done before" : "",
               s->execution.out);
    if (wants_no_figures(s) || (!s->complete && is_interrupted(s)))
        return SL_OK;
    SL_TRY(sl_sweep_file_read(path, s->call->arena, &record, err));
    return sl_draw_sweep(s->call, &job, err);
}

/* $SLUICE_CACHE_LIMIT in GiB, 50 by default; what was not used for longest goes. */
static void
bound_cache(const struct session *s)
{
    const char *limit = getenv("SLUICE_CACHE_LIMIT");
    double gib = limit && *limit ? strtod(limit, NULL) : CACHE_GIB;
    struct sl_cache_prune what = {-1, -1, (int64_t)(gib * 1073741824)};
    struct sl_cache_pruned pruned;
    struct sl_error ignored;

    if (gib >= 0 && gib < 1e9)
        (void)sl_cache_prune(&s->execution.cache, &what, &pruned, &ignored);
}

static enum sl_status
run_locked(struct session *s, struct sl_error *err)
{
    enum sl_status status;
    struct sl_error drawn;
    bool more = true;

    for (status = SL_OK; more && status == SL_OK;)
        status = run_round(s, &more, err);
    sl_progress_free(s->progress);
    if (status)
        return status;
    if (!s->complete) {
        write_end(s);
        bound_cache(s);
    }
    status = s->runs.swept ? conclude_sweep(s, &drawn) : conclude_run(s, 0, &drawn);
    if (!s->complete)
        SL_TRY(sl_failures_tell(&s->execution, !s->json, err));
    if (status)
        *err = drawn;
    return status;
}

/* Beside the record, whatever became of the runs. */
static enum sl_status
conclude_profile(struct session *s, struct sl_error *err)
{
    const char *out = out_folder(s);
    struct sl_profile_ending ending = {
        .folder = s->runs.swept ? s->plan_folder
                                : sl_arena_format(s->call->arena, "%s/%s", out,
                                                  s->plan.runs[0].folder),
        .title = sl_arena_format(s->call->arena, "sluice run %s", s->call->words[0]),
        .threads = (unsigned)s->threads,
        .quiet = s->quiet,
        .json = s->json,
    };

    sl_profile_end(&s->whole, (struct sl_amount){0});
    ending.folder = ending.folder ? ending.folder : out;
    return sl_profile_conclude(s->call->profile, &ending, err);
}

static enum sl_status
run_planned(struct session *s, struct sl_error *err)
{
    struct sl_lock lock;
    struct sl_error told;
    enum sl_status status;

    sl_plan_init(&s->plan, s->call->arena, sl_platform(s->call->arena));
    s->plan.registry = s->call->registry;
    SL_TRY(plan_runs(s, err));
    SL_TRY(sl_lock_take(&lock, out_folder(s), err));
    s->made = lock.made;
    sl_cache_checked_init(&s->checked);
    status = run_locked(s, err);
    if (s->call->profile && conclude_profile(s, &told) && status == SL_OK) {
        *err = told;
        status = told.status;
    }
    sl_cache_checked_release(&s->checked);
    sl_lock_release(&lock);
    return status;
}

static enum sl_status
start_h5(void *unused, struct sl_error *err)
{
    (void)unused;
    return sl_h5_start(err);
}

static enum sl_status
start_profile(struct session *s, struct sl_error *err)
{
    if (sl_call_option(s->call, "profile"))
        SL_TRY(sl_profile_new(&s->call->profile, SL_PROFILE_EVENTS, err));
    sl_profile_begin(s->call->profile, &s->whole, SL_OPERATION_RUN, "run");
    return SL_OK;
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct session s = {.call = call,
                        .quiet = sl_call_option(call, "quiet") != NULL,
                        .h5 = SL_BESIDE_NONE};
    const char *log = sl_call_option(call, "log");
    struct sl_error told;
    enum sl_status status;

    (void)exit_status;
    if (log && strcmp(log, "json") != 0)
        return sl_fail(err, SL_ERR_CONFIG, "--log takes 'json', not '%s'", log);
    s.json = call->events = log != NULL;
    SL_TRY(sl_call_number(call, "threads", 1, 1024, (long)sl_pool_default_threads(),
                          &s.threads, err));
    SL_TRY(sl_call_number(call, "memory", 1, 1L << 30, 0, &s.memory, err));
    SL_TRY(sl_call_load(call, &s.runs, err));
    s.experiment = s.runs.at[0].experiment;
    SL_TRY(sl_linalg_start(err));
    SL_TRY(sl_h5_check(err));
    SL_TRY(start_profile(&s, err));
    sl_beside_start(&s.h5, start_h5, NULL);
    status = run_planned(&s, err);
    (void)sl_beside_wait(&s.h5, &told); /* what stands in the way was told */
    sl_profile_free(call->profile);
    call->profile = NULL;
    return status;
}

static const struct sl_option options[] = {
    SL_PLACE_OPTIONS,
    {"threads", "N", "worker threads; by default what the machine grants", false},
    {"memory", "MIB", "what steps may take together; by default most of what is free",
     false},
    {"retry-failed", NULL, "try runs again that have failed before", false},
    {"from-scratch", NULL, "do everything again, whatever is there", false},
    {"isolate", NULL, "each step in a process of its own: a crash fails that step alone",
     false},
    {"profile", NULL, "a table of where the time goes, and a trace: profile.json", false},
    {"log", "json", "events on standard error as JSON, one a line", false},
    SL_SWEEP_OPTIONS,
    {"quiet", NULL, "no progress and no table", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_run = {
    .name = "run",
    .arguments = "FILE [KEY=VALUE]...",
    .summary = "run an experiment, or go on with it",
    .help =
        "KEY=VALUE overrides a value of the file: train.epochs=3, figures=[];\n"
        "use.GROUP=NAME takes another file of a group, +KEY=VALUE adds a key that the\n"
        "file does not have, ~KEY takes one out, such as ~sweep. --sweep KEY=A,B,C "
        "makes\n"
        "a run of each value, beside a sweep of the file, too; KEY={logspace: [1e-4,\n"
        "1e-1, 7]} makes the values. 'sluice describe sweep' has the rest.\n"
        "The same command goes on after an interruption and does only what is\n"
        "missing. Exit status: 0 done, 1 a run failed, 2 the configuration is wrong,\n"
        "3 a file can't be read or written, 130 and 143 interrupted.\n",
    .options = options,
    .least = 1,
    .most = 1000,
    .run = run,
};
