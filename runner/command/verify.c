/* SPDX-License-Identifier: MIT */
/* sluice verify RUN: does it again, from its record alone, and compares the bytes. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/command/command.h"
#include "runner/command/results.h"
#include "runner/command/verify_compare.h"
#include "runner/config/yaml.h"
#include "runner/parallel/pool.h"
#include "runner/pipeline/execute.h"
#include "runner/pipeline/platform.h"
#include "runner/pipeline/record.h"
#include "runner/tensor/linalg.h"

#define FILE_MAX ((size_t)4 << 30)
#define TOLERANCE 1e-3

struct verification {
    struct sl_call *call;
    const char *file; /* the run.h5 */
    struct sl_run_record run, again;
    struct sl_experiment experiment;
    struct sl_plan plan;
    const char *folder; /* of what is done again */
    const char *again_file;
    double tolerance;
};

/* ---- doing it again ------------------------------------------------------------------- */

/* Files that the experiment names are sought beside it: `from` stands for its folder. */
static enum sl_status
bind(struct verification *v, struct sl_error *err)
{
    struct sl_call *call = v->call;
    const char *from = sl_call_option(call, "from");
    const char *name =
        sl_arena_format(call->arena, "%s/config of %s", from ? from : ".", v->run.name);
    struct sl_binder binder = {call->arena, call->report, call->registry};
    struct sl_node *tree = NULL;

    sl_yaml_parse(name, v->run.config, strlen(v->run.config), call->arena, call->report,
                  &tree);
    if (tree && call->report->errors == 0)
        sl_experiment_bind(&binder, tree, NULL, &v->experiment);
    if (call->report->errors)
        call->tell(call);
    SL_TRY(sl_report_status(call->report, err));
    sl_report_init(call->report, call->arena); /* warnings were told when it ran */
    return SL_OK;
}

static enum sl_status
plan(struct verification *v, struct sl_error *err)
{
    sl_plan_init(&v->plan, v->call->arena, sl_platform(v->call->arena));
    v->plan.registry = v->call->registry;
    SL_TRY(sl_plan_add(&v->plan, &v->experiment, "again", err));
    v->again_file = sl_arena_format(v->call->arena, "%s/out/%s/run.h5", v->folder,
                                    v->plan.runs[0].folder);
    return SL_OK;
}

static enum sl_status
execute(struct verification *v, long threads, struct sl_error *err)
{
    bool quiet = sl_call_option(v->call, "quiet") != NULL;
    struct sl_execution x = {
        .plan = &v->plan,
        .registry = v->call->registry,
        .cache = {.folder = sl_arena_format(v->call->arena, "%s/cache", v->folder)},
        .out = sl_arena_format(v->call->arena, "%s/out", v->folder),
        .threads = (unsigned)threads,
        .from_scratch = true,
        .progress =
            sl_progress_new(quiet ? SL_PROGRESS_QUIET : sl_progress_default(), NULL),
        .stop = v->call->stop,
    };
    enum sl_status status = sl_execute(&x, err);

    if (x.progress)
        sl_progress_free(x.progress);
    SL_TRY(status);
    if (x.results[0].state != SL_RUN_DONE)
        return sl_fail(err, x.results[0].status, "the run could not be done again: %s",
                       x.results[0].reason);
    return SL_OK;
}

/* ---- comparing ------------------------------------------------------------------------ */

static enum sl_status
same_bytes(struct verification *v, const char *a, const char *b, bool *same,
           struct sl_error *err)
{
    char *x, *y;
    size_t n, m;

    SL_TRY(sl_file_read(a, FILE_MAX, v->call->arena, &x, &n, err));
    SL_TRY(sl_file_read(b, FILE_MAX, v->call->arena, &y, &m, err));
    *same = n == m && memcmp(x, y, n) == 0;
    return SL_OK;
}

/* OUT of OUT/runs/NAME/run.h5. */
static const char *
results_of(struct verification *v, const char *file)
{
    return sl_arena_format(
        v->call->arena, "%s/../..",
        sl_arena_copy(v->call->arena, file,
                      (size_t)(strrchr(file, '/') ? strrchr(file, '/') - file : 0)));
}

/* Models of both records; one that is not there any more is told and no difference. */
static enum sl_status
compare_models(struct verification *v, bool *same, struct sl_text *out,
               struct sl_error *err)
{
    struct sl_arena *arena = v->call->arena;

    for (size_t i = 0; i < v->run.n && i < v->again.n; i++) {
        const char *was = v->run.stages[i].model, *is = v->again.stages[i].model;
        const char *path;
        bool equal;

        if (!was || !is)
            continue;
        path = sl_arena_format(arena, "%s/%s", results_of(v, v->file), was);
        if (access(path, F_OK) != 0) {
            sl_text_format(out, "  model      %s is not there any more\n", was);
            continue;
        }
        SL_TRY(same_bytes(v, path, sl_arena_format(arena, "%s/out/%s", v->folder, is),
                          &equal, err));
        if (!equal)
            sl_text_format(out, "  model      %s has other bytes\n", was);
        *same &= equal;
    }
    return SL_OK;
}

