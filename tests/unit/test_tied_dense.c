/* SPDX-License-Identifier: MIT */
/* A network that undoes its layers with their own weights. */
#include "modules/learn/tied_dense.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { N = 5, IN = 4, WIDE = 6, CODE = 3 };
enum { FIRST = WIDE * IN + WIDE, SECOND = CODE * WIDE + CODE };
enum { PARAMETERS = FIRST + SECOND + WIDE + IN };

struct fixture {
    struct sl_arena arena;
    struct sl_network network;
    struct sl_network_work work;
    double x[N * IN], dy[N * IN], theta[PARAMETERS], dtheta[PARAMETERS], dx[N * IN];
};

static void
add_tanh(struct fixture *f, const char *name)
{
    struct sl_choice choice = {.row =
                                   sl_registry_find(&sl_builtin, SL_ACTIVATION, "tanh")};
    struct sl_error err = {0};

    assert_int_equal(sl_network_add(&f->network, name, &choice, &err), SL_OK);
}

static void
fixture_init(struct fixture *f)
{
    struct sl_error err = {0};
    struct sl_stream stream;

    sl_arena_init(&f->arena);
    sl_network_init(&f->network, &f->arena, IN, true);
    assert_int_equal(sl_network_add_units(&f->network, "a", "dense", WIDE, &err), SL_OK);
    add_tanh(f, "a.tanh");
    assert_int_equal(sl_network_add_units(&f->network, "b", "dense", CODE, &err), SL_OK);
    add_tanh(f, "b.tanh");
    assert_int_equal(sl_network_add_tied(&f->network, "c", "b", &err), SL_OK);
    add_tanh(f, "c.tanh");
    assert_int_equal(sl_network_add_tied(&f->network, "d", "a", &err), SL_OK);
    assert_int_equal(f->network.parameters, PARAMETERS);
    assert_int_equal(f->network.out, IN);
    assert_int_equal(sl_network_work_new(&f->work, &f->network, N, true, &f->arena, &err),
                     SL_OK);
    sl_stream_init(&stream, 23, "test_tied_dense", "weights");
    sl_network_start(&f->network, &stream, f->theta);
    for (size_t i = 0; i < N * IN; i++) {
        f->x[i] = sl_stream_normal(&stream);
        f->dy[i] = sl_stream_normal(&stream);
    }
}

static const double *
forward(struct fixture *f)
{
    struct sl_network_pass pass = {
        .n = N, .x = f->x, .theta = f->theta, .training = true};

    return sl_network_forward(&f->work, &pass);
}

/* sum of dy y */
static double
objective(struct fixture *f)
{
    const double *y = forward(f);
    double sum = 0;

    for (size_t i = 0; i < N * IN; i++)
        sum += f->dy[i] * y[i];
    return sum;
}

static double
by_differences(struct fixture *f, double *at)
{
    const double step = 1e-5, was = *at;
    double above, below;

    *at = was + step;
    above = objective(f);
    *at = was - step;
    below = objective(f);
    *at = was;
    return (above - below) / (2 * step);
}

static void
weights_get_the_gradients_of_both_uses(void **state)
{
    static struct fixture f;
    struct sl_network_pass pass = {.n = N, .x = f.x, .theta = f.theta, .training = true};

    (void)state;
    fixture_init(&f);
    forward(&f);
    memcpy(sl_network_dy(&f.work), f.dy, sizeof f.dy);
    for (size_t i = 0; i < PARAMETERS; i++)
        f.dtheta[i] = -917.25;
    sl_network_backward(&f.work, &pass, f.dtheta, f.dx);
    for (size_t i = 0; i < PARAMETERS; i++)
        assert_true(fabs(f.dtheta[i] - by_differences(&f, &f.theta[i])) < 1e-8);
    for (size_t i = 0; i < N * IN; i++)
        assert_true(fabs(f.dx[i] - by_differences(&f, &f.x[i])) < 1e-8);
    sl_arena_release(&f.arena);
}

/* The last layer by hand: y = h W + b. */
static void
it_is_the_transpose(void **state)
{
    static struct fixture f;
    const double *h, *y;

    (void)state;
    fixture_init(&f);
    y = forward(&f);
    h = f.work.y[5];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < IN; j++) {
            double want = f.theta[PARAMETERS - IN + j];
            for (size_t k = 0; k < WIDE; k++)
                want += h[i * WIDE + k] * f.theta[k * IN + j];
            assert_true(fabs(y[i * IN + j] - want) < 1e-14);
        }
    sl_arena_release(&f.arena);
}

static void
shapes_that_do_not_mirror_are_told(void **state)
{
    struct sl_network network;
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sl_network_init(&network, &arena, IN, false);
    assert_int_equal(sl_network_add_units(&network, "a", "dense", WIDE, &err), SL_OK);
    assert_int_equal(sl_network_add_units(&network, "b", "dense", CODE, &err), SL_OK);
    assert_int_equal(sl_network_add_tied(&network, "c", "a", &err), SL_ERR_SHAPE);
    assert_string_equal(err.text, "layer 'c' is tied to 'a', which makes 6 columns of 4; "
                                  "it gets 3");
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_get_the_gradients_of_both_uses),
        cmocka_unit_test(it_is_the_transpose),
        cmocka_unit_test(shapes_that_do_not_mirror_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
