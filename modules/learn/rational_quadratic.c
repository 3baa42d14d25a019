/* SPDX-License-Identifier: MIT */
/*
 * The rational-quadratic spline of transform.h, LANES values side by side: for each of
 * them the bin is found by going through all, so that loops over lanes are free of branches
 * and become vector code.
 *
 * In the bin that holds x, of width w and height h above (x0, y0), with the derivatives d0
 * and d1 at its ends, s = h / w, xi = (x - x0) / w and t = xi (1 - xi) (Durkan et al. 2019,
 * equations 4 and 5):
 *
 *     y = y0 + h N / D      N = s xi^2 + d0 t      D = s + (d0 + d1 - 2 s) t
 *     dy/dx = s^2 M / D^2   M = d1 xi^2 + 2 s t + d0 (1 - xi)^2
 *
 * In u forward leaves e^u, divided by a power of e, in the place of widths and heights.
 */
#include <string.h>

#include "modules/learn/transform.h"
#include "runner/tensor/special.h"

#define LANES 32

/* What a function that is compiled for several processors calls has to be part of it. */
#define PART static inline __attribute__((always_inline))

#define ROWS_MAX (3 * SL_SPLINE_BINS_MAX)

struct shape {
    size_t bins;
    real box;
    real least_w, free_w; /* of a width: what is there, and what softmax deals out */
    real least_h, free_h;
    real least_d, offset; /* offset: softplus(offset) = 1 - least_d */
};

static struct shape
shape_of(const struct sl_transform *transform)
{
    const struct sl_spline_config *c = transform->config;
    double side = 2 * c->box, k = (double)c->bins;

    return (struct shape){
        .bins = (size_t)c->bins,
        .box = (real)c->box,
        .least_w = (real)(side * c->least_width),
        .free_w = (real)(side * (1 - k * c->least_width)),
        .least_h = (real)(side * c->least_height),
        .free_h = (real)(side * (1 - k * c->least_height)),
        .least_d = (real)c->least_derivative,
        .offset = (real)log(expm1(1 - c->least_derivative)),
    };
}

/* The bins of all lanes, as they are kept for backward. What stands in u times its scale is
 * a width or height, less the least. */
enum { SCALE_W, SCALE_H, BIN, X0, W, Y0, H, D0, D1, KEPT };
struct bins {
    real of[KEPT][LANES];
};

/* ---- finding the bins ---------------------------------------------------------------- */

/* Leaves e^(u - max) in u (bins x stride), and free / sum of them in scale. */
PART void
softmax(size_t bins, real free, size_t stride, real *restrict u, real *restrict scale)
{
    real most[LANES], sum[LANES] = {0};

    memcpy(most, u, sizeof most);
    for (size_t k = 1; k < bins; k++) {
        const real *row = u + k * stride;
        for (size_t l = 0; l < LANES; l++)
            most[l] = row[l] > most[l] ? row[l] : most[l];
    }
    for (size_t k = 0; k < bins; k++) {
        real *row = u + k * stride;
        for (size_t l = 0; l < LANES; l++) {
            row[l] = sl_exp(row[l] - most[l]);
            sum[l] += row[l];
        }
    }
    for (size_t l = 0; l < LANES; l++)
        scale[l] = free / sum[l];
}

/* One side of the bins: widths or heights. */
struct side {
    size_t bins, stride;
    real box, least;
    const real *e;
};

/* The last bin whose left end is not above the value: its number and left end. */
PART void
find(const struct side *side, const real *restrict scale, const real *restrict value,
     real *restrict bin, real *restrict left)
{
    const real least = side->least, box = side->box;
    real at[LANES];

    for (size_t l = 0; l < LANES; l++) {
        bin[l] = 0;
        left[l] = -box;
        at[l] = -box + (least + scale[l] * side->e[l]);
    }
    for (size_t k = 1; k < side->bins; k++) {
        const real *restrict e = side->e + k * side->stride;
        for (size_t l = 0; l < LANES; l++) {
            bin[l] += value[l] >= at[l] ? 1 : (real)0;
            left[l] = value[l] >= at[l] ? at[l] : left[l];
            at[l] += least + scale[l] * e[l];
        }
    }
}

