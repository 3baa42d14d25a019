/* SPDX-License-Identifier: MIT */
/*
 * What every optimizer of the registry has to keep: it goes downhill, float32 stays beside
 * float64, threads change no byte, and what it remembers is in its state.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/optimizer.h"
#include "tests/unit/fake_step.h"

static const struct sl_optimizer_class *
class_of(const struct sl_row *row, bool f64)
{
    return (const struct sl_optimizer_class *)row->as[f64];
}

/* A minimum at 0.3 i of a bowl whose directions differ in steepness by 100. */
static double
steepness(size_t i)
{
    return pow(10, -1 + 2 * (double)(i % 7) / 6);
}

static double
bowl(const double *theta, size_t n, double *gradient)
{
    double value = 0;

    for (size_t i = 0; i < n; i++) {
        double e = theta[i] - 0.3 * (double)i;
        gradient[i] = steepness(i) * e;
        value += 0.5 * steepness(i) * e * e;
    }
    return value;
}

static void
check_descent(const struct sl_row *row)
{
    enum { N = 7 };
    const struct sl_optimizer_class *class = class_of(row, true);
    double theta[N] = {4, -3, 2.385, -1, 0.5, -0.25, 7}, gradient[N], first, last;
    struct sl_arena arena;
    struct sl_update update = {.n = N, .rate = 1, .theta = theta, .gradient = gradient};
    const void *config;

    sl_arena_init(&arena);
    config = fake_config(&class->entry, "", &arena);
    update.state = sl_arena_array(&arena, class->states * N, sizeof(double));
    first = bowl(theta, N, gradient);
    for (uint64_t t = 1; t <= 2000; t++) {
        update.t = t;
        class->step(config, &update);
        last = bowl(theta, N, gradient);
    }
    assert_true(last < 0.75 * first);
    sl_arena_release(&arena);
}

/* Spans with gaps, some of which begin and end in the middle of a slice. */
static struct sl_spans
some_spans(size_t n, struct sl_arena *arena)
{
    struct sl_spans spans = {0};

    for (size_t at = 2, i = 1; at < n; at += 4 * i * 1009, i++)
        sl_spans_add(&spans, arena, at, i * 1009 < n - at ? i * 1009 : n - at);
    return spans;
}

/* n parameters, some steps along gradients that are drawn; theta is the arena's. */
static void *
walk(const struct sl_row *row, bool f64, size_t n, unsigned steps, struct sl_pool *pool,
     struct sl_arena *arena)
{
    const struct sl_optimizer_class *class = class_of(row, f64);
    size_t real = f64 ? sizeof(double) : sizeof(float);
    void *theta = sl_arena_array(arena, n, real);
    void *gradient = sl_arena_array(arena, n, real);
    struct sl_update update = {
        .n = n, .rate = 1, .theta = theta, .gradient = gradient, .pool = pool};
    const void *config = fake_config(&class->entry, "", arena);
    struct sl_stream stream;

    sl_stream_init(&stream, 496, "test_optimizers", "gradients");
    update.state = sl_arena_array(arena, class->states * n, real);
    update.decayed = some_spans(n, arena);
    for (update.t = 1; update.t <= steps; update.t++) {
        for (size_t i = 0; i < n; i++) {
            float g = (float)sl_stream_normal(&stream);
            if (f64)
                ((double *)gradient)[i] = (double)g;
            else
                ((float *)gradient)[i] = g;
        }
        class->step(config, &update);
    }
    return theta;
}

static void
check_precisions(const struct sl_row *row)
{
    enum { N = 211 };
    struct sl_arena arena;
    const float *theta32;
    const double *theta64;

    sl_arena_init(&arena);
    theta32 = walk(row, false, N, 25, NULL, &arena);
    theta64 = walk(row, true, N, 25, NULL, &arena);
    for (size_t i = 0; i < N; i++) {
        assert_true(theta64[i] != 0);
        assert_true(fabs((double)theta32[i] - theta64[i]) < 1e-6);
    }
    sl_arena_release(&arena);
}

/* More parameters than one tile, and not a whole number of vectors. */
static void
check_threads(const struct sl_row *row)
{
    const size_t n = 200003;
    struct sl_error err = {0};
    struct sl_pool *pool;

    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (int f64 = 0; f64 < 2; f64++) {
        struct sl_arena arena;
        sl_arena_init(&arena);
        assert_memory_equal(walk(row, f64, n, 3, NULL, &arena),
                            walk(row, f64, n, 3, pool, &arena),
                            n * (f64 ? sizeof(double) : sizeof(float)));
        sl_arena_release(&arena);
    }
    sl_pool_free(pool);
}

