/* SPDX-License-Identifier: MIT */
#include "modules/learn/ranking.h"

#include <assert.h>
#include <math.h>

/* The next lower distinct score; i and j are how many of each kind score below the last
 * one, and below the new one when it returns. False when there is none. */
static bool
next_score(const struct sl_ranking *r, size_t *i, size_t *j, double *score)
{
    if (*i == 0 && *j == 0)
        return false;
    if (*j == 0 || (*i > 0 && r->normal[*i - 1] > r->anomalous[*j - 1]))
        *score = r->normal[*i - 1];
    else
        *score = r->anomalous[*j - 1];
    while (*i > 0 && r->normal[*i - 1] == *score)
        --*i;
    while (*j > 0 && r->anomalous[*j - 1] == *score)
        --*j;
    return true;
}

enum sl_status
sl_cuts_of(const struct sl_ranking *ranking, double threshold, struct sl_arena *arena,
           struct sl_cuts *cuts, struct sl_error *err)
{
    size_t i = ranking->n, j = ranking->m, all = i + j;
    double score;

    *cuts = (struct sl_cuts){.normals = (double)i, .anomalies = (double)j};
    cuts->normal = sl_arena_rows(arena, all, sizeof *cuts->normal);
    cuts->anomalous = sl_arena_rows(arena, all, sizeof *cuts->anomalous);
    assert(all <= UINT32_MAX); /* as many rows as a data set can have */
    if (!cuts->normal || !cuts->anomalous)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to rank %zu scores", all);
    for (; next_score(ranking, &i, &j, &score); cuts->n++) {
        cuts->normal[cuts->n] = (uint32_t)(ranking->n - i);
        cuts->anomalous[cuts->n] = (uint32_t)(ranking->m - j);
        cuts->flagged += score > threshold;
    }
    return SL_OK;
}

static bool
has_both(const struct sl_cuts *c)
{
    return c->normals > 0 && c->anomalies > 0;
}

static double
normal_before(const struct sl_cuts *c, size_t i)
{
    return i ? c->normal[i - 1] : 0.0;
}

static double
anomalous_before(const struct sl_cuts *c, size_t i)
{
    return i ? c->anomalous[i - 1] : 0.0;
}

double
sl_cuts_flagged(const struct sl_cuts *c, bool anomalous)
{
    return anomalous ? anomalous_before(c, c->flagged) : normal_before(c, c->flagged);
}

double
sl_cuts_auroc(const struct sl_cuts *c)
{
    double twice = 0.0; /* of the pairs in the right order: whole numbers, so exact */

    if (!has_both(c))
        return (double)NAN;
    for (size_t i = 0; i < c->n; i++)
        twice += (c->normal[i] - normal_before(c, i)) *
                 (c->anomalous[i] + anomalous_before(c, i));
    return twice / (2.0 * c->normals * c->anomalies);
}

double
sl_cuts_partial_auroc(const struct sl_cuts *c, double most)
{
    double end = most * c->normals, area = 0.0, least = most * most / 2.0;

    if (!has_both(c))
        return (double)NAN;
    for (size_t i = 0; i < c->n && normal_before(c, i) < end; i++) {
        double low = normal_before(c, i), high = fmin(c->normal[i], end);
        double from = anomalous_before(c, i), to = c->anomalous[i];

        if (c->normal[i] > end)
            to = from + (to - from) * (end - low) / (c->normal[i] - low);
        area += (high - low) * (from + to) / 2.0;
    }
    area /= c->normals * c->anomalies;
    return (1.0 + (area - least) / (most - least)) / 2.0;
}

double
sl_cuts_auprc(const struct sl_cuts *c)
{
    double sum = 0.0;

    if (!has_both(c))
        return (double)NAN;
    for (size_t i = 0; i < c->n; i++)
        if (c->anomalous[i] > anomalous_before(c, i))
            sum += (c->anomalous[i] - anomalous_before(c, i)) * c->anomalous[i] /
                   ((double)c->anomalous[i] + c->normal[i]);
    return sum / c->anomalies;
}

double
sl_cuts_fpr_at(const struct sl_cuts *c, unsigned percent)
{
    size_t i = 0;

    if (!has_both(c))
        return (double)NAN;
    /* In whole numbers: 0.95 * m may come out above the integer it should be. */
    while (c->anomalous[i] * 100.0 < c->anomalies * percent)
        i++;
    return c->normal[i] / c->normals;
}

static double
f1_at(const struct sl_cuts *c, double normal, double anomalous)
{
    return 2.0 * anomalous / (anomalous + normal + c->anomalies);
}

double
sl_cuts_f1(const struct sl_cuts *c)
{
    if (!has_both(c))
        return (double)NAN;
    return f1_at(c, normal_before(c, c->flagged), anomalous_before(c, c->flagged));
}

double
sl_cuts_best_f1(const struct sl_cuts *c, size_t *place)
{
    double best = -1.0;

    if (!has_both(c))
        return (double)NAN;
    for (size_t i = 0; i < c->n; i++) {
        double f1 = f1_at(c, c->normal[i], c->anomalous[i]);

        if (f1 > best && place)
            *place = i;
        best = fmax(best, f1);
    }
    return best;
}

double
sl_cuts_precision_at_n(const struct sl_cuts *c)
{
    double rows, before, share;
    size_t i = 0;

    if (!has_both(c))
        return (double)NAN;
    while ((double)c->normal[i] + c->anomalous[i] < c->anomalies)
        i++;
    before = normal_before(c, i) + anomalous_before(c, i);
    rows = (double)c->normal[i] + c->anomalous[i] - before;
    share = rows > 0 ? (c->anomalies - before) / rows : 0.0;
    return (anomalous_before(c, i) + share * (c->anomalous[i] - anomalous_before(c, i))) /
           c->anomalies;
}

size_t
sl_cuts_roc(const struct sl_cuts *c, size_t capacity, double (*pairs)[2])
{
    bool all = c->n < capacity;
    double step = 2.0 / (double)(capacity - 2);
    size_t k = 1;

    pairs[0][0] = pairs[0][1] = 0.0;
    for (size_t i = 0; i < c->n; i++) {
        double x = c->normal[i] / c->normals;
        double y = c->anomalous[i] / c->anomalies;

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
sl_share(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}
