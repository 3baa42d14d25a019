/* SPDX-License-Identifier: MIT */
#include "modules/learn/network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/loss.h"
#include "tests/unit/fake_step.h"

enum { IN = 7, MOST = 400 };

/* 7-6-3-5 with an activation after each layer. */
struct fixture {
    struct sl_arena arena;
    struct sl_network network;
    struct sl_network_work work;
    double x[MOST * IN], target[MOST * 5], rows[MOST];
    void *theta, *dtheta;
};

static void
add(struct fixture *f, const char *name, const char *type)
{
    struct sl_choice choice = {.row = sl_registry_find(&sl_builtin, SL_ACTIVATION, type)};
    struct sl_error err = {0};

    assert_int_equal(sl_network_add(&f->network, name, &choice, &err), SL_OK);
}

static void
add_dense(struct fixture *f, const char *name, int64_t units)
{
    struct sl_error err = {0};

    if (sl_network_add_units(&f->network, name, "dense", units, &err))
        fail_msg("%s", err.text);
}

static void
fixture_init(struct fixture *f, bool f64, size_t rows)
{
    size_t size = f64 ? sizeof(double) : sizeof(float);
    struct sl_error err = {0};
    struct sl_stream stream;

    sl_arena_init(&f->arena);
    sl_network_init(&f->network, &f->arena, IN, f64);
    add_dense(f, "a", 6);
    add(f, "a.sigmoid", "sigmoid");
    add_dense(f, "b", 3);
    add(f, "b.relu", "relu");
    add_dense(f, "c", 5);
    add(f, "c.sigmoid", "sigmoid");
    assert_int_equal(f->network.out, 5);
    assert_int_equal(f->network.parameters, 6 * 7 + 6 + 3 * 6 + 3 + 5 * 3 + 5);
    assert_int_equal(
        sl_network_work_new(&f->work, &f->network, rows, true, &f->arena, &err), SL_OK);
    f->theta = sl_arena_array(&f->arena, f->network.parameters, size);
    f->dtheta = sl_arena_array(&f->arena, f->network.parameters, size);
    sl_stream_init(&stream, 17, "test_network", "weights");
    sl_network_start(&f->network, &stream, f->theta);
    for (size_t i = 0; i < MOST * IN; i++)
        f->x[i] = sl_stream_normal(&stream);
    for (size_t i = 0; i < MOST * 5; i++)
        f->target[i] = sl_stream_uniform(&stream);
}

static void
fixture_release(struct fixture *f)
{
    sl_arena_release(&f->arena);
}

/* Loss of the first n rows, float64; with its gradient into the work's dy. */
static double
loss(struct fixture *f, size_t n, struct sl_network_pass *pass)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LOSS, "mse");
    const struct sl_loss_class *class = (const struct sl_loss_class *)row->as[1];
    struct sl_comparison comparison = {
        .n = n, .d = 5, .target = f->target, .rows = f->rows};
    double sum = 0;

    *pass =
        (struct sl_network_pass){.n = n, .x = f->x, .theta = f->theta, .training = true};
    comparison.y = sl_network_forward(&f->work, pass);
    comparison.dy = sl_network_dy(&f->work);
    class->compare(NULL, &comparison);
    for (size_t i = 0; i < n; i++)
        sum += f->rows[i];
    return sum / (double)n;
}

static double
slope(struct fixture *f, double *at)
{
    const double step = 1e-5;
    struct sl_network_pass pass;
    double was = *at, above, below;

    *at = was + step;
    above = loss(f, 4, &pass);
    *at = was - step;
    below = loss(f, 4, &pass);
    *at = was;
    return (above - below) / (2 * step);
}

static void
gradients_of_the_whole_are_those_of_differences(void **state)
{
    static struct fixture f;
    double dx[4 * IN], *theta;
    struct sl_network_pass pass;

    (void)state;
    fixture_init(&f, true, 4);
    theta = f.theta;
    loss(&f, 4, &pass);
    sl_network_backward(&f.work, &pass, f.dtheta, dx);
    for (size_t i = 0; i < f.network.parameters; i++)
        assert_true(fabs(((double *)f.dtheta)[i] - slope(&f, theta + i)) < 1e-9);
    for (size_t i = 0; i < 4 * IN; i++)
        assert_true(fabs(dx[i] - slope(&f, f.x + i)) < 1e-9);
    fixture_release(&f);
}

/* The units of the middle have a gradient at all: else the test above could pass empty. */
static void
gradients_are_not_all_zero(void **state)
{
    static struct fixture f;
    struct sl_network_pass pass;

    (void)state;
    fixture_init(&f, true, MOST);
    loss(&f, MOST, &pass);
    sl_network_backward(&f.work, &pass, f.dtheta, NULL);
    for (size_t i = 0; i < f.network.n; i++) {
        const struct sl_layer *layer = &f.network.layers[i];
        double sum = 0;
        for (size_t k = 0; k < layer->parameters; k++)
            sum += fabs(((double *)f.dtheta)[layer->offset + k]);
        assert_true(layer->parameters == 0 || sum > 1e-4);
    }
    fixture_release(&f);
}

static void
x_is_not_written_by_a_first_layer_in_place(void **state)
{
    static struct fixture f;
    double x[IN], before[IN], dx[IN];
    struct sl_network_pass pass = {.n = 1, .x = x};
    struct sl_error err = {0};
    const double *y;

    (void)state;
    fixture_init(&f, true, 1);
    sl_network_init(&f.network, &f.arena, IN, true);
    add(&f, "only", "relu");
    assert_int_equal(sl_network_work_new(&f.work, &f.network, 1, true, &f.arena, &err),
                     SL_OK);
    for (size_t i = 0; i < IN; i++)
        x[i] = before[i] = 2.5 - (double)i;
    y = sl_network_forward(&f.work, &pass);
    assert_memory_equal(x, before, sizeof x);
    assert_true(y[0] == 2.5 && y[6] == 0);
    for (size_t i = 0; i < IN; i++)
        ((double *)sl_network_dy(&f.work))[i] = 1.25;
    sl_network_backward(&f.work, &pass, NULL, dx);
    assert_true(dx[0] == 1.25 && dx[6] == 0);
    fixture_release(&f);
}

