/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_SUMMARY_H
#define SL_SWEEP_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

/* What repeats of a point say together. */
struct sl_summary {
    size_t n;                    /* finite values */
    double mean, std, low, high; /* std: n - 1; low..high: 95 % interval of the mean */
};

/*
 * Of n values; those that are not finite are left out. The interval is Student's t below 20
 * values, from there the percentile bootstrap of the mean (Efron and Tibshirani 1993),
 * 2,000 resamples drawn from a stream that the values alone decide. NaN where it is
 * undefined: all of it for n = 0; std and interval for n = 1.
 */
struct sl_summary sl_summarize(const double *values, size_t n);

/* Quantile of Student's t: p in (0, 1), degrees in (0, 1e6], to 1e-10. */
double sl_student_quantile(double p, double degrees);

/*
 * Two-sided p value of Wilcoxon's signed rank test of n differences. Differences that are 0
 * or not finite are left out (Wilcoxon 1945), equal sizes share the mean of their ranks.
 * Exact up to 25 differences, ties or not, by counting all ways to set the signs; beyond by
 * the normal approximation with corrections for ties and for continuity. NaN below 6 that
 * are left, which can't reach 5 %.
 */
double sl_wilcoxon(const double *differences, size_t n);

/* Holm's step-down correction (1979): p values, replaced by the corrected ones. NaN stays
 * and does not count. */
void sl_holm(double *p, size_t n);

#endif
