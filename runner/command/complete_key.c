/* SPDX-License-Identifier: MIT */
/* Keys of an experiment's file, and the values that they take. */
#include <string.h>

#include "runner/command/complete.h"
#include "runner/command/composed.h"
#include "runner/command/list_configs.h"
#include "runner/config/field_say.h"
#include "runner/pipeline/experiment.h"

/* The same, with n more bytes of the word before what is looked for. */
static struct sl_completing
behind(const struct sl_completing *c, size_t n)
{
    struct sl_completing moved = *c;

    moved.lead = sl_arena_copy(c->call->arena, c->word, strlen(c->lead) + n);
    return moved;
}

/* The file as it stands on the command line; false where it can't be read. What is wrong
 * in it is for others to tell. */
static bool
read_outline(const struct sl_completing *c, struct sl_outline *outline)
{
    struct sl_report *report = SL_NEW(c->call->arena, struct sl_report);
    struct sl_node *tree = NULL;
    struct sl_error ignored;

    sl_report_init(report, c->call->arena);
    if (!c->file || sl_compose(sl_call_composing(c->call, report), c->file, c->overrides,
                               c->n, &tree, &ignored))
        return false;
    *outline = (struct sl_outline){c->call->registry, c->call->arena, tree};
    return tree;
}

/* ---- keys --------------------------------------------------------------------------- */

/* Whether some entry of a table has something to say. */
static bool
has_fields(const struct sl_registry *registry, enum sl_table_id table)
{
    for (size_t i = 0; i < registry->n; i++)
        if (registry->rows[i].table == table && registry->rows[i].as[0]->fields)
            return true;
    return false;
}

static bool
has_keys(const struct sl_outline *outline, const struct sl_outline_item *item)
{
    struct sl_outline_item *items;

    if (item->type == SL_TYPE_CHOICE && item->field)
        return has_fields(outline->registry, item->field->table);
    return sl_outline_below(outline, item, &items) > 0;
}

static const char *
help_of(const struct sl_outline_item *item)
{
    if (item->row)
        return item->row->as[0]->summary;
    return item->field ? item->field->help : NULL;
}

/* Names that may stand where another one is chosen now: `adam` below train.optimizer. */
static void
add_rivals(const struct sl_completing *c, const struct sl_outline_item *choice)
{
    const struct sl_registry *registry = c->call->registry;

    for (size_t i = 0; i < registry->n; i++)
        if (registry->rows[i].table == choice->field->table &&
            registry->rows[i].as[0]->fields)
            sl_complete_add(
                c, sl_arena_format(c->call->arena, "%s.", registry->rows[i].as[0]->name),
                registry->rows[i].as[0]->summary);
}

static void
add_items(const struct sl_completing *c, const struct sl_outline *outline,
          const struct sl_outline_item *items, size_t n, char how)
{
    for (size_t i = 0; i < n; i++) {
        const char *key = items[i].key, *help = help_of(&items[i]);
        bool map = has_keys(outline, &items[i]);
        if (map)
            sl_complete_add(c, sl_arena_format(c->call->arena, "%s.", key), help);
        if (how == '.')
            sl_complete_add(c, key, help);
        else if (!map || items[i].kind == SL_OUTLINE_FIELD)
            sl_complete_add(c, sl_arena_format(c->call->arena, "%s=", key), help);
    }
}

/* path: as far as it is written. */
static void
add_keys(const struct sl_completing *c, const struct sl_outline *outline,
         const char *path, char how)
{
    const char *dot = strrchr(path, '.');
    struct sl_outline_search found;
    struct sl_completing inside;
    struct sl_outline_item *items;
    size_t n;

    if (!dot) {
        n = sl_outline_top(outline, &items);
        add_items(c, outline, items, n, how);
        return;
    }
    found = sl_outline_find(outline,
                            sl_arena_copy(c->call->arena, path, (size_t)(dot - path)));
    if (!found.found)
        return;
    inside = behind(c, (size_t)(dot + 1 - path));
    n = sl_outline_below(outline, &found.item, &items);
    if (found.item.type == SL_TYPE_CHOICE && found.item.field)
        add_rivals(&inside, &found.item);
    else
        add_items(&inside, outline, items, n, how);
}

/* ---- files of groups ---------------------------------------------------------------- */

/* "use.GROUP=NAME", as far as it is written behind "use.". */
static void
add_groups(const struct sl_completing *c, const char *written)
{
    const char *equals = strchr(written, '=');
    const char *group = sl_arena_copy(c->call->arena, written, strcspn(written, "="));
    const char *before = "";
    struct sl_table table;

    sl_configs_list(c->call, &table);
    for (size_t i = 0; i < table.rows; i++) {
        const char *name = table.columns[0].at.texts[i];
        if (equals && strcmp(name, group) == 0)
            sl_complete_add(c,
                            sl_arena_format(c->call->arena, "%s=%s", name,
                                            table.columns[1].at.texts[i]),
                            table.columns[2].at.texts[i]);
        else if (!equals && strcmp(name, before) != 0)
            sl_complete_add(c, sl_arena_format(c->call->arena, "%s=", name),
                            "another file of the group");
        before = name;
    }
}

/* ---- values ------------------------------------------------------------------------- */

