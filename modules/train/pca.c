/* SPDX-License-Identifier: MIT */
/*
 * Principal components (Jolliffe 2002; as a detector Shyu et al. 2003, "A novel anomaly
 * detection scheme based on principal component classifier"). With m the mean of the
 * training rows and V the k axes of the highest variance v,
 *
 *     reconstruction    |x - m - Vt V (x - m)|^2 / d, what the axes leave out
 *     latent-distance   sqrt sum_i (V (x - m))_i^2 / v_i, how far out it lies along them
 *
 * variances have the divisor n - 1.
 */
#include <math.h>

#include "modules/learn/panel.h"
#include "modules/learn/principal.h"
#include "modules/learn/scatter.h"
#include "modules/learn/train_rows.h"

struct config {
    double components;
    struct sl_choice_list preprocess;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, components, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .low = 0, .high = 1e6, .number = 0.9,
             .help =
                 "axes that are kept: their number, or, below 1, as many as hold that "
                 "share of the variance"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model", .type = SL_PORT_MODEL, .help = "mean and axes"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"components", SL_RESULT_METRIC, NULL, "axes that are kept"},
    {"explained", SL_RESULT_METRIC, NULL, "share of the variance along them"},
    {"variances", SL_RESULT_TENSOR, NULL, "of the training rows along every axis"},
    SL_RESULT_END,
};

/* ---- the model ---------------------------------------------------------------------- */

struct pca {
    struct sl_principal principal;
    bool distance; /* which of the two scores */
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    struct sl_principal *p = SL_NEW(arena, struct sl_principal);

    SL_TRY(sl_principal_load(p, model, "", model->d, err));
    model->state = p;
    return SL_OK;
}

static size_t
scratch_of(const struct sl_principal *p)
{
    return (p->d + p->k) * SL_PANEL;
}

/* Leaves in panel what the axes leave out of up to SL_PANEL rows, in y the code. */
static void
project(const struct sl_principal *p, size_t n, const double *x, double *panel, double *y)
{
    sl_panel_fill(n, p->d, x, p->mean, panel);
    sl_panel_map(p->k, p->d, p->axes, false, panel, y);
    sl_panel_subtract(p->k, p->d, p->axes, y, panel);
}

/* sums: the scores of a panel's rows. */
static void
score_panel(const struct pca *pca, const double *panel, const double *y, double *sums)
{
    const struct sl_principal *p = &pca->principal;

    if (pca->distance)
        sl_panel_squares(p->k, y, p->variances, sums);
    else
        sl_panel_squares(p->d, panel, NULL, sums);
    for (size_t l = 0; l < SL_PANEL; l++)
        sums[l] = pca->distance ? sqrt(sums[l]) : sums[l] / (double)p->d;
}

static void
score_rows(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct pca *pca = context;
    size_t d = pca->principal.d;
    double *y = scratch + d * SL_PANEL, sums[SL_PANEL];

    for (size_t i = 0; i < n; i += SL_PANEL) {
        size_t lanes = n - i < SL_PANEL ? n - i : SL_PANEL;

        project(&pca->principal, lanes, x + i * d, scratch, y);
        score_panel(pca, scratch, y, sums);
        for (size_t l = 0; l < lanes; l++)
            out[i + l] = sums[l];
    }
}