/* The left end of the bin whose number is known. */
PART void
look_up(const struct side *side, const real *restrict scale, const real *restrict bin,
        real *restrict left)
{
    const real least = side->least;

    for (size_t l = 0; l < LANES; l++)
        left[l] = -side->box;
    for (size_t k = 0; k + 1 < side->bins; k++) {
        const real number = (real)k, *restrict e = side->e + k * side->stride;
        for (size_t l = 0; l < LANES; l++)
            left[l] += bin[l] > number ? least + scale[l] * e[l] : 0;
    }
}

PART void
measure(const struct side *side, const real *restrict scale, const real *restrict bin,
        real *restrict width)
{
    for (size_t l = 0; l < LANES; l++)
        width[l] = side->least + scale[l] * side->e[(size_t)bin[l] * side->stride + l];
}

/* u of the derivatives at the bins' ends; at the ends of the box 0, and no matter. */
PART void
ends(size_t bins, size_t stride, const real *restrict u, const real *restrict bin,
     real *restrict u0, real *restrict u1)
{
    for (size_t l = 0; l < LANES; l++) {
        size_t at = (size_t)bin[l];

        u0[l] = at > 0 ? u[(at - 1) * stride + l] : 0;
        u1[l] = at + 1 < bins ? u[at * stride + l] : 0;
    }
}

PART void
derivatives(const struct shape *s, size_t stride, const real *u, struct bins *b)
{
    real u0[LANES], u1[LANES];

    ends(s->bins, stride, u, b->of[BIN], u0, u1);
    for (size_t l = 0; l < LANES; l++) {
        real d0 = s->least_d + sl_softplus(u0[l] + s->offset);
        real d1 = s->least_d + sl_softplus(u1[l] + s->offset);
        b->of[D0][l] = b->of[BIN][l] == 0 ? 1 : d0;
        b->of[D1][l] = b->of[BIN][l] == (real)(s->bins - 1) ? 1 : d1;
    }
}

PART real
clip(real x, real low, real high)
{
    x = x > low ? x : low;
    return x < high ? x : high;
}

PART bool
is_inside(real x, real box)
{
    return x >= -box && x <= box;
}

/* The bins of the values, which are x, or y of the inverse. */
PART void
locate(const struct shape *s, size_t stride, bool inverse, const real *values, real *u,
       struct bins *b)
{
    const struct side w = {s->bins, stride, s->box, s->least_w, u};
    const struct side h = {s->bins, stride, s->box, s->least_h, u + s->bins * stride};
    real inside[LANES];

    for (size_t l = 0; l < LANES; l++)
        inside[l] = clip(values[l], -s->box, s->box);
    softmax(s->bins, s->free_w, stride, u, b->of[SCALE_W]);
    softmax(s->bins, s->free_h, stride, u + s->bins * stride, b->of[SCALE_H]);
    if (inverse) {
        find(&h, b->of[SCALE_H], inside, b->of[BIN], b->of[Y0]);
        look_up(&w, b->of[SCALE_W], b->of[BIN], b->of[X0]);
    } else {
        find(&w, b->of[SCALE_W], inside, b->of[BIN], b->of[X0]);
        look_up(&h, b->of[SCALE_H], b->of[BIN], b->of[Y0]);
    }
    measure(&w, b->of[SCALE_W], b->of[BIN], b->of[W]);
    measure(&h, b->of[SCALE_H], b->of[BIN], b->of[H]);
    derivatives(s, stride, u + 2 * s->bins * stride, b);
}

/* ---- forward ------------------------------------------------------------------------- */

/* LANES values, whatever map->n. */
SL_FUSING_CLONES static void
map_block(const struct shape *shape, const struct sl_transform_map *map)
{
    const real *x = map->x;
    real *y = map->y, *slope = map->slope, *kept = map->kept;
    struct bins b;

    locate(shape, map->stride, false, x, map->u, &b);
    for (size_t l = 0; l < LANES; l++) {
        real w = b.of[W][l], h = b.of[H][l], d0 = b.of[D0][l], d1 = b.of[D1][l];
        real xi = clip((x[l] - b.of[X0][l]) / w, 0, 1), rest = 1 - xi, t = xi * rest;
        real s = h / w, N = s * xi * xi + d0 * t, D = s + (d0 + d1 - 2 * s) * t;
        real M = d1 * xi * xi + 2 * s * t + d0 * rest * rest;
        bool inside = is_inside(x[l], shape->box);
        y[l] = inside ? b.of[Y0][l] + h * (N / D) : x[l];
        slope[l] = inside ? 2 * sl_log(s / D) + sl_log(M) : 0;
    }
    for (size_t i = 0; i < KEPT; i++)
        memcpy(kept + i * map->stride, b.of[i], sizeof b.of[i]);
}

