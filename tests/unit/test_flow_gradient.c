/* SPDX-License-Identifier: MIT */
#include "modules/learn/flow_gradient.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_step.h"

/* More rows than there are pieces of one chunk. */
enum { D = 4, MOST = 9001 };

struct fixture {
    struct sl_arena arena;
    struct sl_network network;
    struct sl_network_work work;
    struct sl_flow_gradient gradient;
    double x[MOST * D], log_p[2][MOST], dlog_p[MOST];
    double *theta, *dtheta[2];
};

static const char *const by_rows[][2] = {
    {"dequantise", "{levels: 9, top: 1}"},
    {"standardise", ""},
    {"act-norm", ""},
    {"affine-coupling", "{hidden: [7, 5], s_max: 2}"},
    {"lu-linear", ""},
    {"spline-coupling", "{set: odd, hidden: [6], bins: 5}"},
    {"permutation", ""},
    {"autoregressive", "{hidden: [9], transform: spline, bins: 3}"},
    {"autoregressive", "{hidden: [8], s_max: 1.5}"},
};
#define LAYERS (sizeof by_rows / sizeof *by_rows)

static void
add(struct fixture *f, const char *type, const char *yaml)
{
    struct sl_choice choice = {.row = sl_registry_find(&sl_builtin, SL_FLOW_LAYER, type)};
    struct sl_error err = {0};

    assert_non_null(choice.row);
    choice.config = fake_config(choice.row->as[0], yaml, &f->arena);
    if (sl_network_add(&f->network, sl_arena_format(&f->arena, "%zu", f->network.n),
                       &choice, &err))
        fail_msg("%s", err.text);
}

/* The first `layers` of the list; parameters have some entropy. */
static void
fixture_init(struct fixture *f, size_t layers, size_t rows)
{
    struct sl_error err = {0};
    struct sl_stream stream;

    sl_arena_init(&f->arena);
    sl_network_init(&f->network, &f->arena, D, true);
    for (size_t i = 0; i < layers; i++)
        add(f, by_rows[i][0], by_rows[i][1]);
    assert_int_equal(
        sl_network_work_new(&f->work, &f->network, rows, true, &f->arena, &err), SL_OK);
    assert_int_equal(
        sl_flow_gradient_new(&f->gradient, &f->network, rows, &f->arena, &err), SL_OK);
    f->theta = sl_arena_array(&f->arena, f->network.parameters + 1, sizeof *f->theta);
    for (size_t i = 0; i < 2; i++)
        f->dtheta[i] = sl_arena_array(&f->arena, f->network.parameters + 1, 8);
    sl_stream_init(&stream, 19, "test_flow_gradient", "");
    for (size_t i = 0; i < f->network.parameters; i++)
        f->theta[i] = 0.4 * sl_stream_normal(&stream);
    for (size_t i = 0; i < MOST * D; i++)
        f->x[i] = sl_stream_uniform(&stream);
    for (size_t i = 0; i < MOST; i++)
        f->dlog_p[i] = sl_stream_normal(&stream);
}

static struct sl_network_pass
pass_of(struct fixture *f, size_t n, double *log_p)
{
    struct sl_network_pass pass = {
        .n = n,
        .x = f->x,
        .theta = f->theta,
        .training = true,
        .density = true,
        .iteration = 3,
        .log_det = log_p,
        .dlog_det = f->dlog_p,
    };

    sl_stream_init(&pass.stream, 20, "test_flow_gradient", "draws");
    return pass;
}

static void
assert_near(const double *got, const double *want, size_t n)
{
    double usual = 0;

    for (size_t i = 0; i < n; i++)
        usual = fmax(usual, fabs(want[i]));
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(got[i] - want[i]) <= 1e-12 * usual);
}

