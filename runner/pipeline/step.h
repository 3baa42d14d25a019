/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_STEP_H
#define SL_PIPELINE_STEP_H

#include <stdatomic.h>

#include "runner/parallel/pool.h"
#include "runner/pipeline/aside.h"
#include "runner/pipeline/plan.h"
#include "runner/pipeline/progress.h"
#include "runner/store/cache.h"
#include "runner/store/outcome.h"

/*
 * A step while it is performed and as long as another needs its outcome. The engine's own
 * side of stage.h.
 */
struct sl_input {
    const char *port;
    enum sl_port_type type;
    const struct sl_dataset *dataset;
    const struct sl_model *model;
    struct sl_scores scores;
    const struct sl_tensor *tensor;
};

/* Seconds of work below which an outcome is not kept in the cache, nor the last checkpoint of
 * a training on its own. */
#define SL_KEEP_SECONDS 0.02

struct sl_step {
    const struct sl_plan_step *plan;
    const char *label; /* for messages: "train", "score test" */
    const char *line;  /* for progress: of a sweep with the point that it is for */
    const struct sl_registry *registry;
    const struct sl_cache *cache;
    struct sl_pool *pool;
    struct sl_asides *asides; /* NULL: what could be done later is done at once */
    struct sl_progress *progress;
    const atomic_int *stop;
    bool from_scratch;       /* nothing that is there already is used */
    struct sl_arena scratch; /* until run returns */
    struct sl_arena arena;   /* of the outcome */
    struct sl_outcome outcome;
    const struct sl_model *model; /* of a train step, opened once its outcome is there */
    size_t n;
    struct sl_input *inputs;
    const struct sl_preprocessing *prepared; /* of a train step; NULL: nothing to do */
    const struct sl_dataset *raw;            /* the data set as it was before that */
    struct sl_bundle fitted;                 /* its parameters */
    struct sl_data_draft draft;              /* of a load module's rows */
    struct sl_dataset rows;                  /* x NULL unless they were there already */
    struct sl_shared *shared; /* in a process of its own (isolate.h); else NULL */
    double begun;             /* sl_seconds of its start */
    double deadline;          /* of the same clock; 0: none */
    struct sl_error blame;    /* what the module did wrong and no call could tell */
    struct sl_place from;     /* the checkpoint that it went on from, or the start */
};

/* Sets the inputs. from: the steps of plan->inputs, in order, performed. */
void sl_step_join(struct sl_step *step, const struct sl_step *const *from);

/* Runs the module, or scores a split. The outcome is whole when it returns SL_OK. The
 * inputs have been set. */
enum sl_status sl_step_perform(struct sl_step *step, struct sl_error *err);

/* Opens the model of a train step's outcome. */
enum sl_status sl_step_open_model(struct sl_step *step, struct sl_error *err);

#endif
