/* SPDX-License-Identifier: MIT */
#include "runner/command/changes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/contrast.h"
#include "runner/config/yaml.h"
#include "runner/sweep/value.h"

#define ROWS_MOST 20

/* Values that are told one by one, and those that are looked at. */
#define VALUES_TOLD 12
#define VALUES_MOST 1000

/* The latest plan, or NULL. */
static const struct sl_node *
latest_plan(const char *out, struct sl_arena *arena)
{
    const char *path = sl_arena_format(arena, "%s/latest/plan.yaml", out);
    struct sl_node *tree = NULL;
    struct sl_report report;
    struct sl_error ignored;

    sl_report_init(&report, arena);
    if (access(path, R_OK) != 0 ||
        sl_yaml_read(path, NULL, arena, &report, &tree, &ignored))
        return NULL;
    return tree;
}

/* What is told, under a heading. */
struct telling {
    size_t n;
};

static void
tell(struct telling *telling, const char *key, const char *was, const char *is)
{
    if (telling->n++ == 0)
        fputs("changed since the latest plan, which stays beside the new one:\n", stderr);
    if (telling->n <= ROWS_MOST)
        fprintf(stderr, "  %s: %s -> %s\n", key, was && *was ? was : "(nothing)",
                is && *is ? is : "(nothing)");
}

/* ---- the configuration --------------------------------------------------------------- */

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
tell_config(struct telling *telling, const struct sl_node *base,
            const struct sl_runs *runs, struct sl_arena *arena)
{
    struct sl_contrast_side was = {.title = "was"}, is = {.title = "is"};
    struct sl_text text = {0};
    struct sl_table table;

    sl_node_print(base, 0, &text);
    was.config = sl_arena_string(arena, text.bytes);
    text.count = 0;
    sl_experiment_print(runs->at[0].experiment, &text);
    is.config = sl_arena_string(arena, text.bytes);
    sl_text_release(&text);
    sl_contrast_config(&was, &is, arena, &table);
    for (size_t i = 0; i < table.rows; i++) {
        const char *key = sl_table_column(&table, "key")->at.texts[i];
        if (!is_swept(&runs->sweep, key))
            tell(telling, key, sl_table_column(&table, "a")->at.texts[i],
                 sl_table_column(&table, "b")->at.texts[i]);
    }
}

/* ---- what is swept ------------------------------------------------------------------- */

/* Distinct values of a path, in the order of their coming. */
struct values {
    size_t n;
    const char *at[VALUES_MOST];
};

static void
add_value(struct values *values, const char *text)
{
    for (size_t i = 0; i < values->n; i++)
        if (strcmp(values->at[i], text) == 0)
            return;
    if (values->n < VALUES_MOST)
        values->at[values->n++] = text;
}

static void
old_values(const struct sl_node *runs, const char *path, struct sl_arena *arena,
           struct values *values)
{
    values->n = 0;
    for (const struct sl_node *run = runs->first; run; run = run->next) {
        const struct sl_node *value = sl_node_get(run, path);
        if (value)
            add_value(values, sl_value_text(value, arena));
    }
}

/* Seeds are those of the runs, as they are of the old ones. */
static void
new_values(const struct sl_runs *runs, const struct sl_axis *axis, struct sl_arena *arena,
           struct values *values)
{
    bool seeds = strcmp(axis->path, "seed") == 0;

    values->n = 0;
    for (size_t i = 0; seeds && i < runs->n; i++)
        add_value(values,
                  sl_arena_format(arena, "%llu",
                                  (unsigned long long)runs->at[i].experiment->seed));
    for (size_t i = 0; !seeds && i < axis->n; i++)
        add_value(values, sl_value_text(axis->values[i], arena));
}

static bool
are_equal(const struct values *a, const struct values *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (strcmp(a->at[i], b->at[i]) != 0)
            return false;
    return a->n == b->n;
}

/* "[2, 3]"; "[1, 2, ... 99], 50 values". */
static const char *
said(const struct values *values, struct sl_arena *arena)
{
    struct sl_text text = {0};
    bool cut = values->n > VALUES_TOLD;
    const char *all;

    if (values->n == 0)
        return "(not swept)";
    for (size_t i = 0; i < values->n; i++)
        if (!cut || i < 2 || i + 1 == values->n)
            sl_text_format(&text, "%s%s",
                           i == 0         ? ""
                           : cut && i > 2 ? ", ... "
                                          : ", ",
                           values->at[i]);
    all = cut ? sl_arena_format(arena, "[%s], %zu values", text.bytes, values->n)
              : sl_arena_format(arena, "[%s]", text.bytes);
    sl_text_release(&text);
    return all;
}

static const struct sl_axis *
axis_of(const struct sl_sweep *sweep, const char *path)
{
    for (size_t i = 0; i < sweep->axis_count; i++)
        if (strcmp(sweep->axes[i].path, path) == 0)
            return &sweep->axes[i];
    return NULL;
}

/* Paths that were swept and are not any more. All runs of a plan mostly name the same. */
static void
tell_left(struct telling *telling, const struct sl_node *old, const struct sl_runs *runs,
          struct sl_arena *arena)
{
    struct values *was = SL_NEW(arena, struct values);
    struct values *told = SL_NEW(arena, struct values);
    static const struct values none;

    add_value(told, "folder");
    add_value(told, "seed");
    for (const struct sl_node *run = old->first; run; run = run->next)
        for (const struct sl_node *c = run->first; c; c = c->next) {
            size_t n = told->n;
            add_value(told, c->key);
            if (told->n == n || axis_of(&runs->sweep, c->key))
                continue;
            old_values(old, c->key, arena, was);
            tell(telling, c->key, said(was, arena), said(&none, arena));
        }
}

static void
tell_swept(struct telling *telling, const struct sl_node *old, const struct sl_runs *runs,
           struct sl_arena *arena)
{
    struct values *was = SL_NEW(arena, struct values), *is = SL_NEW(arena, struct values);

    for (size_t i = 0; i < runs->sweep.axis_count; i++) {
        const struct sl_axis *axis = &runs->sweep.axes[i];
        old_values(old, axis->path, arena, was);
        new_values(runs, axis, arena, is);
        if (!are_equal(was, is))
            tell(telling, axis->path, said(was, arena), said(is, arena));
    }
    tell_left(telling, old, runs, arena);
    if (old->count != runs->n)
        tell(telling, "runs", sl_arena_format(arena, "%zu", old->count),
             sl_arena_format(arena, "%zu", runs->n));
}

void
sl_changes_tell(const char *out, const struct sl_runs *runs, struct sl_arena *arena)
{
    const struct sl_node *plan = latest_plan(out, arena);
    const struct sl_node *base = sl_node_get(plan, "base");
    const struct sl_node *old = sl_node_get(plan, "runs");
    struct telling telling = {0};

    if (!base)
        return;
    tell_config(&telling, base, runs, arena);
    /* a plan of rounds has more of them than the first, which is what there is now */
    if (old && old->kind == SL_NODE_LIST && !runs->rounds)
        tell_swept(&telling, old, runs, arena);
    if (telling.n > ROWS_MOST)
        fprintf(stderr, "  and %zu more\n", telling.n - ROWS_MOST);
}
