/* SPDX-License-Identifier: MIT */
/* sluice run FILE: plans what is missing, does it, and says what it came to. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "runner/base/lock.h"
#include "runner/command/draw.h"
#include "runner/command/load.h"
#include "runner/command/print.h"
#include "runner/command/results.h"
#include "runner/parallel/pool.h"
#include "runner/pipeline/execute.h"
#include "runner/pipeline/platform.h"
#include "runner/tensor/linalg.h"

struct session {
    struct sl_call *call;
    struct sl_experiment experiment;
    struct sl_plan plan;
    struct sl_execution execution;
    long threads;
    bool quiet;
};

static void
tell_damage(void *context, const char *text)
{
    sl_progress_note(context, text);
}

static const char *
cache_folder(const struct sl_call *call)
{
    const char *given = sl_call_option(call, "cache");
    const char *environment = getenv("SLUICE_CACHE");

    if (given)
        return given;
    return environment && *environment ? environment : ".sluice/cache";
}

static const char *
out_folder(const struct session *s)
{
    const char *given = sl_call_option(s->call, "out");

    return given ? given
                 : sl_arena_format(s->call->arena, "results/%s", s->experiment.name);
}

static enum sl_status
make_plan(struct session *s, struct sl_error *err)
{
    const char *label;

    SL_TRY(sl_linalg_start(err));
    sl_plan_init(&s->plan, s->call->arena, sl_platform(s->call->arena));
    label = sl_arena_format(s->call->arena, "seed-%llu",
                            (unsigned long long)s->experiment.seed);
    return sl_plan_add(&s->plan, &s->experiment, label, err);
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

static enum sl_status
execute(struct session *s, struct sl_error *err)
{
    struct sl_execution *x = &s->execution;
    enum sl_status status;

    *x = (struct sl_execution){
        .plan = &s->plan,
        .registry = s->call->registry,
        .cache = {.folder = cache_folder(s->call), .damaged = tell_damage},
        .out = out_folder(s),
        .threads = (unsigned)s->threads,
        .retry_failed = sl_call_option(s->call, "retry-failed") != NULL,
        .stop = s->call->stop,
    };
    x->journal.path = sl_arena_format(s->call->arena, "%s/journal.jsonl", x->out);
    SL_TRY(sl_results_freeze(x->out, &s->plan, err));
    write_start(s);
    x->progress = sl_progress_new(s->quiet ? SL_PROGRESS_QUIET : sl_progress_default());
    if (!x->progress)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the progress bar");
    x->cache.context = x->progress;
    status = sl_execute(x, err);
    sl_progress_free(x->progress);
    return status;
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
        .n = s->experiment.figures.n,
        .figures = s->experiment.figures.at,
        .missing_only = result->state == SL_RUN_RECORDED,
        .quiet = s->quiet,
    };

    if (result->state != SL_RUN_DONE && result->state != SL_RUN_RECORDED)
        return SL_OK;
    SL_TRY(sl_run_read(path, arena, &record, err));
    if (!s->quiet)
        sl_print_run(stdout, path, &record);
    job.run = &record;
    return sl_draw(s->call, &job, err);
}

/* Every run that is not done, with its reason; the errors' places in the exit status:
 * interrupted before files before failures. */
static enum sl_status
tell_failures(const struct session *s, struct sl_error *err)
{
    const struct sl_run_result *worst = NULL;
    size_t failed = 0;

    for (size_t i = 0; i < s->plan.run_count; i++) {
        const struct sl_run_result *r = &s->execution.results[i];
        if (r->state != SL_RUN_FAILED && r->state != SL_RUN_INTERRUPTED)
            continue;
        failed++;
        if (!worst || r->status == SL_ERR_CANCELLED)
            worst = r;
    }
    if (!worst)
        return SL_OK;
    if (worst->status == SL_ERR_CANCELLED)
        return sl_fail(err, SL_ERR_CANCELLED,
                       "stopped; the same command goes on where it was");
    if (worst->state == SL_RUN_FAILED)
        return sl_fail(err, SL_ERR_NUMERIC, "the run %s: %s%s",
                       worst->cached ? "has failed before" : "failed", worst->reason,
                       worst->cached ? "; --retry-failed tries it again" : "");
    return sl_fail(err, worst->status, "%s", worst->reason);
}

static enum sl_status
run_locked(struct session *s, struct sl_error *err)
{
    SL_TRY(execute(s, err));
    for (size_t i = 0; i < s->plan.run_count; i++)
        SL_TRY(conclude_run(s, i, err));
    return tell_failures(s, err);
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct session s = {.call = call, .quiet = sl_call_option(call, "quiet") != NULL};
    struct sl_lock lock;
    enum sl_status status;

    (void)exit_status;
    SL_TRY(sl_call_number(call, "threads", 1, 1024, (long)sl_pool_default_threads(),
                          &s.threads, err));
    SL_TRY(sl_call_load(call, &s.experiment, err));
    SL_TRY(make_plan(&s, err));
    SL_TRY(sl_lock_take(&lock, out_folder(&s), err));
    status = run_locked(&s, err);
    sl_lock_release(&lock);
    return status;
}

static const struct sl_option options[] = {
    {"out", "DIR", "the results folder; by default results/NAME"},
    {"cache", "DIR", "the cache; by default $SLUICE_CACHE or .sluice/cache"},
    {"threads", "N", "worker threads; by default what the machine grants"},
    {"retry-failed", NULL, "try runs again that have failed before"},
    {"quiet", NULL, "no progress and no table"},
    SL_OPTION_END,
};

const struct sl_command sl_command_run = {
    .name = "run",
    .arguments = "FILE [KEY=VALUE]...",
    .summary = "run an experiment, or go on with it",
    .help =
        "KEY=VALUE overrides a value of the file: train.epochs=3, figures=[].\n"
        "The same command goes on after an interruption and does only what is\n"
        "missing. Exit status: 0 done, 1 a run failed, 2 the configuration is wrong,\n"
        "3 a file can't be read or written, 130 and 143 interrupted.\n",
    .options = options,
    .least = 1,
    .most = 1000,
    .run = run,
};
