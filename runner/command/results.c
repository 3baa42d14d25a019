/* SPDX-License-Identifier: MIT */
#include "runner/command/results.h"

#include <string.h>
#include <sys/stat.h>

#include "runner/base/publish.h"
#include "runner/config/yaml.h"

static bool
is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* ---- freezing a plan ---------------------------------------------------------------- */

static void
print_base(const struct sl_experiment *experiment, struct sl_text *out)
{
    struct sl_text config = {0};
    const char *line, *end;

    sl_experiment_print(experiment, &config);
    sl_text_append(out, "base:\n");
    for (line = config.bytes; line && *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        sl_text_format(out, "    %.*s\n", (int)(end - line), line);
    }
    sl_text_release(&config);
}

/* One line a run, and once the configuration of the first, from which the others differ
 * by what their lines say. */
static void
print_plan(const struct sl_plan *plan, const struct sl_runs *runs, struct sl_text *out)
{
    sl_text_append(out, "# what was planned, written before the first step\nruns:\n");
    for (size_t i = 0; i < plan->run_count; i++) {
        const struct sl_run_config *run = &runs->at[i];
        const struct sl_point *point = &runs->sweep.points[run->point];
        sl_text_format(out, "    - {folder: '%s', seed: %llu", plan->runs[i].folder,
                       (unsigned long long)run->experiment->seed);
        for (size_t j = 0; j < point->n; j++)
            if (strcmp(point->at[j].path, "seed") != 0) /* it is there already */
                sl_text_format(out, ", %s: %s", point->at[j].path,
                               sl_point_text(point, point->at[j].path, plan->arena));
        sl_text_append(out, "}\n");
    }
    print_base(plan->runs[0].experiment, out);
}

static enum sl_status
write_plan(void *context, struct sl_error *err)
{
    struct sl_freezing *f = context;

    SL_TRY(sl_folder_sync_made(f->out, f->made, err));
    if (f->path)
        SL_TRY(sl_publish(f->path, f->text.bytes, f->text.count, err));
    return f->link ? sl_publish_link(f->link, f->target, err) : SL_OK;
}

void
sl_results_freeze(struct sl_freezing *freezing, const char *out,
                  const struct sl_plan *plan, const struct sl_runs *runs,
                  const char **folder)
{
    struct sl_digest digest = sl_plan_digest(plan);
    bool first = *folder == NULL;
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&digest, hex);
    *freezing = (struct sl_freezing){
        .beside = SL_BESIDE_NONE,
        .target = sl_arena_format(plan->arena, "plans/%.8s", hex),
        .out = out,
        .made = freezing->made,
    };
    if (first) {
        *folder = sl_arena_format(plan->arena, "%s/%s", out, freezing->target);
        freezing->link = sl_arena_format(plan->arena, "%s/latest", out);
    }
    freezing->path = sl_arena_format(plan->arena, "%s/plan.yaml", *folder);
    if (first && is_file(freezing->path))
        freezing->path = NULL;
    else
        print_plan(plan, runs, &freezing->text);
    sl_beside_start(&freezing->beside, write_plan, freezing);
}

enum sl_status
sl_results_frozen(struct sl_freezing *freezing, struct sl_error *err)
{
    enum sl_status status = sl_beside_wait(&freezing->beside, err);

    sl_text_release(&freezing->text);
    return status;
}

/* ---- finding runs ------------------------------------------------------------------- */

static enum sl_status
no_results(const char *path, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_IO,
                   "'%s' is no run file, run folder or results folder of sluice; 'sluice "
                   "list' names those that are here",
                   path);
}

static enum sl_status
runs_of_plan(const char *out, const char *plan, struct sl_arena *arena,
             const char ***files, size_t *n, struct sl_error *err)
{
    struct sl_report report;
    struct sl_node *tree = NULL, *runs;

    sl_report_init(&report, arena);
    SL_TRY(sl_yaml_read(plan, NULL, arena, &report, &tree, err));
    runs = sl_node_get(tree, "runs");
    if (!runs)
        return no_results(out, err);
    *files = sl_arena_alloc(arena, runs->count * sizeof **files);
    for (const struct sl_node *c = runs->first; c; c = c->next) {
        const struct sl_node *folder = sl_node_get(c, "folder");
        const char *file =
            folder ? sl_arena_format(arena, "%s/%s/run.h5", out, folder->text) : NULL;
        if (file && is_file(file))
            (*files)[(*n)++] = file;
    }
    if (*n == 0)
        return sl_fail(err, SL_ERR_IO, "'%s' has no finished run yet", out);
    return SL_OK;
}

enum sl_status
sl_results_find(const char *path, struct sl_arena *arena, const char ***files, size_t *n,
                struct sl_error *err)
{
    size_t length = strlen(path);
    char *trimmed = sl_arena_string(arena, path);

    while (length > 1 && trimmed[length - 1] == '/')
        trimmed[--length] = '\0';
    const char *run = sl_arena_format(arena, "%s/run.h5", trimmed);
    const char *plan = sl_arena_format(arena, "%s/latest/plan.yaml", trimmed);

    *n = 0;
    if (is_file(plan))
        return runs_of_plan(trimmed, plan, arena, files, n, err);
    *files = sl_arena_alloc(arena, sizeof **files);
    if (is_file(run))
        (*files)[(*n)++] = run;
    else if (is_file(trimmed))
        (*files)[(*n)++] = trimmed;
    return *n ? SL_OK : no_results(path, err);
}
