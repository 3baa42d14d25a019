/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_PREPROCESS_H
#define SL_PIPELINE_PREPROCESS_H

#include "runner/base/rng.h"
#include "runner/config/field.h"
#include "runner/parallel/pool.h"
#include "runner/store/dataset.h"
#include "runner/tensor/tensor.h"

/*
 * What rows go through on their way to a model: a list of steps, each fitted on what the
 * ones before it make of the training split alone, and stored with the model. In float64
 * throughout.
 *
 * A train module takes part with one row of its field table, and has nothing else to do:
 *
 *     struct config { ...; struct sl_choice_list preprocess; };
 *     SL_PREPROCESS_FIELD(struct config, preprocess),
 *
 * The data set that sl_input_dataset gives it has gone through the list, in whatever way
 * its rows are gathered (sl_rows_gather_*; its x is NULL, its d may be another). What others
 * ask of its model they ask in raw rows: the engine takes them through the list before
 * score, reconstruct, log_density and forward, and back behind reconstruct, inverse and
 * draw; a score that is minus a log density (sl_model_class.densities) and log_density are turned into
 * the units of the raw rows by the list's log-determinant. Losses and figures that the
 * module records while it trains are in the units of the rows it sees.
 */
#define SL_PREPROCESS_FIELD(S, m)                                                        \
    SL_FIELD(S, m, struct sl_choice_list, SL_TYPE_CHOICE_LIST, .table = SL_PREPROCESS,   \
             .help = "what rows go through before, fitted on the training split")

/* The split that is fitted on. */
#define SL_PREPROCESS_SPLIT "train"

struct sl_graph;

/* What a step is fitted on: rows of data, gathered. */
struct sl_fitting {
    const struct sl_dataset *data;
    const uint32_t *ids;
    size_t n;
    struct sl_pool *pool;
};

/* A step once it is fitted. */
struct sl_preprocess {
    const struct sl_preprocess_class *class;
    const void *config;
    size_t in, out; /* columns */
    bool volume;    /* it has a log-determinant and an inverse; set by open */
    void *state;    /* made by open */
};

/*
 * Rows on their way through a step. A row's image depends on the row alone, and in training
 * perhaps on its id.
 *
 * x, y      n x in, n x out; y is not x
 * log_det   n, natural log of |det dy/dx|: added to; NULL: nobody asks
 * ids       n, NULL but in training
 */
struct sl_preprocess_pass {
    size_t n;
    const double *x;
    double *y, *log_det;
    const uint32_t *ids;
};

struct sl_preprocess_class {
    struct sl_entry entry;
    /* Columns that come out of d; NULL: as many. */
    size_t (*columns)(const void *config, size_t d);
    /* Adds to parameters what open needs. NULL: nothing is fitted. An error names the
     * column. */
    enum sl_status (*fit)(const void *config, const struct sl_fitting *fitting,
                          struct sl_bundle *parameters, struct sl_error *err);
    /* Makes step->state of step->in columns; parameters may come from a file: what does not
     * fit is SL_ERR_SHAPE. */
    enum sl_status (*open)(struct sl_preprocess *step, const struct sl_bundle *parameters,
                           struct sl_arena *arena, struct sl_error *err);
    void (*forward)(const struct sl_preprocess *step,
                    const struct sl_preprocess_pass *pass);
    /* Optional: as nodes of a graph, in float64. */
    const char *(*graph)(const struct sl_preprocess *step, struct sl_graph *graph,
                         const char *x);
    /* x (n x in) of y (n x out); where rows have more than one, the likeliest. */
    void (*inverse)(const struct sl_preprocess *step, size_t n, const double *y,
                    double *x);
};

/* n float64 that live as long as the arena. */
const double *sl_preprocess_copy(struct sl_arena *arena, const double *at, size_t n);

/* A parameter: `rows` x columns float64 (columns 0: a vector of `rows`), or SL_ERR_SHAPE. */
enum sl_status sl_preprocess_parameter(const struct sl_bundle *parameters,
                                       const char *name, size_t rows, size_t columns,
                                       const double **at, struct sl_error *err);

/* ---- the engine's side --------------------------------------------------------------- */

/* A list of steps, fitted. */
struct sl_preprocessing {
    size_t n, in, out, widest; /* steps, columns */
    bool volume;
    struct sl_preprocess *steps;
};

/* The list in the configuration of a train module; NULL if there is none or it is empty. */
const struct sl_choice_list *sl_preprocess_list(const struct sl_field *fields,
                                                const void *config);

/* What a module behind the list sees: its columns, if those of the raw rows are known (d
 * above 0). */
size_t sl_preprocess_columns(const struct sl_choice_list *list, size_t d);

/* Fits the list on the training split; parameters get "0.mean" and so on. SL_ERR_SHAPE
 * where values of the training split are missing behind the list. */
enum sl_status sl_preprocess_fit(const struct sl_choice_list *list,
                                 const struct sl_dataset *data, struct sl_pool *pool,
                                 struct sl_arena *arena, struct sl_bundle *parameters,
                                 struct sl_preprocessing *fitted, struct sl_error *err);
/* The same list out of its parameters, for rows of d columns. */
enum sl_status sl_preprocess_open(const struct sl_choice_list *list, size_t d,
                                  const struct sl_bundle *parameters,
                                  struct sl_arena *arena, struct sl_preprocessing *fitted,
                                  struct sl_error *err);

/* SL_ERR_SHAPE, with the place, where a value of the training split is missing or not
 * finite. */
enum sl_status sl_preprocess_check(const struct sl_dataset *data, struct sl_arena *arena,
                                   struct sl_error *err);

/* x: n x in, y: n x out; log_det: n, set, or NULL. */
void sl_preprocess_forward(const struct sl_preprocessing *fitted, size_t n,
                           const double *x, double *y, double *log_det);
void sl_preprocess_inverse(const struct sl_preprocessing *fitted, size_t n,
                           const double *y, double *x);

/* The data set whose rows are those of data behind the list. All three live as long as it
 * does. training: ids decide what steps draw. */
const struct sl_dataset *sl_preprocess_view(const struct sl_preprocessing *fitted,
                                            const struct sl_dataset *data, bool training,
                                            struct sl_arena *arena);

#endif