/* ---- backward ------------------------------------------------------------------------ */

/* Gradients by what a bin is made of. */
struct bin_gradient {
    real x[LANES], x0[LANES], w[LANES], y0[LANES], h[LANES], d0[LANES], d1[LANES];
};

/* The chain rule through N, D and M, backwards; none of it outside the box. */
PART void
differentiate(const struct bins *b, real box, const real *restrict x,
              const real *restrict gy, const real *restrict gslope,
              struct bin_gradient *restrict g)
{
    for (size_t l = 0; l < LANES; l++) {
        real w = b->of[W][l], h = b->of[H][l], s = h / w;
        real d0 = b->of[D0][l], d1 = b->of[D1][l];
        real xi = clip((x[l] - b->of[X0][l]) / w, 0, 1), rest = 1 - xi, t = xi * rest;
        real bend = d0 + d1 - 2 * s, N = s * xi * xi + d0 * t, D = s + bend * t;
        real M = d1 * xi * xi + 2 * s * t + d0 * rest * rest, ratio = N / D;
        bool inside = is_inside(x[l], box);
        real gL = inside ? gslope[l] : 0, gY = inside ? gy[l] : 0;
        real gN = gY * h / D, gD = -gN * ratio - 2 * gL / D, gM = gL / M;
        real gt = gN * d0 + gD * bend + gM * 2 * s;
        real gxi = gN * 2 * s * xi + gt * (1 - 2 * xi) + gM * 2 * (d1 * xi - d0 * rest);
        real gs = gN * xi * xi + gD * (1 - 2 * t) + gM * 2 * t + 2 * gL / s;
        g->x[l] = inside ? gxi / w : gy[l];
        g->x0[l] = -gxi / w;
        g->w[l] = -(gxi * xi + gs * s) / w;
        g->y0[l] = gY;
        g->h[l] = gY * ratio + gs / w;
        g->d0[l] = gN * t + gD * t + gM * rest * rest;
        g->d1[l] = gD * t + gM * xi * xi;
    }
}

/* What is dealt out to one side of the bins, and the gradients by a bin. */
struct dealt {
    struct side side;
    real free;
    const real *scale, *left, *gleft, *gwidth;
};

/*
 * By the u of one side: left ends are sums of the widths before, widths are free softmax(u)
 * + least. The mean that a softmax takes off is of what came to the bins before, and to the
 * bin itself.
 */
PART void
through_softmax(const struct dealt *d, const real *restrict bin, real *restrict du)
{
    const real least = d->side.least, box = d->side.box;
    real mean[LANES];

    for (size_t l = 0; l < LANES; l++) {
        real own = d->scale[l] * d->side.e[(size_t)bin[l] * d->side.stride + l];
        real before = d->left[l] + box - bin[l] * least;
        mean[l] = d->gleft[l] * (before / d->free) + d->gwidth[l] * (own / d->free);
    }
    for (size_t k = 0; k < d->side.bins; k++) {
        const real number = (real)k, *restrict e = d->side.e + k * d->side.stride;
        real *restrict out = du + k * d->side.stride;
        for (size_t l = 0; l < LANES; l++) {
            real g = bin[l] == number ? d->gwidth[l] : 0;
            g = bin[l] > number ? d->gleft[l] : g;
            out[l] = d->scale[l] * e[l] * (g - mean[l]);
        }
    }
}

