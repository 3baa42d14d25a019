/* SPDX-License-Identifier: MIT */
/* Joining the input ports of stages: which stage before, which split, which score. */
#include "runner/pipeline/join.h"

#include <string.h>

#include "runner/pipeline/submodel.h"

/* What `inputs: {PORT: STAGE}` says, or NULL. */
static const struct sl_node *
chosen_input(const struct sl_stage *stage, const char *port)
{
    const struct sl_node *node = sl_node_get(sl_node_get(stage->node, "inputs"), port);

    return node && node->kind == SL_NODE_SCALAR ? node : NULL;
}

static bool
yields(const struct sl_stage *stage, const struct sl_port *port)
{
    switch (port->type) {
    case SL_PORT_DATASET:
        return stage->row->table == SL_LOAD;
    case SL_PORT_MODEL:
    case SL_PORT_SCORES:
        return stage->row->table == SL_TRAIN;
    case SL_PORT_TENSOR:
        for (const struct sl_port *p = stage->module->outputs; p && p->name; p++)
            if (p->type == SL_PORT_TENSOR && strcmp(p->name, port->name) == 0)
                return true;
        return false;
    }
    return false;
}

/* The kinds of stage that may yield it, a bit each. */
static unsigned
makers_of(const struct sl_port *port)
{
    switch (port->type) {
    case SL_PORT_DATASET:
        return 1u << SL_LOAD;
    case SL_PORT_MODEL:
    case SL_PORT_SCORES:
        return 1u << SL_TRAIN;
    case SL_PORT_TENSOR:
        return ~0u;
    }
    return 0;
}

static const char *
said_of(const struct sl_port *port)
{
    static const char *const words[] = {"data set", "model", "model to score with",
                                        "tensor"};
    return words[port->type];
}

/* The stage before this one that a port is joined to, by `inputs:` or because it is the
 * only one that will do; NULL, and told where the port is not optional or is for scores,
 * whose rows a key has named. */
static const struct sl_stage *
find_source(const struct sl_binder *binder, const struct sl_stage *stage,
            const struct sl_port *port, unsigned missing)
{
    const char *key = port->type == SL_PORT_SCORES ? "model" : port->name;
    const struct sl_node *chosen = chosen_input(stage, key);
    const struct sl_stage *found = NULL;
    size_t n = 0;

    for (size_t i = 0; i < stage->index; i++) {
        const struct sl_stage *s = stage - stage->index + i;
        if (!yields(s, port) || (chosen && strcmp(chosen->text, s->name) != 0))
            continue;
        found = s;
        n++;
    }
    bool needed = !port->optional || port->type == SL_PORT_SCORES || chosen;
    if (n == 1 || (n == 0 && !needed))
        return found;
    if (n == 0 && missing & makers_of(port))
        return NULL;
    if (chosen)
        sl_report_add(binder->report, SL_ERROR, chosen->mark,
                      "no stage '%s' before this one yields a %s", chosen->text,
                      said_of(port));
    else if (n == 0)
        sl_report_add(binder->report, SL_ERROR, stage->mark,
                      "stage '%s' takes a %s ('%s'), and no stage before it yields one",
                      stage->name, said_of(port), port->name);
    else
        sl_report_add(binder->report, SL_ERROR, stage->mark,
                      "%zu stages yield a %s; name one with 'inputs: {%s: STAGE}'", n,
                      said_of(port), key);
    return NULL;
}

/* Tells it when the data is known to have no split of that name. */
static void
check_split(struct sl_report *report, const struct sl_schema *schema, const char *split,
            struct sl_mark mark)
{
    struct sl_text all = {0};

    for (size_t i = 0; i < schema->split_count; i++) {
        if (strcmp(schema->splits[i], split) == 0) {
            sl_text_release(&all);
            return;
        }
        sl_text_format(&all, "%s'%s'", i ? ", " : "", schema->splits[i]);
    }
    const char *near = sl_nearest(split, schema->splits, schema->split_count);
    if (schema->split_count && near)
        sl_report_add(report, SL_ERROR, mark,
                      "the data has no split '%s'; did you mean '%s'?", split, near);
    else if (schema->split_count)
        sl_report_add(report, SL_ERROR, mark, "the data has no split '%s'; it has %s",
                      split, all.bytes);
    sl_text_release(&all);
}

/* The split, or the splits, that a field names; node: where, or NULL. */
static void
check_value(const struct sl_field *field, const struct sl_node *node, const void *at,
            const struct sl_check *check)
{
    const char *const *name = at;
    const struct sl_string_list *list = at;

    if (field->type == SL_TYPE_STRING && *name)
        check_split(check->report, check->schema, *name, node ? node->mark : check->mark);
    for (size_t i = 0; field->type != SL_TYPE_STRING && i < list->n; i++)
        check_split(check->report, check->schema, list->at[i], list->marks[i]);
}

