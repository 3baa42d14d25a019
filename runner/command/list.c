/* SPDX-License-Identifier: MIT */
/* sluice list [PATH]: the results folders in a folder, or the runs of one of them. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "runner/base/file.h"
#include "runner/command/command.h"
#include "runner/command/list_configs.h"
#include "runner/command/modules.h"
#include "runner/command/show_sweep.h"
#include "runner/store/runfile.h"

#define PLAN_MAX ((size_t)1 << 30)

/* ---- a plan without a sweep.h5 ------------------------------------------------------ */

/* The runs of a plan, by the lines of its plan.yaml, which is too long for a parser of
 * YAML where there are many. */
struct planned {
    size_t n, done, failed;
    const char **folders, **states;
};

#define RUN_LINE "    - {folder: '"

static enum sl_status
read_plan(const char *root, struct sl_arena *arena, struct planned *plan,
          struct sl_error *err)
{
    const char *path = sl_arena_format(arena, "%s/latest/plan.yaml", root), *end;
    char *bytes, *line;
    size_t count, lines = 1;

    SL_TRY(sl_file_read(path, PLAN_MAX, arena, &bytes, &count, err));
    for (size_t i = 0; i < count; i++)
        lines += bytes[i] == '\n';
    plan->folders = sl_arena_alloc(arena, lines * sizeof *plan->folders);
    plan->states = sl_arena_alloc(arena, lines * sizeof *plan->states);
    for (line = bytes; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, RUN_LINE, strlen(RUN_LINE)) != 0)
            continue;
        line += strlen(RUN_LINE);
        end = line + strcspn(line, "'\n");
        plan->folders[plan->n++] = sl_arena_copy(arena, line, (size_t)(end - line));
    }
    return SL_OK;
}

/* What became of them, by their run.h5. */
static void
peek_states(const char *root, struct sl_arena *arena, struct planned *plan)
{
    struct sl_error ignored;
    const char *key;

    for (size_t i = 0; i < plan->n; i++) {
        const char *path = sl_arena_format(arena, "%s/%s/run.h5", root, plan->folders[i]);
        if (sl_run_peek(path, arena, &key, &plan->states[i], &ignored))
            plan->states[i] = "missing";
        plan->done += strcmp(plan->states[i], "done") == 0;
        plan->failed += strcmp(plan->states[i], "failed") == 0;
    }
}

/* ---- the runs of one folder --------------------------------------------------------- */

static enum sl_status
list_sweep(struct sl_call *call, const char *path, struct sl_error *err)
{
    static const char *const first[] = {"folder", "state", "point", "seed"};
    struct sl_results_sweep s;
    struct sl_view view;
    const char **names;
    size_t n = sizeof first / sizeof *first;

    SL_TRY(sl_results_sweep_open(path, call->arena, &s, err));
    sl_view_init(&view, &s.record.runs, call->arena);
    names = sl_arena_alloc(call->arena, (5 + s.axis_count) * sizeof *names);
    memcpy(names, first, sizeof first);
    for (size_t i = 0; i < s.axis_count; i++)
        if (strcmp(s.axes[i], "seed") != 0)
            names[n++] = s.axes[i];
    names[n++] = "reason";
    return sl_view_list("runs", &view, names, n, call, err);
}

static enum sl_status
list_plan(struct sl_call *call, const char *path, struct sl_error *err)
{
    static const char *const names[] = {"folder", "state"};
    struct planned plan = {0};
    struct sl_column columns[2];
    struct sl_table table = {0, 2, columns};
    struct sl_view view;

    SL_TRY(read_plan(path, call->arena, &plan, err));
    peek_states(path, call->arena, &plan);
    columns[0] = sl_column_text("folder", plan.folders);
    columns[1] = sl_column_text("state", plan.states);
    table.rows = plan.n;
    sl_view_init(&view, &table, call->arena);
    return sl_view_list("runs", &view, names, 2, call, err);
}

/* ---- many folders ------------------------------------------------------------------- */

struct folders {
    struct sl_arena *arena;
    size_t n, capacity;
    const char **names, **paths, **latest;
    int64_t *runs, *done, *failed;
};

static bool
is_results(const char *path, struct sl_arena *arena, struct stat *status)
{
    return lstat(sl_arena_format(arena, "%s/latest", path), status) == 0;
}

/* When the latest plan was made, or came to its end. */
static const char *
time_of(const char *path, struct stat *status, struct sl_arena *arena)
{
    char text[32];
    struct tm local;
    time_t latest = status->st_mtime;

    if (stat(sl_arena_format(arena, "%s/latest/sweep.h5", path), status) == 0 &&
        status->st_mtime > latest)
        latest = status->st_mtime;
    if (!localtime_r(&latest, &local) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) == 0)
        return "";
    return sl_arena_string(arena, text);
}

