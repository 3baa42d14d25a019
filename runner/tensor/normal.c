/* SPDX-License-Identifier: MIT */
#include "runner/tensor/normal.h"

#include <math.h>
#include <stddef.h>

#define ROOT_HALF 0.70710678118654752440

double
sl_normal_cdf(double x)
{
    return 0.5 * erfc(-x * ROOT_HALF);
}

/* ln of 1 - 1/x^2 + 3/x^4 - ..., what the leading term phi(x) / -x is off by; below -30 the
 * first term that is left out is under 1e-16. */
static double
log_tail_series(double x)
{
    double r = 1 / (x * x);

    return log1p(-r * (1 - r * (3 - r * (15 - r * (105 - r * 945)))));
}

double
sl_normal_log_cdf(double x)
{
    if (x > 0)
        return log1p(-0.5 * erfc(x * ROOT_HALF));
    if (x > -30)
        return log(sl_normal_cdf(x));
    return -x * x / 2 - SL_HALF_LOG_TWO_PI - log(-x) + log_tail_series(x);
}

/* From the highest power down. */
static double
polynomial(const double *c, size_t n, double x)
{
    double y = 0;

    for (size_t i = 0; i < n; i++)
        y = y * x + c[i];
    return y;
}

/* ---- AS 241 --------------------------------------------------------------------------- */

static double
centre(double q)
{
    static const double p[] = {
        2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
        4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
        1.3314166789178437745e2, 3.3871328727963666080e0,
    };
    static const double d[] = {
        5.2264952788528545610e3, 2.8729085735721942674e4,
        3.9307895800092710610e4, 2.1213794301586595867e4,
        5.3941960214247511077e3, 6.8718700749205790830e2,
        4.2313330701600911252e1, 1,
    };
    double r = 0.180625 - q * q;

    return q * polynomial(p, 8, r) / polynomial(d, 8, r);
}

static double
near_tail(double r)
{
    static const double p[] = {
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
        1.27045825245236838258e0,  3.64784832476320460504e0,  5.76949722146069140550e0,
        4.63033784615654529590e0,  1.42343711074968357734e0,
    };
    static const double d[] = {
        1.05075007164441684324e-9, 5.47593808499534494600e-4,
        1.51986665636164571966e-2, 1.48103976427480074590e-1,
        6.89767334985100004550e-1, 1.67638483018380384940e0,
        2.05319162663775882187e0,  1,
    };

    return polynomial(p, 8, r - 1.6) / polynomial(d, 8, r - 1.6);
}

static double
far_tail(double r)
{
    static const double p[] = {
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
        2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
        5.46378491116411436990e0,  6.65790464350110377720e0,
    };
    static const double d[] = {
        2.04426310338993978564e-15, 1.42151175831644588870e-7,
        1.84631831751005468180e-5,  7.86869131145613259100e-4,
        1.48753612908506148525e-2,  1.36929880922735805310e-1,
        5.99832206555887937690e-1,  1,
    };

    return polynomial(p, 8, r - 5) / polynomial(d, 8, r - 5);
}

/* r = sqrt(-ln p); 27 is where float64 ends, and with it the approximation. */
static double
guess(double log_p)
{
    double r = sqrt(-log_p);

    if (log_p > log(0.075))
        return centre(exp(log_p) - 0.5);
    if (r <= 5)
        return -near_tail(r);
    if (r <= 27)
        return -far_tail(r);
    r = -2 * log_p - 2 * SL_HALF_LOG_TWO_PI;
    return -sqrt(r - log(r));
}

double
sl_normal_quantile(double log_p)
{
    double x = guess(log_p);

    if (isinf(log_p) || isnan(log_p))
        return log_p;
    for (int i = 0; i < (log_p > -729 ? 1 : 3); i++) {
        double log_cdf = sl_normal_log_cdf(x);
        double slope = exp(-x * x / 2 - SL_HALF_LOG_TWO_PI - log_cdf);
        x -= (log_cdf - log_p) / slope;
    }
    return x;
}
