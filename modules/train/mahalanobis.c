/* SPDX-License-Identifier: MIT */
/*
 * Mahalanobis distance from the middle of the training rows (Mahalanobis 1936),
 *
 *     sqrt((x - m)t S^-1 (x - m)).
 *
 * m and S are mean and covariance (divisor n) of all rows, S drawn towards a sphere by
 * `shrinkage` s, (1 - s) S + s tr(S) / d I (Ledoit and Wolf 2004); or the robust ones of
 * modules/learn/robust.h. Along a direction in which the training rows have no variance,
 * S has no inverse: such directions don't count, which is the pseudo-inverse, or are an
 * error, as `degenerate` says.
 */
#include <math.h>

#include "modules/learn/panel.h"
#include "modules/learn/principal.h"
#include "modules/learn/robust.h"
#include "modules/learn/scatter.h"
#include "modules/learn/train_rows.h"

enum { EMPIRICAL, MCD };
static const char *const estimators[] = {"empirical", "mcd", NULL};

enum { IGNORED, ERROR };
static const char *const degenerates[] = {"ignored", "error", NULL};

struct config {
    int estimator, degenerate;
    double shrinkage;
    struct sl_robust_config mcd;
    struct sl_choice_list preprocess;
};

static const struct sl_field mcd_fields[] = {
    SL_DOUBLE(struct sl_robust_config, support, 0, 0, 1,
              "share of the rows that are to lie together; 0: (n + d + 1) / 2n, which "
              "bears the most outliers"),
    SL_INT(struct sl_robust_config, starts, 500, 1, 1e6, "random subsets to begin with"),
    SL_BOOL(struct sl_robust_config, reweight, true,
            "once more, of all rows within the 97.5 % ellipsoid"),
    SL_FIELD_END,
};

static const struct sl_field fields[] = {
    SL_WORD(struct config, estimator, EMPIRICAL, estimators,
            "of mean and covariance: of all rows, or of those that lie closest together"),
    SL_DOUBLE(struct config, shrinkage, 0, 0, 1, "towards a sphere of the same variance"),
    SL_WORD(struct config, degenerate, IGNORED, degenerates,
            "directions without variance"),
    SL_FIELD(struct config, mcd, struct sl_robust_config, SL_TYPE_RECORD,
             .fields = mcd_fields, .size = sizeof(struct sl_robust_config),
             .help = "minimum covariance determinant"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model", .type = SL_PORT_MODEL, .help = "mean, axes and their variances"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"rank", SL_RESULT_METRIC, NULL, "directions with variance"},
    {"log_determinant", SL_RESULT_METRIC, NULL, "of the covariance along them"},
    {"support", SL_RESULT_METRIC, NULL, "rows that mean and covariance are of"},
    SL_RESULT_END,
};

/* ---- the model ---------------------------------------------------------------------- */

struct distance {
    struct sl_principal principal;
    double *whitening; /* k x d */
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    struct distance *m = SL_NEW(arena, struct distance);

    SL_TRY(sl_principal_load(&m->principal, model, "", model->d, err));
    m->whitening = sl_arena_array(arena, m->principal.k, m->principal.d * sizeof(double));
    if (!m->whitening)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu axes", m->principal.k);
    sl_principal_whitening(&m->principal, m->whitening);
    model->state = m;
    return SL_OK;
}

static void
score_rows(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct distance *m = context;

    sl_principal_distances(&m->principal, m->whitening, n, x, scratch, out);
}

static const struct sl_score_kind scores[] = {
    {"mahalanobis", "standard deviations", "distance from the middle of the rows"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct distance *m = model->state;
    const struct sl_principal *p = &m->principal;
    struct sl_scorer scorer = {m, p->d, (p->d + p->k) * SL_PANEL, score_rows};

    (void)kind;
    return sl_scorer_rows(&scorer, rows, sl_step_pool(step), out, err);
}

static enum sl_status
explain(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
        size_t kind, double *out, struct sl_error *err)
{
    const struct distance *m = model->state;

    (void)kind;
    return sl_principal_explain(&m->principal, SL_PRINCIPAL_DISTANCE, step, rows, out,
                                err);
}

static const struct sl_model_class distance_class = {
    .scores = scores,
    .open = open,
    .score = score,
    .explain = explain,
    .explained = 1,
};

/* ---- training ----------------------------------------------------------------------- */

static void
shrink(double share, size_t d, double *covariance)
{
    double mean = 0;

    for (size_t j = 0; j < d; j++)
        mean += covariance[j * d + j] / (double)d;
    for (size_t e = 0; e < d * d; e++)
        covariance[e] *= 1 - share;
    for (size_t j = 0; j < d; j++)
        covariance[j * d + j] += share * mean;
}

/* The column that a direction without variance is mostly made of. */
static size_t
column_of(size_t d, const double *axis)
{
    size_t largest = 0;

    for (size_t j = 1; j < d; j++)
        if (fabs(axis[j]) > fabs(axis[largest]))
            largest = j;
    return largest;
}

static enum sl_status
check_rank(struct sl_step *step, const struct config *c, const struct sl_principal *p,
           const double *vectors, struct sl_error *err)
{
    if (p->k == 0)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "the rows of split '" SL_TRAIN_ROWS "' are all the same");
    if (p->k < p->d && c->degenerate == ERROR)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "the covariance has rank %zu of %zu: %s is constant or a "
                       "combination of others; give 'shrinkage' or take it away",
                       p->k, p->d,
                       sl_dataset_column(sl_input_dataset(step, "data"),
                                         column_of(p->d, vectors), sl_step_arena(step)));
    return SL_OK;
}

