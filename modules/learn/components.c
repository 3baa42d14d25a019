/* SPDX-License-Identifier: MIT */
#include "modules/learn/components.h"

#include <math.h>
#include <string.h>

#include "modules/learn/gaussian.h"
#include "modules/learn/panel.h"

static bool
has_factors(enum sl_covariances type)
{
    return type == SL_FULL_COVARIANCE || type == SL_TIED_COVARIANCE;
}

/* Covariances there are. */
static size_t
count_of(enum sl_covariances type, size_t k)
{
    return type == SL_TIED_COVARIANCE ? 1 : k;
}

size_t
sl_components_size(enum sl_covariances type, size_t k, size_t d)
{
    size_t each = has_factors(type) ? d * d : type == SL_DIAGONAL_COVARIANCE ? d : 1;

    return count_of(type, k) * each;
}

enum sl_status
sl_components_new(struct sl_components *c, enum sl_covariances type, size_t k, size_t d,
                  struct sl_arena *arena, struct sl_error *err)
{
    size_t size = sl_components_size(type, k, d);
    bool factors = has_factors(type), good;

    *c = (struct sl_components){.k = k, .d = d, .type = type};
    c->weights = sl_arena_array(arena, k, sizeof(double));
    c->means = sl_arena_array(arena, k, d * sizeof(double));
    c->covariances = sl_arena_array(arena, size, sizeof(double));
    c->peaks = sl_arena_array(arena, k, sizeof(double));
    good = c->weights && c->means && c->covariances && c->peaks;
    if (factors) {
        c->factors = sl_arena_array(arena, size, sizeof(double));
        c->inverses = sl_arena_array(arena, size, sizeof(double));
    } else {
        c->variances = sl_arena_array(arena, k, d * sizeof(double));
    }
    if (!good || (factors ? !c->factors || !c->inverses : !c->variances))
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu components of %zu columns",
                       k, d);
    return SL_OK;
}

/* ---- factors ------------------------------------------------------------------------ */

static void
set_peak(struct sl_components *c, size_t i, double log_det)
{
    c->peaks[i] = log(c->weights[i]) - ((double)c->d * SL_LN_2PI + log_det) / 2;
}

static enum sl_status
factor_full(struct sl_components *c, struct sl_error *err)
{
    size_t d = c->d, n = count_of(c->type, c->k);
    double log_det = 0;

    memcpy(c->factors, c->covariances, n * d * d * sizeof(double));
    for (size_t i = 0; i < c->k; i++) {
        if (i < n && sl_covariance_whiten(d, c->factors + i * d * d,
                                          c->inverses + i * d * d, &log_det, err))
            return sl_error_context(err,
                                    "the covariance of component %zu is degenerate (a "
                                    "pivot is a column; raise 'regularisation')",
                                    i + 1);
        set_peak(c, i, log_det);
    }
    return SL_OK;
}

static enum sl_status
factor_diagonal(struct sl_components *c, struct sl_error *err)
{
    for (size_t i = 0; i < c->k; i++) {
        double log_det = 0;

        for (size_t j = 0; j < c->d; j++) {
            double variance = c->type == SL_DIAGONAL_COVARIANCE
                                  ? c->covariances[i * c->d + j]
                                  : c->covariances[i];

            if (!(variance > 0 && isfinite(variance)))
                return sl_fail(err, SL_ERR_NUMERIC,
                               "column %zu has the variance %g in component %zu; raise "
                               "'regularisation'",
                               j + 1, variance, i + 1);
            c->variances[i * c->d + j] = variance;
            log_det += log(variance);
        }
        set_peak(c, i, log_det);
    }
    return SL_OK;
}

enum sl_status
sl_components_factor(struct sl_components *c, struct sl_error *err)
{
    return has_factors(c->type) ? factor_full(c, err) : factor_diagonal(c, err);
}

/* ---- densities ---------------------------------------------------------------------- */

static void
squares_of(const struct sl_components *c, size_t i, double *scratch, double *squares)
{
    size_t d = c->d, which = c->type == SL_TIED_COVARIANCE ? 0 : i;
    double *y = scratch + d * SL_PANEL;

    if (!has_factors(c->type)) {
        sl_panel_squares(d, scratch, c->variances + i * d, squares);
        return;
    }
    sl_panel_map(d, d, c->inverses + which * d * d, true, scratch, y);
    sl_panel_squares(d, y, NULL, squares);
}

void
sl_components_logs(const struct sl_components *c, const double *panel, double *scratch,
                   double *logs)
{
    for (size_t i = 0; i < c->k; i++) {
        double squares[SL_PANEL];

        sl_panel_center(c->d, panel, c->means + i * c->d, scratch);
        squares_of(c, i, scratch, squares);
        for (size_t l = 0; l < SL_PANEL; l++)
            logs[i * SL_PANEL + l] = c->peaks[i] - squares[l] / 2;
    }
}

void
sl_components_sum(size_t k, bool shares, double *logs, double *sums)
{
    for (size_t l = 0; l < SL_PANEL; l++) {
        double highest = logs[l], sum = 0;

        for (size_t i = 1; i < k; i++)
            highest = fmax(highest, logs[i * SL_PANEL + l]);
        for (size_t i = 0; i < k; i++) {
            double share = exp(logs[i * SL_PANEL + l] - highest);

            sum += share;
            if (shares)
                logs[i * SL_PANEL + l] = share;
        }
        for (size_t i = 0; i < k && shares; i++)
            logs[i * SL_PANEL + l] /= sum;
        sums[l] = highest + log(sum);
    }
}

/* ---- drawing ------------------------------------------------------------------------ */

static size_t
draw_component(const struct sl_components *c, struct sl_stream *stream)
{
    double u = sl_stream_uniform(stream);
    size_t last = 0;

    for (size_t i = 0; i < c->k; i++) {
        if (c->weights[i] > 0)
            last = i;
        if (u < c->weights[i])
            break;
        u -= c->weights[i];
    }
    return last;
}

void
sl_components_draw(const struct sl_components *c, struct sl_stream *stream,
                   double *scratch, double *x)
{
    size_t i = draw_component(c, stream), d = c->d;
    size_t which = c->type == SL_TIED_COVARIANCE ? 0 : i;
    struct sl_gaussian gaussian = {d, c->means + i * d, NULL};

    for (size_t j = 0; j < d; j++)
        scratch[j] = sl_stream_normal(stream);
    if (has_factors(c->type)) {
        gaussian.factor = c->factors + which * d * d;
        sl_gaussian_place(&gaussian, scratch, x);
        return;
    }
    for (size_t j = 0; j < d; j++)
        x[j] = gaussian.mean[j] + sqrt(c->variances[i * d + j]) * scratch[j];
}
