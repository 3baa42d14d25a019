/* SPDX-License-Identifier: MIT */
#include "modules/learn/transform.h"
#include "runner/tensor/special.h"

/* Forward leaves s and e^s in the place of u. */
SL_CLONES static void
map_free(size_t n, const real *restrict x, const real *restrict s, real *restrict t,
         real *restrict y, real *restrict slope)
{
    for (size_t i = 0; i < n; i++) {
        real scale = sl_exp(s[i]);

        y[i] = x[i] * scale + t[i];
        slope[i] = s[i];
        t[i] = scale;
    }
}

SL_CLONES static void
clamp(size_t n, real s_max, real *restrict s)
{
    for (size_t i = 0; i < n; i++)
        s[i] = s_max * sl_tanh(s[i] / s_max);
}

static void
forward(const struct sl_transform *transform, const struct sl_transform_map *map)
{
    const struct sl_affine_config *c = transform->config;
    real *s = map->u;

    if (c->s_max > 0)
        clamp(map->n, (real)c->s_max, s);
    map_free(map->n, map->x, s, s + map->stride, map->y, map->slope);
}

SL_CLONES static void
gradient_free(size_t n, const real *restrict x, const real *restrict scale,
              const real *restrict dy, const real *restrict dslope, real *restrict dx,
              real *restrict ds, real *restrict dt)
{
    for (size_t i = 0; i < n; i++) {
        real g = dy[i] * scale[i];

        dx[i] = g;
        ds[i] = g * x[i] + dslope[i];
        dt[i] = dy[i];
    }
}

/* ds/du_0 = 1 - tanh^2. */
SL_CLONES static void
through_clamp(size_t n, real s_max, const real *restrict s, real *restrict ds)
{
    for (size_t i = 0; i < n; i++) {
        real t = s[i] / s_max;

        ds[i] *= 1 - t * t;
    }
}

static void
backward(const struct sl_transform *transform, const struct sl_transform_gradient *g)
{
    const struct sl_affine_config *c = transform->config;
    const real *s = g->u;
    real *ds = g->du;

    gradient_free(g->n, g->x, s + g->stride, g->dy, g->dslope, g->dx, ds, ds + g->stride);
    if (c->s_max > 0)
        through_clamp(g->n, (real)c->s_max, s, ds);
}

static void
inverse(const struct sl_transform *transform, const struct sl_transform_inverse *call)
{
    const struct sl_affine_config *c = transform->config;
    const real *y = call->y;
    real *s = call->u, *t = s + call->stride, *x = call->x;

    if (c->s_max > 0)
        clamp(call->n, (real)c->s_max, s);
    for (size_t i = 0; i < call->n; i++)
        x[i] = (y[i] - t[i]) * sl_exp(-s[i]);
}

struct sl_transform
SL_R(sl_affine_transform)(const struct sl_affine_config *config)
{
    static const struct sl_transform_class class = {forward, backward, inverse};

    return (struct sl_transform){&class, config, 2, 0, 2};
}
