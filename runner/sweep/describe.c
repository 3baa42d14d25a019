/* SPDX-License-Identifier: MIT */
#include "runner/sweep/keys.h"
#include "runner/sweep/sweep.h"

/* What a sweep block may hold, out of the tables that read it. */

#define DRAWN "space: {PATH: SPACE, ...}}"

static const struct {
    const char *text;
    const struct sl_field *fields; /* of the mapping, but for the space */
} shapes[] = {
    [SL_SWEEP_AXES] = {"{PATH: VALUES, ...}", NULL},
    [SL_SWEEP_POINTS] = {"[{PATH: VALUE, ...}, ...]", NULL},
    [SL_SWEEP_DRAWS] = {"{count: N, " DRAWN, sl_draw_fields},
    [SL_SWEEP_EXPRESSIONS] = {"[EXPRESSION, ...]", NULL},
    [SL_SWEEP_CONDITION] = {"CONDITION, or a list of these", NULL},
    [SL_SWEEP_REPEATS] = {"N", sl_repeat_fields},
    [SL_SWEEP_OBJECTIVE] = {"{minimize: STAGE.METRIC}, or maximize, or the two words "
                            "alone; several in a list: a Pareto front",
                            NULL},
    [SL_SWEEP_HALVING] = {"{horizon: PATH, first: N, factor: N}", sl_halving_fields},
    [SL_SWEEP_SEARCH] = {"{tpe: {rounds: N, size: N, start: N, " DRAWN "}",
                         sl_round_fields},
    [SL_SWEEP_FIGURES] = {"[NAME, {NAME: STAGE.METRIC}, {NAME: [STAGE.METRIC, ...]}]",
                          NULL},
};

static void
describe_key(const struct sl_sweep_key *key, const struct sl_registry *registry,
             struct sl_text *out)
{
    sl_text_format(out, "  %s: %s\n      %s\n", key->name, shapes[key->shape].text,
                   key->help);
    if (shapes[key->shape].fields)
        sl_fields_describe(registry, shapes[key->shape].fields, 8, out);
}

static void
describe_values(struct sl_text *out)
{
    const char *name;

    sl_text_append(out, "\nVALUES: a list, or one of these in braces\n");
    for (size_t i = 0; (name = sl_made_name(i)); i++)
        sl_text_format(out, "  %s: %s\n      %s\n", name, sl_made_shape(i),
                       sl_made_help(i));
    sl_text_append(out, "\nSPACE: one of these in braces\n");
    for (size_t i = 0; sl_space_names[i]; i++)
        sl_text_format(out, "  %s: %s\n      %s\n", sl_space_names[i],
                       i == SL_SPACE_CHOICE ? "VALUES" : "[lowest, highest]",
                       sl_space_helps[i]);
}

void
sl_sweep_describe(const struct sl_registry *registry, struct sl_text *out)
{
    const struct sl_sweep_key *key;

    sl_text_append(out,
                   "sweep: turns a file into many runs, points of a search over values "
                   "times repeats\n\nan EXPRESSION: points; several keys combine as by "
                   "'all', a list of expressions is 'any'\n");
    for (size_t i = 0; (key = sl_sweep_key(i)); i++)
        if (!key->outermost)
            describe_key(key, registry, out);
    sl_text_append(out, "\nbeside the outermost one\n");
    for (size_t i = 0; (key = sl_sweep_key(i)); i++)
        if (key->outermost)
            describe_key(key, registry, out);
    describe_values(out);
    sl_text_append(
        out,
        "\nPATH: train.epochs, use.GROUP for the file of a group, or a whole subtree,\n"
        "such as train.optimizer. CONDITION: PATH == VALUE, or with !=, <, <=, > and "
        ">=,\n"
        "and another path in the place of the value; joined by and, or, not and ( ).\n");
}
