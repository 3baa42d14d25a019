/* SPDX-License-Identifier: MIT */
/* The tree of sl_neighbours, from its root down. */
#include <math.h>
#include <string.h>

#include "modules/learn/boxes.h"
#include "modules/learn/scatter.h"
#include "modules/learn/selection.h"
#include "runner/tensor/linalg.h"
#include "runner/tensor/real.h"

/* Panels that a leaf may have. */
enum { LEAF = 8 };

struct building {
    struct sl_neighbours *tree;
    const double *points;
    const double *turned;   /* n x m; the points where nothing is turned */
    struct sl_keyed *order; /* the points, leaf by leaf */
    double *low, *high;     /* boxed */
    size_t nodes, inner;
};

struct range {
    size_t first, n; /* in order; first is a multiple of SL_PANEL */
};

SL_CLONES static void
extend(size_t n, const double *restrict x, double *restrict low, double *restrict high)
{
    for (size_t j = 0; j < n; j++) {
        low[j] = x[j] < low[j] ? x[j] : low[j];
        high[j] = x[j] > high[j] ? x[j] : high[j];
    }
}

static void
bound_range(struct building *b, struct range range)
{
    for (size_t j = 0; j < b->tree->boxed; j++) {
        b->low[j] = (double)INFINITY;
        b->high[j] = -(double)INFINITY;
    }
    for (size_t i = range.first; i < range.first + range.n; i++)
        extend(b->tree->boxed, b->turned + b->order[i].id * b->tree->m, b->low, b->high);
}

static size_t
widest_column(struct building *b, struct range range)
{
    size_t widest = 0;

    bound_range(b, range);
    for (size_t j = 1; j < b->tree->boxed; j++)
        if (b->high[j] - b->low[j] > b->high[widest] - b->low[widest])
            widest = j;
    return widest;
}

static size_t
panels_of(struct range range)
{
    return (range.n + SL_PANEL - 1) / SL_PANEL;
}

static void
halve(struct building *b, struct range range, struct range *left, struct range *right)
{
    size_t middle = panels_of(range) / 2 * SL_PANEL, m = b->tree->m;
    const double *column = b->turned + widest_column(b, range);
    struct sl_keyed *order = b->order + range.first;

    for (size_t i = 0; i < range.n; i++)
        order[i].key = column[order[i].id * m];
    sl_keyed_select(order, range.n, middle);
    *left = (struct range){range.first, middle};
    *right = (struct range){range.first + middle, range.n - middle};
}

/* Up to eight ranges of points that lie together. */
static size_t
divide(struct building *b, struct range whole, struct range *parts)
{
    size_t n = 1;

    parts[0] = whole;
    while (n < SL_PANEL && panels_of(whole) > n * LEAF) {
        for (size_t i = n; i-- > 0;) {
            struct range range = parts[i];
            halve(b, range, &parts[2 * i], &parts[2 * i + 1]);
        }
        n *= 2;
    }
    return n;
}

/* A point into its lane; NULL: NaN. */
static void
fill_lane(size_t d, const double *point, double *lane)
{
    for (size_t j = 0; j < d; j++)
        lane[j * SL_PANEL] = point ? point[j] : (double)NAN;
}

static void
fill_turned(size_t m, const double *point, float *lane)
{
    for (size_t j = 0; j < m; j++)
        lane[j * SL_PANEL] = point ? (float)point[j] : NAN;
}

static void
fill_leaf(struct building *b, struct sl_box_node *node, struct range range)
{
    struct sl_neighbours *t = b->tree;

    *node = (struct sl_box_node){.first = (uint32_t)(range.first / SL_PANEL),
                                 .count = (uint32_t)panels_of(range)};
    for (size_t i = 0; i < node->count * SL_PANEL; i++) {
        size_t place = range.first + i, panel = place / SL_PANEL, lane = place % SL_PANEL;
        bool there = i < range.n;
        size_t id = there ? b->order[place].id : SL_NO_POINT;

        t->ids[place] = (uint32_t)id;
        fill_lane(t->d, there ? b->points + id * t->d : NULL,
                  t->panels + panel * t->d * SL_PANEL + lane);
        if (t->axes)
            fill_turned(t->m, there ? b->turned + id * t->m : NULL,
                        t->turned + panel * t->m * SL_PANEL + lane);
    }
}

static void
fill_box(struct building *b, double *boxes, size_t child, struct range range)
{
    bound_range(b, range);
    for (size_t j = 0; j < b->tree->boxed; j++) {
        boxes[2 * j * SL_PANEL + child] = b->low[j];
        boxes[(2 * j + 1) * SL_PANEL + child] = b->high[j];
    }
}

/* A range of one part is a leaf. */
static void
build_node(struct building *b, size_t at, struct range range)
{
    struct range parts[SL_PANEL];
    size_t n = divide(b, range, parts), first = b->nodes, inner = b->inner;

    if (n == 1) {
        fill_leaf(b, &b->tree->nodes[at], range);
        return;
    }
    b->tree->nodes[at] = (struct sl_box_node){
        .first = (uint32_t)first, .children = (uint32_t)n, .boxes = (uint32_t)inner};
    b->nodes += n;
    b->inner++;
    for (size_t i = 0; i < n; i++)
        fill_box(b, b->tree->boxes + inner * 2 * b->tree->boxed * SL_PANEL, i, parts[i]);
    for (size_t i = 0; i < n; i++)
        build_node(b, first + i, parts[i]);
}

/* ---- turning ------------------------------------------------------------------------ */

/* Few columns are best left as they are; and no more than MOST of the turned ones are
 * looked at, BOXED of them by boxes. Axes are those of SAMPLE points. */
