/* SPDX-License-Identifier: MIT */
/* sluice explain FILE KEY: a value, what it may be, and who set it. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "runner/command/composed.h"
#include "runner/config/field_say.h"
#include "runner/config/node_json.h"
#include "runner/sweep/sweep.h"
#include "runner/sweep/value.h"

/* ---- what there is to say ----------------------------------------------------------- */

/* NULL where there is nothing to say. */
struct facts {
    const char *key;
    const struct sl_outline_item *item;
    const char *type, *range, *help, *preset;
    bool required, map;
    const struct sl_axis *axis; /* that sweeps it */
    size_t n;
    struct sl_outline_item *items; /* what is in it */
};

static const char *
taken(struct sl_text *text, struct sl_arena *arena)
{
    const char *copy = text->count ? sl_arena_string(arena, text->bytes) : NULL;

    sl_text_release(text);
    return copy;
}

static void
say_field(const struct sl_outline *outline, const struct sl_field *field,
          struct facts *facts)
{
    struct sl_text type = {0}, range = {0}, preset = {0};

    sl_field_say_type(field, &type);
    sl_field_say_range(outline->registry, field, &range);
    sl_field_preset(field, &preset);
    facts->type = taken(&type, outline->arena);
    facts->range = taken(&range, outline->arena);
    facts->preset = taken(&preset, outline->arena);
    facts->required = field->flags & SL_REQUIRED;
    facts->help = field->help;
}

static void
say_item(const struct sl_outline *outline, struct facts *facts)
{
    const struct sl_outline_item *item = facts->item;
    struct sl_field element;

    if (item->kind == SL_OUTLINE_RECORD && item->field->type != SL_TYPE_RECORD) {
        facts->type = "mapping";
        facts->help = item->field->help;
    } else if (item->kind == SL_OUTLINE_FIELD || item->kind == SL_OUTLINE_RECORD) {
        say_field(outline, item->field, facts);
    } else if (item->kind == SL_OUTLINE_ELEMENT) {
        element = *item->field;
        element.type = item->type;
        element.text = NULL;
        element.flags = SL_REQUIRED;
        say_field(outline, &element, facts);
        facts->required = false;
    } else if (item->row) {
        facts->type =
            sl_arena_format(outline->arena, "%s %s", sl_table_name(item->row->table),
                            item->row->as[0]->name);
        facts->help = item->row->as[0]->summary;
    } else if (item->field) {
        facts->help = item->field->help;
    }
}

static const struct sl_axis *
find_axis(const struct sl_call *call, const struct sl_outline *outline, const char *key)
{
    struct sl_report *ignored = SL_NEW(call->arena, struct sl_report);
    struct sl_sweep_call what = {.block = sl_node_get(outline->tree, "sweep"), .seed = 1};
    struct sl_sweep sweep = {0};

    if (!what.block)
        return NULL;
    sl_report_init(ignored, call->arena);
    what.compose = sl_call_composing(call, ignored);
    sl_sweep_read(&what, &sweep);
    for (size_t i = 0; i < sweep.axis_count; i++)
        if (strcmp(sweep.axes[i].path, key) == 0)
            return &sweep.axes[i];
    return NULL;
}

/* ---- a person reads it -------------------------------------------------------------- */

static const char *
one_line(const struct sl_node *node, struct sl_arena *arena)
{
    return node ? sl_value_text(node, arena) : "-";
}