/* By the u of the derivatives: two of them move a value, or one at the end of the box. */
PART void
through_softplus(const struct shape *s, size_t stride, const real *restrict u,
                 const real *restrict bin, const struct bin_gradient *g,
                 real *restrict du)
{
    real u0[LANES], u1[LANES];

    ends(s->bins, stride, u, bin, u0, u1);
    for (size_t l = 0; l < LANES; l++) {
        u0[l] = g->d0[l] * sl_logistic(u0[l] + s->offset);
        u1[l] = g->d1[l] * sl_logistic(u1[l] + s->offset);
    }
    for (size_t k = 0; k + 1 < s->bins; k++)
        memset(du + k * stride, 0, LANES * sizeof *du);
    for (size_t l = 0; l < LANES; l++) {
        size_t at = (size_t)bin[l];

        if (at > 0)
            du[(at - 1) * stride + l] = u0[l];
        if (at + 1 < s->bins)
            du[at * stride + l] = u1[l];
    }
}

/* LANES values, whatever call->n. */
SL_FUSING_CLONES static void
gradient_block(const struct shape *s, const struct sl_transform_gradient *call)
{
    size_t stride = call->stride, heights = s->bins * stride;
    const real *u = call->u, *kept = call->kept;
    real *du = call->du;
    struct bin_gradient g;
    struct bins b;

    for (size_t i = 0; i < KEPT; i++)
        memcpy(b.of[i], kept + i * stride, sizeof b.of[i]);
    differentiate(&b, s->box, call->x, call->dy, call->dslope, &g);
    through_softmax(&(struct dealt){{s->bins, stride, s->box, s->least_w, u},
                                    s->free_w,
                                    b.of[SCALE_W],
                                    b.of[X0],
                                    g.x0,
                                    g.w},
                    b.of[BIN], du);
    through_softmax(&(struct dealt){{s->bins, stride, s->box, s->least_h, u + heights},
                                    s->free_h,
                                    b.of[SCALE_H],
                                    b.of[Y0],
                                    g.y0,
                                    g.h},
                    b.of[BIN], du + heights);
    through_softplus(s, stride, u + 2 * heights, b.of[BIN], &g, du + 2 * heights);
    memcpy(call->dx, g.x, sizeof g.x);
}

/* ---- inverse ------------------------------------------------------------------------- */

/*
 * The root of a xi^2 + b xi + c in [0, 1] (Durkan et al. 2019, equations 6 to 8), in the
 * form that does not cancel; rounding can take the discriminant below 0. LANES values.
 */
static void
unmap_block(const struct shape *shape, const struct sl_transform_inverse *call)
{
    const real *y = call->y;
    real *x = call->x;
    struct bins b;

    locate(shape, call->stride, true, y, call->u, &b);
    for (size_t l = 0; l < LANES; l++) {
        real w = b.of[W][l], h = b.of[H][l], d0 = b.of[D0][l], d1 = b.of[D1][l];
        real s = h / w, up = clip(y[l], -shape->box, shape->box) - b.of[Y0][l];
        real bend = up * (d0 + d1 - 2 * s);
        real A = bend + h * (s - d0), B = h * d0 - bend, C = -s * up;
        real square = B * B - 4 * A * C, root = sl_sqrt(square > 0 ? square : 0);
        real xi = clip(2 * C / (-B - root), 0, 1);
        x[l] = is_inside(y[l], shape->box) ? b.of[X0][l] + xi * w : y[l];
    }
}

/* ---- any number of values ------------------------------------------------------------ */

/* Room for a block of its own where fewer than LANES are left; the others are 0. */
struct spare {
    real in[3][LANES], out[2][LANES];
    real u[ROWS_MAX][LANES], du[ROWS_MAX][LANES], kept[KEPT][LANES];
};

/* The first n values of each row change places. */
static void
copy(size_t rows, size_t n, const real *from, size_t from_stride, real *to,
     size_t to_stride)
{
    for (size_t p = 0; p < rows; p++)
        memcpy(to + p * to_stride, from + p * from_stride, n * sizeof *to);
}

