/* SPDX-License-Identifier: MIT */
/*
 * The rational-quadratic spline of transform.h, LANES values side by side: for each of
 * them the bin is found by going through all, so that every loop over lanes is free of
 * branches and becomes vector code.
 *
 * In the bin that holds x, of width w and height h above (x0, y0), with the derivatives d0
 * and d1 at its ends, s = h / w, xi = (x - x0) / w and t = xi (1 - xi) (Durkan et al. 2019,
 * equations 4 and 5):
 *
 *     y = y0 + h N / D      N = s xi^2 + d0 t      D = s + (d0 + d1 - 2 s) t
 *     dy/dx = s^2 M / D^2   M = d1 xi^2 + 2 s t + d0 (1 - xi)^2
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

/* The bins of all lanes. u: widths, heights, derivatives; the first two become e^u. */
struct block {
    real x[LANES], u[ROWS_MAX][LANES];
    real scale_w[LANES],
        scale_h[LANES]; /* e^u times it is a width or height, less least */
    real bin[LANES];
    real x0[LANES], w[LANES], y0[LANES], h[LANES];
    real u0[LANES],
        u1[LANES]; /* u of the derivatives; at the ends of the box, offset 0 */
    real d0[LANES], d1[LANES];
};

/* Columns of u become rows; lanes that are left over hold zeros. */
PART void
load(struct block *b, size_t n, size_t parameters, const real *x, const real *u)
{
    memcpy(b->x, x, n * sizeof *x);
    memset(b->x + n, 0, (LANES - n) * sizeof *x);
    for (size_t l = 0; l < n; l++)
        for (size_t p = 0; p < parameters; p++)
            b->u[p][l] = u[l * parameters + p];
    for (size_t l = n; l < LANES; l++)
        for (size_t p = 0; p < parameters; p++)
            b->u[p][l] = 0;
}

/* Leaves e^(u - max) in u, and free / sum of them in scale. */
PART void
softmax(size_t bins, real free, real (*restrict u)[LANES], real *restrict scale)
{
    real most[LANES], sum[LANES] = {0};

    memcpy(most, u[0], sizeof most);
    for (size_t k = 1; k < bins; k++)
        for (size_t l = 0; l < LANES; l++)
            most[l] = u[k][l] > most[l] ? u[k][l] : most[l];
    for (size_t k = 0; k < bins; k++)
        for (size_t l = 0; l < LANES; l++) {
            u[k][l] = sl_exp(u[k][l] - most[l]);
            sum[l] += u[k][l];
        }
    for (size_t l = 0; l < LANES; l++)
        scale[l] = free / sum[l];
}

/* The last bin whose left end is not above the value: its number, left end and width. */
PART void
find(size_t bins, real box, real least, real (*restrict e)[LANES],
     const real *restrict scale, const real *restrict value, real *restrict bin,
     real *restrict left, real *restrict width)
{
    real at[LANES];

    for (size_t l = 0; l < LANES; l++) {
        bin[l] = 0;
        left[l] = -box;
        width[l] = least + scale[l] * e[0][l];
        at[l] = width[l] - box;
    }
    for (size_t k = 1; k < bins; k++) {
        const real number = (real)k, *restrict row = e[k];
        for (size_t l = 0; l < LANES; l++) {
            real side = least + scale[l] * row[l];
            bin[l] = value[l] >= at[l] ? number : bin[l];
            left[l] = value[l] >= at[l] ? at[l] : left[l];
            width[l] = value[l] >= at[l] ? side : width[l];
            at[l] += side;
        }
    }
}

/* Left end and width of the bin whose number is known. */
PART void
look_up(size_t bins, real box, real least, real (*restrict e)[LANES],
        const real *restrict scale, const real *restrict bin, real *restrict left,
        real *restrict width)
{
    real at[LANES];

    for (size_t l = 0; l < LANES; l++) {
        left[l] = -box;
        width[l] = least + scale[l] * e[0][l];
        at[l] = width[l] - box;
    }
    for (size_t k = 1; k < bins; k++) {
        const real number = (real)k, *restrict row = e[k];
        for (size_t l = 0; l < LANES; l++) {
            real side = least + scale[l] * row[l];
            left[l] = bin[l] == number ? at[l] : left[l];
            width[l] = bin[l] == number ? side : width[l];
            at[l] += side;
        }
    }
}

PART void
derivatives(struct block *b, const struct shape *s)
{
    real(*u)[LANES] = b->u + 2 * s->bins;
    real u0[LANES], u1[LANES];

    memset(u0, 0, sizeof u0);
    memset(u1, 0, sizeof u1);
    for (size_t k = 0; k + 1 < s->bins; k++) {
        const real before = (real)k, after = (real)(k + 1), *restrict row = u[k];
        for (size_t l = 0; l < LANES; l++) {
            real value = row[l];
            u1[l] = b->bin[l] == before ? value : u1[l];
            u0[l] = b->bin[l] == after ? value : u0[l];
        }
    }
    memcpy(b->u0, u0, sizeof u0);
    memcpy(b->u1, u1, sizeof u1);
    for (size_t l = 0; l < LANES; l++) {
        real d0 = s->least_d + sl_softplus(b->u0[l] + s->offset);
        real d1 = s->least_d + sl_softplus(b->u1[l] + s->offset);
        b->d0[l] = b->bin[l] == 0 ? 1 : d0;
        b->d1[l] = b->bin[l] == (real)(s->bins - 1) ? 1 : d1;
    }
}

