/* SPDX-License-Identifier: MIT */
/* sluice data fetch|list|check NAME...: data sets that are known by name. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/command/command.h"
#include "runner/pipeline/progress.h"
#include "runner/store/content.h"
#include "runner/store/fetch.h"

/* ---- descriptions ------------------------------------------------------------------ */

/* What `configs/data/` describes: names, and the files where they are. */
struct catalog {
    struct sl_compose compose;
    const char **names, **paths;
    size_t n;
};

static struct catalog
open_catalog(struct sl_call *call)
{
    struct catalog catalog = {
        .compose = {.arena = call->arena,
                    .report = call->report,
                    .registry = call->registry,
                    .search = sl_compose_search(call->arena, call->program)},
    };

    sl_catalog_list(catalog.compose.search, call->arena, &catalog.names, &catalog.paths,
                    &catalog.n);
    return catalog;
}

/* A name of the catalog, or the path of a configuration. */
static enum sl_status
find_description(const struct catalog *catalog, const char *name, const char **path,
                 struct sl_error *err)
{
    const char *near;

    *path = name;
    if (strchr(name, '/') || strstr(name, ".yaml"))
        return SL_OK;
    for (size_t i = 0; i < catalog->n; i++) {
        *path = catalog->paths[i];
        if (strcmp(catalog->names[i], name) == 0)
            return SL_OK;
    }
    near = sl_nearest(name, catalog->names, catalog->n);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG, "no data set '%s'; did you mean '%s'?", name,
                       near);
    return sl_fail(err, SL_ERR_CONFIG, "no data set '%s'; 'sluice data list' names all",
                   name);
}

/* What is done with each data set that the words name. */
typedef enum sl_status visit_fn(struct sl_call *call,
                                const struct sl_catalog_entry *entry,
                                struct sl_error *err);

/* A description's problems are told here, and spoil no other's. */
static enum sl_status
read_description(struct sl_call *call, const struct catalog *catalog, const char *path,
                 struct sl_catalog_entry **entries, size_t *n, struct sl_error *err)
{
    struct sl_compose compose = catalog->compose;
    struct sl_report report, *outer = call->report;
    enum sl_status status;

    sl_report_init(&report, call->arena);
    compose.report = &report;
    status = sl_catalog_read(&compose, path, entries, n, err);
    call->report = &report;
    call->tell(call);
    call->report = outer;
    return status;
}

static enum sl_status
visit_description(struct sl_call *call, const struct catalog *catalog, const char *name,
                  visit_fn *visit, struct sl_error *err)
{
    struct sl_catalog_entry *entries;
    const char *path;
    size_t n;

    SL_TRY(find_description(catalog, name, &path, err));
    SL_TRY(read_description(call, catalog, path, &entries, &n, err));
    for (size_t i = 0; i < n; i++)
        SL_TRY(visit(call, &entries[i], err));
    return SL_OK;
}

/* Every word is served, whatever became of the ones before; the last error is returned,
 * those before it are told here. */
static enum sl_status
visit_words(struct sl_call *call, visit_fn *visit, struct sl_error *err)
{
    const struct catalog catalog = open_catalog(call);
    struct sl_error failed = {0};

    if (call->n < 2)
        return sl_fail(err, SL_ERR_CONFIG, "'data %s' needs the name of a data set",
                       call->words[0]);
    for (size_t i = 1; i < call->n && failed.status != SL_ERR_CANCELLED; i++) {
        struct sl_error problem = {0};

        if (!visit_description(call, &catalog, call->words[i], visit, &problem))
            continue;
        if (failed.status)
            sl_report_line(stderr, "sluice: %s", failed.text);
        failed = problem;
    }
    if (failed.status)
        *err = failed;
    return failed.status;
}

/* ---- fetch ------------------------------------------------------------------------- */

struct screen {
    enum sl_progress_style style;
    struct sl_progress *progress; /* of the download under way, or NULL */
};

static void
close_bar(struct screen *screen)
{
    sl_progress_free(screen->progress);
    screen->progress = NULL;
}

static void
say(void *context, const char *text)
{
    struct screen *screen = context;

    close_bar(screen);
    if (screen->style != SL_PROGRESS_QUIET)
        fprintf(stderr, "%s\n", text);
}

static void
show_progress(void *context, const char *file, uint64_t done, uint64_t total)
{
    struct screen *screen = context;

    if (!screen->progress)
        screen->progress = sl_progress_new(screen->style, NULL);
    if (screen->progress && total > 0)
        sl_progress_tell(screen->progress, file, (double)done / 1e3, (double)total / 1e3,
                         "kB", (double)NAN);
}

static enum sl_status
fetch(struct sl_call *call, const struct sl_catalog_entry *entry, struct sl_error *err)
{
    struct screen screen = {.style = sl_call_option(call, "quiet")
                                         ? SL_PROGRESS_QUIET
                                         : sl_progress_default()};
    const struct sl_fetch fetch = {
        .name = entry->name,
        .set = entry->set,
        .arena = call->arena,
        .say = say,
        .progress = show_progress,
        .context = &screen,
        .stop = call->stop,
    };
    enum sl_status status = sl_fetch(&fetch, err);

    close_bar(&screen);
    return status;
}

/* ---- check ------------------------------------------------------------------------- */

