/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_EXPERIMENT_H
#define SL_PIPELINE_EXPERIMENT_H

#include "runner/config/field.h"
#include "runner/pipeline/stage.h"

/*
 * One run's configuration, bound and checked: the stages in order, with their modules'
 * configuration, and what each input port is joined to.
 */
struct sl_join {
    const struct sl_port *port;
    const struct sl_stage *from; /* NULL: an optional port that nothing joins. Of scores:
                                    the train stage */
    const char *split;           /* of scores */
    size_t score;                /* of scores: index into the model's */
};

struct sl_stage {
    const char *name;
    size_t index;
    const struct sl_row *row; /* row->table is the kind */
    const struct sl_module *module;
    const void *config;
    double timeout; /* seconds that its steps may take; 0: any */
    bool sound;     /* its configuration was bound without an error */
    const struct sl_node *node;
    struct sl_mark mark;
    struct sl_schema schema; /* of the data it yields or sees */
    size_t n;
    const struct sl_join *joins; /* one for each input port */
};

struct sl_experiment {
    const char *name, *description;
    uint64_t seed, split_seed;
    bool halts; /* on_failure: stop */
    struct sl_string_list figures;
    size_t n;
    const struct sl_stage *stages;
    const struct sl_node *tree;
};

/* The head of a file: everything that is no stage. */
extern const struct sl_field sl_experiment_fields[];

/* Stage blocks that were bound before. The points of a sweep share the blocks that they
 * don't touch, so most of what they bind is here. {0} is empty. */
#define SL_BIND_MEMO 64
struct sl_bind_memo {
    size_t n;
    struct {
        const struct sl_node *first; /* of the block's children: tells blocks apart */
        const struct sl_module *module;
        const void *config;
        bool sound;
    } at[SL_BIND_MEMO];
};

/* Binds and checks a composed tree. Problems go to the binder's report; the experiment is
 * usable only when the report has no errors. Reads no data. memo may be NULL. */
void sl_experiment_bind(const struct sl_binder *binder, const struct sl_node *tree,
                        struct sl_bind_memo *memo, struct sl_experiment *experiment);

/* Repeat r of an experiment: the same with seed + r, and split_seed + r unless the file
 * says what the splits are drawn from. Shares everything else with it. */
struct sl_experiment sl_experiment_repeat(const struct sl_experiment *experiment,
                                          uint64_t r);

const struct sl_stage *sl_experiment_stage(const struct sl_experiment *experiment,
                                           const char *name);

/* The resolved configuration, defaults filled in, as YAML that reads back as the same
 * experiment: what the record holds. */
void sl_experiment_print(const struct sl_experiment *experiment, struct sl_text *out);

#endif
