/* SPDX-License-Identifier: MIT */
#include "modules/learn/p_value.h"

#include <math.h>

/* Scores that are looked up side by side: while one waits for memory the others go on. */
enum { ABREAST = 16 };

/* How many of n ascending scores, n > 0, are at least as high as each of m, up to ABREAST. */
static void
count_at_least(const double *ascending, size_t n, size_t m, const double *scores,
               size_t *counts)
{
    size_t below[ABREAST] = {0};

    for (size_t left = n; left > 1; left -= left / 2)
        for (size_t i = 0; i < m; i++)
            below[i] += ascending[below[i] + left / 2 - 1] < scores[i] ? left / 2 : 0;
    for (size_t i = 0; i < m; i++)
        counts[i] = n - below[i] - (ascending[below[i]] < scores[i]);
}

static double
p_of(const struct sl_calibration *c, double score, size_t at_least)
{
    if (isnan(score))
        return (double)NAN;
    if (c->tail && score > c->tail->score)
        return sl_tail_share(c->tail, score - c->tail->score);
    return (double)(1 + at_least) / (double)(c->n + 1);
}

void
sl_p_values(const struct sl_calibration *c, size_t n, const double *scores, double *p)
{
    for (size_t first = 0; first < n; first += ABREAST) {
        size_t m = n - first < ABREAST ? n - first : ABREAST, counts[ABREAST] = {0};

        if (c->n)
            count_at_least(c->scores, c->n, m, scores + first, counts);
        for (size_t i = first; i < first + m; i++)
            p[i] = p_of(c, scores[i], counts[i - first]);
    }
}

double
sl_p_value(const struct sl_calibration *c, double score)
{
    double p;

    sl_p_values(c, 1, &score, &p);
    return p;
}

double
sl_tail_share(const struct sl_tail *t, double excess)
{
    double x = excess / t->scale, inside = 1.0 + t->shape * x;

    if (t->shape == 0.0)
        return t->share * exp(-x);
    return inside > 0.0 ? t->share * pow(inside, -1.0 / t->shape) : 0.0;
}

double
sl_tail_excess(const struct sl_tail *t, double share)
{
    double ratio = log(t->share / share);

    if (t->shape == 0.0)
        return t->scale * ratio;
    return t->scale * expm1(t->shape * ratio) / t->shape;
}

double
sl_benjamini_hochberg(const double *p, size_t n, double level)
{
    for (size_t k = n; k-- > 0;)
        if (p[k] <= level * (double)(k + 1) / (double)n)
            return p[k];
    return -1.0;
}

enum sl_status
sl_calibration_of(const struct sl_tensor *scores, const struct sl_tensor *numbers,
                  struct sl_tail *tail, struct sl_calibration *calibration,
                  struct sl_error *err)
{
    const double *at = numbers ? numbers->data : NULL;

    if (scores->type != SL_F64 || scores->rank != 1 ||
        (numbers && (numbers->type != SL_F64 || sl_tensor_count(numbers) != 4)))
        return sl_fail(err, SL_ERR_SHAPE, "the calibration is not n scores and a tail");
    *calibration = (struct sl_calibration){scores->shape[0], scores->data, NULL};
    if (numbers) {
        *tail = (struct sl_tail){at[0], at[1], at[2], at[3]};
        calibration->tail = tail;
    }
    return SL_OK;
}
