/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FLOW_POINTS_H
#define SL_LEARN_FLOW_POINTS_H

#include "modules/learn/network.h"

/*
 * A flow over points in memory, in float64: what a model of one does for others (model.h).
 * Points are cut into tiles by their number; a point's values do not depend on the rest.
 *
 * network  a flow, float64, in == out == d
 * x, z     n x d
 */
struct sl_flow_points {
    const struct sl_network *network;
    const double *theta;
    struct sl_pool *pool;
    size_t n;
};

/* log_p: n, ln p(x) for a standard normal base. */
enum sl_status sl_flow_density(const struct sl_flow_points *points, const double *x,
                               double *log_p, struct sl_error *err);

/* log_det: n, or NULL. */
enum sl_status sl_flow_forward(const struct sl_flow_points *points, const double *x,
                               double *z, double *log_det, struct sl_error *err);

/* SL_ERR_NUMERIC names the first point that has none. */
enum sl_status sl_flow_inverse(const struct sl_flow_points *points, const double *z,
                               double *x, struct sl_error *err);

/* Point i draws from substream i of stream, again where the map does not reach what it
 * drew: the density is that of the base on what it does. SL_ERR_NUMERIC after a thousand
 * draws in vain. */
enum sl_status sl_flow_draw(const struct sl_flow_points *points,
                            const struct sl_stream *stream, double *x,
                            struct sl_error *err);

#endif