/* ---- rows of a data set ------------------------------------------------------------- */

enum { ROWS = 2600 };

struct sum {
    double y[ROWS * 5];
    unsigned used[ROWS];
};

static void
use(void *context, const struct sl_network_chunk *chunk)
{
    struct sum *sum = context;

    for (size_t i = 0; i < chunk->n; i++)
        sum->used[chunk->first + i]++;
    for (size_t i = 0; i < chunk->n * 5; i++)
        sum->y[chunk->first * 5 + i] = (double)((const float *)chunk->y)[i];
}

static void
map_gives_the_same_bytes_for_any_number_of_threads(void **state)
{
    static struct fixture f;
    static struct sum alone, together;
    static float x[ROWS * IN];
    static uint32_t ids[ROWS];
    struct sl_dataset data = {.n = ROWS, .d = IN, .type = SL_F32, .x = x, .scale = 2};
    struct sl_rows rows = {&data, ids, ROWS};
    struct sl_error err = {0};
    struct sl_pool *pool;

    (void)state;
    fixture_init(&f, false, 8);
    for (size_t i = 0; i < ROWS * IN; i++)
        x[i] = sinf((float)i);
    for (uint32_t i = 0; i < ROWS; i++)
        ids[i] = (i * 1001) % ROWS;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    assert_int_equal(sl_network_map(&f.network, f.theta, &rows, NULL, use, &alone, &err),
                     SL_OK);
    assert_int_equal(
        sl_network_map(&f.network, f.theta, &rows, pool, use, &together, &err), SL_OK);
    assert_memory_equal(alone.y, together.y, sizeof alone.y);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(together.used[i], 1);
    assert_memory_not_equal(alone.y, alone.y + 5, 5 * sizeof *alone.y);
    sl_pool_free(pool);
    data.d = IN - 1;
    assert_int_equal(sl_network_map(&f.network, f.theta, &rows, NULL, use, &alone, &err),
                     SL_ERR_SHAPE);
    fixture_release(&f);
}

/* ---- parameters by name ------------------------------------------------------------- */

static void
parameters_go_into_a_bundle_and_back(void **state)
{
    static struct fixture f;
    struct sl_bundle bundle;
    struct sl_error err = {0};
    const struct sl_item *item;
    float *back;

    (void)state;
    fixture_init(&f, false, 1);
    sl_bundle_init(&bundle, &f.arena);
    assert_int_equal(sl_network_pack(&f.network, f.theta, &bundle, &err), SL_OK);
    assert_int_equal(bundle.n, 6);
    item = sl_bundle_find(&bundle, "b.weight");
    assert_non_null(item);
    assert_int_equal(item->tensor.shape[0], 3);
    assert_int_equal(item->tensor.shape[1], 6);
    assert_memory_equal(item->tensor.data, (float *)f.theta + 48, 18 * sizeof(float));
    assert_int_equal(sl_bundle_find(&bundle, "b.bias")->tensor.rank, 1);
    back = sl_arena_array(&f.arena, f.network.parameters, sizeof *back);
    assert_int_equal(sl_network_unpack(&f.network, &bundle, back, &err), SL_OK);
    assert_memory_equal(back, f.theta, f.network.parameters * sizeof *back);
    fixture_release(&f);
}

/* Weights, and not biases. */
static void
matrices_decay_and_vectors_do_not(void **state)
{
    static struct fixture f;
    struct sl_spans spans = {0};
    const struct sl_span want[] = {{100, 42}, {148, 18}, {169, 15}};

    (void)state;
    fixture_init(&f, false, 3);
    sl_network_decayed(&f.network, 100, &spans);
    assert_int_equal(spans.n, 3);
    assert_memory_equal(spans.at, want, sizeof want);
    fixture_release(&f);
}

static void
parameters_that_do_not_fit_are_named(void **state)
{
    static struct fixture f;
    struct sl_bundle bundle;
    struct sl_error err = {0};
    struct sl_item item = {.name = "b.weight"};
    float values[18] = {0};

    (void)state;
    fixture_init(&f, false, 1);
    sl_bundle_init(&bundle, &f.arena);
    assert_int_equal(sl_network_unpack(&f.network, &bundle, f.theta, &err), SL_ERR_SHAPE);
    assert_string_equal(err.text, "the model has no parameters 'a.weight'");
    assert_int_equal(sl_network_pack(&f.network, f.theta, &bundle, &err), SL_OK);
    item.tensor = sl_tensor_matrix(SL_F32, values, 6, 3);
    assert_int_equal(sl_bundle_add(&bundle, &item, &err), SL_OK);
    assert_int_equal(sl_network_unpack(&f.network, &bundle, f.theta, &err), SL_ERR_SHAPE);
    assert_non_null(strstr(err.text, "'b.weight'"));
    fixture_release(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_of_the_whole_are_those_of_differences),
        cmocka_unit_test(gradients_are_not_all_zero),
        cmocka_unit_test(x_is_not_written_by_a_first_layer_in_place),
        cmocka_unit_test(map_gives_the_same_bytes_for_any_number_of_threads),
        cmocka_unit_test(parameters_go_into_a_bundle_and_back),
        cmocka_unit_test(matrices_decay_and_vectors_do_not),
        cmocka_unit_test(parameters_that_do_not_fit_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
