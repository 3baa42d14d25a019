/* SPDX-License-Identifier: MIT */
#include "tests/unit/mean_learner.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static double
get(const struct fixture *f, const void *array, size_t i)
{
    return f->f64 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

static void
set(const struct fixture *f, void *array, size_t i, double value)
{
    if (f->f64)
        ((double *)array)[i] = value;
    else
        ((float *)array)[i] = (float)value;
}

static void
init(void *context, void *theta)
{
    for (size_t j = 0; j < COLUMNS; j++)
        set(context, theta, j, 0.125 * (double)j - 0.3);
}

static double
gradient(void *context, const struct sl_fit_batch *batch, const void *theta, void *dtheta)
{
    struct fixture *f = context;
    double sum = 0, slope[COLUMNS] = {0};

    for (size_t i = 0; i < batch->n; i++) {
        f->seen[f->rows++] = (unsigned)get(f, batch->x, i * COLUMNS);
        for (size_t j = 0; j < COLUMNS; j++) {
            double e = get(f, theta, j) - get(f, batch->x, i * COLUMNS + j);
            sum += e * e / COLUMNS;
            slope[j] += 2 * e / COLUMNS / (double)batch->n;
        }
    }
    for (size_t j = 0; j < COLUMNS; j++)
        set(f, dtheta, j, slope[j]);
    f->sizes[f->batches++] = batch->n;
    return batch->iteration + 1 == f->nan_at ? (double)NAN : sum / (double)batch->n;
}

static void
losses(void *context, struct sl_pool *pool, const struct sl_rows *rows, const void *theta,
       double *out)
{
    const struct fixture *f = context;

    (void)pool;
    for (size_t i = 0; i < rows->n; i++) {
        out[i] = f->most != 0 && get(f, theta, 0) > f->most ? (double)NAN : 0;
        for (size_t j = 0; j < COLUMNS; j++) {
            double e = get(f, theta, j) - (double)f->x[rows->ids[i]][j];
            out[i] += e * e / COLUMNS;
        }
    }
}

void
fixture_init(struct fixture *f, bool f64)
{
    *f = (struct fixture){.f64 = f64, .span = {1, 1}};
    for (size_t i = 0; i < ROWS; i++) {
        f->x[i][0] = (float)i;
        for (size_t j = 1; j < COLUMNS; j++)
            f->x[i][j] = sinf((float)(i * COLUMNS + j));
    }
    for (size_t i = 0; i < TRAIN; i++)
        f->train[i] = (uint32_t)(i * 7 % ROWS);
    for (size_t i = 0; i < 4; i++)
        f->validation[i] = (uint32_t)(3 * i + 2);
    f->splits[0] = (struct sl_split){"train", TRAIN, f->train};
    f->splits[1] = (struct sl_split){"validation", 4, f->validation};
    f->splits[2] = (struct sl_split){"none", 0, NULL};
    f->data = (struct sl_dataset){.n = ROWS,
                                  .d = COLUMNS,
                                  .type = SL_F32,
                                  .x = f->x,
                                  .scale = 1,
                                  .split_count = 3,
                                  .splits = f->splits};
    f->learner = (struct sl_learner){.context = f,
                                     .parameters = COLUMNS,
                                     .init = init,
                                     .gradient = gradient,
                                     .losses = losses,
                                     .apart = true,
                                     .decayed = {1, 1, &f->span}};
}

static const struct sl_entry fit_entry = {
    .name = "fit", .fields = sl_fit_fields, .config_size = sizeof(struct sl_fit_config)};

enum sl_status
fit(struct fixture *f, struct sl_step *step, const char *yaml, void **theta,
    struct sl_error *err)
{
    const struct sl_fit_config *config = fake_config(&fit_entry, yaml, &step->arena);

    f->f64 = config->precision == SL_FLOAT64_PRECISION;
    return sl_fit(step, config, &f->data, &f->learner, theta, err);
}

void
assert_same_result(const struct sl_step *a, const void *theta_a, const struct sl_step *b,
                   const void *theta_b, size_t real)
{
    assert_memory_equal(theta_a, theta_b, COLUMNS * real);
    assert_int_equal(a->series.n, b->series.n);
    for (size_t i = 0; i < a->series.n; i++) {
        const struct sl_tensor *s = &a->series.items[i].tensor;
        const struct sl_tensor *t = &b->series.items[i].tensor;
        assert_int_equal(sl_tensor_bytes(s), sl_tensor_bytes(t));
        assert_memory_equal(s->data, t->data, sl_tensor_bytes(s));
    }
}
