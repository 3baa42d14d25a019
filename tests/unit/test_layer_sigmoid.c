/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"

static const struct sl_layer_class *
sigmoid(bool f64)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_ACTIVATION, "sigmoid");

    assert_non_null(row);
    return (const struct sl_layer_class *)row->as[f64];
}

/* Reference values to 17 digits. */
static void
values_are_those_of_the_logistic_function(void **state)
{
    const double x[] = {0, 1, -1, 2.385, -7.25, 20.5};
    const double want[] = {0.5,
                           0.7310585786300049,
                           0.2689414213699951,
                           0.9156763035785255,
                           0.0007096703991005881,
                           0.9999999987498471};
    const struct sl_layer layer = {.in = 6, .out = 6};
    double y[6];
    float x32[6], y32[6];
    struct sl_pass pass = {.n = 1, .x = x, .y = y};

    (void)state;
    sigmoid(true)->forward(&layer, &pass);
    for (size_t i = 0; i < 6; i++)
        x32[i] = (float)x[i];
    pass.x = x32;
    pass.y = y32;
    sigmoid(false)->forward(&layer, &pass);
    for (size_t i = 0; i < 6; i++) {
        assert_true(fabs(y[i] - want[i]) <= 3e-16);
        assert_true(fabs((double)y32[i] - want[i]) <= 2.4e-7 * want[i]);
    }
}

static void
ends_are_0_and_1_and_nan_stays(void **state)
{
    const float x[] = {-INFINITY, -1000, 1000, INFINITY, NAN};
    const struct sl_layer layer = {.in = 5, .out = 5};
    float y[5];
    struct sl_pass pass = {.n = 1, .x = x, .y = y};

    (void)state;
    sigmoid(false)->forward(&layer, &pass);
    assert_true(y[0] == 0 && y[1] == 0 && y[2] == 1 && y[3] == 1);
    assert_true(isnan(y[4]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_logistic_function),
        cmocka_unit_test(ends_are_0_and_1_and_nan_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
