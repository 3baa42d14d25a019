/* SPDX-License-Identifier: MIT */
/*
 * A mixture of Gaussian distribution functions, a strictly increasing map of one column.
 * With u_k = (x - mu_k) / sigma_k and sigma_k = exp(s_k), in one of two forms:
 *
 *   exp      z = sum_k w_k (Phi(u_k) - 1/2), w = exp(a): onto |z| < sum_k w_k / 2
 *   softmax  z = Phi^-1(F(x)), F = sum_k w_k Phi(u_k), w = softmax(a): onto R, and z of
 *            the mixture is standard normal
 *
 * With f(x) = sum_k w_k phi(u_k) / sigma_k and r_k the share of term k in it, either form
 * has, by D = dz/dx (exp: f; softmax: f / phi(z)),
 *
 *   dz/dmu_k = -r_k D             d ln f / dmu_k = r_k u_k / sigma_k
 *   dz/ds_k  = -r_k D sigma_k u_k   d ln f / ds_k  = r_k (u_k^2 - 1)
 *   dz/da_k  = w_k (Phi(u_k) - 1/2), or w_k (Phi(u_k) - F) / phi(z)
 *   d ln f / da_k = r_k, or r_k - w_k
 *
 * ln f is the logarithm of a sum of exponentials, its largest taken out, so that it stays
 * finite where f does not. Where the layer ends a flow it states the density itself, which
 * for the softmax form is f: no quantile, and nothing that has to cancel.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/cdf_mixture.h"
#include "modules/learn/layer.h"
#include "runner/tensor/normal.h"
#include "runner/tensor/special.h"

enum form { EXP, SOFTMAX };
static const char *const forms[] = {"exp", "softmax", NULL};

struct config {
    int64_t components;
    int weights; /* enum form */
};

#define COMPONENTS_MAX 256

static const struct sl_field fields[] = {
    SL_INT(struct config, components, 5, 1, COMPONENTS_MAX, "K, terms of the mixture"),
    SL_WORD(struct config, weights, EXP, forms,
            "exp: free, onto an interval; softmax: they add up to 1, onto all of R"),
    SL_FIELD_END,
};

/* Points that are looked at together. Their number and that of the sums that run beside
 * each other are part of the result. */
enum { BLOCK = 256, LANES = 16 };

#define ROOT_HALF SL_C(0.70710678118654752440)

/* The parameters as they are needed. */
struct mixture {
    size_t k;
    enum form form;
    real mean[COMPONENTS_MAX], inverse[COMPONENTS_MAX]; /* 1 / sigma */
    real weight[COMPONENTS_MAX];
    real height[COMPONENTS_MAX]; /* ln(w / sigma) */
};

/* What forward leaves of n points. u, q, a: K x n, the others n. */
struct terms {
    size_t n;
    real *u;
    real *q;       /* term k of f, by the largest of them */
    real *a;       /* dz/da */
    real *slope;   /* D; of no meaning where the density itself is asked for */
    real *inverse; /* 1 / sum of q */
};

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;
    size_t k = (size_t)c->components;

    if (layer->in != 1)
        return sl_fail(err, SL_ERR_SHAPE, "it maps 1 column, not %zu", layer->in);
    layer->out = 1;
    layer->parameters = 3 * k;
    layer->kept = 3 * k + 2;
    return SL_OK;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    size_t k = layer->parameters / 3;

    part[0] = (struct sl_layer_part){"logits", k, 0};
    part[1] = (struct sl_layer_part){"means", k, 0};
    part[2] = (struct sl_layer_part){"log_stds", k, 0};
    return 3;
}

static void
init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    size_t k = layer->parameters / 3;
    real *at = theta;

    for (size_t i = 0; i < k; i++) {
        at[i] = 1;
        at[k + i] = (real)sl_stream_normal(stream);
        at[2 * k + i] = 0;
    }
}

/* ln of the sum of exp(a). */
static real
log_sum(size_t k, const real *a)
{
    real most = a[0], sum = 0;

    for (size_t i = 1; i < k; i++)
        most = a[i] > most ? a[i] : most;
    for (size_t i = 0; i < k; i++)
        sum += sl_exp(a[i] - most);
    return most + sl_log(sum);
}

