/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_APPLY_H
#define SL_PIPELINE_APPLY_H

#include "runner/pipeline/reader.h"
#include "runner/pipeline/step.h"
#include "runner/store/runfile.h"

/*
 * A run that is done, put to work on new rows: its model, out of models/, and the rule of
 * its detect stage, out of run.h5. Nothing is fitted again, and no data set is looked for.
 * Rows go in raw, as their file has them.
 */
struct sl_apply_call {
    const char *file; /* a run.h5 */
    const char
        *stage; /* a detect stage, where there are several; NULL: the one there is */
    const struct sl_registry *registry;
    struct sl_arena *arena; /* holds all of it */
    struct sl_pool *pool;
    const atomic_int *stop;
};

struct sl_apply {
    const struct sl_apply_call *call;
    struct sl_run_record run;
    struct sl_experiment experiment;
    const struct sl_stage *train, *detect; /* detect NULL: the run has none */
    size_t kind;                           /* of the model's scores */
    const struct sl_model *model;
    const double *means; /* of the training rows' columns; NULL: not known */
    struct sl_row_shape shape;
    const char
        *array; /* which of a file's arrays the rows were loaded from; NULL: not said */
    struct sl_bundle known; /* what the rule rests on */
    struct sl_plan_step plan;
    struct sl_step step;
};

enum sl_status sl_apply_open(struct sl_apply *apply, const struct sl_apply_call *call,
                             struct sl_error *err);
void sl_apply_close(struct sl_apply *apply);

/* Rows that are best scored at a time, a few MiB of them. */
size_t sl_apply_rows(const struct sl_apply *apply);

/* x: n x d raw values; scores: n. SL_ERR_NUMERIC names the first row, counted from
 * `first`, whose score is no number. */
enum sl_status sl_apply_score(struct sl_apply *apply, size_t first, size_t n,
                              const double *x, double *scores, struct sl_error *err);

/* The rule's p-values and decisions; where the run has none NaN and false. */
enum sl_status sl_apply_decide(const struct sl_apply *apply,
                               const struct sl_decisions *decisions,
                               struct sl_error *err);

/*
 * What each column of the file adds to the score of each row. out: n x columns
 * (sl_row_shape_count). Where the model can take its score apart, exactly: the sum over
 * columns is the score. Elsewhere by leaving out one column at a time: how much lower the
 * score were if the column had its mean over the training rows, words their frequencies.
 * SL_ERR_CONFIG where neither can be done.
 */
enum sl_status sl_apply_explain(struct sl_apply *apply, size_t n, const double *x,
                                const double *scores, double *out, struct sl_error *err);
/* In words, for the head of a table; NULL: it can't. */
const char *sl_apply_explains_by(const struct sl_apply *apply);

#endif