static int
origin_width(const struct sl_node *node, struct sl_arena *arena)
{
    int widest = 0;

    for (; node; node = node->was) {
        int width = (int)strlen(sl_origin_of(node, arena));
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* The oldest first, so that the last line is the value. */
static void
print_history(const struct sl_node *node, int width, struct sl_arena *arena)
{
    if (node->was)
        print_history(node->was, width, arena);
    printf("    %-*s  %s%s%s\n", width, sl_origin_of(node, arena), one_line(node, arena),
           node->written ? ", made by " : "", node->written ? node->written : "");
}

static void
print_axis(const struct sl_axis *axis)
{
    enum { MOST = 8 };

    printf("  %-10s", "swept");
    for (size_t i = 0; i < axis->n && i < MOST; i++)
        printf("%s%s", i ? ", " : "", axis->texts[i]);
    if (axis->n > MOST)
        printf(", ... (%zu values)", axis->n);
    printf("  (%s:%u)\n", axis->mark.file, (unsigned)axis->mark.line);
}

static void
print_fact(const char *name, const char *text)
{
    if (text)
        printf("  %-10s%s\n", name, text);
}

/* The value of a key, where it is a single one or a list of such. */
static const char *
brief(const struct sl_outline_item *item, struct sl_arena *arena)
{
    const struct sl_node *node = item->node;

    if (!node)
        return item->said ? "..." : "-";
    if (node->kind == SL_NODE_MAP || (node->first && node->first->kind != SL_NODE_SCALAR))
        return "...";
    return one_line(node, arena);
}

static const char *
help_of(const struct sl_outline_item *item)
{
    if (item->field && item->field->help)
        return item->field->help;
    return item->row ? item->row->as[0]->summary : "";
}

/* The keys of a mapping, with their values. */
static void
print_items(const struct facts *facts, struct sl_arena *arena)
{
    size_t key = 0, value = 0;

    for (size_t i = 0; i < facts->n; i++) {
        size_t length = strlen(brief(&facts->items[i], arena));
        key = strlen(facts->items[i].key) > key ? strlen(facts->items[i].key) : key;
        value = length > value && length <= 24 ? length : value;
    }
    puts("  keys");
    for (size_t i = 0; i < facts->n; i++) {
        const struct sl_outline_item *item = &facts->items[i];
        const char *help = help_of(item);
        printf("    %-*s  %-*s%s%s\n", (int)key, item->key, *help ? (int)value : 0,
               brief(item, arena), *help ? "  " : "", help);
    }
}

static void
print_facts(const struct facts *facts, struct sl_arena *arena)
{
    const struct sl_node *node = facts->item->node;

    printf("%s%s%s\n", facts->key, facts->map || !node ? "" : ": ",
           facts->map || !node ? "" : one_line(node, arena));
    print_fact("is", facts->help);
    print_fact("type", facts->type);
    print_fact("takes", facts->range);
    print_fact("default", facts->required ? "none: it is required" : facts->preset);
    if (facts->axis)
        print_axis(facts->axis);
    if (facts->map && facts->n)
        print_items(facts, arena);
    if (facts->map)
        return;
    puts("  set by");
    if (facts->item->said)
        print_history(node, origin_width(node, arena), arena);
    else if (strcmp(facts->key, "use") == 0)
        puts("    it is gone when the file is composed; 'sluice resolve' says what it "
             "brought");
    else
        printf("    %s\n", node ? "default" : "nobody");
}

/* ---- a program reads it ------------------------------------------------------------- */

static json_t *
set_json(const struct sl_node *node)
{
    return json_pack("{s:s, s:i, s:i, s:o, s:s*}", "file", node->mark.file, "line",
                     (int)node->mark.line, "column", (int)node->mark.column, "value",
                     sl_node_json(node), "written", node->written);
}

static json_t *
history_json(const struct sl_outline_item *item)
{
    json_t *history = json_array();

    for (const struct sl_node *at = item->said ? item->node : NULL; at; at = at->was)
        json_array_insert_new(history, 0, set_json(at));
    return history;
}

static json_t *
preset_json(const struct facts *facts, struct sl_arena *arena)
{
    struct sl_node *preset = NULL;

    if (facts->preset)
        preset = sl_field_preset_node(facts->item->field, (struct sl_mark){0}, arena);
    return preset ? sl_node_json(preset) : json_null();
}

static void
print_json(const struct facts *facts, struct sl_arena *arena)
{
    const struct sl_node *node = facts->item->node;
    json_t *keys = json_array(), *swept = json_array(), *top;

    for (size_t i = 0; facts->map && i < facts->n; i++)
        json_array_append_new(keys, json_string(facts->items[i].key));
    for (size_t i = 0; facts->axis && i < facts->axis->n; i++)
        json_array_append_new(swept, sl_node_json(facts->axis->values[i]));
    top = json_pack("{s:s, s:o, s:b, s:s?, s:s?, s:s?, s:o, s:b, s:o, s:o, s:o}", "key",
                    facts->key, "value", node ? sl_node_json(node) : json_null(), "said",
                    facts->item->said, "help", facts->help, "type", facts->type, "takes",
                    facts->range, "default", preset_json(facts, arena), "required",
                    facts->required, "swept", swept, "keys", keys, "history",
                    history_json(facts->item));
    json_dumpf(top, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(top);
}

/* ---- the command -------------------------------------------------------------------- */

static enum sl_status
no_such_key(const struct sl_outline *outline, const char *key,
            const struct sl_outline_search *search, struct sl_error *err)
{
    const char **names = sl_arena_alloc(outline->arena, (search->n + 1) * sizeof *names);
    const char *near,
        *word = sl_arena_copy(outline->arena, search->rest, strcspn(search->rest, "."));
    int before = (int)(search->rest - key);
    struct sl_text all = {0};
    const char *listed;

    for (size_t i = 0; i < search->n; i++) {
        names[i] = search->items[i].key;
        sl_text_format(&all, "%s%s", i ? ", " : "", names[i]);
    }
    listed = taken(&all, outline->arena);
    near = sl_nearest(word, names, search->n);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG,
                       "the file has no key '%.*s%s'; did you mean "
                       "'%.*s%s'?",
                       before, key, word, before, key, near);
    if (!listed)
        return sl_fail(err, SL_ERR_CONFIG, "the file has no key '%s': '%.*s' has no keys",
                       key, before ? before - 1 : 0, key);
    return sl_fail(err, SL_ERR_CONFIG, "the file has no key '%.*s%s'; there are %s",
                   before, key, word, listed);
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_outline outline;
    struct sl_outline_search search;
    struct facts facts = {.key = call->words[1]};

    (void)exit_status;
    SL_TRY(sl_call_outline(call, 2, &outline, err));
    search = sl_outline_find(&outline, facts.key);
    if (!search.found)
        return no_such_key(&outline, facts.key, &search, err);
    facts.item = &search.item;
    facts.map = search.item.kind == SL_OUTLINE_STAGE ||
                search.item.kind == SL_OUTLINE_ENTRY ||
                search.item.kind == SL_OUTLINE_RECORD ||
                (search.item.node && search.item.node->kind == SL_NODE_MAP);
    facts.n = sl_outline_below(&outline, &search.item, &facts.items);
    facts.axis = find_axis(call, &outline, facts.key);
    say_item(&outline, &facts);
    if (sl_call_option(call, "json"))
        print_json(&facts, call->arena);
    else
        print_facts(&facts, call->arena);
    return SL_OK;
}

static const struct sl_option options[] = {
    {"json", NULL, "as JSON", false},
    SL_MODULE_OPTION,
    SL_OPTION_END,
};

const struct sl_command sl_command_explain = {
    .name = "explain",
    .arguments = "FILE KEY [KEY=VALUE]...",
    .summary = "print what a key of a file is, may be, and who set it",
    .help = "KEY is a path such as train.optimizer.adam.lr; the keys of a mapping are\n"
            "listed. Below 'set by' stand all places that set the value, in order: the\n"
            "last one counts.\n",
    .options = options,
    .least = 2,
    .most = 1000,
    .run = run,
};
