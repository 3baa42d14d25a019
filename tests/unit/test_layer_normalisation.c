/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"
#include "tests/unit/fake_step.h"

/* Batches of 4 rows; parameters of batch normalisation, which are more. */
enum { N = 4, D = 3, WEIGHT = 0, BIAS = D, MEAN = 2 * D, VARIANCE = 3 * D, ALL = 4 * D };

struct fixture {
    struct sl_arena arena;
    struct sl_layer layer;
    double theta[ALL], y[N * D], kept[4 * D + 2 * N], dx[N * D], dtheta[ALL];
};

static const double x[N * D] = {1, -2, 10, 3, -2.5, 10, 5, -4, 10, 7, 0.5, 10};

static void
fixture_init(struct fixture *f, const char *name, const char *yaml)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_LAYER, name);
    struct sl_error err = {0};

    *f = (struct fixture){.layer = {.in = D}};
    sl_arena_init(&f->arena);
    f->layer.class = (const struct sl_layer_class *)row->as[1];
    f->layer.config = fake_config(row->as[0], yaml, &f->arena);
    assert_int_equal(f->layer.class->shape(&f->layer, &err), SL_OK);
    f->layer.class->init(&f->layer, NULL, f->theta);
}

static struct sl_pass
pass_of(struct fixture *f, size_t n, bool training)
{
    return (struct sl_pass){.n = n,
                            .training = training,
                            .x = x,
                            .theta = f->theta,
                            .y = f->y,
                            .kept = f->kept,
                            .dx = f->dx,
                            .dtheta = f->dtheta};
}

static void
assert_near(double got, double want)
{
    if (fabs(got - want) > 1e-12 * fmax(1, fabs(want)))
        fail_msg("%.17g is not %.17g", got, want);
}

/* Columns 1, 3, 5, 7 have mean 4 and variance 5; -2, -2.5, -4, 0.5 have -2 and 2.625. */
static void
a_batch_is_standardised_by_column(void **state)
{
    struct fixture f;
    struct sl_pass pass;

    (void)state;
    fixture_init(&f, "batch-normalisation", "epsilon: 0.25");
    f.theta[WEIGHT + 1] = 2;
    f.theta[BIAS + 1] = -0.5;
    pass = pass_of(&f, N, true);
    f.layer.class->forward(&f.layer, &pass);
    for (size_t i = 0; i < N; i++) {
        assert_near(f.y[i * D], (x[i * D] - 4) / sqrt(5.25));
        assert_near(f.y[i * D + 1], (x[i * D + 1] + 2) / sqrt(2.875) * 2 - 0.5);
        assert_near(f.y[i * D + 2], 0);
    }
    sl_arena_release(&f.arena);
}

/* They move by the momentum, and are what they become however an optimizer has moved
 * theta. */
static void
running_statistics_follow_the_batches(void **state)
{
    struct fixture f;
    struct sl_pass pass;
    double variance = 1;

    (void)state;
    fixture_init(&f, "batch-normalisation", "momentum: 0.25");
    pass = pass_of(&f, N, true);
    for (unsigned k = 0; k < 2; k++) {
        f.layer.class->forward(&f.layer, &pass);
        for (size_t j = 0; j < D; j++)
            f.theta[MEAN + j] = f.theta[VARIANCE + j] = 917;
        f.layer.class->track(&f.layer, f.kept, f.theta);
        variance = 0.75 * variance + 0.25 * 20 / 3;
    }
    assert_near(f.theta[MEAN], 4 * (1 - 0.75 * 0.75));
    assert_near(f.theta[MEAN + 1], -2 * (1 - 0.75 * 0.75));
    assert_near(f.theta[VARIANCE], variance);
    assert_true(f.theta[WEIGHT] == 1 && f.theta[BIAS] == 0);
    /* and evaluation goes by them */
    pass = pass_of(&f, N, false);
    f.layer.class->forward(&f.layer, &pass);
    assert_near(f.y[D], (3 - f.theta[MEAN]) / sqrt(variance + 1e-5));
    sl_arena_release(&f.arena);
}

/* Bit for bit: also a row that is a batch of its own in training, which moves nothing. */
static void
a_row_in_evaluation_is_what_it_is_alone(void **state)
{
    static const char *const names[] = {"batch-normalisation", "layer-normalisation"};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        double together[N * D], before[ALL];
        struct fixture f;
        struct sl_pass pass;

        fixture_init(&f, names[k], "");
        for (size_t j = 0; j < f.layer.parameters; j++)
            f.theta[j] = 0.7 + 0.3 * (double)j;
        memcpy(before, f.theta, sizeof before);
        pass = pass_of(&f, N, false);
        f.layer.class->forward(&f.layer, &pass);
        memcpy(together, f.y, sizeof together);
        for (size_t i = 0; i < N; i++)
            for (int training = 0; training < 2; training++) {
                pass = pass_of(&f, 1, training);
                pass.x = x + i * D;
                f.layer.class->forward(&f.layer, &pass);
                assert_memory_equal(f.y, together + i * D, D * sizeof *f.y);
            }
        if (f.layer.class->track)
            f.layer.class->track(&f.layer, f.kept, f.theta);
        assert_memory_equal(f.theta, before, sizeof before);
        sl_arena_release(&f.arena);
    }
}

/* Of one row the statistics are constants, and so is their part in the gradient. */
static void
a_batch_of_one_has_a_gradient(void **state)
{
    const double dy[D] = {1.5, -0.5, 2};
    struct fixture f;
    struct sl_pass pass;

    (void)state;
    fixture_init(&f, "batch-normalisation", "");
    f.theta[WEIGHT] = 3;
    f.theta[VARIANCE] = 4 - 1e-5;
    pass = pass_of(&f, 1, true);
    pass.dy = dy;
    f.layer.class->forward(&f.layer, &pass);
    f.layer.class->backward(&f.layer, &pass);
    assert_near(f.dx[0], 1.5 * 3 / 2);
    assert_near(f.dtheta[WEIGHT], 1.5 * x[0] / 2);
    assert_near(f.dtheta[BIAS], 1.5);
    sl_arena_release(&f.arena);
}

static void
a_layer_is_standardised_by_row(void **state)
{
    struct fixture f;
    struct sl_pass pass;

    (void)state;
    fixture_init(&f, "layer-normalisation", "epsilon: 0.125");
    f.theta[WEIGHT + 2] = 0.5;
    f.theta[BIAS + 2] = 1;
    pass = pass_of(&f, N, true);
    f.layer.class->forward(&f.layer, &pass);
    for (size_t i = 0; i < N; i++) {
        const double *row = x + i * D;
        double mean = (row[0] + row[1] + row[2]) / 3, squares = 0;
        for (size_t j = 0; j < D; j++)
            squares += (row[j] - mean) * (row[j] - mean);
        assert_near(f.y[i * D], (row[0] - mean) / sqrt(squares / 3 + 0.125));
        assert_near(f.y[i * D + 2], (row[2] - mean) / sqrt(squares / 3 + 0.125) / 2 + 1);
    }
    sl_arena_release(&f.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_standardised_by_column),
        cmocka_unit_test(running_statistics_follow_the_batches),
        cmocka_unit_test(a_row_in_evaluation_is_what_it_is_alone),
        cmocka_unit_test(a_batch_of_one_has_a_gradient),
        cmocka_unit_test(a_layer_is_standardised_by_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