PART real
clip(real x, real low, real high)
{
    x = x > low ? x : low;
    return x < high ? x : high;
}

/* Makes out of the block's u what is needed at the bins of the values x. */
PART void
locate(struct block *b, const struct shape *s)
{
    real(*e)[LANES] = b->u;
    real inside[LANES];

    for (size_t l = 0; l < LANES; l++)
        inside[l] = clip(b->x[l], -s->box, s->box);
    softmax(s->bins, s->free_w, e, b->scale_w);
    softmax(s->bins, s->free_h, e + s->bins, b->scale_h);
    find(s->bins, s->box, s->least_w, e, b->scale_w, inside, b->bin, b->x0, b->w);
    look_up(s->bins, s->box, s->least_h, e + s->bins, b->scale_h, b->bin, b->y0, b->h);
    derivatives(b, s);
}

PART bool
is_inside(real x, real box)
{
    return x >= -box && x <= box;
}

SL_CLONES static void
map_block(const struct shape *shape, size_t n, const real *x, const real *u, real *y,
          real *slope)
{
    struct block b;
    real to[LANES], log_slope[LANES];

    load(&b, n, 3 * shape->bins - 1, x, u);
    locate(&b, shape);
    for (size_t l = 0; l < LANES; l++) {
        real xi = clip((b.x[l] - b.x0[l]) / b.w[l], 0, 1), rest = 1 - xi, t = xi * rest;
        real s = b.h[l] / b.w[l], d0 = b.d0[l], d1 = b.d1[l];
        real N = s * xi * xi + d0 * t, D = s + (d0 + d1 - 2 * s) * t;
        real M = d1 * xi * xi + 2 * s * t + d0 * rest * rest;
        bool inside = is_inside(b.x[l], shape->box);
        to[l] = inside ? b.y0[l] + b.h[l] * (N / D) : b.x[l];
        log_slope[l] = inside ? 2 * sl_log(s / D) + sl_log(M) : 0;
    }
    memcpy(y, to, n * sizeof *y);
    memcpy(slope, log_slope, n * sizeof *slope);
}

/* Gradients by what a bin is made of. */
struct bin_gradient {
    real x[LANES], x0[LANES], w[LANES], y0[LANES], h[LANES], d0[LANES], d1[LANES];
};

