/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_FLOW_BENCH_H
#define SL_TESTS_FLOW_BENCH_H

#include "modules/learn/layer.h"
#include "tests/unit/fake_step.h"

/*
 * A layer of a flow with arrays of n rows, in one precision. Every array starts as garbage
 * that is to be overwritten, apart from x, theta, a and b, which are drawn: float32 values,
 * so that both precisions see the same.
 *
 * The loss that gradients are of:  sum of a sin(y) + sum of b log_det^2
 */
struct flow_bench {
    struct sl_arena arena;
    struct sl_layer layer;
    size_t n, d, real;
    bool f64, training;
    void *x, *y, *kept, *theta, *log_det;
    void *dy, *dx, *dtheta, *dlog_det;
    void *a, *b; /* n x d, n */
};

/* Where x is drawn from. */
struct flow_range {
    double low, high;
};

/* Fails the test where configuration or shape are not accepted. */
void flow_bench_init(struct flow_bench *b, const struct sl_row *row, const char *yaml,
                     bool f64, size_t n, size_t d, struct flow_range range);
void flow_bench_release(struct flow_bench *b);

double flow_get(const struct flow_bench *b, const void *array, size_t i);
void flow_set(const struct flow_bench *b, void *array, size_t i, double value);

/* log_det starts at 0. */
void flow_forward(const struct flow_bench *b, struct sl_pool *pool);
/* Sets dy and dlog_det by y and log_det, and goes backward. */
void flow_backward(const struct flow_bench *b, struct sl_pool *pool);
double flow_loss(const struct flow_bench *b);
/* x (n x d) of b->y, which is not touched. */
void flow_inverse(const struct flow_bench *b, void *x);

#endif
