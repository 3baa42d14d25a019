/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"

static void
negatives_are_cut_and_gradients_with_them(void **state)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_ACTIVATION, "relu");
    const struct sl_layer_class *class = (const struct sl_layer_class *)row->as[0];
    const struct sl_layer layer = {.in = 6, .out = 6};
    const float x[] = {-2.385f, 0.0f, 0.625f, -1e-38f, 3e38f, -INFINITY};
    const float dy[] = {1.5f, 2.5f, -3.25f, 4.0f, 5.5f, 6.0f};
    const float want_y[] = {0, 0, 0.625f, 0, 3e38f, 0};
    const float want_dx[] = {0, 0, -3.25f, 0, 5.5f, 0};
    float y[6], dx[6];
    struct sl_pass pass = {.n = 1, .x = x, .y = y, .dy = dy, .dx = dx};

    (void)state;
    class->forward(&layer, &pass);
    class->backward(&layer, &pass);
    for (size_t i = 0; i < 6; i++) {
        assert_true(y[i] == want_y[i]);
        assert_true(dx[i] == want_dx[i]);
    }
}

/* A NaN must reach the loss, which tells of it. */
static void
nan_stays(void **state)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_ACTIVATION, "relu");
    const struct sl_layer_class *class = (const struct sl_layer_class *)row->as[0];
    const struct sl_layer layer = {.in = 1, .out = 1};
    float x = NAN, y = 0;
    struct sl_pass pass = {.n = 1, .x = &x, .y = &y};

    (void)state;
    class->forward(&layer, &pass);
    assert_true(isnan(y));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negatives_are_cut_and_gradients_with_them),
        cmocka_unit_test(nan_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
