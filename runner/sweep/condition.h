/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_CONDITION_H
#define SL_SWEEP_CONDITION_H

#include "runner/config/compose.h"

/*
 * A condition compares what paths lead to with values:
 *
 *     calibrate.k > 2.5 and not (train.optimizer == adam or train.encoder == [256, 8])
 *
 * Values are numbers, words, texts in quotes, and lists and mappings in YAML's flow form.
 * On the right there may be a path, too, as in "model.latent < model.hidden": a word with a
 * dot, behind == and != one that leads to something, or it is the word that it is.
 * == and != compare any two, with a value as sl_value_equal does; a choice that is a
 * mapping, {adam: {lr: 1}} or {module: adam}, is also equal to its name. <, <=, > and >=
 * compare numbers. `not` binds closest, then `and`, then `or`.
 */
struct sl_condition;

/* The condition of a scalar. NULL, and a problem at its place in the text, if it is wrong.
 * The condition belongs to compose's arena. A text that is in no file is its own source: an
 * option's node has the mark {"--where", 1, 1}. */
struct sl_condition *sl_condition_parse(const struct sl_compose *compose,
                                        const struct sl_node *node);

/* The value at a path, or NULL where there is none: no comparison with that holds, not even
 * !=. */
struct sl_lookup {
    const struct sl_node *(*find)(const void *context, const char *path);
    const void *context;
};

/* A text that is asked whether it is greater than a number is a problem, told once for each
 * comparison, and does not hold. report NULL: it just does not hold. */
bool sl_condition_holds(struct sl_condition *condition, struct sl_lookup lookup,
                        struct sl_report *report);

/* Visits every comparison's path. */
void sl_condition_paths(const struct sl_condition *condition,
                        void (*visit)(void *context, const char *path,
                                      struct sl_mark mark),
                        void *context);

/* What a path leads to below a value, or NULL; the value itself for the path "". */
const struct sl_node *sl_value_find(const struct sl_node *value, const char *path);

#endif