static void
count_runs(struct folders *f, size_t i)
{
    struct sl_results_sweep s;
    struct planned plan = {0};
    struct sl_error ignored;
    struct sl_arena scratch;

    sl_arena_init(&scratch);
    if (sl_results_sweep_open(f->paths[i], &scratch, &s, &ignored) == SL_OK) {
        f->runs[i] = (int64_t)s.record.runs.rows;
        f->done[i] = (int64_t)s.done;
        f->failed[i] = (int64_t)s.failed;
    } else if (read_plan(f->paths[i], &scratch, &plan, &ignored) == SL_OK) {
        peek_states(f->paths[i], &scratch, &plan);
        f->runs[i] = (int64_t)plan.n;
        f->done[i] = (int64_t)plan.done;
        f->failed[i] = (int64_t)plan.failed;
    }
    sl_arena_release(&scratch);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
allocate(struct folders *f, size_t n)
{
    f->names = sl_arena_alloc(f->arena, n * sizeof *f->names);
    f->paths = sl_arena_alloc(f->arena, n * sizeof *f->paths);
    f->latest = sl_arena_alloc(f->arena, n * sizeof *f->latest);
    f->runs = sl_arena_alloc(f->arena, n * sizeof *f->runs);
    f->done = sl_arena_alloc(f->arena, n * sizeof *f->done);
    f->failed = sl_arena_alloc(f->arena, n * sizeof *f->failed);
}

static enum sl_status
find_folders(const char *path, struct folders *f, struct sl_error *err)
{
    struct dirent **entries;
    struct stat status;
    int n = scandir(path, &entries, is_visible, by_name);

    if (n < 0)
        return sl_fail_errno(err, "can't list '%s'", path);
    allocate(f, (size_t)n);
    for (int i = 0; i < n; i++) {
        const char *folder = sl_arena_format(f->arena, "%s/%s", path, entries[i]->d_name);
        if (is_results(folder, f->arena, &status)) {
            f->names[f->n] = sl_arena_string(f->arena, entries[i]->d_name);
            f->paths[f->n] = folder;
            f->latest[f->n] = time_of(folder, &status, f->arena);
            count_runs(f, f->n++);
        }
        free(entries[i]);
    }
    free(entries);
    return SL_OK;
}

static enum sl_status
list_folders(struct sl_call *call, const char *path, struct sl_error *err)
{
    static const char *const names[] = {"name", "runs", "done", "failed", "latest"};
    struct folders f = {.arena = call->arena};
    struct sl_column columns[6];
    struct sl_table table = {0, 6, columns};
    struct sl_view view;

    SL_TRY(find_folders(path, &f, err));
    if (f.n == 0)
        return sl_fail(err, SL_ERR_IO, "'%s' has no results folders in it", path);
    columns[0] = sl_column_text("name", f.names);
    columns[1] = sl_column_int("runs", f.runs);
    columns[2] = sl_column_int("done", f.done);
    columns[3] = sl_column_int("failed", f.failed);
    columns[4] = sl_column_text("latest", f.latest);
    columns[5] = sl_column_text("path", f.paths);
    table.rows = f.n;
    sl_view_init(&view, &table, call->arena);
    return sl_view_list("folders", &view, names, 5, call, err);
}

static enum sl_status
list_configs(struct sl_call *call, struct sl_error *err)
{
    static const char *const names[] = {"group", "name", "summary", "path"};
    struct sl_table table;
    struct sl_view view;

    sl_configs_list(call, &table);
    sl_view_init(&view, &table, call->arena);
    return sl_view_list("configs", &view, names, 4, call, err);
}

/* ---- the command -------------------------------------------------------------------- */

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    const char *path = call->n ? call->words[0] : "results", *file, *root;
    struct stat status;

    (void)exit_status;
    SL_TRY(sl_call_format(call, err));
    if (call->n == 1 && strcmp(path, "configs") == 0)
        return list_configs(call, err);
    if (call->n == 1 && strcmp(path, "modules") == 0)
        return sl_list_modules(call, err);
    if (call->n == 0 && stat(path, &status) != 0 && errno == ENOENT)
        return sl_fail(err, SL_ERR_IO,
                       "there is no folder 'results' here; 'sluice run' "
                       "makes it, or name another one");
    if (sl_results_sweep_find(path, call->arena, &file, &root))
        return list_sweep(call, path, err);
    if (is_results(path, call->arena, &status))
        return list_plan(call, path, err);
    return list_folders(call, path, err);
}

static const struct sl_option options[] = {
    SL_VIEW_OPTIONS,
    SL_MODULE_OPTION,
    SL_OPTION_END,
};

const struct sl_command sl_command_list = {
    .name = "list",
    .arguments = "[PATH | configs | modules]",
    .summary = "list results folders, the runs of one, configurations, or modules",
    .help = "PATH is a folder with results folders in it, by default 'results', or a\n"
            "results folder, of whose latest plan the runs are listed. 'configs' lists\n"
            "the files that an experiment may use by the name of a group, and 'modules'\n"
            "what it may name, with where that comes from; folders of those names are\n"
            "'./configs' and './modules'.\n",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