/* Why it can't be the same: what went into it is not. */
static void
tell_causes(struct verification *v, struct sl_text *out)
{
    struct sl_text config = {0};

    sl_experiment_print(&v->experiment, &config);
    sl_verify_platform(v->run.platform, v->plan.platform, out);
    if (strcmp(v->run.program, "sluice " SL_VERSION) != 0)
        sl_text_format(out, "  version    %s, here sluice %s\n", v->run.program,
                       SL_VERSION);
    sl_verify_files(&v->run, &v->again, out);
    if (strcmp(config.bytes, v->run.config) != 0)
        sl_text_append(out, "  configuration: the same file means something else in this "
                            "version\n");
    sl_text_release(&config);
}

static const char *
verdict(const struct verification *v, bool same, const struct sl_differences *d)
{
    if (same)
        return "the same bytes";
    if (d->numbers == 0)
        return strcmp(v->run.platform, v->plan.platform) != 0
                   ? "other bytes on another platform, the numbers agree"
                   : "other bytes, though the numbers agree";
    return "it differs";
}

static enum sl_status
compare(struct verification *v, int *exit_status, struct sl_error *err)
{
    struct sl_differences d = {0};
    struct sl_text causes = {0}, models = {0};
    bool same = true, platform = strcmp(v->run.platform, v->plan.platform) == 0;
    enum sl_status status;

    SL_TRY(sl_run_read(v->again_file, v->call->arena, &v->again, err));
    SL_TRY(same_bytes(v, v->file, v->again_file, &same, err));
    status = compare_models(v, &same, &models, err);
    tell_causes(v, &causes);
    sl_verify_numbers(&v->run, &v->again, platform ? 0.0 : v->tolerance, v->call->arena,
                      &d);
    if (status == SL_OK) {
        printf("%s: %s\n", v->file, verdict(v, same, &d));
        if (causes.count)
            printf("what went into it is not the same:\n%s", causes.bytes);
        if (models.count)
            fputs(models.bytes, stdout);
        if (d.where)
            printf("the largest difference is %.3g, of %s%s\n", d.largest, d.where,
                   platform ? "" : "; it may be so much:");
        if (d.where && !platform)
            printf("  tolerance  %g\n", v->tolerance);
        if (d.text.count)
            printf("%s%s", d.text.bytes, d.numbers > 20 ? "  ...\n" : "");
        *exit_status = same || (!platform && d.numbers == 0) ? 0 : 1;
    }
    sl_text_release(&causes);
    sl_text_release(&models);
    sl_text_release(&d.text);
    return status;
}

/* ---- the command ---------------------------------------------------------------------- */

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static enum sl_status
make_folder(struct verification *v, struct sl_error *err)
{
    const char *base = getenv("TMPDIR");
    char *path = sl_arena_format(v->call->arena, "%s/sluice-verify-XXXXXX",
                                 base && *base ? base : "/tmp");

    if (!mkdtemp(path))
        return sl_fail_errno(err, "can't make the folder '%s'", path);
    v->folder = path;
    return SL_OK;
}

static enum sl_status
work(struct verification *v, long threads, int *exit_status, struct sl_error *err)
{
    SL_TRY(plan(v, err));
    SL_TRY(execute(v, threads, err));
    return compare(v, exit_status, err);
}

static enum sl_status
read_tolerance(struct verification *v, struct sl_error *err)
{
    const char *text = sl_call_option(v->call, "tolerance");
    char *end;

    v->tolerance = text ? strtod(text, &end) : TOLERANCE;
    if (text && (end == text || *end || !(v->tolerance >= 0 && v->tolerance < 1)))
        return sl_fail(err, SL_ERR_CONFIG, "--tolerance takes a number in 0..1, not '%s'",
                       text);
    return SL_OK;
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct verification v = {.call = call};
    enum sl_status status;
    long threads;

    SL_TRY(read_tolerance(&v, err));
    SL_TRY(sl_call_number(call, "threads", 1, 1024, (long)sl_pool_default_threads(),
                          &threads, err));
    SL_TRY(sl_linalg_start(err));
    SL_TRY(sl_results_run(call->words[0], call->arena, &v.file, err));
    SL_TRY(sl_run_read(v.file, call->arena, &v.run, err));
    if (strcmp(v.run.state, "done") != 0)
        return sl_fail(err, SL_ERR_CONFIG, "the run '%s' is not done but %s", v.file,
                       v.run.state);
    SL_TRY(bind(&v, err));
    SL_TRY(make_folder(&v, err));
    status = work(&v, threads, exit_status, err);
    nftw(v.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}

static const struct sl_option options[] = {
    {"from", "DIR", "where files lie that the experiment names; by default here", false},
    {"tolerance", "SHARE", "how far numbers may differ on another platform; 0.001",
     false},
    {"threads", "N", "threads to work with; by default the machine's", false},
    {"quiet", NULL, "no progress", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_verify = {
    .name = "verify",
    .arguments = "RUN",
    .summary = "do a run again and compare the bytes",
    .help =
        "RUN is a run.h5, its folder, a results folder with one run, or NAME#3 for the\n"
        "run at point 3 of a sweep. It is done again from the configuration in its\n"
        "record, from scratch, in a folder that is removed afterwards, and run.h5 and\n"
        "models are compared byte by byte. Where they differ, what went into them that\n"
        "is not the same is told: the program, BLAS, C library and processor, and data\n"
        "files by their SHA-256. On another platform no bytes agree, and numbers are\n"
        "compared instead: each may differ by the tolerance, as a share of the largest\n"
        "number in its tensor. Exit status 0: the same; 1: it differs.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