/* node: the mapping that the fields are in, or NULL */
static void
check_fields(const struct sl_field *fields, const struct sl_node *node,
             const char *config, const struct sl_check *check)
{
    for (const struct sl_field *f = fields; f && f->type != SL_TYPE_END; f++) {
        const struct sl_node *value = node ? sl_node_get(node, f->key) : NULL;
        const void *at = config + f->offset;

        if (f->type == SL_TYPE_INCLUDE)
            check_fields(f->fields, node, at, check);
        else if (f->type == SL_TYPE_RECORD)
            check_fields(f->fields, value, at, check);
        else if (f->flags & SL_SPLITS)
            check_value(f, value, at, check);
    }
}

struct sl_mark
sl_check_mark(const struct sl_check *check, const char *key)
{
    const struct sl_node *node = sl_node_get(check->node, key);

    return node ? node->mark : check->mark;
}

void
sl_check_splits(const struct sl_field *fields, const void *config,
                const struct sl_check *check)
{
    check_fields(fields, check->node, config, check);
}

static void
join_split(const struct sl_binder *binder, const struct sl_stage *stage,
           struct sl_join *join)
{
    const struct sl_node *node = sl_node_get(stage->node, join->port->key);

    if (!node || node->kind != SL_NODE_SCALAR || sl_node_is_null(node)) {
        sl_report_add(binder->report, SL_ERROR, node ? node->mark : stage->mark,
                      "stage '%s' needs '%s:', the split that its %s come from",
                      stage->name, join->port->key, join->port->name);
        return;
    }
    join->split = node->text;
    if (join->from)
        check_split(binder->report, &join->from->schema, join->split, node->mark);
}

bool
sl_score_check(const struct sl_module *module, const struct sl_node *node,
               struct sl_report *report, size_t *kind)
{
    const struct sl_score_kind *scores = module->model->scores;
    struct sl_text all = {0};
    char said[128];

    *kind = 0;
    for (size_t i = 0; node && scores[i].name; i++) {
        if (node->kind == SL_NODE_SCALAR && strcmp(scores[i].name, node->text) == 0) {
            *kind = i;
            node = NULL;
        } else {
            sl_text_format(&all, "%s'%s'", i ? ", " : "", scores[i].name);
        }
    }
    if (node)
        sl_report_add(report, SL_ERROR, node->mark, "%s is no score of '%s'; it has %s",
                      sl_node_say(node, said, sizeof said), module->entry.name,
                      all.bytes);
    sl_text_release(&all);
    return !node;
}

static void
join_score(const struct sl_binder *binder, const struct sl_stage *stage,
           struct sl_join *join)
{
    const struct sl_node *node = sl_node_get(stage->node, "score");
    const struct sl_model_class *model = join->from->module->model;

    if (model && model->score)
        sl_score_check(join->from->module, node, binder->report, &join->score);
    else
        sl_report_add(binder->report, SL_ERROR, stage->mark,
                      "stage '%s' needs a model that scores rows; '%s' has no score",
                      stage->name, join->from->module->entry.name);
}

/* The first operation that a port needs and a model lacks, in words; NULL: none. */
static const char *
missing_operation(const struct sl_model_class *model, unsigned needs)
{
    static const struct sl_model_class none = {0};
    const struct sl_model_class *m = model ? model : &none;

    if ((needs & SL_NEEDS_DENSITY) && !m->log_density)
        return "a density";
    if ((needs & SL_NEEDS_FORWARD) && !m->forward)
        return "a map to a base";
    if ((needs & SL_NEEDS_INVERSE) && !m->inverse)
        return "an invertible map";
    if ((needs & SL_NEEDS_DRAW) && !m->draw)
        return "a distribution to draw from";
    if ((needs & SL_NEEDS_RECONSTRUCT) && !m->reconstruct)
        return "reconstructions";
    return NULL;
}

static void
check_operations(const struct sl_binder *binder, const struct sl_stage *stage,
                 const struct sl_join *join)
{
    const struct sl_module *maker = join->from->module;
    const char *missing = missing_operation(maker->model, join->port->needs);

    if (missing)
        sl_report_add(binder->report, SL_ERROR, stage->mark,
                      "module '%s' needs a model with %s; '%s' has none",
                      stage->module->entry.name, missing, maker->entry.name);
}

/* Whether a join before the i-th takes a tensor of the same stage. */
static bool
is_from_before(const struct sl_stage *stage, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (stage->joins[k].from == stage->joins[i].from &&
            stage->joins[k].port->type == SL_PORT_TENSOR)
            return true;
    return false;
}

/* A stage that takes a tensor of another one, a threshold, and scores the rows that the other
 * took it from: its rates are those of rows that were fitted to. */