/* The step of a parameter depends on its own gradients, not on its place. */
static void
check_places(const struct sl_row *row)
{
    const struct sl_optimizer_class *class = class_of(row, false);
    const float g = 0.3711f;
    struct sl_arena arena;

    sl_arena_init(&arena);
    for (size_t n = 1; n < 40; n++) {
        float *theta = sl_arena_array(&arena, n, sizeof *theta);
        float *gradient = sl_arena_array(&arena, n, sizeof *gradient);
        struct sl_update update = {
            .n = n, .rate = 1, .theta = theta, .gradient = gradient};
        update.state = sl_arena_array(&arena, class->states * n, sizeof(float));
        for (size_t i = 0; i < n; i++)
            gradient[i] = g;
        for (update.t = 1; update.t <= 4; update.t++)
            class->step(fake_config(&class->entry, "", &arena), &update);
        for (size_t i = 1; i < n; i++)
            assert_memory_equal(&theta[i], &theta[0], sizeof *theta);
    }
    sl_arena_release(&arena);
}

static void
each_optimizer(void (*check)(const struct sl_row *row))
{
    size_t checked = 0;

    for (size_t i = 0; i < sl_builtin.n; i++) {
        if (sl_builtin.rows[i].table != SL_OPTIMIZER)
            continue;
        check(&sl_builtin.rows[i]);
        checked++;
    }
    assert_true(checked >= 1);
}

static void
steps_go_downhill(void **state)
{
    (void)state;
    each_optimizer(check_descent);
}

static void
float32_is_near_float64(void **state)
{
    (void)state;
    each_optimizer(check_precisions);
}

static void
threads_change_no_byte(void **state)
{
    (void)state;
    each_optimizer(check_threads);
}

static void
places_change_no_byte(void **state)
{
    (void)state;
    each_optimizer(check_places);
}

/* Three steps of Adam by its definition, with settings that are not the default. */
static void
adam_follows_its_definition(void **state)
{
    static const double gradients[3][4] = {
        {0.731, -1.204, 0.0, 2.385e-4},
        {0.518, -0.377, 0.25, -1.9e-3},
        {-0.083, 0.642, -0.125, 7.7e-5},
    };
    static const double want[4] = {0.4073978504784864, -1.3337323628039228,
                                   0.06055402722258677, 2.7103013634648363};
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_OPTIMIZER, "adam");
    const struct sl_optimizer_class *class = class_of(row, true);
    double theta[4] = {0.4127, -1.338, 0.0625, 2.71}, memory[8] = {0};
    struct sl_arena arena;
    const void *config;

    (void)state;
    sl_arena_init(&arena);
    config = fake_config(&class->entry,
                         "{lr: 2e-3, beta1: 0.87, beta2: 0.993, epsilon: 1e-6}", &arena);
    for (uint64_t t = 1; t <= 3; t++) {
        struct sl_update update = {.n = 4,
                                   .rate = 1,
                                   .t = t,
                                   .theta = theta,
                                   .gradient = gradients[t - 1],
                                   .state = memory};
        class->step(config, &update);
    }
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(theta[i] - want[i]) < 1e-14);
    sl_arena_release(&arena);
}

/* ---- beside their formulas ----------------------------------------------------------- */

enum { DIMENSIONS = 6, STEPS = 40 };

/* Parameters 1, 2 and 5 decay. */
static const bool decays[DIMENSIONS] = {false, true, true, false, false, true};

/* Gradients, some of them 0, and rates of a schedule. */
static double
gradient_at(uint64_t t, size_t i)
{
    return (t + i) % 5 == 0 ? 0 : sin(1.7 * (double)t + 2.385 * (double)i) + 0.1;
}

static double
rate_at(uint64_t t)
{
    return t <= 5 ? (double)t / 5 : 1 - 0.01 * (double)t;
}

static void
run_class(const char *name, const char *yaml, double *theta)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_OPTIMIZER, name);
    const struct sl_optimizer_class *class = class_of(row, true);
    double gradient[DIMENSIONS];
    struct sl_arena arena;
    struct sl_update update = {.n = DIMENSIONS, .theta = theta, .gradient = gradient};
    const void *config;

    sl_arena_init(&arena);
    config = fake_config(&class->entry, yaml, &arena);
    update.state = sl_arena_array(&arena, class->states * DIMENSIONS, sizeof(double));
    for (size_t i = 0; i < DIMENSIONS; i++)
        if (decays[i])
            sl_spans_add(&update.decayed, &arena, i, 1);
    for (update.t = 1; update.t <= STEPS; update.t++) {
        update.rate = rate_at(update.t);
        for (size_t i = 0; i < DIMENSIONS; i++)
            gradient[i] = gradient_at(update.t, i);
        class->step(config, &update);
    }
    sl_arena_release(&arena);
}