/* The experiment that the file says, as far as it can be bound. */
static void
bind(const struct sl_completing *c, const struct sl_outline *outline,
     struct sl_experiment *experiment)
{
    struct sl_report *report = SL_NEW(c->call->arena, struct sl_report);
    struct sl_binder *binder = SL_NEW(c->call->arena, struct sl_binder);
    struct sl_node *tree = sl_node_copy(c->call->arena, outline->tree);

    sl_report_init(report, c->call->arena);
    *binder = (struct sl_binder){c->call->arena, report, c->call->registry};
    sl_node_remove(tree, "sweep");
    sl_node_remove(tree, "env");
    sl_experiment_bind(binder, tree, NULL, experiment);
}

void
sl_complete_stages(const struct sl_completing *c)
{
    struct sl_experiment experiment;
    struct sl_outline outline;

    if (!read_outline(c, &outline))
        return;
    bind(c, &outline, &experiment);
    for (size_t i = 0; i < experiment.n; i++)
        sl_complete_add(c, experiment.stages[i].name,
                        experiment.stages[i].module->entry.summary);
}

static void
add_splits(const struct sl_completing *c, const struct sl_outline *outline)
{
    struct sl_experiment experiment;

    bind(c, outline, &experiment);
    for (size_t i = 0; i < experiment.n; i++)
        for (size_t j = 0; experiment.stages[i].row->table == SL_LOAD &&
                           j < experiment.stages[i].schema.split_count;
             j++)
            sl_complete_add(c, experiment.stages[i].schema.splits[j],
                            "split of the data");
}

static void
add_scores(const struct sl_completing *c, const struct sl_outline *outline)
{
    struct sl_experiment experiment;

    bind(c, outline, &experiment);
    for (size_t i = 0; i < experiment.n; i++) {
        const struct sl_model_class *model = experiment.stages[i].module->model;
        for (size_t j = 0; model && model->score && model->scores[j].name; j++)
            sl_complete_add(c, model->scores[j].name, model->scores[j].help);
    }
}

static void
add_table(const struct sl_completing *c, enum sl_table_id table)
{
    const struct sl_registry *registry = c->call->registry;

    for (size_t i = 0; i < registry->n; i++)
        if (registry->rows[i].table == table)
            sl_complete_add(c, registry->rows[i].as[0]->name,
                            registry->rows[i].as[0]->summary);
}

static void
add_words(const struct sl_completing *c, const struct sl_outline *outline,
          const struct sl_outline_item *item)
{
    const struct sl_field *field = item->field;

    for (const char *const *word = field->words; word && *word; word++)
        sl_complete_add(c, *word, NULL);
    if (field->type == SL_TYPE_BOOL) {
        sl_complete_add(c, "true", NULL);
        sl_complete_add(c, "false", NULL);
    }
    if (field->type == SL_TYPE_CHOICE || field->type == SL_TYPE_CHOICE_LIST)
        add_table(c, field->table);
    if (field->flags & SL_SPLITS)
        add_splits(c, outline);
    if (item->engine && strcmp(item->key, "score") == 0)
        add_scores(c, outline);
    if (strcmp(field->key, "figures") == 0)
        sl_complete_figures(c, true);
    if (field->type == SL_TYPE_FILE)
        sl_complete_tell("files");
}

/* The entries of a list that are written already, and its bracket. */
static size_t
length_before(const struct sl_field *field, const char *value, char how)
{
    const char *at = value + strlen(value);
    bool list = sl_field_element(field) != SL_TYPE_END;

    while (at > value && !strchr(list ? "[, " : ",", at[-1]))
        at--;
    return list || how == 'A' ? (size_t)(at - value) : 0;
}

static void
add_values(const struct sl_completing *c, const struct sl_outline *outline,
           const char *written, char how)
{
    size_t n = strcspn(written, "=");
    const char *value = written + n + 1;
    struct sl_outline_search found =
        sl_outline_find(outline, sl_arena_copy(c->call->arena, written, n));
    struct sl_completing inside;
    bool list;

    if (!found.found || !found.item.field ||
        (found.item.kind != SL_OUTLINE_FIELD && found.item.kind != SL_OUTLINE_ELEMENT))
        return;
    list = found.item.kind == SL_OUTLINE_FIELD &&
           sl_field_element(found.item.field) != SL_TYPE_END &&
           found.item.type != SL_TYPE_WORD_OR_INTS;
    inside = behind(c, n + 1 + length_before(found.item.field, value, how));
    if (list && *value != '[' && !(found.item.field->flags & SL_SINGLE))
        inside.lead = sl_arena_format(c->call->arena, "%s[", inside.lead);
    if (list || how == 'A')
        sl_complete_tell("open");
    add_words(&inside, outline, &found.item);
}

/* ---- words -------------------------------------------------------------------------- */

void
sl_complete_key(const struct sl_completing *c, char how)
{
    const char *written = c->word + strlen(c->lead);
    size_t mark = how == '=' && *written && strchr("+~", *written) ? 1 : 0;
    struct sl_completing inside = behind(c, mark);
    struct sl_outline outline;

    if (strncmp(written, "use.", 4) == 0 && how != '.') {
        inside = behind(c, 4);
        add_groups(&inside, written + 4);
    } else if (read_outline(c, &outline)) {
        if (*written == '~')
            how = '.';
        if (how != '.' && strchr(written, '='))
            add_values(&inside, &outline, written + mark, how);
        else
            add_keys(&inside, &outline, written + mark, how);
    }
}
