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
 * ln f is the logarithm of a sum of exponentials. The largest that the mixture can have is
 * taken out of it, and where that leaves next to nothing the largest of the row, so that ln f
 * stays finite where f does not. Where the layer ends a flow it states the density itself, which
 * for the softmax form is f: no quantile, and nothing that has to cancel.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/cdf_exact.h"
#include "modules/learn/layer.h"
#include "runner/tensor/normal.h"
#include "runner/tensor/special.h"

enum form { EXP, SOFTMAX };
static const char *const forms[] = {"exp", "softmax", NULL};

struct config {
    int64_t components;
    int weights; /* enum form */
};

static const struct sl_field fields[] = {
    SL_INT(struct config, components, 5, 1, SL_CDF_COMPONENTS_MAX,
           "K, terms of the mixture"),
    SL_WORD(struct config, weights, EXP, forms,
            "exp: free, onto an interval; softmax: they add up to 1, onto all of R"),
    SL_FIELD_END,
};

/* Points that are looked at together. Their number and that of the sums that run beside
 * each other are part of the result. */
enum { BLOCK = 256, LANES = 8 };

/* The parameters as they are needed, in a pass's scratch. */
struct mixture {
    size_t k;
    enum form form;
    real *mean, *inverse; /* 1 / sigma */
    real *weight;
    real *height;  /* ln(w / sigma), less the largest of them */
    real *share;   /* e^height */
    real *log_top; /* what q = 1 is of f */
    real *top;
};

/* What forward leaves of n points. u, q, a: K x n, the others n. */
struct terms {
    size_t n;
    real *u;
    real *q;       /* term k of f, in a unit of the row's own */
    real *a;       /* dz/da */
    real *slope;   /* D; of no meaning where the density itself is asked for */
    real *inverse; /* 1 / sum of q */
};

