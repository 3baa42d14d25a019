/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_STAGE_H
#define SL_PIPELINE_STAGE_H

#include <stdbool.h>

#include "runner/base/rng.h"
#include "runner/config/field.h"
#include "runner/config/table.h"
#include "runner/pipeline/model.h"
#include "runner/pipeline/preprocess.h"
#include "runner/store/dataset.h"
#include "runner/tensor/tensor.h"

/*
 * THE module interface. A module is one .c file with one exported constant, at its end.
 * It opens no results file, prints nothing and keeps no statics.
 */

/* What a port carries. */
enum sl_port_type { SL_PORT_DATASET, SL_PORT_MODEL, SL_PORT_SCORES, SL_PORT_TENSOR };

/* Operations of struct sl_model_class. */
enum sl_needs {
    SL_NEEDS_DENSITY = 1,
    SL_NEEDS_FORWARD = 2,
    SL_NEEDS_INVERSE = 4,
    SL_NEEDS_DRAW = 8,
    SL_NEEDS_RECONSTRUCT = 16
};

/*
 * A port is joined by the engine. A data set comes from the load stage, a model from the
 * train stage, a tensor from the stage before that has an output of the same name; where
 * there are several, `inputs: {PORT: STAGE}` picks one. Scores come from a step of their
 * own, score(model, split, score); key is the configuration key that names the split.
 */
struct sl_port {
    const char *name;
    enum sl_port_type type;
    const char *shape; /* by dimension names, "n d"; "1" for a scalar */
    const char *key;   /* of SL_PORT_SCORES; belongs to the engine */
    bool optional;     /* NULL when nothing is there to join */
    unsigned needs;    /* of a model: operations it has to have, enum sl_needs */
    const char *help;
};
#define SL_PORT_END                                                                      \
    {                                                                                    \
        .name = NULL                                                                     \
    }

/* What a module records. A name that ends in * stands for a family: "loss_*"; a metric's
 * that ends in {KEY} for one of each value of that key of the configuration (RECORD.KEY: of
 * a record's), or, where it has none, of each entry of the table that the key chooses from
 * or that is called so: "loss_{monitor}", "{divergence}". */
enum sl_result_type { SL_RESULT_METRIC, SL_RESULT_SERIES, SL_RESULT_TENSOR };
struct sl_result {
    const char *name;
    enum sl_result_type type;
    const char *unit, *help;
};
#define SL_RESULT_END                                                                    \
    {                                                                                    \
        .name = NULL                                                                     \
    }

/* What is known of a data set before it is read. 0 and NULL where it is not known. */
enum sl_labels_known { SL_LABELS_UNKNOWN, SL_LABELS_NONE, SL_LABELS_THERE };
struct sl_schema {
    size_t d, height, width;
    size_t split_count;
    const char *const *splits; /* names */
    const size_t *rows;        /* of each split, 0: not known */
    enum sl_labels_known labels;
    bool whole; /* the values, before scale, are whole numbers */
};

/* Rows of a split; 0 where that is not known. */
size_t sl_schema_rows(const struct sl_schema *schema, const char *split);

struct sl_check {
    struct sl_arena *arena;
    struct sl_report *report;
    struct sl_mark mark;        /* of the stage's mapping */
    const struct sl_node *node; /* the stage's mapping: places for messages */
    const struct sl_registry *registry;
    const struct sl_schema *schema; /* of the data the stage sees; NULL: of no data */
};

/* Where the stage's mapping sets the key, or else where the stage is. */
struct sl_mark sl_check_mark(const struct sl_check *check, const char *key);

/* Scores of new rows, and what a detect module makes of them. */
struct sl_decisions {
    size_t n;
    const double *scores; /* n, finite */
    double *p;            /* n, out: NaN where the calibration gives no p-values */
    bool *flagged;        /* n, out */
};

enum sl_draws {
    SL_DRAWS = 1,       /* sl_step_stream */
    SL_DRAWS_SPLITS = 2 /* sl_step_split_stream */
};

/* What a step is expected to take; zeros where it is not known. */
struct sl_demand {
    size_t bytes; /* besides the rows of its data set */
    double work;  /* floating-point operations of run */
    double score; /* and of scoring one row with the model that it yields */
};

struct sl_module {
    struct sl_entry entry;
    const struct sl_port *inputs, *outputs;
    const struct sl_result *results;
    const struct sl_model_class *model; /* of a train module */
    bool
        fixed_rows; /* of a load module: its rows depend on configuration and files alone,
                        seeds only choose among them */
    unsigned draws; /* which random numbers it takes: the seeds that enter its key */
    unsigned reads; /* tables that run walks through (sl_step_registry), 1u << SL_METRIC:
                       what modules from outside add to them enters its key */

    /* Optional: what the field table can't say. Reads no data. */
    void (*check)(const void *config, const struct sl_check *check);
    /* Of a load module: what is known without reading. Memory is the arena's. */
    void (*schema)(const void *config, struct sl_arena *arena, struct sl_schema *schema);
    /* Of a load module, optional: calls visit for each file that decides its result with
     * the hex SHA-256 that the configuration states for its content, or NULL, and the
     * path where it is. A file that is nowhere is SL_ERR_IO: told before any step runs. */
    enum sl_status (*files)(const void *config, struct sl_arena *arena,
                            void (*visit)(void *context, const char *path,
                                          const char *sha256),
                            void *context, struct sl_error *err);

    /* Optional: for the memory budget and for the longest path, which goes first. schema:
     * of the data it sees. *estimate is zeros. */
    void (*estimate)(const void *config, const struct sl_schema *schema,
                     struct sl_demand *estimate);

    enum sl_status (*run)(struct sl_step *step, const void *config, struct sl_error *err);

