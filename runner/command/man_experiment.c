/* SPDX-License-Identifier: MIT */
/* The page of experiments' files: prose on how they are composed, and all keys there are,
 * from the field tables. */
#include <string.h>

#include "runner/command/man.h"
#include "runner/command/roff.h"
#include "runner/config/field_say.h"
#include "runner/pipeline/block.h"
#include "runner/pipeline/experiment.h"
#include "runner/sweep/keys.h"

static void add_fields(struct sl_text *out, const struct sl_call *call,
                       const struct sl_field *fields);

/* "integer, 1..1000000, default 10" */
static const char *
said_of(const struct sl_call *call, const struct sl_field *field)
{
    struct sl_text line = {0}, range = {0}, preset = {0};
    const char *said;

    sl_field_say_type(field, &line);
    sl_field_say_range(call->registry, field, &range);
    if (range.count)
        sl_text_format(&line, ", %s", range.bytes);
    if (field->flags & SL_REQUIRED)
        sl_text_append(&line, ", required");
    else if (sl_field_preset(field, &preset) && preset.count)
        sl_text_format(&line, ", default %s", preset.bytes);
    said = sl_arena_string(call->arena, line.bytes);
    sl_text_release(&line);
    sl_text_release(&range);
    sl_text_release(&preset);
    return said;
}

static void
add_field(struct sl_text *out, const struct sl_call *call, const struct sl_field *field)
{
    const char *said = said_of(call, field);

    sl_roff_entry(out, field->key, NULL);
    sl_roff_text(out, field->help
                          ? sl_arena_format(call->arena, "%s (%s)", field->help, said)
                          : said);
    if (!field->fields)
        return;
    sl_roff_indent(out);
    add_fields(out, call, field->fields);
    sl_roff_outdent(out);
}

static void
add_fields(struct sl_text *out, const struct sl_call *call, const struct sl_field *fields)
{
    for (; fields && fields->type != SL_TYPE_END; fields++)
        if (fields->type == SL_TYPE_INCLUDE)
            add_fields(out, call, fields->fields);
        else
            add_field(out, call, fields);
}

static bool
is_shared(const struct sl_field *field)
{
    for (const char *const *key = sl_block_keys; *key; key++)
        if (strcmp(*key, field->key) == 0)
            return true;
    return false;
}

/* The keys that every stage has are told once, with the words of one that has them all. */
static void
add_stages(struct sl_text *out, const struct sl_call *call)
{
    const struct sl_field *fields = NULL;

    for (size_t i = 0; i < call->registry->n; i++) {
        const struct sl_row *row = &call->registry->rows[i];
        if (row->table < SL_STAGE_KINDS && (!fields || !sl_field_find(fields, "score")))
            fields = sl_block_fields(call->registry, row, call->arena);
    }
    sl_roff_section(out, "STAGES");
    sl_roff_text(out, "Keys of any stage's block, beside those of its module:");
    for (; fields && fields->type != SL_TYPE_END; fields++)
        if (is_shared(fields)) {
            sl_roff_entry(out, fields->key, NULL);
            sl_roff_text(out, fields->help);
        }
}

static void
add_row(struct sl_text *out, const struct sl_call *call, const struct sl_row *row)
{
    const struct sl_entry *entry = row->as[0];
    const struct sl_field *fields =
        row->table < SL_STAGE_KINDS ? sl_block_fields(call->registry, row, call->arena)
                                    : entry->fields;

    sl_roff_part(out, sl_arena_format(call->arena, "%s %s", sl_table_name(row->table),
                                      entry->name));
    sl_roff_text(out, entry->summary);
    for (; fields && fields->type != SL_TYPE_END; fields++)
        if (fields->type == SL_TYPE_INCLUDE)
            add_fields(out, call, fields->fields);
        else if (row->table >= SL_STAGE_KINDS || !is_shared(fields))
            add_field(out, call, fields);
}

static void
add_sweep(struct sl_text *out)
{
    const struct sl_sweep_key *key;

    sl_roff_section(out, "SWEEPS");
    sl_roff_text(out,
                 "Keys of the block 'sweep'. PATH is such as train.epochs, or "
                 "use.GROUP. VALUES is a\n"
                 "list, {range: [first, last, step]}, {linspace: [first, last, n]} or\n"
                 "{logspace: [first, last, n]}. SPACE is {uniform: [a, b]},\n"
                 "{log-uniform: [a, b]}, {integer: [a, b]} or {choice: VALUES}.");
    for (size_t i = 0; (key = sl_sweep_key(i)) != NULL; i++) {
        sl_roff_entry(out, key->name, NULL);
        sl_roff_text(out, key->help);
    }
}

static void
add_composition(struct sl_text *out)
{
    sl_roff_section(out, "COMPOSITION");
    sl_roff_text(
        out,
        "What 'use' names is merged in order, and the file itself comes last. A path is\n"
        "sought beside the file, then in the current folder, then among the installed\n"
        "configurations; {GROUP: NAME} is configs/GROUP/NAME.yaml. Mappings are merged,\n"
        "lists and single values replaced, and a module or another choice by name is\n"
        "replaced whole when its name changes. 'key: !replace VALUE' takes the value as "
        "it\n"
        "is, and 'key: !delete' takes the key away.\n\n"
        "On the command line, KEY=VALUE sets a value, +KEY=VALUE one that is not there "
        "yet,\n"
        "~KEY takes one away, train.encoder.2=16 changes an entry of a list, counted "
        "from 0,\n"
        "and use.GROUP=NAME takes another file of a group.\n\n"
        "${train.epochs} in a value stands for another one, ${.key} for one beside it,\n"
        "${= 2 * train.batch_size} for what comes of arithmetic, and ${env:NAME} for a\n"
        "variable of the environment that 'env: [NAME]' declares. $${ is the text ${.");
}

void
sl_man_experiment(const struct sl_call *call, struct sl_text *out)
{
    sl_roff_head(out, "SLUICE-EXPERIMENT", 5);
    sl_roff_section(out, "NAME");
    sl_text_append(out, "sluice\\-experiment \\- files that sluice runs\n");
    sl_roff_section(out, "DESCRIPTION");
    sl_roff_text(
        out,
        "An experiment is a YAML file: a head, and one block for each stage,\n"
        "'STAGE: {module: NAME, ...}'. The name of a stage is its kind: load, train,\n"
        "calibrate, detect or sample; one with another name says its 'kind:'. Values\n"
        "are read by the core schema of YAML 1.2: no is a text, 1e-3 a number.\n\n"
        "  name: digits\n"
        "  use: [configs/data/mnist-kmnist.yaml, {model: autoencoder-mlp}]\n"
        "  train: {epochs: 10}\n"
        "  calibrate: {module: sigma, split: validation}\n"
        "  detect: {module: threshold, normal: test, anomalous: kmnist}\n\n"
        "'sluice new NAME --from flow' writes one to start from.");
    add_composition(out);
    sl_roff_section(out, "HEAD");
    add_fields(out, call, sl_experiment_fields);
    add_fields(out, call, sl_file_fields);
    add_stages(out, call);
    add_sweep(out);
    sl_roff_section(out, "MODULES, AND WHAT THEY CHOOSE FROM");
    for (unsigned table = 0; table < SL_TABLES; table++)
        for (size_t i = 0; i < call->registry->n; i++)
            if (call->registry->rows[i].table == table)
                add_row(out, call, &call->registry->rows[i]);
    sl_roff_section(out, "SEE ALSO");
    sl_text_append(out,
                   ".BR sluice (1),\n.BR sluice\\-run (1),\n.BR sluice\\-describe (1)\n");
}
