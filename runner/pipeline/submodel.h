/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_SUBMODEL_H
#define SL_PIPELINE_SUBMODEL_H

#include "runner/pipeline/stage.h"

/*
 * Models within a model: a train module that has others trained, chosen by name in its own
 * configuration, and keeps what they learned among its parameters.
 *
 * A member is trained as a train stage is: behind its own list of steps, with random
 * streams and checkpoints that go by its name. Its parameters are "NAME.", what was fitted
 * before it "NAME.preprocess." and what follows. Its metrics and series are not recorded.
 */
struct sl_submodel {
    const struct sl_choice *choice; /* from table SL_TRAIN */
    const char *name;               /* no other within the model has it, or begins with it
                                       and a dot: "0-3" */
};

/* Trains it on rows, in place of the split of that name in the step's data set, and adds
 * what it learned to parameters. */
enum sl_status sl_submodel_train(struct sl_step *step, const struct sl_submodel *member,
                                 const struct sl_split *rows,
                                 struct sl_bundle *parameters, struct sl_error *err);

/* The member as a model of its own, of the rows that `model` takes: its parameters are
 * among model's, which has no need to be open. Memory is the arena's. SL_ERR_SHAPE. */
enum sl_status sl_submodel_open(const struct sl_model *model,
                                const struct sl_submodel *member, struct sl_arena *arena,
                                const struct sl_model **opened, struct sl_error *err);

/* Tells what can be told of it before: as of a stage that sees check->schema. node: where
 * it is chosen, or NULL. */
void sl_submodel_check(const struct sl_choice *choice, const struct sl_node *node,
                       const struct sl_check *check);

/* Tells at node, a name, that the model has no such score. Whether it has: *kind. node
 * NULL: the first. */
bool sl_score_check(const struct sl_module *module, const struct sl_node *node,
                    struct sl_report *report, size_t *kind);

#endif