static void
read_theta(const struct sl_layer *layer, const real *theta, struct mixture *m)
{
    const struct config *c = layer->config;
    size_t k = (size_t)c->components;
    const real *a = theta, *mean = theta + k, *s = theta + 2 * k;
    real total = c->weights == SOFTMAX ? log_sum(k, a) : 0;

    m->k = k;
    m->form = (enum form)c->weights;
    for (size_t i = 0; i < k; i++) {
        m->mean[i] = mean[i];
        m->inverse[i] = sl_exp(-s[i]);
        m->weight[i] = sl_exp(a[i] - total);
        m->height[i] = a[i] - total - s[i];
    }
}

static struct terms
terms_of(const struct sl_layer *layer, real *kept, size_t first, size_t n)
{
    size_t k = layer->parameters / 3;
    real *at = kept + first * layer->kept;

    return (struct terms){
        n, at, at + k * n, at + 2 * k * n, at + 3 * k * n, at + 3 * k * n + n};
}

/* ---- forward -------------------------------------------------------------------------- */

/* u, q and ln f. */
SL_FUSING_CLONES static void
look(const struct mixture *m, const real *x, const struct terms *t, real *log_f)
{
    size_t n = t->n;
    real most[BLOCK], sum[BLOCK];

    for (size_t i = 0; i < n; i++) {
        most[i] = -(real)INFINITY;
        sum[i] = 0;
    }
    for (size_t k = 0; k < m->k; k++) {
        real mean = m->mean[k], inverse = m->inverse[k], height = m->height[k];
        real *u = t->u + k * n, *q = t->q + k * n;
        for (size_t i = 0; i < n; i++) {
            u[i] = (x[i] - mean) * inverse;
            q[i] = height - SL_C(0.5) * u[i] * u[i];
            most[i] = q[i] > most[i] ? q[i] : most[i];
        }
    }
    for (size_t k = 0; k < m->k; k++) {
        real *q = t->q + k * n;
        for (size_t i = 0; i < n; i++) {
            q[i] = sl_exp_share(q[i] - most[i]);
            sum[i] += q[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        t->inverse[i] = 1 / sum[i];
        log_f[i] = most[i] + sl_log(sum[i]) - (real)SL_HALF_LOG_TWO_PI;
    }
}

/* z of the form exp, and what it gives by a; the terms' u are there. */
SL_FUSING_CLONES static void
add_up(const struct mixture *m, const struct terms *t, real *restrict z)
{
    size_t n = t->n;

    for (size_t i = 0; i < n; i++)
        z[i] = 0;
    for (size_t k = 0; k < m->k; k++) {
        const real *restrict u = t->u + k * n;
        real *restrict a = t->a + k * n;
        real half = m->weight[k] * SL_C(0.5);
        for (size_t i = 0; i < n; i++) {
            a[i] = half * sl_erf(u[i] * ROOT_HALF);
            z[i] += a[i];
        }
    }
}

/* log_det gets ln f, and the base's density where that is asked for. */
SL_FUSING_CLONES static void
finish_exp(const struct terms *t, bool density, const real *restrict log_f,
           const real *restrict z, real *restrict log_det)
{
    real *restrict slope = t->slope;
    real share = density ? 1 : 0;

    for (size_t i = 0; i < t->n; i++) {
        real base = SL_C(-0.5) * z[i] * z[i] - (real)SL_HALF_LOG_TWO_PI;
        slope[i] = sl_exp(log_f[i]);
        log_det[i] += log_f[i] + share * base;
    }
}

/* z of the form exp and nothing else. */
SL_FUSING_CLONES static void
map_only(const struct mixture *m, size_t n, const real *restrict x, real *restrict z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = 0;
    for (size_t k = 0; k < m->k; k++) {
        real half = m->weight[k] * SL_C(0.5), mean = m->mean[k];
        real inverse = m->inverse[k];
        for (size_t i = 0; i < n; i++) {
            real u = (x[i] - mean) * inverse;
            z[i] += half * sl_erf(u * ROOT_HALF);
        }
    }
}

static void
forward_exp(const struct mixture *m, const struct terms *t, const struct sl_pass *pass,
            size_t first)
{
    real log_f[BLOCK], *z = (real *)pass->y + first;

    if (!pass->log_det && !pass->training) {
        map_only(m, t->n, (const real *)pass->x + first, z);
        return;
    }
    look(m, (const real *)pass->x + first, t, log_f);
    add_up(m, t, z);
    if (pass->log_det)
        finish_exp(t, pass->density, log_f, z, (real *)pass->log_det + first);
    else
        for (size_t i = 0; i < t->n; i++)
            t->slope[i] = sl_exp(log_f[i]);
}

/* ---- in float64, point by point: the softmax form's quantile, and the inverse ---------- */

/* The parameters in float64, whatever the real. */
struct exact {
    struct sl_cdf_mixture mixture;
    double mean[COMPONENTS_MAX], std[COMPONENTS_MAX];
    double weight[COMPONENTS_MAX], log_weight[COMPONENTS_MAX];
};

static void
read_exact(const struct sl_layer *layer, const real *theta, struct exact *e)
{
    const struct config *c = layer->config;
    size_t k = (size_t)c->components;
    double most = -(double)INFINITY, sum = 0, total = 0;

    for (size_t i = 0; i < k; i++)
        most = fmax(most, (double)theta[i]);
    for (size_t i = 0; i < k; i++)
        sum += exp((double)theta[i] - most);
    if (c->weights == SOFTMAX)
        total = most + log(sum);
    for (size_t i = 0; i < k; i++) {
        e->log_weight[i] = (double)theta[i] - total;
        e->weight[i] = exp(e->log_weight[i]);
        e->mean[i] = (double)theta[k + i];
        e->std[i] = exp((double)theta[2 * k + i]);
    }
    e->mixture = (struct sl_cdf_mixture){
        k, c->weights == SOFTMAX, e->mean, e->std, e->weight, e->log_weight};
}

static void
forward_softmax(const struct sl_layer *layer, const struct mixture *m,
                const struct terms *t, const struct sl_pass *pass, size_t first)
{
    const real *x = (const real *)pass->x + first;
    real log_f[BLOCK], *y = (real *)pass->y + first;
    real *log_det = pass->log_det ? (real *)pass->log_det + first : NULL;
    double by_logit[COMPONENTS_MAX];
    struct exact exact;

    look(m, x, t, log_f);
    if (!pass->density)
        read_exact(layer, pass->theta, &exact);
    for (size_t i = 0; i < t->n && !pass->density; i++) {
        struct sl_cdf_point p =
            sl_cdf_mixture_quantile(&exact.mixture, (double)x[i], by_logit);
        y[i] = (real)p.z;
        t->slope[i] = (real)exp(p.log_slope);
        log_f[i] = (real)p.log_slope;
        for (size_t k = 0; k < m->k; k++)
            t->a[k * t->n + i] = (real)by_logit[k];
    }
    for (size_t i = 0; log_det && i < t->n; i++)
        log_det[i] += log_f[i];
}

static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    struct exact exact;

    read_exact(layer, call->theta, &exact);
    for (size_t i = 0; i < call->n; i++) {
        double z = (double)((const real *)call->y)[i], x;
        if (!sl_cdf_mixture_inverse(&exact.mixture, z, &x))
            return sl_fail(
                err, SL_ERR_NUMERIC,
                "%g at row %zu is outside the interval that the mixture maps to", z, i);
        ((real *)call->x)[i] = (real)x;
    }
    return SL_OK;
}

/* ---- forward, both forms ---------------------------------------------------------------- */

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct mixture m;

    read_theta(layer, pass->theta, &m);
    for (size_t first = 0; first < pass->n; first += BLOCK) {
        size_t n = pass->n - first < BLOCK ? pass->n - first : BLOCK;
        struct terms t = terms_of(layer, pass->kept, first, n);
        if (m.form == SOFTMAX)
            forward_softmax(layer, &m, &t, pass, first);
        else
            forward_exp(&m, &t, pass, first);
    }
}