static void
map_rest(const struct shape *shape, const struct sl_transform_map *map)
{
    struct spare s = {.in = {{0}}};
    size_t rows = 3 * shape->bins - 1, n = map->n;
    const struct sl_transform_map block = {LANES,    LANES,    s.in[0], s.u,
                                           s.out[0], s.out[1], s.kept};

    copy(1, n, map->x, 0, s.in[0], 0);
    copy(rows, n, map->u, map->stride, s.u[0], LANES);
    map_block(shape, &block);
    copy(rows, n, s.u[0], LANES, map->u, map->stride);
    copy(KEPT, n, s.kept[0], LANES, map->kept, map->stride);
    copy(1, n, s.out[0], 0, map->y, 0);
    copy(1, n, s.out[1], 0, map->slope, 0);
}

static void
forward(const struct sl_transform *transform, const struct sl_transform_map *map)
{
    struct shape shape = shape_of(transform);

    for (size_t i = 0; i < map->n; i += LANES) {
        const struct sl_transform_map part = {
            .n = map->n - i,
            .stride = map->stride,
            .x = (const real *)map->x + i,
            .u = (real *)map->u + i,
            .y = (real *)map->y + i,
            .slope = (real *)map->slope + i,
            .kept = (real *)map->kept + i,
        };
        (part.n < LANES ? map_rest : map_block)(&shape, &part);
    }
}

/* What is left over gets a bin of width and height 1, lest it divide by 0. */
static void
gradient_rest(const struct shape *shape, const struct sl_transform_gradient *g)
{
    struct spare s = {.in = {{0}}};
    size_t rows = 3 * shape->bins - 1, n = g->n;
    const struct sl_transform_gradient block = {LANES,   LANES,   s.in[0],  s.u, s.kept,
                                                s.in[1], s.in[2], s.out[0], s.du};

    for (size_t i = 0; i < KEPT; i++)
        for (size_t l = n; l < LANES; l++)
            s.kept[i][l] = i == BIN ? 0 : 1;
    copy(1, n, g->x, 0, s.in[0], 0);
    copy(1, n, g->dy, 0, s.in[1], 0);
    copy(1, n, g->dslope, 0, s.in[2], 0);
    copy(rows, n, g->u, g->stride, s.u[0], LANES);
    copy(KEPT, n, g->kept, g->stride, s.kept[0], LANES);
    gradient_block(shape, &block);
    copy(rows, n, s.du[0], LANES, g->du, g->stride);
    copy(1, n, s.out[0], 0, g->dx, 0);
}

static void
backward(const struct sl_transform *transform, const struct sl_transform_gradient *g)
{
    struct shape shape = shape_of(transform);

    for (size_t i = 0; i < g->n; i += LANES) {
        const struct sl_transform_gradient part = {
            .n = g->n - i,
            .stride = g->stride,
            .x = (const real *)g->x + i,
            .u = (const real *)g->u + i,
            .kept = (const real *)g->kept + i,
            .dy = (const real *)g->dy + i,
            .dslope = (const real *)g->dslope + i,
            .dx = (real *)g->dx + i,
            .du = (real *)g->du + i,
        };
        (part.n < LANES ? gradient_rest : gradient_block)(&shape, &part);
    }
}

static void
unmap_rest(const struct shape *shape, const struct sl_transform_inverse *call)
{
    struct spare s = {.in = {{0}}};
    const struct sl_transform_inverse block = {LANES, LANES, s.in[0], s.u, s.out[0]};

    copy(1, call->n, call->y, 0, s.in[0], 0);
    copy(3 * shape->bins - 1, call->n, call->u, call->stride, s.u[0], LANES);
    unmap_block(shape, &block);
    copy(1, call->n, s.out[0], 0, call->x, 0);
}

static void
inverse(const struct sl_transform *transform, const struct sl_transform_inverse *call)
{
    struct shape shape = shape_of(transform);

    for (size_t i = 0; i < call->n; i += LANES) {
        const struct sl_transform_inverse part = {
            .n = call->n - i,
            .stride = call->stride,
            .y = (const real *)call->y + i,
            .u = (real *)call->u + i,
            .x = (real *)call->x + i,
        };
        (part.n < LANES ? unmap_rest : unmap_block)(&shape, &part);
    }
}

struct sl_transform
SL_R(sl_spline_transform)(const struct sl_spline_config *config)
{
    static const struct sl_transform_class class = {forward, backward, inverse};
    size_t parameters = 3 * (size_t)config->bins - 1;

    return (struct sl_transform){&class, config, parameters, KEPT, 2 * parameters};
}
