/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_FAKE_STEP_H
#define SL_TESTS_FAKE_STEP_H

#include "runner/pipeline/stage.h"

/*
 * A step in memory, in place of the engine's: what a module may call of stage.h, for tests
 * of modules. A test program that uses it lists fake_step.c among its sources, so that the
 * linker takes these functions and leaves the engine's in their library: all functions that
 * stage.h declares have to be here.
 */

/* Checkpoints, which outlive steps: the furthest of one trajectory. {0} is empty. */
struct fake_checkpoint {
    struct sl_arena arena;
    struct sl_bundle content;
    uint64_t epoch, batch;
    unsigned saves;
};

struct sl_step {
    const char *name;
    uint64_t seed;
    struct sl_pool *pool;
    struct sl_arena arena;
    const struct sl_dataset *data;
    const struct sl_model *model;
    struct {
        const char *port; /* NULL: no more */
        struct sl_scores scores;
    } joined[4];
    struct sl_bundle metrics, series, tensors, outputs, parameters;
    struct sl_rows_room room;
    struct sl_dataset loaded; /* what a load module yielded; the splits are its own */
    /* NULL: there are none, and saving does nothing. */
    struct fake_checkpoint *checkpoint;
    struct sl_text warnings;   /* a line each */
    unsigned told, stop_after; /* calls of sl_progress; 0: never stop */
    double done, total;        /* the last it was told */
    const char *planned;       /* what sl_step_sha256 says of any file, or NULL */
};

void fake_step_init(struct sl_step *step, const char *name, uint64_t seed,
                    const struct sl_dataset *data);
void fake_step_release(struct sl_step *step);
void fake_checkpoint_release(struct fake_checkpoint *checkpoint);

/* The value of a metric; fails the test where there is none. */
double fake_metric(const struct sl_step *step, const char *name);
const struct sl_item *fake_series(const struct sl_step *step, const char *name);

/* The configuration of an entry, bound from YAML; fails the test where it is not valid.
 * Memory is the arena's. */
void *fake_config(const struct sl_entry *entry, const char *yaml, struct sl_arena *arena);

/* What a module's check says of a configuration: "LINE:COLUMN TEXT" lines. schema may be
 * NULL. Memory is the arena's. */
const char *fake_check(const struct sl_module *module, const char *yaml,
                       const struct sl_schema *schema, struct sl_arena *arena);

#endif