static enum sl_status
check(struct sl_call *call, const struct sl_catalog_entry *entry, struct sl_error *err)
{
    size_t n, wrong = 0;
    const struct sl_data_file *const *files =
        sl_data_set_files(entry->set, call->arena, &n);

    for (size_t i = 0; i < n; i++) {
        struct sl_error problem = {0};
        const char *looked, *path = sl_catalog_find(entry->name, entry->set,
                                                    files[i]->file, call->arena, &looked);

        if (!path)
            sl_fail(&problem, SL_ERR_IO, "not in %s", looked);
        else
            sl_content_check(path, files[i]->sha256, &problem);
        wrong += problem.status != SL_OK;
        if (problem.status)
            sl_report_line(stdout, "%s: %s: %s", entry->name, files[i]->file,
                           problem.text);
        else
            sl_report_line(stdout, "%s: %s: %s in '%s'", entry->name, files[i]->file,
                           files[i]->sha256 ? "right" : "readable, no hash is known,",
                           path);
    }
    if (wrong > 0)
        return sl_fail(
            err, SL_ERR_IO,
            "data set '%s': %zu of %zu files are missing or wrong; 'sluice data "
            "fetch %s' brings them",
            entry->name, wrong, n, entry->name);
    return SL_OK;
}

/* ---- list -------------------------------------------------------------------------- */

static const char *
text_or(const char *text, const char *other)
{
    return text ? text : other;
}

static void
print_text(const struct sl_catalog_entry *entry, struct sl_holding held)
{
    printf("%-16s %-14s ", entry->name, text_or(entry->set->licence, "-"));
    if (held.found == 0)
        puts("not here");
    else if (held.found < held.files)
        printf("%zu of %zu files in %s\n", held.found, held.files, held.folder);
    else
        puts(held.folder);
}

static void
print_field(const char *text, char after)
{
    putchar('"');
    for (; text && *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    printf("\"%c", after);
}

static void
print_csv(const struct sl_catalog_entry *entry, struct sl_holding held)
{
    print_field(entry->name, ',');
    print_field(entry->set->title, ',');
    print_field(entry->set->licence, ',');
    printf("%zu,%zu,", held.files, held.found);
    print_field(held.folder, '\n');
}

static json_t *
to_json(const struct sl_catalog_entry *entry, struct sl_holding held)
{
    const struct sl_data_set *set = entry->set;

    return json_pack("{s:s, s:s?, s:s?, s:s?, s:I, s:I, s:s?}", "name", entry->name,
                     "title", set->title, "licence", set->licence, "citation",
                     set->citation, "files", (json_int_t)held.files, "found",
                     (json_int_t)held.found, "folder", held.folder);
}

/* The data set that a file of the catalog is named for. NULL: it describes splits, or has
 * mistakes, which have been told. */
static const struct sl_catalog_entry *
read_own(struct sl_call *call, const struct catalog *catalog, size_t i)
{
    struct sl_catalog_entry *entries;
    struct sl_error ignored;
    size_t n;

    if (read_description(call, catalog, catalog->paths[i], &entries, &n, &ignored))
        return NULL;
    for (size_t k = 0; k < n; k++) {
        if (strcmp(entries[k].name, catalog->names[i]) == 0)
            return &entries[k];
    }
    return NULL;
}

static enum sl_status
list(struct sl_call *call)
{
    const struct catalog catalog = open_catalog(call);
    bool json = sl_call_option(call, "json"), csv = sl_call_option(call, "csv");
    json_t *rows = json_array();

    if (csv)
        puts("name,title,licence,files,found,folder");
    else if (!json)
        printf("%-16s %-14s %s\n", "data set", "licence", "where");
    for (size_t i = 0; i < catalog.n; i++) {
        const struct sl_catalog_entry *entry = read_own(call, &catalog, i);

        if (!entry)
            continue;
        struct sl_holding held = sl_data_set_held(entry->name, entry->set, call->arena);
        if (json)
            json_array_append_new(rows, to_json(entry, held));
        else
            (csv ? print_csv : print_text)(entry, held);
    }
    if (json) {
        json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    }
    json_decref(rows);
    return SL_OK;
}

/* ---- the command ------------------------------------------------------------------- */

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    (void)exit_status;
    if (strcmp(call->words[0], "fetch") == 0)
        return visit_words(call, fetch, err);
    if (strcmp(call->words[0], "check") == 0)
        return visit_words(call, check, err);
    if (strcmp(call->words[0], "list") == 0)
        return list(call);
    return sl_fail(err, SL_ERR_CONFIG,
                   "'data' does not know '%s'; it fetches, lists and "
                   "checks: 'data fetch', 'data list', 'data check'",
                   call->words[0]);
}

static const struct sl_option options[] = {
    {"quiet", NULL, "fetch: say nothing but errors", false},
    {"json", NULL, "list: as JSON", false},
    {"csv", NULL, "list: as CSV", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_data = {
    .name = "data",
    .arguments = "fetch|list|check [NAME]...",
    .summary = "bring, list and verify data sets",
    .help =
        "NAME is a data set of configs/data/, or an experiment's file, which stands for\n"
        "all data sets that it uses. Files are sought in $SLUICE_DATA_DIR/NAME, in the\n"
        "data set's own `folder:`, where `fetch` puts them ($SLUICE_DATA_DIR/NAME, or\n"
        "~/.local/share/sluice/NAME), and where Debian's packages have them.\n",
    .options = options,
    .least = 1,
    .most = 64,
    .run = run,
};