    /* Of a detect module, optional: decides about new rows. inputs: the tensors of its ports
     * by name, as the record has them. */
    enum sl_status (*decide)(const void *config, const struct sl_bundle *inputs,
                             const struct sl_decisions *decisions, struct sl_error *err);
    bool decides_together; /* about a row by the others it came with */
};

/* ---- what run may call ------------------------------------------------------------- */

/* Memory until the step ends. */
struct sl_arena *sl_step_arena(struct sl_step *step);
const struct sl_registry *sl_step_registry(const struct sl_step *step);
/* What a file held when the plan was made: hex SHA-256 of its content, gzip undone. The
 * key stands for it, so a step uses no other bytes. NULL of a file that the plan did not
 * read: one whose hash is stated in the configuration. */
const char *sl_step_sha256(struct sl_step *step, const char *path);

/* Inputs by port name; NULL where an optional port is not joined. */
const struct sl_dataset *sl_input_dataset(struct sl_step *step, const char *port);
const struct sl_model *sl_input_model(struct sl_step *step, const char *port);
const struct sl_tensor *sl_input_tensor(struct sl_step *step, const char *port);
/* The value of a tensor port with one element. */
double sl_input_scalar(struct sl_step *step, const char *port);

/* Scores and where they come from. model and data are NULL for scores from a file. */
struct sl_scores {
    size_t n;
    const double *at;    /* n */
    const uint32_t *ids; /* n, the rows' */
    const char *split, *score;
    const struct sl_model *model;
    const struct sl_dataset *data;
};
const struct sl_scores *sl_input_scores(struct sl_step *step, const char *port);

/* Outputs. Tensors are copied. */
enum sl_status sl_output_tensor(struct sl_step *step, const char *port,
                                const struct sl_tensor *tensor, struct sl_error *err);
enum sl_status sl_output_scalar(struct sl_step *step, const char *port, double value,
                                struct sl_error *err);
/* parameters are copied; configuration and rows' schema are those of the step. Data that is
 * NULL is zeros, for the module to fill where sl_output_parameter says; NULL: there is no
 * such parameter. */
enum sl_status sl_output_model(struct sl_step *step, const struct sl_bundle *parameters,
                               struct sl_error *err);
void *sl_output_parameter(struct sl_step *step, const char *name);

/* A load module's rows: room in a file of the cache (x: n x d of type; labels: n or
 * NULL), and, once they are filled, the data set. splits are copied; that they are
 * disjoint and not empty is the module's to see to. */
struct sl_rows_room {
    void *x;
    int32_t *labels;
    bool filled; /* by an earlier step with the same rows: there is nothing to write */
};
enum sl_status sl_rows_open(struct sl_step *step, size_t n, size_t d, enum sl_dtype type,
                            bool labelled, struct sl_rows_room *room,
                            struct sl_error *err);
/* shape: n, d, type, scale, height, width, splits; the engine sets the rest. */
enum sl_status sl_output_dataset(struct sl_step *step, const struct sl_dataset *shape,
                                 struct sl_error *err);

/* Results for the record; names as declared in results. Values are copied. A metric may be
 * NaN where it is undefined. */
void sl_metric(struct sl_step *step, const char *name, double value);
/* A metric with its interval, or with the reason why there is none of it. */
struct sl_estimate {
    double value;
    struct sl_interval interval; /* method NULL: there is none */
    const char *undefined;       /* why value is NaN; else NULL */
};
void sl_metric_estimate(struct sl_step *step, const char *name,
                        const struct sl_estimate *estimate);
/* values: n; at: n places on the axis ("epoch", "iteration"), or NULL for 1..n. */
enum sl_status sl_series(struct sl_step *step, const char *name, const char *axis,
                         const double *at, const double *values, size_t n,
                         struct sl_error *err);
enum sl_status sl_record(struct sl_step *step, const char *name,
                         const struct sl_tensor *tensor, struct sl_error *err);

/* A random stream of seed, stage name and purpose. */
struct sl_stream sl_step_stream(struct sl_step *step, const char *purpose);
/* As above, of the seed for splits. */
struct sl_stream sl_step_split_stream(struct sl_step *step, const char *purpose);

/* Idle workers help; nobody sees a thread count. See sl_pool_tiles. */
struct sl_pool *sl_step_pool(struct sl_step *step);
void sl_parallel(struct sl_step *step, size_t tiles,
                 void (*fn)(void *context, size_t tile), void *context);

/* Tells the user what is odd and does not stop the step: one sentence, as in errors. */
void sl_warn(struct sl_step *step, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Progress. unit: "images", "rows". loss NaN: none. Cheap enough for every batch. */
void sl_progress(struct sl_step *step, double done, double total, const char *unit,
                 double loss);
/* True when the step is to stop soon; it then saves a checkpoint, if it has them, and
 * returns sl_fail(err, SL_ERR_CANCELLED, ...). */
bool sl_cancelled(const struct sl_step *step);

/*
 * Checkpoints of a training, filed under its trajectory (the key without horizons) and a
 * place in it: `batch` batches of epoch `epoch` are done, epochs from 0. load finds the
 * furthest that is not beyond the end of epoch `epochs`; *found is false if there is none. The
 * last one of a training of less than 20 ms is not kept unless the plan has other runs.
 */
enum sl_status sl_checkpoint_save(struct sl_step *step, uint64_t epoch, uint64_t batch,
                                  const struct sl_bundle *content, struct sl_error *err);
enum sl_status sl_checkpoint_load(struct sl_step *step, uint64_t epochs, uint64_t *epoch,
                                  uint64_t *batch, struct sl_bundle *content, bool *found,
                                  struct sl_error *err);

#endif
