/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SCORER_H
#define SL_LEARN_SCORER_H

#include "runner/pipeline/stage.h"

/*
 * Scores of rows by a kernel that sees a few at a time. A row's score is a function of that
 * row alone, to the bit: the kernel keeps it so (panel.h), and rows are cut by their number
 * alone.
 *
 * context   the fitted model; kernels of several threads read it
 * d         columns of the rows
 * scratch   float64 numbers the kernel may write into
 * score     x: n x d, 1 <= n <= SL_SCORER_ROWS, finite; out: n
 */
#define SL_SCORER_ROWS ((size_t)64)

struct sl_scorer {
    const void *context;
    size_t d, scratch;
    void (*score)(const void *context, size_t n, const double *x, double *scratch,
                  double *out);
};

/* out: n float64. A row with a value that is not finite scores NaN. SL_ERR_SHAPE where rows
 * have other columns, SL_ERR_MEMORY. */
enum sl_status sl_scorer_rows(const struct sl_scorer *scorer, const struct sl_rows *rows,
                              struct sl_pool *pool, double *out, struct sl_error *err);

/* The same of points, n x d float64. */
enum sl_status sl_scorer_points(const struct sl_scorer *scorer, struct sl_pool *pool,
                                size_t n, const double *x, double *out,
                                struct sl_error *err);

/* What open reads: the float64 parameter of that name and shape, a 0 in shape being any
 * length, which it then holds. SL_ERR_SHAPE where it is not there or of another shape. */
enum sl_status sl_model_parameter(const struct sl_model *model, const char *name,
                                  unsigned rank, size_t *shape, const double **at,
                                  struct sl_error *err);
/* The same of an int32 parameter. */
enum sl_status sl_model_integers(const struct sl_model *model, const char *name,
                                 unsigned rank, size_t *shape, const int32_t **at,
                                 struct sl_error *err);
/* A scalar. */
enum sl_status sl_model_number(const struct sl_model *model, const char *name, double *at,
                               struct sl_error *err);
/* What run stores: a float64 array by its name, not copied. */
struct sl_item sl_parameter(const char *name, unsigned rank, const size_t *shape,
                            const double *at, const char *help);
/* The same of n int32. */
struct sl_item sl_parameter_integers(const char *name, size_t n, const int32_t *at,
                                     const char *help);

#endif