static const double begin[DIMENSIONS] = {0.4127, -1.338, 0.0625, 2.71, -0.31, 12.5};

/* Loshchilov and Hutter 2019, algorithm 2, with lr * weight_decay for their lambda. */
static void
adamw_follows_its_definition(void **state)
{
    const double lr = 3e-3, beta1 = 0.87, beta2 = 0.993, epsilon = 1e-6, decay = 0.3;
    double got[DIMENSIONS];

    (void)state;
    memcpy(got, begin, sizeof got);
    run_class("adamw",
              "{lr: 3e-3, beta1: 0.87, beta2: 0.993, epsilon: 1e-6, weight_decay: 0.3}",
              got);
    for (size_t i = 0; i < DIMENSIONS; i++) {
        double want = begin[i], m = 0, v = 0;
        for (uint64_t t = 1; t <= STEPS; t++) {
            double g = gradient_at(t, i), eta = rate_at(t) * lr, drawn;
            m = beta1 * m + (1 - beta1) * g;
            v = beta2 * v + (1 - beta2) * g * g;
            drawn = decays[i] ? decay * want : 0;
            want -= eta * (m / (1 - pow(beta1, (double)t)) /
                               (sqrt(v / (1 - pow(beta2, (double)t))) + epsilon) +
                           drawn);
        }
        assert_true(fabs(got[i] - want) < 1e-13 * fmax(1, fabs(want)));
    }
}

static void
check_sgd(const char *yaml, double momentum, bool nesterov, double decay)
{
    double got[DIMENSIONS];

    memcpy(got, begin, sizeof got);
    run_class("sgd", yaml, got);
    for (size_t i = 0; i < DIMENSIONS; i++) {
        double want = begin[i], m = 0;
        for (uint64_t t = 1; t <= STEPS; t++) {
            double g = gradient_at(t, i) + (decays[i] ? decay * want : 0);
            m = momentum * m + g;
            want -= rate_at(t) * 0.02 * (nesterov ? g + momentum * m : m);
        }
        assert_true(fabs(got[i] - want) < 1e-13 * fmax(1, fabs(want)));
    }
}

static void
sgd_follows_its_definition(void **state)
{
    (void)state;
    check_sgd("{lr: 0.02}", 0.9, false, 0);
    check_sgd("{lr: 0.02, momentum: 0}", 0, false, 0);
    check_sgd("{lr: 0.02, momentum: 0.8, weight_decay: 0.07}", 0.8, false, 0.07);
    check_sgd("{lr: 0.02, momentum: 0.8, weight_decay: 0.07, nesterov: true}", 0.8, true,
              0.07);
}

/* Without decay AdamW is Adam, to the bit. */
static void
adamw_without_decay_is_adam(void **state)
{
    double a[DIMENSIONS], b[DIMENSIONS];

    (void)state;
    memcpy(a, begin, sizeof a);
    memcpy(b, begin, sizeof b);
    run_class("adam", "", a);
    run_class("adamw", "{weight_decay: 0}", b);
    assert_memory_equal(a, b, sizeof a);
}

/* 0.9^k of a moment would end among the subnormal numbers, which are slow, and stay. */
static void
adam_forgets_a_gradient_that_ended(void **state)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_OPTIMIZER, "adam");
    const struct sl_optimizer_class *class = class_of(row, false);
    float theta[1] = {0.4127f}, gradient[1] = {-1.9e-3f}, moments[2] = {0};
    struct sl_update update = {
        .n = 1, .rate = 1, .theta = theta, .gradient = gradient, .state = moments};
    struct sl_arena arena;
    const void *config;

    (void)state;
    sl_arena_init(&arena);
    config = fake_config(&class->entry, "", &arena);
    for (update.t = 1; update.t <= 1200; update.t++) {
        class->step(config, &update);
        gradient[0] = 0;
        assert_true(fpclassify(moments[0]) != FP_SUBNORMAL);
    }
    assert_true(moments[0] == 0 && moments[1] > 0);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_go_downhill),
        cmocka_unit_test(float32_is_near_float64),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(places_change_no_byte),
        cmocka_unit_test(adam_follows_its_definition),
        cmocka_unit_test(adamw_follows_its_definition),
        cmocka_unit_test(adamw_without_decay_is_adam),
        cmocka_unit_test(sgd_follows_its_definition),
        cmocka_unit_test(adam_forgets_a_gradient_that_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
