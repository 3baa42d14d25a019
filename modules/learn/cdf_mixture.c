/* SPDX-License-Identifier: MIT */
#include "modules/learn/cdf_mixture.h"

#include <math.h>

#include "runner/tensor/normal.h"

static double
standard(const struct sl_cdf_mixture *m, size_t k, double x)
{
    return (x - m->mean[k]) / m->std[k];
}

/* ln sum_k w_k phi(u_k) / std_k. */
static double
log_density(const struct sl_cdf_mixture *m, double x)
{
    double most = -(double)INFINITY, sum = 0;

    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < m->k; k++) {
            double u = standard(m, k, x);
            double term = m->log_weight[k] - log(m->std[k]) - u * u / 2;
            if (pass)
                sum += exp(term - most);
            else
                most = fmax(most, term);
        }
    }
    return most + log(sum) - SL_HALF_LOG_TWO_PI;
}

/* ---- the quantile form ---------------------------------------------------------------- */

/* Below it a tail is summed by logarithms. */
#define LEAST_TAIL 1e-290

/* The smaller tail of the mixture at x: sign is 1 for the lower one, F, and -1 for the
 * upper one, 1 - F. */
struct tail {
    double sign, log_p;
};

static double
log_tail(const struct sl_cdf_mixture *m, double x, double sign)
{
    double most = -(double)INFINITY, sum = 0;

    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < m->k; k++) {
            double term = m->log_weight[k] + sl_normal_log_cdf(sign * standard(m, k, x));
            if (pass)
                sum += exp(term - most);
            else
                most = fmax(most, term);
        }
    }
    return most + log(sum);
}

static struct tail
smaller_tail(const struct sl_cdf_mixture *m, double x)
{
    double lower = 0, upper = 0, least;
    struct tail tail;

    for (size_t k = 0; k < m->k; k++) {
        double u = standard(m, k, x);
        lower += m->weight[k] * sl_normal_cdf(u);
        upper += m->weight[k] * sl_normal_cdf(-u);
    }
    tail.sign = lower < upper ? 1 : -1;
    least = fmin(lower, upper);
    tail.log_p = least > LEAST_TAIL ? log(least) : log_tail(m, x, tail.sign);
    return tail;
}

/* Both terms in the smaller tail: the larger ones would cancel. */
static double
by_logit_of(const struct sl_cdf_mixture *m, size_t k, double x, const struct tail *tail,
            double log_phi)
{
    double own = sl_normal_log_cdf(tail->sign * standard(m, k, x));

    return tail->sign * m->weight[k] * (exp(own - log_phi) - exp(tail->log_p - log_phi));
}

struct sl_cdf_point
sl_cdf_mixture_quantile(const struct sl_cdf_mixture *m, double x, double *by_logit)
{
    struct tail tail = smaller_tail(m, x);
    double z = tail.sign * sl_normal_quantile(tail.log_p);
    double log_phi = -z * z / 2 - SL_HALF_LOG_TWO_PI;

    for (size_t k = 0; by_logit && k < m->k; k++)
        by_logit[k] = by_logit_of(m, k, x, &tail, log_phi);
    return (struct sl_cdf_point){z, log_density(m, x) - log_phi};
}

/* ---- inverse -------------------------------------------------------------------------- */

static struct sl_cdf_point
value_at(const struct sl_cdf_mixture *m, double x)
{
    double z = 0;

    if (m->quantile)
        return sl_cdf_mixture_quantile(m, x, NULL);
    for (size_t k = 0; k < m->k; k++)
        z += m->weight[k] / 2 * erf(standard(m, k, x) * 0.70710678118654752440);
    return (struct sl_cdf_point){z, log_density(m, x)};
}

/* The normal quantile of z's place in the range of the map; false beyond its ends. */
static bool
share_of(const struct sl_cdf_mixture *m, double z, double *share)
{
    double half = 0, q;

    if (m->quantile) {
        *share = z;
        return isfinite(z);
    }
    for (size_t k = 0; k < m->k; k++)
        half += m->weight[k] / 2;
    if (!(fabs(z) < half))
        return false;
    q = sl_normal_quantile(log((half - fabs(z)) / (2 * half)));
    *share = z < 0 ? q : -q;
    return true;
}

struct bracket {
    double low, high;
};

/* A mixture's quantile lies between those of its terms; a little more for rounding. */
static struct bracket
bracket_of(const struct sl_cdf_mixture *m, double share)
{
    struct bracket b = {(double)INFINITY, -(double)INFINITY};

    for (size_t k = 0; k < m->k; k++) {
        double std = m->std[k], mean = m->mean[k];
        double slack = 1e-6 * (std + fabs(std * share)) + 1e-12 * fabs(mean);
        b.low = fmin(b.low, mean + std * share - slack);
        b.high = fmax(b.high, mean + std * share + slack);
    }
    return b;
}

#define STEPS_MAX 200

bool
sl_cdf_mixture_inverse(const struct sl_cdf_mixture *m, double z, double *x)
{
    double share, at, step, before;
    struct bracket b;

    if (!share_of(m, z, &share))
        return false;
    b = bracket_of(m, share);
    at = 0.5 * (b.low + b.high);
    step = before = b.high - b.low;
    for (int i = 0; i < STEPS_MAX; i++) {
        struct sl_cdf_point p = value_at(m, at);
        double next = at - (p.z - z) * exp(-p.log_slope);
        if (p.z < z)
            b.low = at;
        else
            b.high = at;
        /* A step that leaves the bracket, or is not half of the one before last. */
        if (!(next > b.low && next < b.high && 2 * fabs(next - at) < fabs(before)))
            next = 0.5 * (b.low + b.high);
        before = step;
        step = next - at;
        if (p.z == z || next == at || next <= b.low || next >= b.high)
            break;
        at = next;
    }
    *x = at;
    return true;
}
