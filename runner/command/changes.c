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

/* Whether a key is swept, lies in what is swept, or holds it. */
static bool
is_swept(const struct sl_sweep *sweep, const char *key)
{
    size_t n = strlen(key);

    for (size_t i = 0; i < sweep->axis_count; i++) {
        const char *path = sweep->axes[i].path;
        size_t m = strlen(path), least = n < m ? n : m;
        if (strncmp(key, path, least) == 0 &&
            (n == m || (n > m ? key : path)[least] == '.'))
            return true;
    }
    return false;
}

static void
print_rows(const struct sl_table *table, const struct sl_sweep *sweep)
{
    const struct sl_column *keys = sl_table_column(table, "key");
    size_t n = 0;

    for (size_t i = 0; i < table->rows; i++) {
        if (is_swept(sweep, keys->at.texts[i]))
            continue;
        if (n++ == 0)
            fputs("changed since the latest plan, which stays beside the new one:\n",
                  stderr);
        if (n <= ROWS_MOST)
            print_row(table, i);
    }
    if (n > ROWS_MOST)
        fprintf(stderr, "  and %zu more\n", n - ROWS_MOST);
}

void
sl_changes_tell(const char *out, const struct sl_runs *runs, struct sl_arena *arena)
{
    struct sl_contrast_side was = {.title = "was"}, is = {.title = "is"};
    struct sl_text text = {0};
    struct sl_table table;

    was.config = latest_config(out, arena);
    if (!was.config)
        return;
    sl_experiment_print(runs->at[0].experiment, &text);
    is.config = sl_arena_string(arena, text.bytes);
    sl_text_release(&text);
    sl_contrast_config(&was, &is, arena, &table);
    print_rows(&table, &runs->sweep);
}
