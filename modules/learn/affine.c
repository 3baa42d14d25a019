/* SPDX-License-Identifier: MIT */
#include "modules/learn/transform.h"
#include "runner/tensor/special.h"

/* s and ds/du_0 of what the conditioner says. */
static inline real
clamp(real u, real s_max, real *slope)
{
    real s = sl_tanh(u / s_max);

    *slope = 1 - s * s;
    return s_max * s;
}

SL_CLONES static void
map_free(size_t n, const real *restrict x, const real *restrict u, real *restrict y,
         real *restrict slope)
{
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] * sl_exp(u[2 * i]) + u[2 * i + 1];
        slope[i] = u[2 * i];
    }
}

SL_CLONES static void
map_clamped(size_t n, real s_max, const real *restrict x, const real *restrict u,
            real *restrict y, real *restrict slope)
{
    for (size_t i = 0; i < n; i++) {
        real unused, s = clamp(u[2 * i], s_max, &unused);
        y[i] = x[i] * sl_exp(s) + u[2 * i + 1];
        slope[i] = s;
    }
}

static void
forward(const struct sl_transform *transform, const struct sl_transform_map *map)
{
    const struct sl_affine_config *c = transform->config;

    if (c->s_max > 0)
        map_clamped(map->n, (real)c->s_max, map->x, map->u, map->y, map->slope);
    else
        map_free(map->n, map->x, map->u, map->y, map->slope);
}

SL_CLONES static void
gradient_free(size_t n, const real *restrict x, const real *restrict u,
              const real *restrict dy, const real *restrict dslope, real *restrict dx,
              real *restrict du)
{
    for (size_t i = 0; i < n; i++) {
        real g = dy[i] * sl_exp(u[2 * i]);
        dx[i] = g;
        du[2 * i] = g * x[i] + dslope[i];
        du[2 * i + 1] = dy[i];
    }
}

SL_CLONES static void
gradient_clamped(size_t n, real s_max, const real *restrict x, const real *restrict u,
                 const real *restrict dy, const real *restrict dslope, real *restrict dx,
                 real *restrict du)
{
    for (size_t i = 0; i < n; i++) {
        real slope, s = clamp(u[2 * i], s_max, &slope), g = dy[i] * sl_exp(s);
        dx[i] = g;
        du[2 * i] = (g * x[i] + dslope[i]) * slope;
        du[2 * i + 1] = dy[i];
    }
}

static void
backward(const struct sl_transform *transform, const struct sl_transform_gradient *g)
{
    const struct sl_affine_config *c = transform->config;

    if (c->s_max > 0)
        gradient_clamped(g->n, (real)c->s_max, g->x, g->u, g->dy, g->dslope, g->dx,
                         g->du);
    else
        gradient_free(g->n, g->x, g->u, g->dy, g->dslope, g->dx, g->du);
}

static void
inverse(const struct sl_transform *transform, size_t n, const void *y_, const void *u_,
        void *x_)
{
    const struct sl_affine_config *c = transform->config;
    const real *y = y_, *u = u_;
    real *x = x_, unused;

    for (size_t i = 0; i < n; i++) {
        real s = c->s_max > 0 ? clamp(u[2 * i], (real)c->s_max, &unused) : u[2 * i];
        x[i] = (y[i] - u[2 * i + 1]) * sl_exp(-s);
    }
}

struct sl_transform
SL_R(sl_affine_transform)(const struct sl_affine_config *config)
{
    static const struct sl_transform_class class = {forward, backward, inverse};

    return (struct sl_transform){&class, config, 2, 2};
}
