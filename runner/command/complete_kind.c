/* SPDX-License-Identifier: MIT */
/* Kinds of words of a command line, by the names that usage lines give them. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/complete.h"
#include "runner/command/list_configs.h"
#include "runner/command/modules.h"
#include "runner/command/new_module.h"
#include "runner/plot/figure.h"

/* ---- kinds -------------------------------------------------------------------------- */

static void
add_files(const struct sl_completing *c)
{
    (void)c;
    sl_complete_tell("files");
}

static void
add_folders(const struct sl_completing *c)
{
    (void)c;
    sl_complete_tell("folders");
}

static void
add_nothing(const struct sl_completing *c)
{
    (void)c;
}

static void
add_overrides(const struct sl_completing *c)
{
    sl_complete_key(c, '=');
}

static void
add_axes(const struct sl_completing *c)
{
    sl_complete_key(c, 'A');
}

static void
add_keys(const struct sl_completing *c)
{
    sl_complete_key(c, '.');
}

/* What is in a folder and has `inside` in it. */
static void
add_entries(const struct sl_completing *c, const char *folder, const char *inside)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        const char *path =
            sl_arena_format(c->call->arena, "%s/%s", folder, entries[i]->d_name);
        if (*entries[i]->d_name != '.' &&
            access(sl_arena_format(c->call->arena, "%s/%s", path, inside), F_OK) == 0)
            sl_complete_add(c, sl_arena_format(c->call->arena, "%s/", path), NULL);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* Results folders and the runs in them. */
static void
add_results(const struct sl_completing *c)
{
    const char *slash = strrchr(c->word, '/');
    const char *folder =
        slash ? sl_arena_copy(c->call->arena, c->word, (size_t)(slash - c->word)) : NULL;

    add_entries(c, "results", "latest");
    if (folder && strcmp(folder, "results") != 0) {
        add_entries(c, folder, "latest");
        add_entries(c, folder, "run.h5");
        add_entries(c, sl_arena_format(c->call->arena, "%s/runs", folder), "run.h5");
    }
    sl_complete_tell("files");
}

void
sl_complete_figures(const struct sl_completing *c, bool of_run)
{
    struct sl_arena *arena = c->call->arena;
    const char *const *search = sl_call_figure_search(c->call);
    struct sl_string_list names = sl_figure_names(search, arena);

    for (size_t i = 0; i < names.n; i++) {
        struct sl_figure figure;
        struct sl_error ignored;
        if (sl_figure_read(search, names.at[i], arena, &figure, &ignored) == SL_OK &&
            (!of_run || figure.subject == SL_OF_RUN))
            sl_complete_add(c, figure.name, figure.summary);
    }
}

static void
add_figures(const struct sl_completing *c)
{
    sl_complete_figures(c, false);
}

static void
add_group(const struct sl_completing *c, const char *group)
{
    struct sl_table table;

    sl_configs_list(c->call, &table);
    for (size_t i = 0; i < table.rows; i++)
        if (strcmp(table.columns[0].at.texts[i], group) == 0)
            sl_complete_add(c, table.columns[1].at.texts[i],
                            table.columns[2].at.texts[i]);
}

static void
add_templates(const struct sl_completing *c)
{
    add_group(c, "template");
}

static void
add_registry(const struct sl_completing *c)
{
    const struct sl_registry *registry = c->call->registry;

    for (size_t i = 0; i < registry->n; i++)
        sl_complete_add(c, registry->rows[i].as[0]->name,
                        registry->rows[i].as[0]->summary);
}

static void
add_described(const struct sl_completing *c)
{
    add_registry(c);
    sl_complete_figures(c, false);
    sl_complete_add(c, "sweep", "the keys of a sweep's block");
    sl_complete_add(c, "figures", "what can be drawn");
}

/* NAME is what the command is about. */
static void
add_names(const struct sl_completing *c)
{
    if (strcmp(c->command->name, "describe") == 0)
        add_described(c);
    else if (strcmp(c->command->name, "data") == 0)
        add_group(c, "data");
}

/* What `new-module` has templates for. */
static void
add_kinds(const struct sl_completing *c)
{
    const char *names[SL_NEW_MODULE_KINDS];
    size_t n = sl_new_module_kinds(c->call, names);

    for (size_t i = 0; i < n; i++)
        sl_complete_add(c, names[i], NULL);
}

static void
add_pages(const struct sl_completing *c)
{
    for (const struct sl_command *const *at = c->call->commands; *at; at++)
        if (!(*at)->hidden)
            sl_complete_add(c, (*at)->name, (*at)->summary);
    sl_complete_add(c, "experiment", "the format of files");
}

/* ---- the table ---------------------------------------------------------------------- */

static const struct {
    const char *kind;
    void (*add)(const struct sl_completing *c);
} kinds[] = {
    {"FILE", add_files},          {"KEY=VALUE", add_overrides},
    {"KEY=A,B,C", add_axes},      {"KEY", add_keys},
    {"PATH", add_results},        {"A", add_results},
    {"B", add_results},           {"FIGURE", add_figures},
    {"DIR", add_folders},         {"TEMPLATE", add_templates},
    {"NAME", add_names},          {"PAGE", add_pages},
    {"STEP", sl_complete_stages}, {"N", add_nothing},
    {"MIB", add_nothing},         {"OBJECTIVE", add_nothing},
    {"CONDITION", add_nothing},   {"COLUMN", add_nothing},
    {"TIME", add_nothing},        {"SIZE", add_nothing},
    {"A,B,C", add_nothing},       {"FILE.so", add_files},
    {"KIND", add_kinds},          {"RUN", add_results},
    {"DATA", add_files},          {"SHARE", add_nothing},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static size_t
find_kind(const char *kind)
{
    size_t i = 0;

    while (i < KINDS && strcmp(kinds[i].kind, kind) != 0)
        i++;
    return i;
}

void
sl_complete_kind(const struct sl_completing *c, const char *kind)
{
    size_t i = find_kind(kind);

    if (i < KINDS)
        kinds[i].add(c);
    else if (!isupper((unsigned char)*kind))
        sl_complete_add(c, kind, NULL);
    else
        sl_complete_tell("unknown"); /* a row is missing above: a test looks for it */
}