static size_t
whole_lanes(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;
    size_t k = (size_t)c->components;

    if (layer->in != 1)
        return sl_fail(err, SL_ERR_SHAPE, "it maps 1 column, not %zu", layer->in);
    layer->out = 1;
    layer->parameters = 3 * k;
    layer->scratch = 5 * whole_lanes(k) + LANES;
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

static struct mixture
mixture_in(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct config *c = layer->config;
    size_t k = (size_t)c->components, room = whole_lanes(k);
    real *at = pass->kept;

    return (struct mixture){
        .k = k,
        .form = (enum form)c->weights,
        .mean = at,
        .inverse = at + room,
        .weight = at + 2 * room,
        .height = at + 3 * room,
        .share = at + 4 * room,
        .log_top = at + 5 * room,
        .top = at + 5 * room + 1,
    };
}

/* Whole vectors of exponentials: what lies behind the last term is of no meaning. */
SL_FUSING_CLONES static void
raise(size_t n, real *x)
{
    for (size_t first = 0; first < n; first += LANES)
        for (size_t i = 0; i < LANES; i++)
            x[first + i] = sl_exp(x[first + i]);
}

static void
read_theta(const struct mixture *m, const real *theta)
{
    size_t k = m->k, room = whole_lanes(k);
    const real *a = theta, *mean = theta + k, *s = theta + 2 * k;
    real total = m->form == SOFTMAX ? log_sum(k, a) : 0, most = -(real)INFINITY;

    memset(m->mean, 0, 5 * room * sizeof *m->mean);
    for (size_t i = 0; i < k; i++) {
        m->mean[i] = mean[i];
        m->inverse[i] = -s[i];
        m->weight[i] = a[i] - total;
        m->height[i] = a[i] - total - s[i];
        most = m->height[i] > most ? m->height[i] : most;
    }
    for (size_t i = 0; i < k; i++)
        m->share[i] = m->height[i] -= most;
    raise(2 * room, m->inverse);
    raise(room, m->share);
    *m->log_top = most - (real)SL_HALF_LOG_TWO_PI;
    *m->top = sl_exp(*m->log_top);
}

static struct terms
terms_of(const struct sl_layer *layer, real *kept, size_t first, size_t n)
{
    size_t k = layer->parameters / 3;
    real *at = kept + layer->scratch + first * layer->kept;

    return (struct terms){
        n, at, at + k * n, at + 2 * k * n, at + 3 * k * n, at + 3 * k * n + n};
}

/* ---- forward -------------------------------------------------------------------------- */

/* A sum of q below which a row's terms are seen by the largest of them. */
#define LEAST SL_C(1e-20)

/* q and ln f of a row that is far from all terms. */
static void
look_far(const struct mixture *m, size_t i, const struct terms *t, real *log_f)
{
    real most = -(real)INFINITY, sum = 0;

    for (size_t k = 0; k < m->k; k++) {
        real u = t->u[k * t->n + i], q = m->height[k] - SL_C(0.5) * u * u;
        t->q[k * t->n + i] = q;
        most = q > most ? q : most;
    }
    for (size_t k = 0; k < m->k; k++) {
        real *q = &t->q[k * t->n + i];
        *q = sl_exp(*q - most);
        sum += *q;
    }
    t->inverse[i] = 1 / sum;
    log_f[i] = most + sl_log(sum) + *m->log_top;
    t->slope[i] = sl_exp(log_f[i]);
}

/* f and ln f out of the sums of q. */
SL_FUSING_CLONES static void
take_logs(const struct mixture *m, const struct terms *t, const real *restrict sum,
          real *restrict log_f)
{
    real *restrict slope = t->slope, *restrict inverse_sum = t->inverse;
    real log_top = *m->log_top, top = *m->top;
    size_t n = t->n, far = 0;

    for (size_t i = 0; i < n; i++) {
        inverse_sum[i] = 1 / sum[i];
        log_f[i] = log_top + sl_log(sum[i]);
        slope[i] = top * sum[i];
    }
    for (size_t i = 0; i < n; i++)
        far += sum[i] < LEAST;
    for (size_t i = 0; far && i < n; i++)
        if (sum[i] < LEAST)
            look_far(m, i, t, log_f);
}

/* Term k alone. */
struct term {
    real mean, inverse, share, half; /* half: of its weight */
};

static inline struct term
term_of(const struct mixture *m, size_t k)
{
    return (struct term){m->mean[k], m->inverse[k], m->share[k],
                         m->weight[k] * SL_C(0.5)};
}

/* u, q, f and ln f. */
SL_FUSING_CLONES static void
look(const struct mixture *m, const real *restrict x, const struct terms *t,
     real *restrict log_f)
{
    real sum[BLOCK];
    size_t n = t->n;

    memset(sum, 0, n * sizeof *sum);
    for (size_t k = 0; k < m->k; k++) {
        struct term term = term_of(m, k);
        real *restrict u = t->u + k * n, *restrict q = t->q + k * n;
        for (size_t i = 0; i < n; i++) {
            real at = (x[i] - term.mean) * term.inverse;
            real share = term.share * sl_bell(at);
            u[i] = at;
            q[i] = share;
            sum[i] += share;
        }
    }
    take_logs(m, t, sum, log_f);
}

/* Besides, z of the form exp, and what it gives by a. */
SL_FUSING_CLONES static void
look_and_add(const struct mixture *m, const real *restrict x, const struct terms *t,
             real *restrict log_f, real *restrict z)
{
    real sum[BLOCK], near[BLOCK], bell[BLOCK];
    size_t n = t->n;

    memset(sum, 0, n * sizeof *sum);
    memset(z, 0, n * sizeof *z);
    for (size_t k = 0; k < m->k; k++) {
        struct term term = term_of(m, k);
        real *restrict u = t->u + k * n, *restrict q = t->q + k * n;
        real *restrict a = t->a + k * n;
        for (size_t i = 0; i < n; i++) {
            u[i] = (x[i] - term.mean) * term.inverse;
            near[i] = sl_bell_near(u[i]);
        }
        for (size_t i = 0; i < n; i++)
            bell[i] = sl_bell(u[i]);
        for (size_t i = 0; i < n; i++) {
            real share = term.share * bell[i];
            real part = term.half * sl_bell_erf(u[i], near[i], bell[i]);
            q[i] = share;
            sum[i] += share;
            a[i] = part;
            z[i] += part;
        }
    }
    take_logs(m, t, sum, log_f);
}

/* log_det gets ln f, and the base's density where that is asked for. */
SL_FUSING_CLONES static void
finish_exp(size_t n, bool density, const real *restrict log_f, const real *restrict z,
           real *restrict log_det)
{
    real share = density ? 1 : 0;

    for (size_t i = 0; i < n; i++) {
        real base = SL_C(-0.5) * z[i] * z[i] - (real)SL_HALF_LOG_TWO_PI;
        log_det[i] += log_f[i] + share * base;
    }
}

/* z of the form exp and nothing else. */
SL_FUSING_CLONES static void
map_only(const struct mixture *m, size_t n, const real *restrict x, real *restrict z)
{
    real u[BLOCK], near[BLOCK], bell[BLOCK];

    memset(z, 0, n * sizeof *z);
    for (size_t k = 0; k < m->k; k++) {
        struct term term = term_of(m, k);
        for (size_t i = 0; i < n; i++) {
            u[i] = (x[i] - term.mean) * term.inverse;
            near[i] = sl_bell_near(u[i]);
        }
        for (size_t i = 0; i < n; i++)
            bell[i] = sl_bell(u[i]);
        for (size_t i = 0; i < n; i++)
            z[i] += term.half * sl_bell_erf(u[i], near[i], bell[i]);
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
    look_and_add(m, (const real *)pass->x + first, t, log_f, z);
    if (pass->log_det)
        finish_exp(t->n, pass->density, log_f, z, (real *)pass->log_det + first);
}

/* ---- forward, softmax: the quantile in float64, point by point ------------------------- */

static void
read_exact(const struct sl_layer *layer, const real *theta, struct sl_cdf_exact *exact)
{
    const struct config *c = layer->config;

    SL_R(sl_cdf_exact_read)((size_t)c->components, c->weights == SOFTMAX, theta, exact);
}

static void
forward_softmax(const struct sl_layer *layer, const struct mixture *m,
                const struct terms *t, const struct sl_pass *pass, size_t first)
{
    const real *x = (const real *)pass->x + first;
    real log_f[BLOCK], *y = (real *)pass->y + first;
    real *log_det = pass->log_det ? (real *)pass->log_det + first : NULL;
    double by_logit[SL_CDF_COMPONENTS_MAX];
    struct sl_cdf_exact exact;

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

/* ---- forward, both forms ---------------------------------------------------------------- */

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    struct mixture m = mixture_in(layer, pass);

    read_theta(&m, pass->theta);
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

/* LANES points that lie beside each other: a compiler would else look for its vectors across
 * them. Not handed over, see modules/learn/lanes.h. */
typedef real lanes
    __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real)), may_alias));

