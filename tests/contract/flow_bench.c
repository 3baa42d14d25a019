/* SPDX-License-Identifier: MIT */
#include "tests/contract/flow_bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void
flow_set(const struct flow_bench *b, void *array, size_t i, double value)
{
    if (b->f64)
        ((double *)array)[i] = value;
    else
        ((float *)array)[i] = (float)value;
}

double
flow_get(const struct flow_bench *b, const void *array, size_t i)
{
    return b->f64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

static void *
draw(struct flow_bench *b, size_t count, const char *what, struct flow_range range)
{
    struct sl_stream stream;
    void *array = sl_arena_array(&b->arena, count, b->real);

    sl_stream_init(&stream, 20260722, "test_flows", what);
    for (size_t i = 0; i < count; i++)
        flow_set(b, array, i,
                 (double)(float)(range.low +
                                 (range.high - range.low) * sl_stream_uniform(&stream)));
    return array;
}

static void *
garbage(struct flow_bench *b, size_t count)
{
    void *array = sl_arena_array(&b->arena, count, b->real);

    for (size_t i = 0; i < count; i++)
        flow_set(b, array, i, -917.25);
    return array;
}

void
flow_bench_init(struct flow_bench *b, const struct sl_row *row, const char *yaml,
                bool f64, size_t n, size_t d, struct flow_range range)
{
    const struct sl_entry *entry = row->as[f64];
    struct sl_error err = {0};

    *b = (struct flow_bench){.n = n, .d = d, .f64 = f64, .real = f64 ? 8 : 4};
    sl_arena_init(&b->arena);
    b->layer = (struct sl_layer){
        .name = "layer",
        .class = (const struct sl_layer_class *)entry,
        .config = fake_config(entry, yaml, &b->arena),
        .in = d,
        .arena = &b->arena,
    };
    if (b->layer.class->shape(&b->layer, &err))
        fail_msg("%s: %s", entry->name, err.text);
    assert_int_equal(b->layer.out, d);
    b->x = draw(b, n * d, "x", range);
    b->theta = draw(b, b->layer.parameters, "theta", (struct flow_range){-0.6, 0.6});
    b->a = draw(b, n * d, "a", (struct flow_range){-1.5, 1.5});
    b->b = draw(b, n, "b", (struct flow_range){-0.4, 0.4});
    b->y = garbage(b, n * d);
    b->kept = garbage(b, n * b->layer.kept + b->layer.scratch);
    b->dx = garbage(b, n * d);
    b->dtheta = garbage(b, b->layer.parameters);
    b->dy = garbage(b, n * d);
    b->log_det = garbage(b, n);
    b->dlog_det = garbage(b, n);
}

void
flow_bench_release(struct flow_bench *b)
{
    sl_arena_release(&b->arena);
}

static struct sl_pass
pass_of(const struct flow_bench *b, struct sl_pool *pool)
{
    struct sl_pass pass = {
        .n = b->n,
        .training = b->training,
        .pool = pool,
        .x = b->x,
        .y = b->y,
        .kept = b->kept,
        .theta = b->theta,
        .dy = b->dy,
        .dx = b->dx,
        .dtheta = b->dtheta,
        .log_det = b->log_det,
        .dlog_det = b->dlog_det,
    };

    sl_stream_init(&pass.stream, 73, "test_flows", "pass");
    return pass;
}

void
flow_forward(const struct flow_bench *b, struct sl_pool *pool)
{
    struct sl_pass pass = pass_of(b, pool);

    memset(b->log_det, 0, b->n * b->real);
    b->layer.class->forward(&b->layer, &pass);
}

void
flow_backward(const struct flow_bench *b, struct sl_pool *pool)
{
    struct sl_pass pass = pass_of(b, pool);

    for (size_t i = 0; i < b->n * b->d; i++)
        flow_set(b, b->dy, i, flow_get(b, b->a, i) * cos(flow_get(b, b->y, i)));
    for (size_t i = 0; i < b->n; i++)
        flow_set(b, b->dlog_det, i,
                 2 * flow_get(b, b->b, i) * flow_get(b, b->log_det, i));
    b->layer.class->backward(&b->layer, &pass);
}

double
flow_loss(const struct flow_bench *b)
{
    double sum = 0;

    flow_forward(b, NULL);
    for (size_t i = 0; i < b->n * b->d; i++)
        sum += flow_get(b, b->a, i) * sin(flow_get(b, b->y, i));
    for (size_t i = 0; i < b->n; i++) {
        double log_det = flow_get(b, b->log_det, i);
        sum += flow_get(b, b->b, i) * log_det * log_det;
    }
    return sum;
}

void
flow_inverse(const struct flow_bench *b, void *x)
{
    struct sl_error err = {0};
    struct sl_inverse call = {.n = b->n, .y = b->y, .theta = b->theta, .x = x};

    if (b->layer.class->inverse(&b->layer, &call, &err))
        fail_msg("%s: %s", b->layer.class->entry.name, err.text);
}
