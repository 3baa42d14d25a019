/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_TRANSFORM_H
#define SL_LEARN_TRANSFORM_H

#include "modules/learn/layer.h"

/*
 * Increasing maps of single values, each with parameters of its own, which a conditioner
 * computes from other columns. Arrays are of the layer's real:
 *
 * x, y   n                    values and their images; y may not be x
 * u      parameters x stride  unconstrained, value i's in column i; all 0 is the identity
 * kept   kept x stride        what forward leaves for backward besides
 * slope  n                    ln dy/dx
 *
 * forward   sets y, slope and kept, and makes of u what backward needs
 * backward  from dy and dslope, the gradients of a loss, and what forward left in u and kept
 *           sets dx and du, the gradient by u as it was
 * inverse   x of y; what u is afterwards is nobody's business
 */
struct sl_transform;

struct sl_transform_map {
    size_t n, stride; /* stride >= n, of all arrays that have one */
    const void *x;
    void *u, *y, *slope, *kept;
};

struct sl_transform_gradient {
    size_t n, stride;
    const void *x, *u, *kept, *dy, *dslope;
    void *dx, *du;
};

struct sl_transform_inverse {
    size_t n, stride;
    const void *y;
    void *u, *x;
};

struct sl_transform_class {
    void (*forward)(const struct sl_transform *transform,
                    const struct sl_transform_map *map);
    void (*backward)(const struct sl_transform *transform,
                     const struct sl_transform_gradient *gradient);
    void (*inverse)(const struct sl_transform *transform,
                    const struct sl_transform_inverse *inverse);
};

struct sl_transform {
    const struct sl_transform_class *class;
    const void *config;
    size_t parameters, kept; /* of one value */
    size_t work;             /* of one value, in elements as sl_row_slices counts them */
};

/*
 * y = x e^s + t, u = (s, t), slope = s. With s_max above 0, s is s_max tanh(u_0 / s_max),
 * which keeps e^s within e^+-s_max; the slope is that of what was applied.
 */
struct sl_affine_config {
    double s_max;
};
extern const struct sl_field sl_affine_fields[];
struct sl_transform sl_affine_transform_f32(const struct sl_affine_config *config);
struct sl_transform sl_affine_transform_f64(const struct sl_affine_config *config);

/*
 * Monotone rational-quadratic spline on [-box, box], the identity outside (Durkan et al.
 * 2019, "Neural spline flows"; Gregory and Delbourgo 1982). With K bins, u is
 *
 *     K widths    w = 2 box (least_width + (1 - K least_width) softmax(u))
 *     K heights   likewise
 *     K - 1       derivatives at the inner knots, least_derivative + softplus(u + c), c
 *                 such that 0 gives 1; at -box and box the derivative is 1
 */
#define SL_SPLINE_BINS_MAX 64
struct sl_spline_config {
    int64_t bins;
    double box, least_width, least_height, least_derivative;
};
extern const struct sl_field sl_spline_fields[];
struct sl_transform sl_spline_transform_f32(const struct sl_spline_config *config);
struct sl_transform sl_spline_transform_f64(const struct sl_spline_config *config);
/* SL_ERR_SHAPE if the least widths or heights leave nothing of the box. */
enum sl_status sl_spline_check(const struct sl_spline_config *config,
                               struct sl_error *err);

#endif
