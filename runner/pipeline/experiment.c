/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/experiment.h"

#include <string.h>

#include "runner/pipeline/block.h"
#include "runner/pipeline/join.h"

struct head {
    const char *name, *description;
    uint64_t seed, split_seed;
    int on_failure;
    struct sl_string_list figures;
};

static const char *const on_failure_words[] = {"continue", "stop", NULL};

const struct sl_field sl_experiment_fields[] = {
    SL_FIELD(struct head, name, const char *, SL_TYPE_STRING, .flags = SL_REQUIRED,
             .help = "what the results are filed under: letters, digits, . _ and -"),
    SL_STRING(struct head, description, "", "a sentence for the reader of the record"),
    SL_FIELD(struct head, seed, uint64_t, SL_TYPE_SEED, .number = 1,
             .help = "what all random numbers of a run start from"),
    SL_FIELD(struct head, split_seed, uint64_t, SL_TYPE_SEED, .flags = SL_UNSET,
             .help = "what the splits are drawn from; by default the seed"),
    SL_WORD(struct head, on_failure, 0, on_failure_words,
            "what a run that fails does to the other runs of a sweep"),
    SL_FIELD(struct head, figures, struct sl_string_list, SL_TYPE_STRING_LIST,
             .help = "what is drawn of a run; 'sluice plot --list' names them"),
    SL_FIELD_END,
};

/* While an experiment is bound. */
struct binding {
    const struct sl_binder *binder;
    struct sl_experiment *experiment;
    struct sl_stage *stages;
    struct sl_bind_memo *memo;
    unsigned missing; /* kinds, a bit each, of which a block could not be bound */
};

#define SKIP_MAX 16
#define STAGES_MAX 500

static void
tell_unknown_kind(const struct binding *b, const struct sl_node *node)
{
    const char *words[SL_STAGE_KINDS], *near = NULL;
    char said[100];

    for (size_t i = 0; i < SL_STAGE_KINDS; i++)
        words[i] = sl_table_name((enum sl_table_id)i);
    if (node->kind == SL_NODE_SCALAR)
        near = sl_nearest(node->text, words, SL_STAGE_KINDS);
    if (!node->broken)
        sl_report_add(b->binder->report, SL_ERROR, node->mark,
                      "expected a kind of stage, got %s; %s%s%s",
                      sl_node_say(node, said, sizeof said),
                      near ? "did you mean '" : "there are load, train, calibrate, ",
                      near ? near : "detect and sample", near ? "'?" : "");
}

static void
tell_unknown_key(const struct binding *b, const struct sl_node *node)
{
    const char *words[SL_STAGE_KINDS + 16];
    size_t n = 0;

    for (; n < SL_STAGE_KINDS; n++)
        words[n] = sl_table_name((enum sl_table_id)n);
    for (const struct sl_field *f = sl_experiment_fields; f->type != SL_TYPE_END; f++)
        words[n++] = f->key;
    for (const struct sl_field *f = sl_file_fields; f->type != SL_TYPE_END; f++)
        words[n++] = f->key;

    bool full = sl_report_is_full(b->binder->report);
    const char *near = full ? NULL : sl_nearest(node->key, words, n);
    if (near)
        sl_report_add(b->binder->report, SL_ERROR, node->key_mark,
                      "unknown key '%s'; did you mean '%s'?", node->key, near);
    else
        sl_report_add(b->binder->report, SL_ERROR, node->key_mark,
                      "unknown key '%s'; a stage of that name says its 'kind:'",
                      node->key);
}

static void
tell_unknown_module(const struct binding *b, const struct sl_node *module, unsigned kind)
{
    const char *names[64];
    size_t n = sl_registry_names(b->binder->registry, kind, names, 64);
    const char *near = sl_nearest(module->text, names, n < 64 ? n : 64);
    struct sl_text all = {0};

    for (size_t i = 0; i < n && i < 64; i++)
        sl_text_format(&all, "%s'%s'", i ? ", " : "", names[i]);
    if (near)
        sl_report_add(b->binder->report, SL_ERROR, module->mark,
                      "no %s module '%s'; did you mean '%s'?", sl_table_name(kind),
                      module->text, near);
    else
        sl_report_add(b->binder->report, SL_ERROR, module->mark,
                      "no %s module '%s'; there is %s", sl_table_name(kind), module->text,
                      n ? all.bytes : "none");
    sl_text_release(&all);
}

/* The module that a stage block names; NULL, and told, if it names none. */
static const struct sl_row *
find_module(const struct binding *b, const struct sl_node *block, unsigned kind)
{
    const struct sl_node *module = sl_node_get(block, "module");
    const struct sl_row *row;

    if (module && module->broken)
        return NULL;
    if (!module && block->implied) {
        sl_report_add(b->binder->report, SL_ERROR, block->key_mark,
                      "the file has no stage '%s' to set this of", block->key);
        return NULL;
    }
    if (!module || module->kind != SL_NODE_SCALAR) {
        sl_report_add(b->binder->report, SL_ERROR, module ? module->mark : block->mark,
                      "stage '%s' needs 'module:', the name of a %s module", block->key,
                      sl_table_name(kind));
        return NULL;
    }
    row = sl_registry_find(b->binder->registry, kind, module->text);
    if (!row)
        tell_unknown_module(b, module, kind);
    return row;
}