/* The chain rule through N, D and M, backwards; none of it outside the box. */
PART void
differentiate(const struct block *b, real box, const real *restrict gy,
              const real *restrict gslope, struct bin_gradient *restrict g)
{
    for (size_t l = 0; l < LANES; l++) {
        real w = b->w[l], h = b->h[l], d0 = b->d0[l], d1 = b->d1[l], s = h / w;
        real xi = clip((b->x[l] - b->x0[l]) / w, 0, 1), rest = 1 - xi, t = xi * rest;
        real bend = d0 + d1 - 2 * s, N = s * xi * xi + d0 * t, D = s + bend * t;
        real M = d1 * xi * xi + 2 * s * t + d0 * rest * rest, ratio = N / D;
        bool inside = is_inside(b->x[l], box);
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

/*
 * By the u of the widths, which take the place of e: left ends are sums of the widths
 * before, widths are free softmax(u) + least.
 */
PART void
through_softmax(size_t bins, real free, const real *restrict scale,
                const real *restrict bin, const real *restrict gleft,
                const real *restrict gwidth, real (*restrict e)[LANES])
{
    real mean[LANES] = {0};

    for (size_t k = 0; k < bins; k++)
        for (size_t l = 0; l < LANES; l++) {
            real g = bin[l] == (real)k ? gwidth[l] : 0;
            g = bin[l] > (real)k ? gleft[l] : g;
            mean[l] += scale[l] * e[k][l] * g;
        }
    for (size_t l = 0; l < LANES; l++)
        mean[l] /= free;
    for (size_t k = 0; k < bins; k++)
        for (size_t l = 0; l < LANES; l++) {
            real g = bin[l] == (real)k ? gwidth[l] : 0;
            g = bin[l] > (real)k ? gleft[l] : g;
            e[k][l] = scale[l] * e[k][l] * (g - mean[l]);
        }
}

PART void
through_softplus(struct block *b, const struct shape *s, const struct bin_gradient *g)
{
    real(*u)[LANES] = b->u + 2 * s->bins;
    real g0[LANES], g1[LANES];

    for (size_t l = 0; l < LANES; l++) {
        g0[l] = g->d0[l] * sl_logistic(b->u0[l] + s->offset);
        g1[l] = g->d1[l] * sl_logistic(b->u1[l] + s->offset);
    }
    for (size_t k = 0; k + 1 < s->bins; k++) {
        const real before = (real)k, after = (real)(k + 1);
        real *restrict row = u[k];
        for (size_t l = 0; l < LANES; l++) {
            real right = b->bin[l] == before ? g1[l] : 0;
            row[l] = b->bin[l] == after ? g0[l] : right;
        }
    }
}

PART void
store(const struct block *b, size_t n, size_t parameters, real *du)
{
    for (size_t l = 0; l < n; l++)
        for (size_t p = 0; p < parameters; p++)
            du[l * parameters + p] = b->u[p][l];
}

SL_CLONES static void
gradient_block(const struct shape *s, size_t n, const real *x, const real *u,
               const real *dy, const real *dslope, real *dx, real *du)
{
    struct block b;
    struct bin_gradient g;
    real gy[LANES] = {0}, gslope[LANES] = {0};

    memcpy(gy, dy, n * sizeof *dy);
    memcpy(gslope, dslope, n * sizeof *dslope);
    load(&b, n, 3 * s->bins - 1, x, u);
    locate(&b, s);
    differentiate(&b, s->box, gy, gslope, &g);
    through_softmax(s->bins, s->free_w, b.scale_w, b.bin, g.x0, g.w, b.u);
    through_softmax(s->bins, s->free_h, b.scale_h, b.bin, g.y0, g.h, b.u + s->bins);
    through_softplus(&b, s, &g);
    store(&b, n, 3 * s->bins - 1, du);
    memcpy(dx, g.x, n * sizeof *dx);
}

/*
 * The root of a xi^2 + b xi + c in [0, 1] (Durkan et al. 2019, equations 6 to 8), in the
 * form that does not cancel; rounding can take the discriminant below 0.
 */
static void
unmap_block(const struct shape *shape, size_t n, const real *y, const real *u, real *x)
{
    struct block b;
    real inside[LANES];
    real(*e)[LANES] = b.u;

    load(&b, n, 3 * shape->bins - 1, y, u);
    for (size_t l = 0; l < LANES; l++)
        inside[l] = clip(b.x[l], -shape->box, shape->box);
    softmax(shape->bins, shape->free_w, e, b.scale_w);
    softmax(shape->bins, shape->free_h, e + shape->bins, b.scale_h);
    find(shape->bins, shape->box, shape->least_h, e + shape->bins, b.scale_h, inside,
         b.bin, b.y0, b.h);
    look_up(shape->bins, shape->box, shape->least_w, e, b.scale_w, b.bin, b.x0, b.w);
    derivatives(&b, shape);
    for (size_t l = 0; l < n; l++) {
        real s = b.h[l] / b.w[l], up = inside[l] - b.y0[l];
        real bend = up * (b.d0[l] + b.d1[l] - 2 * s);
        real A = bend + b.h[l] * (s - b.d0[l]), B = b.h[l] * b.d0[l] - bend, C = -s * up;
        real square = B * B - 4 * A * C, root = sl_sqrt(square > 0 ? square : 0);
        real xi = clip(2 * C / (-B - root), 0, 1);
        x[l] = is_inside(y[l], shape->box) ? b.x0[l] + xi * b.w[l] : y[l];
    }
}

/* ---- blocks of any number of values -------------------------------------------------- */

static void
forward(const struct sl_transform *transform, const struct sl_transform_map *map)
{
    struct shape shape = shape_of(transform);
    const real *x = map->x, *u = map->u;
    real *y = map->y, *slope = map->slope;

    for (size_t i = 0; i < map->n; i += LANES) {
        size_t n = map->n - i < LANES ? map->n - i : LANES;
        map_block(&shape, n, x + i, u + i * transform->parameters, y + i, slope + i);
    }
}

static void
backward(const struct sl_transform *transform, const struct sl_transform_gradient *g)
{
    struct shape shape = shape_of(transform);
    const real *x = g->x, *u = g->u, *dy = g->dy, *dslope = g->dslope;
    real *dx = g->dx, *du = g->du;

    for (size_t i = 0; i < g->n; i += LANES) {
        size_t n = g->n - i < LANES ? g->n - i : LANES, at = i * transform->parameters;
        gradient_block(&shape, n, x + i, u + at, dy + i, dslope + i, dx + i, du + at);
    }
}

static void
inverse(const struct sl_transform *transform, size_t n, const void *y, const void *u,
        void *x)
{
    struct shape shape = shape_of(transform);

    for (size_t i = 0; i < n; i += LANES)
        unmap_block(&shape, n - i < LANES ? n - i : LANES, (const real *)y + i,
                    (const real *)u + i * transform->parameters, (real *)x + i);
}

struct sl_transform
SL_R(sl_spline_transform)(const struct sl_spline_config *config)
{
    static const struct sl_transform_class class = {forward, backward, inverse};
    size_t parameters = 3 * (size_t)config->bins - 1;

    return (struct sl_transform){&class, config, parameters, 2 * parameters};
}