static enum sl_status
estimate_moments(struct sl_step *step, const struct config *c,
                 struct sl_train_moments *moments, struct sl_error *err)
{
    struct sl_train_rows rows;
    struct sl_robust robust;

    if (c->estimator == EMPIRICAL)
        return sl_train_moments_take(step, 2, 0, moments, err);
    SL_TRY(sl_train_rows_take(step, 2, &rows, err));
    SL_TRY(sl_robust_fit(step, &c->mcd, &rows, &robust, err));
    *moments =
        (struct sl_train_moments){robust.support, rows.d, robust.mean, robust.covariance};
    return SL_OK;
}

static void
tell(struct sl_step *step, const struct sl_principal *p)
{
    double log_determinant = 0;

    for (size_t i = 0; i < p->k; i++)
        log_determinant += log(p->variances[i]);
    sl_metric(step, "rank", (double)p->k);
    sl_metric(step, "log_determinant", log_determinant);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_train_moments m;
    struct sl_principal p;

    SL_TRY(estimate_moments(step, c, &m, err));
    sl_metric(step, "support", (double)m.n);
    if (c->shrinkage > 0)
        shrink(c->shrinkage, m.d, m.covariance);
    SL_TRY(sl_principal_of(m.d, m.mean, m.covariance, sl_step_arena(step), &p, err));
    SL_TRY(check_rank(step, c, &p, m.covariance, err));
    tell(step, &p);
    return sl_principal_output(&p, step, err);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    size_t rows = sl_schema_rows(schema, SL_TRAIN_ROWS);
    size_t copies = c->estimator == MCD ? 3 : 0;
    double n = (double)rows, d = (double)schema->d;

    estimate->bytes =
        (copies * rows + 3 * schema->d + SL_SCATTER_ROWS) * schema->d * sizeof(double);
    estimate->work = 2 * n * d * d + 10 * d * d * d;
    if (c->estimator == MCD)
        estimate->work += 900 * (double)c->mcd.starts * d * (d + 10) + 100 * n * d * d;
    estimate->score = 2 * d * d;
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_train_rows_check(check, NULL, 2);
    if (c->estimator == MCD && check->schema && check->schema->d)
        sl_train_rows_check(check, "estimator", check->schema->d + 2);
}

const struct sl_module train_mahalanobis = {
    .entry = {.name = "mahalanobis",
              .summary = "distance in standard deviations from the middle of the rows",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &distance_class,
    .draws = SL_DRAWS,
    .check = check,
    .estimate = estimate,
    .run = run,
};
