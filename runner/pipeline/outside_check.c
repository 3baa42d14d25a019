/* SPDX-License-Identifier: MIT */
/* Whether what an object exports can be worked with. */
#include <string.h>

#include "runner/config/field_check.h"
#include "runner/pipeline/outside.h"

/* More of a kind are taken for a list that lacks its end. */
#define LIST_MAX 100

const char *
sl_row_source(const struct sl_row *row)
{
    return row->origin ? row->origin->file : "built in";
}

/* "detect module 'x'", "layer 'x'". */
static const char *
say_row(const struct sl_row *row, struct sl_arena *arena)
{
    return sl_arena_format(arena, "%s%s '%s'", sl_table_name(row->table),
                           row->table < SL_STAGE_KINDS ? " module" : "",
                           row->as[0]->name);
}

static enum sl_status
check_entry(const struct sl_row *row, struct sl_error *err)
{
    if ((unsigned)row->table >= SL_TABLES)
        return sl_fail(err, SL_ERR_CONFIG, "there is no table %u", (unsigned)row->table);
    if (!row->as[0] || !row->as[0]->name || !sl_name_is_valid(row->as[0]->name))
        return sl_fail(err, SL_ERR_CONFIG,
                       "a row of table '%s' has no name that matches " SL_NAME_RULE,
                       sl_table_name(row->table));
    return SL_OK;
}

/* float32 and float64 have to be the same thing. */
static enum sl_status
check_twins(const struct sl_row *row, struct sl_error *err)
{
    const struct sl_entry *a = row->as[0], *b = row->as[1];

    if (!a->summary)
        return sl_fail(err, SL_ERR_CONFIG, "it has no summary");
    if (a->config_size > 1 << 20)
        return sl_fail(err, SL_ERR_CONFIG, "its configuration has %zu bytes",
                       a->config_size);
    if (b &&
        (!b->name || strcmp(a->name, b->name) != 0 || a->config_size != b->config_size))
        return sl_fail(err, SL_ERR_CONFIG,
                       "its float32 and float64 builds are different things");
    return SL_OK;
}

static enum sl_status
check_class(const struct sl_row *row, const struct sl_class_rule *rule,
            struct sl_error *err)
{
    if (row->size && row->size != rule->size)
        return sl_fail(err, SL_ERR_CONFIG,
                       "its class has %zu bytes, and that of this sluice %zu; build it "
                       "again",
                       row->size, rule->size);
    for (size_t i = 0; i < SL_CLASS_NEEDS && rule->needs[i].name; i++)
        for (size_t k = 0; k < 2 && row->as[k]; k++) {
            /* Functions and data alike are compared with zero, byte by byte. */
            static const char null[sizeof(void (*)(void))];
            if (memcmp((const char *)row->as[k] + rule->needs[i].offset, null,
                       sizeof null) == 0)
                return sl_fail(err, SL_ERR_CONFIG, "its '%s' is NULL",
                               rule->needs[i].name);
        }
    return SL_OK;
}

static enum sl_status
check_ports(const struct sl_port *ports, const char *what, struct sl_error *err)
{
    for (size_t i = 0; ports && ports[i].name; i++)
        if (i == LIST_MAX || (unsigned)ports[i].type > SL_PORT_TENSOR ||
            !sl_name_is_valid(ports[i].name))
            return sl_fail(err, SL_ERR_CONFIG,
                           "%s %zu is none; does the list end in SL_PORT_END?", what,
                           i + 1);
    return SL_OK;
}

/* A name that ends in * stands for a family. */
static enum sl_status
check_results(const struct sl_result *results, struct sl_error *err)
{
    for (size_t i = 0; results && results[i].name; i++)
        if (i == LIST_MAX || (unsigned)results[i].type > SL_RESULT_TENSOR ||
            strlen(results[i].name) > LIST_MAX)
            return sl_fail(err, SL_ERR_CONFIG,
                           "result %zu is none; does the list end in SL_RESULT_END?",
                           i + 1);
    return SL_OK;
}

static enum sl_status
check_module(const struct sl_module *module, struct sl_error *err)
{
    SL_TRY(check_ports(module->inputs, "input", err));
    SL_TRY(check_ports(module->outputs, "output", err));
    SL_TRY(check_results(module->results, err));
    if (module->model && !module->model->open)
        return sl_fail(err, SL_ERR_CONFIG, "its model has no 'open'");
    if (module->model && module->model->score &&
        (!module->model->scores || !module->model->scores[0].name))
        return sl_fail(err, SL_ERR_CONFIG, "its model scores and names no score");
    return SL_OK;
}

static enum sl_status
check_name(const struct sl_registry *registry, size_t index, struct sl_error *err)
{
    const struct sl_row *row = &registry->rows[index];

    for (size_t i = 0; i < index; i++) {
        const struct sl_row *other = &registry->rows[i];
        if (other->table != row->table ||
            strcmp(other->as[0]->name, row->as[0]->name) != 0)
            continue;
        if (other->origin == row->origin)
            return sl_fail(err, SL_ERR_CONFIG, "it is there twice");
        return sl_fail(err, SL_ERR_CONFIG, "there is one already, %s%s%s",
                       other->origin ? "from '" : "", sl_row_source(other),
                       other->origin ? "'" : "");
    }
    return SL_OK;
}

static enum sl_status
check_row(const struct sl_registry *registry, size_t index, struct sl_arena *arena,
          struct sl_error *err)
{
    const struct sl_row *row = &registry->rows[index];
    struct sl_binder binder = {.arena = arena, .registry = registry};

    SL_TRY(check_twins(row, err));
    SL_TRY(check_class(row, &registry->rules[row->table], err));
    SL_TRY(check_name(registry, index, err));
    if (row->table < SL_STAGE_KINDS)
        SL_TRY(check_module((const struct sl_module *)row->as[0], err));
    for (size_t k = 0; k < 2 && row->as[k]; k++)
        SL_TRY(
            sl_fields_check(&binder, row->as[k]->fields, row->as[k]->config_size, err));
    return SL_OK;
}

enum sl_status
sl_outside_check(const struct sl_registry *registry, size_t before,
                 struct sl_arena *arena, struct sl_error *err)
{
    struct sl_arena scratch;
    enum sl_status status = SL_OK;

    for (size_t i = before; i < registry->n; i++)
        SL_TRY(check_entry(&registry->rows[i], err));
    sl_arena_init(&scratch);
    for (size_t i = before; i < registry->n && status == SL_OK; i++) {
        status = check_row(registry, i, &scratch, err);
        if (status)
            sl_error_context(err, "%s", say_row(&registry->rows[i], arena));
    }
    sl_arena_release(&scratch);
    return status;
}
