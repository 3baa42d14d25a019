/* SPDX-License-Identifier: MIT */
/* What the minibatch loop makes of a gradient before the optimizer steps: warm-up and
 * clipping, by a learner whose loss is |theta|^2 / 2, whatever the rows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/fit.h"
#include "tests/unit/fake_step.h"

/* Two batches an epoch. */
enum { ROWS = 10, N = 3 };
static const double begin[N] = {3, -4, 12};

struct steps {
    double theta[200][N]; /* as each batch found it */
    size_t n;
    double factor; /* of the gradient */
};

static void
init(void *context, void *theta)
{
    (void)context;
    memcpy(theta, begin, sizeof begin);
}

static double
gradient(void *context, const struct sl_fit_batch *batch, const void *theta, void *dtheta)
{
    struct steps *s = context;
    const double *at = theta;
    double loss = 0;

    (void)batch;
    memcpy(s->theta[s->n++], at, sizeof begin);
    for (size_t i = 0; i < N; i++) {
        ((double *)dtheta)[i] = s->factor * at[i];
        loss += at[i] * at[i] / 2;
    }
    return loss;
}

static void
losses(void *context, struct sl_pool *pool, const struct sl_rows *rows, const void *theta,
       double *out)
{
    (void)context, (void)pool, (void)rows, (void)theta, (void)out;
}

static enum sl_status
run(struct steps *s, struct sl_step *step, const char *yaml, struct sl_error *err)
{
    static const struct sl_entry entry = {.name = "fit",
                                          .fields = sl_fit_fields,
                                          .config_size = sizeof(struct sl_fit_config)};
    static const uint32_t rows[ROWS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static float x[ROWS];
    static const struct sl_split split = {"train", ROWS, rows};
    static const struct sl_dataset data = {.n = ROWS,
                                           .d = 1,
                                           .type = SL_F32,
                                           .x = x,
                                           .scale = 1,
                                           .split_count = 1,
                                           .splits = &split};
    const struct sl_learner learner = {.context = s,
                                       .parameters = N,
                                       .init = init,
                                       .gradient = gradient,
                                       .losses = losses};
    void *theta;

    s->n = 0;
    s->factor = s->factor == 0 ? 1 : s->factor;
    fake_step_init(step, "train", 9, &data);
    return sl_fit(step, fake_config(&entry, yaml, &step->arena), &data, &learner, &theta,
                  err);
}

#define PLAIN                                                                            \
    "batch_size: 5, precision: float64, optimizer: {sgd: {momentum: 0, lr: 0.1}}"

/* The share of theta that each step takes is the learning rate. */
static void
assert_rates(const char *yaml, const double *want, size_t n)
{
    static struct steps s;
    struct sl_error err = {0};
    struct sl_step step;

    if (run(&s, &step, yaml, &err))
        fail_msg("%s", err.text);
    assert_true(s.n > n);
    for (size_t i = 0; i < n; i++) {
        double got = 1 - s.theta[i + 1][2] / s.theta[i][2];
        if (!(fabs(got - want[i]) < 1e-14))
            fail_msg("%s: the rate of batch %zu is %g, not %g", yaml, i, got, want[i]);
    }
    fake_step_release(&step);
}

static void
rates_follow_warm_up_and_schedule(void **state)
{
    const double plain[] = {0.1, 0.1, 0.1}, warm[] = {0.025, 0.05, 0.075, 0.1, 0.1, 0.1};
    const double steps[] = {0.05, 0.1, 0.1, 0.1, 0.02, 0.02, 0.02, 0.02, 0.004};
    const double stones[] = {0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025};
    const double cosine[] = {0.05, 0.1, 0.1, 0.075, 0.025};

    (void)state;
    assert_rates("{epochs: 4, " PLAIN "}", plain, 3);
    assert_rates("{epochs: 4, warmup: 2, " PLAIN "}", warm, 6);
    assert_rates(
        "{epochs: 6, warmup: 1, schedule: {step: {every: 2, factor: 0.2}}, " PLAIN "}",
        steps, 9);
    assert_rates(
        "{epochs: 6, schedule: {milestones: {epochs: [1, 3], factor: 0.5}}, " PLAIN "}",
        stones, 8);
    assert_rates("{epochs: 3, warmup: 1, schedule: cosine, " PLAIN "}", cosine, 3);
}

/* theta after the first step, from a gradient that is theta: 13 long. */
static void
assert_first_step(const char *yaml, const double *gradient)
{
    static struct steps s;
    struct sl_error err = {0};
    struct sl_step step;

    assert_int_equal(run(&s, &step, yaml, &err), SL_OK);
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(s.theta[1][i] - (begin[i] - 0.1 * gradient[i])) < 1e-14);
    fake_step_release(&step);
}

static void
gradients_are_cut_down(void **state)
{
    const double short_one[] = {1.5, -2, 6}, cut[] = {3, -3.5, 3.5};

    (void)state;
    assert_first_step("{epochs: 1, " PLAIN "}", begin);
    assert_first_step("{epochs: 1, clip: 13, " PLAIN "}", begin);
    assert_first_step("{epochs: 1, clip: 6.5, " PLAIN "}", short_one);
    assert_first_step("{epochs: 1, clip: 3.5, clip_by: value, " PLAIN "}", cut);
}

static void
how_often_it_clipped_is_recorded(void **state)
{
    static struct steps s;
    struct sl_error err = {0};
    struct sl_step step;
    const struct sl_item *sizes;

    (void)state;
    assert_int_equal(run(&s, &step, "{epochs: 4, clip: 12, " PLAIN "}", &err), SL_OK);
    sizes = fake_series(&step, "gradient");
    assert_int_equal(sl_tensor_count(&sizes->tensor), 8);
    assert_string_equal(sizes->axis, "iteration");
    assert_true(sl_tensor_at(&sizes->tensor, 0) == 13);
    assert_true(fabs(sl_tensor_at(&sizes->tensor, 1) - 11.8) < 1e-14);
    assert_true(fake_metric(&step, "clipped") == 0.125);
    fake_step_release(&step);
}

static void
a_gradient_that_is_not_finite_is_told(void **state)
{
    static struct steps s = {.factor = (double)INFINITY};
    struct sl_error err = {0};
    struct sl_step step;

    (void)state;
    assert_int_equal(run(&s, &step, "{epochs: 1, clip: 1, " PLAIN "}", &err),
                     SL_ERR_NUMERIC);
    assert_string_equal(err.text, "the gradient to be clipped is not finite at iteration "
                                  "1 (epoch 1, batch 1)");
    fake_step_release(&step);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_follow_warm_up_and_schedule),
        cmocka_unit_test(gradients_are_cut_down),
        cmocka_unit_test(how_often_it_clipped_is_recorded),
        cmocka_unit_test(a_gradient_that_is_not_finite_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
