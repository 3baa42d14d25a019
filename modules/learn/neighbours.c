/* SPDX-License-Identifier: MIT */
#include "modules/learn/neighbours.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "modules/learn/boxes.h"

/* ---- the k nearest so far ----------------------------------------------------------- */

struct search {
    const struct sl_neighbours *tree;
    const double *x, *y; /* y: x turned */
    const float *turned; /* y in float32 */
    size_t k, n;         /* wanted, found */
    uint32_t skip;
    struct sl_neighbour *found; /* by (distance, id) */
    double bound;               /* the k-th distance, infinite before there are k */
    double wide;                /* the same for turned points */
    double slack;
};

/*
 * What rounding may have added to a turned distance, many times over. In float32 every
 * coordinate is off by 6e-8 of itself, so a difference of two points by 6e-8 of their
 * lengths; the sum of up to 48 squares by 3e-6 of itself; and squares of less than
 * FLT_MIN by more.
 */
#define SLACK 2e-6
#define WIDER 2e-5

/* Lengths beyond which float32 might not hold a sum of squares. */
#define LONGEST 1e15

static void
set_bound(struct search *s, double bound)
{
    s->bound = s->wide = bound;
    if (s->tree->axes) {
        double wide = sqrt(bound) + s->slack;
        s->wide = wide * wide * (1 + WIDER) + (double)FLT_MIN;
    }
}

static bool
before(const struct sl_neighbour *a, const struct sl_neighbour *b)
{
    return a->distance < b->distance || (a->distance == b->distance && a->id < b->id);
}

static void
offer(struct search *s, double distance, uint32_t id)
{
    struct sl_neighbour new = {distance, id};
    size_t i;

    if (id == s->skip || (s->n == s->k && !before(&new, &s->found[s->k - 1])))
        return;
    s->n += s->n < s->k;
    for (i = s->n - 1; i > 0 && before(&new, &s->found[i - 1]); i--)
        s->found[i] = s->found[i - 1];
    s->found[i] = new;
    if (s->n == s->k)
        set_bound(s, s->found[s->k - 1].distance);
}

static void
search_panel(struct search *s, size_t panel)
{
    const struct sl_neighbours *t = s->tree;
    const uint32_t *ids = t->ids + panel * SL_PANEL;
    double distances[SL_PANEL];

    if (!sl_box_points(t->metric, t->d, s->x, t->panels + panel * t->d * SL_PANEL,
                       s->bound, distances))
        return;
    for (size_t l = 0; l < SL_PANEL; l++)
        if (distances[l] <= s->bound)
            offer(s, distances[l], ids[l]);
}

/* Panels that have a point whose turned distance may be near enough. */
static void
search_turned(struct search *s, size_t first, size_t end)
{
    const struct sl_neighbours *t = s->tree;

    for (size_t p = first, n; p < end; p += n) {
        unsigned near;

        n = end - p < SL_BOX_TOGETHER ? 1 : SL_BOX_TOGETHER;
        near = sl_box_near(n, t->m, s->turned, t->turned + p * t->m * SL_PANEL,
                           (float)s->wide);
        for (size_t i = 0; near; i++, near >>= 1)
            if (near & 1)
                search_panel(s, p + i);
    }
}

static void
search_leaf(struct search *s, const struct sl_box_node *leaf)
{
    size_t end = (size_t)leaf->first + leaf->count;

    if (s->tree->axes)
        search_turned(s, leaf->first, end);
    else
        for (size_t p = leaf->first; p < end; p++)
            search_panel(s, p);
}

/* ---- going down --------------------------------------------------------------------- */

/* Children by ascending distance. */
static void
order(size_t n, const double *distances, unsigned char *by)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = i;

        for (; at > 0 && distances[by[at - 1]] > distances[i]; at--)
            by[at] = by[at - 1];
        by[at] = (unsigned char)i;
    }
}

/* A node's depth is at most log8 of the points. */
static void
search_node(struct search *s, const struct sl_box_node *node)
{
    double distances[SL_PANEL];
    unsigned char by[SL_PANEL];

    if (!node->children) {
        search_leaf(s, node);
        return;
    }
    sl_box_distances(s->tree, s->y, node, distances);
    order(node->children, distances, by);
    for (size_t i = 0; i < node->children && distances[by[i]] <= s->wide; i++)
        search_node(s, &s->tree->nodes[node->first + by[i]]);
}

/* scratch: y, and behind it the same in float32. */
static void
turn(struct search *s, double *scratch)
{
    const struct sl_neighbours *t = s->tree;
    float *turned = (float *)(void *)(scratch + t->m);
    double length = sl_box_turn(t, s->x, scratch) + t->reach;

    for (size_t j = 0; j < t->m; j++)
        turned[j] = (float)scratch[j];
    s->turned = turned;
    s->slack = length < LONGEST ? SLACK * length : (double)INFINITY;
}

void
sl_neighbours_find(const struct sl_neighbours *tree, const double *x, size_t k,
                   uint32_t skip, double *scratch, struct sl_neighbour *found)
{
    struct search s = {.tree = tree,
                       .x = x,
                       .y = tree->axes ? scratch : x,
                       .k = k,
                       .skip = skip,
                       .found = found};

    if (tree->axes)
        turn(&s, scratch);
    set_bound(&s, (double)INFINITY);
    search_node(&s, &tree->nodes[0]);
    assert(s.n == k && "there are k points");
    for (size_t i = 0; i < k && tree->metric == SL_EUCLIDEAN; i++)
        found[i].distance = sqrt(found[i].distance);
}