static void
check_fitted_rows(const struct sl_binder *binder, const struct sl_stage *stage)
{
    for (size_t i = 0; i < stage->n; i++) {
        const struct sl_stage *fitted = stage->joins[i].from;

        if (!fitted || stage->joins[i].port->type != SL_PORT_TENSOR ||
            is_from_before(stage, i))
            continue;
        for (size_t j = 0; j < stage->n * fitted->n; j++) {
            const struct sl_join *mine = &stage->joins[j / fitted->n];
            const struct sl_join *other = &fitted->joins[j % fitted->n];

            if (!mine->split || !other->split || mine->from != other->from ||
                strcmp(mine->split, other->split) != 0)
                continue;
            const struct sl_node *node = sl_node_get(stage->node, mine->port->key);
            sl_report_add(binder->report, SL_WARNING, node ? node->mark : stage->mark,
                          "stage '%s' is set on split '%s' as well: what is measured on "
                          "those rows flatters",
                          fitted->name, mine->split);
        }
    }
}

/* The split by which a stage chooses what it keeps; NULL: there is none. */
static const char *
selecting_split(const struct sl_field *fields, const char *config)
{
    const char *found = NULL;

    for (const struct sl_field *f = fields; f && f->type != SL_TYPE_END && !found; f++) {
        const void *at = config + f->offset;

        if (f->type == SL_TYPE_INCLUDE || f->type == SL_TYPE_RECORD)
            found = selecting_split(f->fields, at);
        else if (f->flags & SL_SELECTS)
            found = *(const char *const *)at;
    }
    return found;
}

/* Decisions about rows by which the model was chosen. A threshold may well be set on them. */
static void
check_selecting_rows(const struct sl_binder *binder, const struct sl_stage *stage)
{
    for (size_t i = 0; stage->row->table == SL_DETECT && i < stage->n; i++) {
        const struct sl_join *join = &stage->joins[i];
        const struct sl_stage *model = join->from;

        if (!join->split || !model || !model->config)
            continue;
        const char *split = selecting_split(model->module->entry.fields, model->config);
        if (!split || strcmp(split, join->split) != 0)
            continue;
        const struct sl_node *node = sl_node_get(stage->node, join->port->key);
        sl_report_add(binder->report, SL_WARNING, node ? node->mark : stage->mark,
                      "stage '%s' chooses its model by split '%s': what is measured on "
                      "those rows flatters",
                      model->name, split);
    }
}

/* Two ports for scores that are to differ. */
static void
check_same_split(const struct sl_binder *binder, const struct sl_stage *stage)
{
    for (size_t i = 0; i < stage->n; i++)
        for (size_t j = 0; j < i; j++) {
            const struct sl_join *a = &stage->joins[j], *b = &stage->joins[i];

            if (!a->split || !b->split || a->from != b->from ||
                strcmp(a->split, b->split) != 0)
                continue;
            const struct sl_node *node = sl_node_get(stage->node, b->port->key);
            sl_report_add(binder->report, SL_ERROR, node ? node->mark : stage->mark,
                          "'%s' and '%s' are the same rows, those of split '%s'",
                          a->port->key, b->port->key, a->split);
        }
}

/* Every name under `inputs:` is a port of the stage, or "model" for its scores. */
static void
check_inputs(const struct sl_binder *binder, const struct sl_stage *stage)
{
    const struct sl_node *inputs = sl_node_get(stage->node, "inputs");

    if (inputs && inputs->kind != SL_NODE_MAP)
        sl_report_add(binder->report, SL_ERROR, inputs->mark,
                      "'inputs' is a mapping of ports to stages");
    for (const struct sl_node *c = inputs ? inputs->first : NULL; c; c = c->next) {
        bool known = false;
        for (const struct sl_port *p = stage->module->inputs; p && p->name; p++)
            known |= strcmp(p->type == SL_PORT_SCORES ? "model" : p->name, c->key) == 0;
        if (!known)
            sl_report_add(binder->report, SL_ERROR, c->key_mark,
                          "module '%s' has no input '%s'", stage->module->entry.name,
                          c->key);
    }
}

/* Scores that a stage can do without, where no key says which rows. */
static bool
is_left_out(const struct sl_stage *stage, const struct sl_port *port)
{
    return port->type == SL_PORT_SCORES && port->optional &&
           !sl_node_get(stage->node, port->key);
}

void
sl_stage_join(const struct sl_binder *binder, struct sl_stage *stage, unsigned missing)
{
    size_t n = 0;

    for (const struct sl_port *p = stage->module->inputs; p && p->name; p++)
        n++;
    struct sl_join *joins = sl_arena_alloc(binder->arena, n * sizeof *joins);
    for (size_t i = 0; i < n; i++) {
        struct sl_join *join = &joins[i];
        join->port = &stage->module->inputs[i];
        if (is_left_out(stage, join->port))
            continue;
        join->from = find_source(binder, stage, join->port, missing);
        if (join->port->type == SL_PORT_SCORES) {
            join_split(binder, stage, join);
            if (join->from)
                join_score(binder, stage, join);
        }
        if (join->from && join->port->type == SL_PORT_MODEL)
            check_operations(binder, stage, join);
        if (join->from && !stage->schema.d && !stage->schema.split_count)
            stage->schema = join->from->schema;
    }
    stage->n = n;
    stage->joins = joins;
    check_inputs(binder, stage);
    check_same_split(binder, stage);
    check_fitted_rows(binder, stage);
    check_selecting_rows(binder, stage);
}
