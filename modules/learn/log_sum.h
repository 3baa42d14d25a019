/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LOG_SUM_H
#define SL_LEARN_LOG_SUM_H

#include <math.h>

/* ln (e^a + e^b + ...), term by term, relative to the highest so far: nothing overflows,
 * and nothing that counts underflows. Begin with SL_LOG_SUM; a term may be -infinity. */
struct sl_log_sum {
    double highest, sum;
};
#define SL_LOG_SUM ((struct sl_log_sum){-(double)INFINITY, 0})

static inline void
sl_log_sum_add(struct sl_log_sum *s, double term)
{
    if (term > s->highest) {
        s->sum = 1 + s->sum * exp(s->highest - term);
        s->highest = term;
    } else if (isfinite(s->highest)) {
        s->sum += exp(term - s->highest);
    }
}

static inline double
sl_log_sum_value(const struct sl_log_sum *s)
{
    return s->highest + log(s->sum);
}

#endif