/* ---- backward ------------------------------------------------------------------------- */

/* Of a block: the loss's gradient by z and by ln f, times what all terms have in common. */
struct pull {
    real by_z[BLOCK];     /* dL/dz */
    real by_slope[BLOCK]; /* dL/dz D / sum of q */
    real by_log[BLOCK];   /* dL/dln f / sum of q */
    double total;         /* sum of dL/dln f; of the softmax form */
};

/* In the exp form a density holds the base's share, -z^2 / 2, and in the softmax form a
 * log_det without it holds + z^2 / 2. */
SL_FUSING_CLONES static void
pull_of(const struct mixture *m, const struct sl_pass *pass, size_t first,
        const struct terms *t, struct pull *pull)
{
    const real *restrict dy = (const real *)pass->dy, *restrict dlog = pass->dlog_det;
    const real *restrict z = (const real *)pass->y + first;
    const real *restrict slope = t->slope, *restrict inverse = t->inverse;
    real share = pass->density ? m->form == EXP ? -1 : 0 : m->form == EXP ? 0 : 1;
    real *restrict by_z = pull->by_z, *restrict by_slope = pull->by_slope;
    real *restrict by_log = pull->by_log;
    bool through_z = dy || share != 0;
    real h[BLOCK];
    size_t n = t->n;

    memset(h, 0, n * sizeof *h);
    if (dlog)
        memcpy(h, dlog + first, n * sizeof *h);
    for (size_t i = 0; i < n; i++) {
        by_z[i] = share * h[i] * z[i];
        by_log[i] = h[i] * inverse[i];
    }
    for (size_t i = 0; dy && i < n; i++)
        by_z[i] = share != 0 ? by_z[i] + dy[first + i] : dy[first + i];
    for (size_t i = 0; through_z && i < n; i++)
        by_slope[i] = by_z[i] * slope[i] * inverse[i];
    if (!through_z)
        memset(by_slope, 0, n * sizeof *by_slope);
    pull->total = 0;
    for (size_t i = 0; m->form == SOFTMAX && i < n; i++)
        pull->total += (double)h[i];
}

