/* SPDX-License-Identifier: MIT */
/* sluice plot PATH [FIGURE]...: draws figures of runs and sweeps from their records. */
#include <stdio.h>
#include <string.h>

#include "runner/command/command.h"
#include "runner/command/draw.h"
#include "runner/command/draw_sweep.h"
#include "runner/command/modules.h"
#include "runner/command/results.h"
#include "runner/command/results_sweep.h"
#include "runner/config/yaml.h"
#include "runner/plot/figure.h"
#include "runner/plot/gnuplot.h"

static enum sl_status
list_figures(struct sl_call *call, struct sl_error *err)
{
    const char *const *search = sl_call_figure_search(call);
    struct sl_string_list names = sl_figure_names(search, call->arena);
    struct sl_figure figure;

    for (size_t i = 0; i < names.n; i++) {
        SL_TRY(sl_figure_read(search, names.at[i], call->arena, &figure, err));
        printf("%-18s %s\n", figure.name, figure.summary);
    }
    return SL_OK;
}

/* The figures that the run's own configuration asks for. */
static void
figures_of_record(struct sl_call *call, const struct sl_run_record *run,
                  struct sl_draw_job *job)
{
    struct sl_report report;
    struct sl_node *tree = NULL, *list;
    const char **names;

    sl_report_init(&report, call->arena);
    sl_yaml_parse("config", run->config, strlen(run->config), call->arena, &report,
                  &tree);
    list = sl_node_get(tree, "figures");
    if (!list || list->kind != SL_NODE_LIST)
        return;
    names = sl_arena_alloc(call->arena, list->count * sizeof *names);
    for (const struct sl_node *c = list->first; c; c = c->next)
        names[job->n++] = c->text;
    job->figures = names;
}

/* The figures that were named, parted by what they are of. */
struct wanted {
    size_t n, sweep_n;
    const char **of_run, **of_sweep;
};

static enum sl_status
part_figures(struct sl_call *call, struct wanted *wanted, struct sl_error *err)
{
    const char *const *search = sl_call_figure_search(call);
    struct sl_figure figure;

    *wanted = (struct wanted){
        .of_run = sl_arena_alloc(call->arena, call->n * sizeof(char *)),
        .of_sweep = sl_arena_alloc(call->arena, call->n * sizeof(char *)),
    };
    for (size_t i = 1; i < call->n; i++) {
        SL_TRY(sl_figure_read(search, call->words[i], call->arena, &figure, err));
        if (figure.subject == SL_OF_RUN)
            wanted->of_run[wanted->n++] = call->words[i];
        else
            wanted->of_sweep[wanted->sweep_n++] = call->words[i];
    }
    return SL_OK;
}

static enum sl_status
plot_sweep(struct sl_call *call, const char *file, const struct wanted *wanted,
           struct sl_error *err)
{
    struct sl_sweep_record sweep;
    const char *slash = strrchr(file, '/');
    struct sl_draw_sweep_job job = {
        .sweep = &sweep,
        .folder = slash ? sl_arena_copy(call->arena, file, (size_t)(slash - file)) : ".",
        .n = wanted->sweep_n,
        .figures = wanted->of_sweep,
    };

    SL_TRY(sl_sweep_file_read(file, call->arena, &sweep, err));
    return sl_draw_sweep(call, &job, err);
}

static enum sl_status
plot_run(struct sl_call *call, const char *file, const struct wanted *wanted,
         struct sl_error *err)
{
    struct sl_run_record run;
    char *folder = sl_arena_string(call->arena, file);
    char *slash = strrchr(folder, '/');
    struct sl_draw_job job = {
        .run = &run,
        .folder = slash ? folder : ".",
        .n = wanted->n,
        .figures = wanted->of_run,
        .title = file,
    };

    if (slash)
        *slash = '\0';
    SL_TRY(sl_run_read(file, call->arena, &run, err));
    if (job.n == 0)
        figures_of_record(call, &run, &job);
    if (job.n == 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "the run asks for no figures; name some, as 'sluice plot --list' "
                       "has them");
    return sl_draw(call, &job, err);
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    const char **files, *sweep, *root;
    struct wanted wanted;
    size_t n;

    (void)exit_status;
    if (sl_call_option(call, "list"))
        return list_figures(call, err);
    if (call->n == 0)
        return sl_fail(err, SL_ERR_CONFIG, "usage: sluice plot PATH [FIGURE]...");
    if (!sl_gnuplot_find(call->arena))
        return sl_fail(err, SL_ERR_IO,
                       "there is no gnuplot here; install it (Debian: gnuplot-nox)");
    SL_TRY(part_figures(call, &wanted, err));
    if (!sl_results_sweep_find(call->words[0], call->arena, &sweep, &root))
        sweep = NULL;
    if (!sweep && wanted.sweep_n)
        return sl_fail(err, SL_ERR_CONFIG, "'%s' is of a sweep, and '%s' has no sweep.h5",
                       wanted.of_sweep[0], call->words[0]);
    if (sweep && (wanted.sweep_n || wanted.n == 0))
        SL_TRY(plot_sweep(call, sweep, &wanted, err));
    if (sweep && wanted.n == 0)
        return SL_OK;
    SL_TRY(sl_results_find(sweep ? root : call->words[0], call->arena, &files, &n, err));
    for (size_t i = 0; i < n; i++)
        SL_TRY(plot_run(call, files[i], &wanted, err));
    return SL_OK;
}

static const struct sl_option options[] = {
    {"list", NULL, "name the figures there are", false},
    SL_MODULE_OPTION,
    SL_OPTION_END,
};

const struct sl_command sl_command_plot = {
    .name = "plot",
    .arguments = "PATH [FIGURE]...",
    .summary = "draw figures of a run or a sweep from its record",
    .help =
        "PATH is a run.h5, a run's folder, a sweep.h5, or a results folder. Without a\n"
        "FIGURE those that the configuration asks for are drawn; of a sweep those that\n"
        "fit, where it asks for none. The figures of a run, named for a sweep, are "
        "drawn\n"
        "of each of its runs.\n",
    .options = options,
    .least = 0,
    .most = 100,
    .run = run,
};
