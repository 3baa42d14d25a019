/* SPDX-License-Identifier: MIT */
/* Activations by their formulas, at their ends, and with what each asks of its input. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/layer.h"
#include "tests/unit/fake_step.h"

static struct sl_layer
layer_of(const char *name, const char *yaml, bool f64, struct sl_arena *arena)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_ACTIVATION, name);
    struct sl_layer layer = {.name = name, .in = 1};
    struct sl_error err = {0};

    assert_non_null(row);
    layer.class = (const struct sl_layer_class *)row->as[f64];
    layer.config = fake_config(&layer.class->entry, yaml, arena);
    assert_int_equal(layer.class->shape(&layer, &err), SL_OK);
    return layer;
}

/* y and dy/dx of one number, in either precision. */
static void
evaluate(const char *name, const char *yaml, bool f64, double x, double *y, double *slope)
{
    float in = (float)x, out = 0, kept = 0, one = 1, back = 0;
    double in64 = x, out64 = 0, kept64 = 0, one64 = 1, back64 = 0;
    struct sl_arena arena;
    struct sl_layer layer;
    struct sl_pass pass = {.n = 1, .x = &in, .y = &out, .kept = &kept, .dy = &one};

    sl_arena_init(&arena);
    layer = layer_of(name, yaml, f64, &arena);
    pass.dx = &back;
    if (f64)
        pass = (struct sl_pass){.n = 1,
                                .x = &in64,
                                .y = &out64,
                                .kept = &kept64,
                                .dy = &one64,
                                .dx = &back64};
    layer.class->forward(&layer, &pass);
    layer.class->backward(&layer, &pass);
    *y = f64 ? out64 : (double)out;
    *slope = f64 ? back64 : (double)back;
    sl_arena_release(&arena);
}

static void
values_and_slopes_are_those_of_the_formulas(void **state)
{
    const struct {
        const char *name, *yaml;
        double x, y, slope;
    } cases[] = {
        {"identity", "", -2.385, -2.385, 1},
        {"leaky-relu", "", -2.385, -0.02385, 0.01},
        {"leaky-relu", "", 0.731, 0.73099999999999998, 1},
        {"leaky-relu", "slope: 0.25", -2.385, -0.59624999999999995, 0.25},
        {"leaky-relu", "slope: 0.25", 0.731, 0.73099999999999998, 1},
        {"elu", "", -2.385, -0.90791102042071881, 0.092088979579281194},
        {"elu", "", 0.731, 0.73099999999999998, 1},
        {"elu", "", -9.5, -0.99992514817011235, 7.4851829887700598e-05},
        {"elu", "alpha: 1.7", -2.385, -1.5434487347152219, 0.15655126528477803},
        {"elu", "alpha: 1.7", 0.731, 0.73099999999999998, 1},
        {"elu", "alpha: 1.7", -9.5, -1.699872751889191, 0.00012724811080909101},
        {"gelu", "", -2.385, -0.020366852213886576, -0.046822989197670174},
        {"gelu", "", 0.731, 0.56112321960142264, 0.99086091619743355},
        {"silu", "", -2.385, -0.20111201596521669, -0.099829810962780499},
        {"silu", "", 0.731, 0.49344303912647619, 0.8353814881881767},
        {"silu", "", -9.5, -0.00071103916135080664, -0.00063613971524135603},
        {"softplus", "", -2.385, 0.088092357134353177, 0.084323696421474512},
        {"softplus", "", 0.731, 1.124006029774018, 0.67502467732760085},
        {"softplus", "", -9.5, 7.4849028629267171e-05, 7.4846227510611229e-05},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double y, slope, y32, slope32;
        evaluate(cases[i].name, cases[i].yaml, true, cases[i].x, &y, &slope);
        if (!(fabs(y - cases[i].y) <= 1e-15 * fmax(1, fabs(y)) + 1e-14 * fabs(y)))
            fail_msg("%s(%g) is %.17g, not %.17g", cases[i].name, cases[i].x, y,
                     cases[i].y);
        if (!(fabs(slope - cases[i].slope) <= 1e-15))
            fail_msg("slope of %s at %g is %.17g, not %.17g", cases[i].name, cases[i].x,
                     slope, cases[i].slope);
        evaluate(cases[i].name, cases[i].yaml, false, cases[i].x, &y32, &slope32);
        assert_true(fabs(y32 - y) <= 4e-7 * fmax(fabs(cases[i].x), fabs(y)));
        assert_true(fabs(slope32 - slope) <= 4e-7);
    }
}

static const char *const names[] = {"leaky-relu", "elu", "gelu", "silu", "softplus"};
enum { NAMES = sizeof names / sizeof *names };

/* Far above 0 they are x, far below next to nothing, and nowhere more than numbers. */
static void
far_away_they_are_finite_and_what_they_tend_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        for (int f64 = 0; f64 < 2; f64++) {
            double y, slope, least = strcmp(names[i], "leaky-relu") == 0 ? 0.01 : 0;
            evaluate(names[i], "", f64, 1e4, &y, &slope);
            assert_true(y == 1e4 && slope == 1);
            evaluate(names[i], "", f64, -1e4, &y, &slope);
            assert_true(fabs(slope - least) < 1e-9 && isfinite(y));
            assert_true(y <= 0 ? y >= -100 : y < 1e-30);
        }
    }
}

/* What float32 says below -17, where 1 + e^x is 1. */
static void
softplus_keeps_its_small_values(void **state)
{
    double y, slope;

    (void)state;
    evaluate("softplus", "", false, -30, &y, &slope);
    assert_true(fabs(y / exp(-30) - 1) < 1e-6 && fabs(slope / exp(-30) - 1) < 1e-6);
}

/* A NaN must reach the loss, which tells of it. */
static void
nan_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        for (int f64 = 0; f64 < 2; f64++) {
            double y, slope;
            evaluate(names[i], "", f64, (double)NAN, &y, &slope);
            assert_true(isnan(y));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_slopes_are_those_of_the_formulas),
        cmocka_unit_test(far_away_they_are_finite_and_what_they_tend_to),
        cmocka_unit_test(softplus_keeps_its_small_values),
        cmocka_unit_test(nan_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
