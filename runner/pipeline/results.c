/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/results.h"

#include <stdio.h>
#include <string.h>

/* ---- families ----------------------------------------------------------------------- */

#define NAME_MAX_BYTES 256

/* A family while its members are visited. */
struct family {
    const struct sl_registry *registry;
    const char *name; /* "loss_{monitor}" */
    void (*visit)(void *context, const char *metric);
    void *context;
};

static void
visit_member(const struct family *family, const char *member)
{
    char name[NAME_MAX_BYTES];

    snprintf(name, sizeof name, "%.*s%s", (int)strcspn(family->name, "{"), family->name,
             member);
    family->visit(family->context, name);
}

static void
visit_table(const struct family *family, enum sl_table_id table)
{
    for (size_t i = 0; i < family->registry->n; i++)
        if (family->registry->rows[i].table == table)
            visit_member(family, family->registry->rows[i].as[0]->name);
}

static bool
visit_named_table(const struct family *family, const char *name)
{
    unsigned table = 0;

    while (table < SL_TABLES && strcmp(sl_table_name((enum sl_table_id)table), name) != 0)
        table++;
    if (table < SL_TABLES)
        visit_table(family, (enum sl_table_id)table);
    return table < SL_TABLES;
}

static void
visit_values(const struct family *family, const struct sl_field *field, const void *value)
{
    const struct sl_choice_list *choices = value;
    const struct sl_string_list *texts = value;

    if (field->type == SL_TYPE_STRING && *(const char *const *)value)
        visit_member(family, *(const char *const *)value);
    if (field->type == SL_TYPE_STRING_LIST)
        for (size_t i = 0; i < texts->n; i++)
            visit_member(family, texts->at[i]);
    if (field->type != SL_TYPE_CHOICE_LIST)
        return;
    for (size_t i = 0; i < choices->n; i++)
        visit_member(family, choices->at[i].row->as[0]->name);
    if (choices->n == 0)
        visit_table(family, (enum sl_table_id)field->table);
}

/* The values of a key, which may be an included table's, or a record's: "RECORD.KEY". */
static bool
visit_key(const struct family *family, const struct sl_field *fields, const void *config,
          const char *key)
{
    size_t record = strcspn(key, ".");

    for (; fields && fields->type != SL_TYPE_END; fields++) {
        const void *value = (const char *)config + fields->offset;

        if (fields->type == SL_TYPE_INCLUDE) {
            if (visit_key(family, fields->fields, value, key))
                return true;
        } else if (fields->type == SL_TYPE_RECORD && key[record] == '.' &&
                   strlen(fields->key) == record &&
                   strncmp(fields->key, key, record) == 0) {
            return visit_key(family, fields->fields, value, key + record + 1);
        } else if (strcmp(fields->key, key) == 0) {
            visit_values(family, fields, value);
            return true;
        }
    }
    return false;
}

static bool
visit_family(const struct family *family, const struct sl_stage *stage)
{
    const char *brace = strchr(family->name, '{');
    char key[NAME_MAX_BYTES];

    if (!brace)
        return false;
    snprintf(key, sizeof key, "%.*s", (int)strcspn(brace + 1, "}"), brace + 1);
    return visit_key(family, stage->module->entry.fields, stage->config, key) ||
           visit_named_table(family, key);
}

void
sl_stage_metrics(const struct sl_stage *stage, const struct sl_registry *registry,
                 void (*visit)(void *context, const char *metric), void *context)
{
    const struct sl_result *r = stage->module ? stage->module->results : NULL;

    for (; r && r->name; r++) {
        const struct family family = {registry, r->name, visit, context};
        if (r->type == SL_RESULT_METRIC && !visit_family(&family, stage))
            visit(context, r->name);
    }
}

/* ---- one of them -------------------------------------------------------------------- */

struct looking {
    const char *metric;
    bool found;
};

static void
look_at(void *context, const char *metric)
{
    struct looking *looking = context;
    size_t open = strcspn(metric, "*");

    looking->found =
        looking->found || (metric[open] ? strncmp(metric, looking->metric, open) == 0
                                        : strcmp(metric, looking->metric) == 0);
}

bool
sl_experiment_records(const struct sl_experiment *experiment,
                      const struct sl_registry *registry, const char *metric)
{
    for (size_t i = 0; i < experiment->n; i++) {
        const struct sl_stage *stage = &experiment->stages[i];
        size_t n = strlen(stage->name);
        struct looking looking = {metric + n + 1, false};
        if (strncmp(stage->name, metric, n) != 0 || metric[n] != '.')
            continue;
        sl_stage_metrics(stage, registry, look_at, &looking);
        return looking.found;
    }
    return false;
}

struct gathering {
    struct sl_arena *arena;
    const char *stage;
    size_t n, capacity;
    const char **names;
};

static void
gather(void *context, const char *metric)
{
    struct gathering *g = context;

    if (g->n == g->capacity) {
        const char **more;
        g->capacity = g->capacity ? 2 * g->capacity : 32;
        more = sl_arena_alloc(g->arena, g->capacity * sizeof *more);
        if (g->n)
            memcpy(more, g->names, g->n * sizeof *more);
        g->names = more;
    }
    g->names[g->n++] = sl_arena_format(g->arena, "%s.%s", g->stage, metric);
}

const char *
sl_experiment_nearest(const struct sl_experiment *experiment,
                      const struct sl_registry *registry, const char *metric,
                      struct sl_arena *arena)
{
    struct gathering g = {.arena = arena};

    for (size_t i = 0; i < experiment->n; i++) {
        g.stage = experiment->stages[i].name;
        sl_stage_metrics(&experiment->stages[i], registry, gather, &g);
    }
    return sl_nearest(metric, g.names, g.n);
}
