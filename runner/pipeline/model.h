/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_MODEL_H
#define SL_PIPELINE_MODEL_H

#include "runner/store/dataset.h"
#include "runner/tensor/tensor.h"

/*
 * What a train stage yields. An operation that a class does not have is NULL, and the plan
 * says so at its line. Operations may be called from several threads at once on the same
 * model: they write only into the step's scratch and into out.
 */
struct sl_step;
struct sl_module;
struct sl_pool;
struct sl_stream;
struct sl_graph;

struct sl_score_kind {
    const char *name, *unit, *help;
};
#define SL_SCORE_END                                                                     \
    {                                                                                    \
        .name = NULL                                                                     \
    }

struct sl_model {
    const struct sl_module *module; /* the train module that made it */
    const void *config;             /* that module's */
    size_t d;                       /* columns of the rows it expects */
    size_t height, width;           /* of images, else 0 */
    double scale;                   /* those rows' */
    const struct sl_bundle *parameters;
    void *state; /* made by open */
};

struct sl_model_class {
    /* Scores by name, the higher the more anomalous; the first is the default. */
    const struct sl_score_kind *scores;
    /* A bit for each that is minus the logarithm of a density (pipeline/preprocess.h). */
    unsigned densities;

    /* Makes model->state of configuration and parameters, which may come from a file: what
     * doesn't fit is SL_ERR_SHAPE. Memory is the arena's. */
    enum sl_status (*open)(struct sl_model *model, struct sl_arena *arena,
                           struct sl_error *err);

    /* out: n float64, the score of each row in the unit of scores[kind]. The bits of a
     * row's score depend on the row and its place in the split, not on threads. */
    enum sl_status (*score)(const struct sl_model *model, struct sl_step *step,
                            const struct sl_rows *rows, size_t kind, double *out,
                            struct sl_error *err);

    /* out: n x d float64, the parts of each row's score that come from each of its columns:
     * their sum is the score, but for rounding. For scores that are such sums. */
    enum sl_status (*explain)(const struct sl_model *model, struct sl_step *step,
                              const struct sl_rows *rows, size_t kind, double *out,
                              struct sl_error *err);
    unsigned explained; /* a bit for each score that it is for */

    /* The model as a graph, from its raw rows' values after scale, `x` (n x d, float64), to
     * the output "score" (n, float64) of kind, and others that it has. What stands in the
     * way is refused in the graph. Optional. */
    void (*graph)(const struct sl_model *model, size_t kind, struct sl_graph *graph,
                  const char *x);

    /* out: n x d float32, what the model makes of each row, in the units of the rows. */
    enum sl_status (*reconstruct)(const struct sl_model *model, struct sl_step *step,
                                  const struct sl_rows *rows, float *out,
                                  struct sl_error *err);

    /*
     * Of a density over points, in float64 whatever the training's precision. x: n x d in
     * the units of the rows (after scale); z: n x k, its base's; log_p, log_det: n, natural
     * log, in the units of the rows. A port says which of these it needs.
     */

    /* ln p(x). */
    enum sl_status (*log_density)(const struct sl_model *model, struct sl_pool *pool,
                                  size_t n, const double *x, double *log_p,
                                  struct sl_error *err);
    /* The map to the base; log_det may be NULL. */
    enum sl_status (*forward)(const struct sl_model *model, struct sl_pool *pool,
                              size_t n, const double *x, double *z, double *log_det,
                              struct sl_error *err);
    /* The way back. SL_ERR_NUMERIC names the first point that has none. */
    enum sl_status (*inverse)(const struct sl_model *model, struct sl_pool *pool,
                              size_t n, const double *z, double *x, struct sl_error *err);
    /* n points of the model's distribution; point i draws from substream i of stream. */
    enum sl_status (*draw)(const struct sl_model *model, struct sl_pool *pool,
                           const struct sl_stream *stream, size_t n, double *x,
                           struct sl_error *err);
};

#endif