/* Batches of one piece and many, of one chunk and many, that come out even or do not. */
static void
pieces_add_up_to_the_whole(void **state)
{
    static const size_t rows[] = {1, 127, 128, 129, 500, 4096, 4100, MOST};
    static struct fixture f;

    (void)state;
    for (size_t layers = 1; layers <= LAYERS; layers += LAYERS - 1) {
        fixture_init(&f, layers, MOST);
        assert_true(f.gradient.pieces > 1);
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            struct sl_network_pass whole = pass_of(&f, rows[k], f.log_p[0]);
            struct sl_network_pass parts = pass_of(&f, rows[k], f.log_p[1]);
            memset(f.log_p[0], 0, sizeof f.log_p[0]);
            sl_network_forward(&f.work, &whole);
            sl_network_backward(&f.work, &whole, f.dtheta[0], NULL);
            sl_flow_gradient(&f.gradient, &parts, f.dtheta[1]);
            assert_near(f.log_p[1], f.log_p[0], rows[k]);
            assert_near(f.dtheta[1], f.dtheta[0], f.network.parameters);
        }
        sl_arena_release(&f.arena);
    }
}

static void
threads_change_no_byte(void **state)
{
    static struct fixture f;
    struct sl_pool *pool;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    fixture_init(&f, LAYERS, MOST);
    for (size_t n = 333; n <= MOST; n += 4334) {
        for (size_t i = 0; i < 2; i++) {
            struct sl_network_pass pass = pass_of(&f, n, f.log_p[i]);
            pass.pool = i ? pool : NULL;
            sl_flow_gradient(&f.gradient, &pass, f.dtheta[i]);
        }
        assert_memory_equal(f.log_p[0], f.log_p[1], n * sizeof *f.log_p[0]);
        assert_memory_equal(f.dtheta[0], f.dtheta[1], f.network.parameters * 8);
    }
    sl_arena_release(&f.arena);
    sl_pool_free(pool);
}

/* One column, and a layer that shares its batch out itself. */
static void
a_layer_that_wants_the_batch_gets_it(void **state)
{
    struct sl_flow_gradient gradient;
    struct sl_network network;
    struct sl_arena arena;
    struct sl_error err = {0};
    struct sl_choice choice = {
        .row = sl_registry_find(&sl_builtin, SL_FLOW_LAYER, "mixture-cdf")};

    (void)state;
    sl_arena_init(&arena);
    choice.config = fake_config(choice.row->as[0], "", &arena);
    sl_network_init(&network, &arena, 1, false);
    assert_int_equal(sl_network_add(&network, "0", &choice, &err), SL_OK);
    assert_int_equal(sl_flow_gradient_new(&gradient, &network, 1000, &arena, &err),
                     SL_OK);
    assert_int_equal(gradient.pieces, 1);
    assert_int_equal(sl_flow_gradient_bytes(&network, 1000),
                     sl_network_bytes(&network, 1000));
    sl_arena_release(&arena);
}

/* A gradient of layers behind those that it does not move is what it was. */
static void
what_settles_gets_no_gradient(void **state)
{
    static struct fixture f;
    struct sl_network_pass pass;
    double dx[100 * D];
    size_t first;

    (void)state;
    fixture_init(&f, 4, 100);
    first = f.network.layers[2].offset;
    assert_true(first > 0);
    pass = pass_of(&f, 100, f.log_p[0]);
    memset(f.log_p[0], 0, sizeof f.log_p[0]);
    sl_network_forward(&f.work, &pass);
    sl_network_backward(&f.work, &pass, f.dtheta[0], NULL);
    sl_network_backward(&f.work, &pass, f.dtheta[1], dx);
    assert_memory_equal(f.dtheta[0], f.dtheta[1], f.network.parameters * 8);
    for (size_t i = 0; i < first; i++)
        assert_true(f.dtheta[0][i] == 0);
    sl_arena_release(&f.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_add_up_to_the_whole),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(a_layer_that_wants_the_batch_gets_it),
        cmocka_unit_test(what_settles_gets_no_gradient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