static bool
recall(const struct sl_bind_memo *memo, struct sl_stage *stage)
{
    for (size_t i = 0; memo && i < memo->n; i++) {
        if (memo->at[i].first != stage->node->first ||
            memo->at[i].module != stage->module)
            continue;
        stage->config = memo->at[i].config;
        stage->sound = memo->at[i].sound;
        return true;
    }
    return false;
}

static void
remember(struct sl_bind_memo *memo, const struct sl_stage *stage)
{
    if (!memo || memo->n == SL_BIND_MEMO)
        return;
    memo->at[memo->n].first = stage->node->first;
    memo->at[memo->n].module = stage->module;
    memo->at[memo->n].config = stage->config;
    memo->at[memo->n++].sound = stage->sound;
}

static void
bind_fields(const struct binding *b, struct sl_stage *stage)
{
    const char *skip[SKIP_MAX + 1] = {0};
    size_t n = 0;
    void *config;

    if (recall(b->memo, stage))
        return;
    config = sl_arena_alloc(b->binder->arena, stage->module->entry.config_size);
    for (; sl_block_keys[n]; n++)
        skip[n] = sl_block_keys[n];
    for (const struct sl_port *p = stage->module->inputs; p && p->name; p++)
        if (p->key && n < SKIP_MAX)
            skip[n++] = p->key;
    stage->sound = sl_fields_bind(b->binder, stage->module->entry.fields, stage->node,
                                  stage->mark, skip, config);
    stage->config = config;
    remember(b->memo, stage);
}

static double
bind_timeout(const struct binding *b, const struct sl_node *block)
{
    const struct sl_node *node = sl_node_get(block, "timeout");
    double seconds = 0;

    if (!node || node->broken)
        return 0;
    if (sl_node_double(node, &seconds) && seconds >= 0 && seconds <= SL_TIMEOUT_MAX)
        return seconds;
    sl_report_add(b->binder->report, SL_ERROR, node->mark,
                  "expected a number of seconds, 0..%g", SL_TIMEOUT_MAX);
    return 0;
}

static void
bind_stage(struct binding *b, const struct sl_node *block)
{
    unsigned kind = sl_block_kind(block);
    const struct sl_row *row = find_module(b, block, kind);

    b->missing |= row ? 0 : 1u << kind;
    if (!row)
        return;
    struct sl_stage *stage = &b->stages[b->experiment->n];
    *stage = (struct sl_stage){
        .name = block->key,
        .index = b->experiment->n++,
        .row = row,
        .module = (const struct sl_module *)row->as[0],
        .timeout = bind_timeout(b, block),
        .node = block,
        .mark = block->key_mark,
    };
    if (b->experiment->n == STAGES_MAX + 1)
        sl_report_add(b->binder->report, SL_ERROR, block->key_mark, "more than %d stages",
                      STAGES_MAX);
    if (!sl_name_is_valid(stage->name))
        sl_report_add(b->binder->report, SL_ERROR, block->key_mark,
                      "a stage's name must match " SL_NAME_RULE);
    bind_fields(b, stage);
}

/* Stages stand in the order of their kinds, which is the order the data flows in; those of
 * one kind in the order of the file. */
static void
bind_stages(struct binding *b, const struct sl_node *tree)
{
    b->stages =
        sl_arena_alloc(b->binder->arena, (tree->count + 1) * sizeof(struct sl_stage));
    b->experiment->stages = b->stages;
    for (unsigned kind = 0; kind < SL_STAGE_KINDS; kind++)
        for (const struct sl_node *c = tree->first; c; c = c->next)
            if (c->kind == SL_NODE_MAP && sl_block_kind(c) == kind &&
                b->experiment->n <= STAGES_MAX)
                bind_stage(b, c);
}

/* ---- checking ----------------------------------------------------------------------- */

static void
check_stage(const struct binding *b, const struct sl_stage *stage)
{
    struct sl_check check = {
        .arena = b->binder->arena,
        .report = b->binder->report,
        .mark = stage->mark,
        .node = stage->node,
        .registry = b->binder->registry,
        .schema = &stage->schema,
    };

    sl_check_splits(stage->module->entry.fields, stage->config, &check);
    if (stage->module->check)
        stage->module->check(stage->config, &check);
}

/* The children that are fields of the head. */
static struct sl_node *
head_of(const struct binding *b, const struct sl_node *tree)
{
    struct sl_node *head = sl_node_new(b->binder->arena, SL_NODE_MAP, tree->mark), *copy;

    for (const struct sl_node *c = tree->first; c; c = c->next) {
        if (!sl_field_find(sl_experiment_fields, c->key))
            continue;
        copy = SL_NEW(b->binder->arena, struct sl_node);
        *copy = *c;
        sl_node_append(head, copy);
    }
    return head;
}

