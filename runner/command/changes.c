/* SPDX-License-Identifier: MIT */
#include "runner/command/changes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/contrast.h"
#include "runner/config/yaml.h"

#define ROWS_MOST 20

/* The configuration that the latest plan was frozen with, as YAML; NULL: there is none. */
static const char *
latest_config(const char *out, struct sl_arena *arena)
{
    const char *path = sl_arena_format(arena, "%s/latest/plan.yaml", out);
    struct sl_node *tree = NULL, *base;
    struct sl_report report;
    struct sl_text text = {0};
    struct sl_error ignored;

    sl_report_init(&report, arena);
    if (access(path, R_OK) != 0 ||
        sl_yaml_read(path, NULL, arena, &report, &tree, &ignored))
        return NULL;
    base = sl_node_get(tree, "base");
    if (!base)
        return NULL;
    sl_node_print(base, 0, &text);
    const char *config = sl_arena_string(arena, text.bytes);
    sl_text_release(&text);
    return config;
}

static void
print_row(const struct sl_table *table, size_t row)
{
    const char *key = sl_table_column(table, "key")->at.texts[row];
    const char *was = sl_table_column(table, "a")->at.texts[row];
    const char *is = sl_table_column(table, "b")->at.texts[row];

    fprintf(stderr, "  %s: %s -> %s\n", key, was && *was ? was : "(nothing)",
            is && *is ? is : "(nothing)");
}

void
sl_changes_tell(const char *out, const struct sl_experiment *experiment,
                struct sl_arena *arena)
{
    struct sl_contrast_side was = {.title = "was"}, is = {.title = "is"};
    struct sl_text text = {0};
    struct sl_table table;

    was.config = latest_config(out, arena);
    if (!was.config)
        return;
    sl_experiment_print(experiment, &text);
    is.config = sl_arena_string(arena, text.bytes);
    sl_text_release(&text);
    sl_contrast_config(&was, &is, arena, &table);
    if (table.rows)
        fputs("changed since the latest plan, which stays beside the new one:\n", stderr);
    for (size_t i = 0; i < table.rows && i < ROWS_MOST; i++)
        print_row(&table, i);
    if (table.rows > ROWS_MOST)
        fprintf(stderr, "  and %zu more\n", table.rows - ROWS_MOST);
}