enum { RECONSTRUCTION, LATENT_DISTANCE };
static const struct sl_score_kind scores[] = {
    [RECONSTRUCTION] = {"reconstruction", NULL, "mean square of what the axes leave out"},
    [LATENT_DISTANCE] = {"latent-distance", "standard deviations",
                         "Mahalanobis distance along the axes"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct sl_principal *p = model->state;
    struct pca pca = {*p, kind == LATENT_DISTANCE};
    struct sl_scorer scorer = {&pca, p->d, scratch_of(p), score_rows};

    return sl_scorer_rows(&scorer, rows, sl_step_pool(step), out, err);
}

/* Few rows, for pictures: one panel after the other. */
static enum sl_status
reconstruct(const struct sl_model *model, struct sl_step *step,
            const struct sl_rows *rows, float *out, struct sl_error *err)
{
    const struct sl_principal *p = model->state;
    struct sl_arena *arena = sl_step_arena(step);
    double *x = sl_arena_array(arena, SL_PANEL, p->d * sizeof *x);
    double *panel = sl_arena_array(arena, scratch_of(p), sizeof *panel);

    if (!x || !panel)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for rows of %zu columns", p->d);
    for (size_t i = 0; i < rows->n; i += SL_PANEL) {
        size_t n = rows->n - i < SL_PANEL ? rows->n - i : SL_PANEL;

        sl_rows_gather_f64(rows->data, rows->ids + i, n, x);
        project(p, n, x, panel, panel + p->d * SL_PANEL);
        for (size_t e = 0; e < n * p->d; e++)
            out[i * p->d + e] = (float)(x[e] - panel[e % p->d * SL_PANEL + e / p->d]);
    }
    return SL_OK;
}

static enum sl_status
explain(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
        size_t kind, double *out, struct sl_error *err)
{
    return sl_principal_explain(model->state,
                                kind == LATENT_DISTANCE ? SL_PRINCIPAL_DISTANCE
                                                        : SL_PRINCIPAL_RESIDUAL,
                                step, rows, out, err);
}

static const struct sl_model_class pca_class = {
    .scores = scores,
    .open = open,
    .score = score,
    .explain = explain,
    .explained = 1 << RECONSTRUCTION | 1 << LATENT_DISTANCE,
    .reconstruct = reconstruct,
};

#define TOO_MANY "there are %zu columns, and so no %g axes"

/* ---- training ----------------------------------------------------------------------- */

/* How many of the axes are kept. */
static size_t
count_of(const struct config *c, const struct sl_principal *all, double total)
{
    double held = 0;
    size_t k = 0;

    if (c->components >= 1)
        return c->components < (double)all->k ? (size_t)c->components : all->k;
    while (k < all->k && held < c->components * total)
        held += all->variances[k++];
    return k;
}

static double
sum_of(size_t k, const double *variances)
{
    double sum = 0;

    for (size_t i = 0; i < k; i++)
        sum += variances[i];
    return sum;
}

static enum sl_status
tell(struct sl_step *step, const struct sl_principal *kept, double total,
     struct sl_tensor variances, struct sl_error *err)
{
    sl_metric(step, "components", (double)kept->k);
    sl_metric(step, "explained", sum_of(kept->k, kept->variances) / total);
    return sl_record(step, "variances", &variances, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_train_moments m;
    struct sl_principal p;
    struct sl_tensor variances;
    double total;

    SL_TRY(sl_train_moments_take(step, 2, 1, &m, err));
    if (c->components > (double)m.d)
        return sl_fail(err, SL_ERR_CONFIG, TOO_MANY, m.d, c->components);
    SL_TRY(sl_principal_of(m.d, m.mean, m.covariance, sl_step_arena(step), &p, err));
    if (p.k == 0)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "the rows of split '" SL_TRAIN_ROWS "' are all the same");
    total = sum_of(p.k, p.variances);
    variances = sl_tensor_vector(SL_F64, (void *)(uintptr_t)p.variances, p.k);
    p.k = count_of(c, &p, total);
    SL_TRY(tell(step, &p, total, variances, err));
    return sl_principal_output(&p, step, err);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    double n = (double)sl_schema_rows(schema, SL_TRAIN_ROWS), d = (double)schema->d;

    (void)config;
    estimate->bytes = (3 * schema->d + SL_SCATTER_ROWS) * schema->d * sizeof(double);
    estimate->work = 2 * n * d * d + 10 * d * d * d;
    estimate->score = 2 * d * d;
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    const struct sl_node *node = sl_node_get(check->node, "components");
    struct sl_mark mark = node ? node->mark : check->mark;
    size_t d = check->schema ? check->schema->d : 0;

    sl_train_rows_check(check, NULL, 2);
    if (c->components > 1 && c->components != floor(c->components))
        sl_report_add(check->report, SL_ERROR, mark,
                      "'components' is a whole number, or a share below 1");
    else if (d > 0 && c->components > (double)d)
        sl_report_add(check->report, SL_ERROR, mark, TOO_MANY, d, c->components);
}

const struct sl_module train_pca = {
    .entry = {.name = "pca",
              .summary = "principal components; scores by what they leave out",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &pca_class,
    .check = check,
    .estimate = estimate,
    .run = run,
};