enum { FEW = 8, MOST = 48, BOXED = 16, SAMPLE = 4096 };

/* Points spread over all of them. */
static size_t
sample_points(size_t n, size_t d, const double *points, double *sample)
{
    size_t step = (n + SAMPLE - 1) / SAMPLE, count = 0;

    for (size_t i = 0; i < n; i += step)
        memcpy(sample + count++ * d, points + i * d, d * sizeof *sample);
    return count;
}

/* The axes of the highest variance, out of eigenvectors by rows that ascend. */
static void
take_axes(struct sl_neighbours *t, const double *vectors)
{
    for (size_t j = 0; j < t->d; j++)
        for (size_t r = 0; r < t->m; r++)
            t->axes[j * t->m + r] = vectors[(t->d - 1 - r) * t->d + j];
}

static enum sl_status
find_axes(struct sl_neighbours *t, const double *points, struct sl_arena *scratch,
          struct sl_error *err)
{
    size_t d = t->d, n;
    double *sample =
        sl_arena_array(scratch, t->n < SAMPLE ? t->n : SAMPLE, d * sizeof(double));
    double *centred = sl_arena_array(scratch, SL_SCATTER_ROWS, d * sizeof(double));
    double *scatter = sl_arena_array(scratch, d, d * sizeof(double));
    double *values = sl_arena_array(scratch, d, sizeof(double));

    if (!sample || !centred || !scatter || !values)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to turn %zu points", t->n);
    n = sample_points(t->n, d, points, sample);
    sl_scatter_mean(n, d, sample, NULL, t->middle);
    sl_scatter_about(NULL, n, d, sample, NULL, t->middle, centred, scatter);
    SL_TRY(sl_eigen_symmetric(d, scatter, values, err));
    take_axes(t, scatter);
    return SL_OK;
}

/* In many dimensions, and of points enough to pay for it. */
static bool
is_turned(const struct sl_neighbours *t)
{
    return t->metric == SL_EUCLIDEAN && t->d > FEW && t->n >= 4 * t->d;
}

static enum sl_status
turn(struct building *b, struct sl_arena *arena, struct sl_arena *scratch,
     struct sl_error *err)
{
    struct sl_neighbours *t = b->tree;
    double *turned = sl_arena_array(scratch, t->n, t->m * sizeof *turned);

    t->middle = sl_arena_array(arena, t->d, sizeof *t->middle);
    t->axes = sl_arena_array(arena, t->d, t->m * sizeof *t->axes);
    if (!turned || !t->middle || !t->axes)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to turn %zu points", t->n);
    SL_TRY(find_axes(t, b->points, scratch, err));
    for (size_t i = 0; i < t->n; i++)
        t->reach =
            fmax(t->reach, sl_box_turn(t, b->points + i * t->d, turned + i * t->m));
    b->turned = turned;
    return SL_OK;
}

/* ---- the whole ---------------------------------------------------------------------- */

/* Leaves have at least half of LEAF panels, unless there is one; inner nodes two children.
 * So there are fewer nodes than panels, and inner ones than half of them. */
static enum sl_status
allocate(struct building *b, struct sl_arena *arena, struct sl_arena *scratch,
         struct sl_error *err)
{
    struct sl_neighbours *t = b->tree;
    size_t panels = (t->n + SL_PANEL - 1) / SL_PANEL, panel = SL_PANEL * sizeof(double);

    t->nodes = sl_arena_array(arena, panels + 1, sizeof *t->nodes);
    t->panels = sl_arena_array(arena, panels, t->d * panel);
    t->turned = sl_arena_array(arena, t->axes ? panels : 0, t->m * panel / 2);
    t->ids = sl_arena_array(arena, panels, SL_PANEL * sizeof *t->ids);
    t->boxes = sl_arena_array(arena, panels / 2 + 1, 2 * t->boxed * panel);
    b->order = sl_arena_array(scratch, t->n, sizeof *b->order);
    b->low = sl_arena_array(scratch, t->boxed, sizeof *b->low);
    b->high = sl_arena_array(scratch, t->boxed, sizeof *b->high);
    if (!t->nodes || !t->panels || !t->turned || !t->ids || !t->boxes || !b->order ||
        !b->low || !b->high)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a tree of %zu points", t->n);
    return SL_OK;
}

static enum sl_status
build(struct building *b, struct sl_arena *arena, struct sl_arena *scratch,
      struct sl_error *err)
{
    if (is_turned(b->tree)) {
        b->tree->m = b->tree->d < MOST ? b->tree->d : MOST;
        b->tree->boxed = b->tree->m < BOXED ? b->tree->m : BOXED;
        SL_TRY(turn(b, arena, scratch, err));
    }
    SL_TRY(allocate(b, arena, scratch, err));
    for (size_t i = 0; i < b->tree->n; i++)
        b->order[i].id = (uint32_t)i;
    build_node(b, 0, (struct range){0, b->tree->n});
    return SL_OK;
}

enum sl_status
sl_neighbours_new(struct sl_neighbours **tree, size_t n, size_t d, const double *points,
                  enum sl_neighbours_metric metric, struct sl_arena *arena,
                  struct sl_error *err)
{
    struct sl_neighbours *t = SL_NEW(arena, struct sl_neighbours);
    struct building b = {.tree = t, .points = points, .turned = points, .nodes = 1};
    struct sl_arena scratch;
    enum sl_status status;

    *t = (struct sl_neighbours){.n = n, .d = d, .metric = metric, .m = d, .boxed = d};
    sl_arena_init(&scratch);
    status = build(&b, arena, &scratch, err);
    sl_arena_release(&scratch);
    *tree = t;
    return status;
}
