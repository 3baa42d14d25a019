/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PLAN_H
#define SL_PIPELINE_PLAN_H

#include "runner/base/hash.h"
#include "runner/pipeline/experiment.h"

/*
 * The distinct steps of all runs. A step is known by its key: the hash of everything that
 * determines its result, which is the module and its configuration, the keys of its
 * inputs, the content of the files it reads, the seeds it draws from, and the platform.
 * Runs that share a step share the work.
 */
struct sl_plan_input {
    const char *port;
    enum sl_port_type type;
    size_t step;
};

/* A stage of a run, or, where split is set, the scores that `stage` (a train stage) gives
 * the rows of a split; its inputs are then "model" and "data". */
struct sl_plan_step {
    struct sl_digest key;
    struct sl_digest trajectory; /* the key without horizons: what checkpoints go under */
    struct sl_digest rows;       /* of a load step: what its rows are filed under */
    double horizon;              /* what the trajectory leaves out; 0: nothing */
    const struct sl_stage *stage;
    const char *split;
    size_t score;
    uint64_t seed, split_seed;
    size_t n;
    const struct sl_plan_input *inputs;
    size_t file_count;
    const struct sl_plan_file *const *files; /* whose content is in the key */
};

struct sl_plan_run {
    struct sl_digest key; /* of its steps and their names */
    const struct sl_experiment *experiment;
    const char *folder;  /* "runs/LABEL-KEY16" */
    const char *fault;   /* why it can't be done, of a run without steps; else NULL */
    const size_t *steps; /* one for each stage of the experiment */
    size_t n;
    const size_t *needs; /* every step it rests on, itself included, in order */
};

/* What a file held when it was planned. */
struct sl_plan_file {
    const char *path;
    struct sl_digest content; /* gzip undone */
};

/* Hashes of a stage's configuration and the files it reads, by the address of the bound
 * configuration, which the runs of a sweep share. */
struct sl_plan_config {
    const struct sl_module *module; /* NULL: a free place */
    const void *config;
    struct sl_digest keyed, trajectory, rows; /* rows: of a module with fixed_rows */
    size_t file_count;
    const struct sl_plan_file *const *files;
};

struct sl_plan {
    struct sl_arena *arena;
    const char *platform;
    const struct sl_registry *registry; /* for what modules read; NULL: nothing is from
                                           outside */
    struct sl_plan_step *steps;
    size_t n, capacity;
    size_t *table; /* open addressing: 1 + index of a step, 0 is empty */
    size_t table_size;
    struct sl_plan_config *configs; /* open addressing */
    size_t config_count, config_size;
    struct sl_plan_file **files; /* each is hashed once */
    size_t file_count, file_capacity;
    struct sl_plan_run *runs;
    size_t run_count, run_capacity;
};

/* platform: what the results depend on besides the configuration (sl_platform). */
void sl_plan_init(struct sl_plan *plan, struct sl_arena *arena, const char *platform);

/* Adds one run. Files are looked for and, where the configuration does not state their
 * content, hashed: SL_ERR_IO names the one that can't be read. label goes into the name
 * of its folder. The experiment lives as long as the plan. */
enum sl_status sl_plan_add(struct sl_plan *plan, const struct sl_experiment *experiment,
                           const char *label, struct sl_error *err);

/* Adds one run that can't be done, such as one whose files are not there: it has no steps,
 * and says why. */
void sl_plan_add_fault(struct sl_plan *plan, const struct sl_experiment *experiment,
                       const char *label, const char *fault);

/* Trainings of one trajectory, and loads of the same rows, go one after the other, the
 * shortest first: each goes on from where the one before it ended. Of the steps that are
 * wanted: by step, the one that goes before it, or SIZE_MAX. Memory is the arena's. */
const size_t *sl_plan_chain(const struct sl_plan *plan, const bool *wanted,
                            struct sl_arena *arena);

/* An array of the plan's arena with room for one more behind n elements of size bytes. */
void *sl_plan_grow(struct sl_plan *plan, void *items, size_t n, size_t *capacity,
                   size_t size);

/* Of the keys of all runs, in order: what names the plan. */
struct sl_digest sl_plan_digest(const struct sl_plan *plan);

#endif