typedef double wide_lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef double half_lanes __attribute__((vector_size(LANES / 2 * sizeof(double))));

/* In float64, one half on the other first. */
static inline double
add_lanes(const lanes *x)
{
    wide_lanes wide = __builtin_convertvector(*x, wide_lanes);
    half_lanes half[2];

    memcpy(half, &wide, sizeof half);
    half[0] += half[1];
    return (half[0][0] + half[0][1]) + (half[0][2] + half[0][3]);
}

SL_FUSING_CLONES static struct sums
sums_of(const struct mixture *m, size_t k, const struct terms *t, const struct pull *pull,
        bool through_z)
{
    lanes a = {0}, log = {0}, w = {0}, w_u = {0};
    const real *u = t->u + k * t->n, *q = t->q + k * t->n, *da = t->a + k * t->n;
    real sigma = 1 / m->inverse[k];
    size_t whole = t->n - t->n % LANES;

    /* w: sigma dL/dmu, since dL/dmu = sum of q (by_log u / sigma - by_slope). */
#define ADD(type, i, to)                                                                 \
    do {                                                                                 \
        type at = *(const type *)&u[i], share = *(const type *)&q[i];                    \
        type by_log = *(const type *)&pull->by_log[i];                                   \
        type by_u = by_log * at - *(const type *)&pull->by_slope[i] * sigma;             \
        log to += by_log * share;                                                        \
        w to += share * by_u;                                                            \
        w_u to += share * by_u * at;                                                     \
        if (through_z)                                                                   \
            a to += *(const type *)&pull->by_z[i] * *(const type *)&da[i];               \
    } while (0)
    for (size_t i = 0; i < whole; i += LANES)
        ADD(lanes, i, );
    for (size_t i = whole; i < t->n; i++)
        ADD(real, i, [i - whole]);
#undef ADD
    return (struct sums){
        .a = add_lanes(&log) + add_lanes(&a),
        .mean = add_lanes(&w) * (double)m->inverse[k],
        .s = add_lanes(&w_u) - add_lanes(&log),
    };
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
    double sums[3 * SL_CDF_COMPONENTS_MAX];
    real *dtheta = pass->dtheta;
    struct mixture m = mixture_in(layer, pass);
    size_t k = m.k;

    memset(sums, 0, 3 * k * sizeof *sums);
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

static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    struct sl_cdf_exact exact;

    read_exact(layer, call->theta, &exact);
    return SL_R(sl_cdf_exact_inverse)(&exact, call, err);
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
    .density = true,
    .inverse = inverse,
};