static void
bind_head(const struct binding *b, const struct sl_node *tree)
{
    struct head head = {0};
    struct sl_experiment *x = b->experiment;
    const struct sl_node *name = sl_node_get(tree, "name");

    sl_fields_bind(b->binder, sl_experiment_fields, head_of(b, tree), tree->mark, NULL,
                   &head);
    if (name && head.name && !sl_name_is_valid(head.name))
        sl_report_add(b->binder->report, SL_ERROR, name->mark,
                      "a name must match " SL_NAME_RULE);
    x->name = head.name;
    x->description = head.description;
    x->seed = head.seed;
    x->split_seed = sl_node_get(tree, "split_seed") ? head.split_seed : head.seed;
    x->figures = head.figures;
    x->halts = head.on_failure == 1;
}

/* The keys that are no fields of the head are stages. */
static void
check_blocks(struct binding *b, const struct sl_node *tree)
{
    for (const struct sl_node *c = tree->first; c; c = c->next) {
        if (sl_field_find(sl_experiment_fields, c->key))
            continue;
        if (sl_field_find(sl_file_fields, c->key))
            continue; /* the composition is done with it */
        unsigned kind = sl_block_kind(c);

        b->missing |= c->kind != SL_NODE_MAP ? 1u << kind : 0;
        if (kind == SL_STAGE_KINDS && sl_node_get(c, "kind"))
            tell_unknown_kind(b, sl_node_get(c, "kind"));
        else if (kind == SL_STAGE_KINDS)
            tell_unknown_key(b, c);
        else if (c->kind != SL_NODE_MAP && !c->broken)
            sl_report_add(b->binder->report, SL_ERROR, c->mark,
                          "a stage is a mapping: '%s: {module: NAME, ...}'%s", c->key,
                          sl_node_hint(c));
    }
}

/* A train module sees its rows behind the list, which are no whole numbers any more. */
static void
see_preprocessing(struct sl_stage *stage)
{
    const struct sl_choice_list *list =
        stage->sound ? sl_preprocess_list(stage->module->entry.fields, stage->config)
                     : NULL;

    if (!list)
        return;
    stage->schema.d = sl_preprocess_columns(list, stage->schema.d);
    stage->schema.whole = false;
}

void
sl_experiment_bind(const struct sl_binder *binder, const struct sl_node *tree,
                   struct sl_bind_memo *memo, struct sl_experiment *experiment)
{
    struct binding b = {.binder = binder, .experiment = experiment, .memo = memo};

    *experiment = (struct sl_experiment){.tree = tree};
    check_blocks(&b, tree);
    bind_head(&b, tree);
    bind_stages(&b, tree);
    for (size_t i = 0; i < experiment->n; i++) {
        struct sl_stage *stage = &b.stages[i];
        if (stage->module->schema && stage->sound)
            stage->module->schema(stage->config, binder->arena, &stage->schema);
        sl_stage_join(binder, stage, b.missing);
        see_preprocessing(stage);
        if (stage->sound)
            check_stage(&b, stage);
    }
    if (experiment->n == 0 && binder->report->errors == 0)
        sl_report_add(binder->report, SL_ERROR, tree->mark,
                      "there is no stage in it; begin with 'load: {module: NAME, ...}'");
}

struct sl_experiment
sl_experiment_repeat(const struct sl_experiment *experiment, uint64_t r)
{
    struct sl_experiment repeat = *experiment;

    repeat.seed += r;
    if (!sl_node_get(experiment->tree, "split_seed"))
        repeat.split_seed += r;
    return repeat;
}

const struct sl_stage *
sl_experiment_stage(const struct sl_experiment *experiment, const char *name)
{
    for (size_t i = 0; i < experiment->n; i++)
        if (strcmp(experiment->stages[i].name, name) == 0)
            return &experiment->stages[i];
    return NULL;
}

/* ---- printing ----------------------------------------------------------------------- */

static void
print_stage(const struct sl_stage *stage, struct sl_text *out)
{
    const struct sl_node *node;

    sl_text_format(out, "%s:\n    module: %s\n", stage->name, stage->module->entry.name);
    for (const char *const *key = sl_block_keys + 1; *key; key++)
        if ((node = sl_node_get(stage->node, *key))) {
            sl_text_format(out, "    %s:", *key);
            sl_node_print(node, 8, out);
        }
    for (size_t i = 0; i < stage->n; i++)
        if (stage->joins[i].port->key && stage->joins[i].split)
            sl_text_format(out, "    %s: %s\n", stage->joins[i].port->key,
                           stage->joins[i].split);
    sl_fields_print(stage->module->entry.fields, stage->config, SL_PRINT_ALL, 4, out);
}

void
sl_experiment_print(const struct sl_experiment *experiment, struct sl_text *out)
{
    struct head head = {
        .name = experiment->name,
        .description = experiment->description,
        .seed = experiment->seed,
        .split_seed = experiment->split_seed,
        .on_failure = experiment->halts,
        .figures = experiment->figures,
    };

    sl_fields_print(sl_experiment_fields, &head, SL_PRINT_ALL, 0, out);
    for (size_t i = 0; i < experiment->n; i++)
        print_stage(&experiment->stages[i], out);
}
