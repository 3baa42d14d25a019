/* SPDX-License-Identifier: MIT */
#include "modules/learn/ranking.h"

#include <math.h>

/* What is flagged when everything that scores at least `score` is. {0} stands above the
 * highest score, where nothing is. */
struct cut {
    double score;
    size_t false_positives, true_positives;
};

/* Goes on to the next lower distinct score; false when there is none. */
static bool
next_cut(const struct sl_ranking *ranking, struct cut *cut)
{
    size_t i = ranking->n - cut->false_positives;
    size_t j = ranking->m - cut->true_positives;

    if (i == 0 && j == 0)
        return false;
    if (j == 0 || (i > 0 && ranking->normal[i - 1] > ranking->anomalous[j - 1]))
        cut->score = ranking->normal[i - 1];
    else
        cut->score = ranking->anomalous[j - 1];
    while (i > 0 && ranking->normal[i - 1] == cut->score)
        i--;
    while (j > 0 && ranking->anomalous[j - 1] == cut->score)
        j--;
    cut->false_positives = ranking->n - i;
    cut->true_positives = ranking->m - j;
    return true;
}

double
sl_ranking_auroc(const struct sl_ranking *ranking)
{
    struct cut cut = {0}, last = {0};
    double twice = 0.0; /* of the pairs in the right order: whole numbers, so exact */

    if (ranking->n == 0 || ranking->m == 0)
        return (double)NAN;
    for (; next_cut(ranking, &cut); last = cut)
        twice += (double)(cut.false_positives - last.false_positives) *
                 (double)(cut.true_positives + last.true_positives);
    return twice / (2.0 * (double)ranking->n * (double)ranking->m);
}

double
sl_ranking_auprc(const struct sl_ranking *ranking)
{
    struct cut cut = {0}, last = {0};
    double sum = 0.0;

    if (ranking->n == 0 || ranking->m == 0)
        return (double)NAN;
    for (; next_cut(ranking, &cut); last = cut)
        sum += (double)(cut.true_positives - last.true_positives) *
               (double)cut.true_positives /
               (double)(cut.true_positives + cut.false_positives);
    return sum / (double)ranking->m;
}

double
sl_ranking_fpr_at(const struct sl_ranking *ranking, unsigned percent)
{
    struct cut cut = {0};

    if (ranking->n == 0 || ranking->m == 0)
        return (double)NAN;
    /* In whole numbers: 0.95 * m may come out above the integer it should be. */
    while (cut.true_positives * 100 < ranking->m * percent)
        next_cut(ranking, &cut);
    return (double)cut.false_positives / (double)ranking->n;
}

static size_t
count_cuts(const struct sl_ranking *ranking)
{
    struct cut cut = {0};
    size_t cuts = 0;

    while (next_cut(ranking, &cut))
        cuts++;
    return cuts;
}

size_t
sl_ranking_roc(const struct sl_ranking *ranking, size_t capacity, double (*pairs)[2])
{
    bool all = count_cuts(ranking) < capacity;
    double step = 2.0 / (double)(capacity - 2);
    struct cut cut = {0};
    size_t k = 1;

    pairs[0][0] = pairs[0][1] = 0.0;
    while (next_cut(ranking, &cut)) {
        double x = (double)cut.false_positives / (double)ranking->n;
        double y = (double)cut.true_positives / (double)ranking->m;

        if (!all && x + y < 2.0 && x - pairs[k - 1][0] + y - pairs[k - 1][1] < step)
            continue;
        pairs[k][0] = x;
        pairs[k][1] = y;
        k++;
    }
    return k;
}

size_t
sl_ranking_above(const double *ascending, size_t n, double threshold)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ascending[middle] > threshold)
            high = middle;
        else
            low = middle + 1;
    }
    return n - low;
}

double
sl_share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}