/* The sums over a block for one term. */
struct sums {
    double a, mean, s;
};

SL_FUSING_CLONES static struct sums
sums_of(const struct mixture *m, size_t k, const struct terms *t, const struct pull *pull,
        bool through_z)
{
    real a[LANES] = {0}, mean[LANES] = {0}, s[LANES] = {0};
    const real *restrict u = t->u + k * t->n, *restrict q = t->q + k * t->n;
    const real *restrict da = t->a + k * t->n;
    real inverse = m->inverse[k], sigma = 1 / inverse;
    struct sums sums = {0};
    size_t whole = t->n - t->n % LANES;

#define ADD(i, l)                                                                        \
    do {                                                                                 \
        real log_part = pull->by_log[i] * q[i], slope_part = pull->by_slope[i] * q[i];   \
        a[l] += log_part;                                                                \
        mean[l] += log_part * u[i] * inverse - slope_part;                               \
        s[l] += log_part * (u[i] * u[i] - 1) - slope_part * sigma * u[i];                \
    } while (0)
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            ADD(i + l, l);
    for (size_t i = whole; i < t->n; i++)
        ADD(i, i - whole);
#undef ADD
    for (size_t i = 0; through_z && i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            a[l] += pull->by_z[i + l] * da[i + l];
    for (size_t i = whole; through_z && i < t->n; i++)
        a[i - whole] += pull->by_z[i] * da[i];
    for (size_t l = 0; l < LANES; l++) {
        sums.a += (double)a[l];
        sums.mean += (double)mean[l];
        sums.s += (double)s[l];
    }
    return sums;
}

/* x and all means together move nothing: what comes by x is what goes by the means. */
SL_FUSING_CLONES static void
pull_x(const struct mixture *m, const struct terms *t, const struct pull *pull,
       real *restrict dx)
{
    size_t n = t->n;

    for (size_t i = 0; i < n; i++)
        dx[i] = 0;
    for (size_t k = 0; k < m->k; k++) {
        const real *restrict u = t->u + k * n, *restrict q = t->q + k * n;
        real inverse = m->inverse[k];
        for (size_t i = 0; i < n; i++)
            dx[i] += q[i] * (pull->by_slope[i] - pull->by_log[i] * u[i] * inverse);
    }
}

static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    double sums[3 * COMPONENTS_MAX];
    real *dtheta = pass->dtheta;
    struct mixture m;
    size_t k = layer->parameters / 3;

    memset(sums, 0, 3 * k * sizeof *sums);
    read_theta(layer, pass->theta, &m);
    for (size_t first = 0; first < pass->n; first += BLOCK) {
        size_t n = pass->n - first < BLOCK ? pass->n - first : BLOCK;
        struct terms t = terms_of(layer, pass->kept, first, n);
        bool through_z = !(pass->density && m.form == SOFTMAX);
        struct pull pull;
        pull_of(&m, pass, first, &t, &pull);
        for (size_t i = 0; i < k; i++) {
            struct sums of = sums_of(&m, i, &t, &pull, through_z);
            sums[i] += of.a;
            if (m.form == SOFTMAX)
                sums[i] -= (double)m.weight[i] * pull.total;
            sums[k + i] += of.mean;
            sums[2 * k + i] += of.s;
        }
        if (pass->dx)
            pull_x(&m, &t, &pull, (real *)pass->dx + first);
    }
    for (size_t i = 0; i < 3 * k; i++)
        dtheta[i] = (real)sums[i];
}

const struct sl_layer_class SL_R(layer_mixture_cdf) = {
    .entry = {.name = "mixture-cdf",
              .summary = "one column through a mixture of normal distribution functions",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .parts = parts,
    .flow = true,
    .density = true,
    .inverse = inverse,
};
