/* SPDX-License-Identifier: MIT */
#include "modules/learn/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/fit.h"
#include "tests/unit/fake_step.h"

static double
rate(const char *name, const char *yaml, uint64_t iteration, uint64_t iterations)
{
    const struct sl_row *row = sl_registry_find(&sl_builtin, SL_SCHEDULE, name);
    const struct sl_schedule_class *class;
    struct sl_arena arena;
    double got;

    assert_non_null(row);
    class = (const struct sl_schedule_class *)row->as[0];
    sl_arena_init(&arena);
    got = class->rate(fake_config(&class->entry, yaml, &arena), iteration, iterations);
    sl_arena_release(&arena);
    return got;
}

static void
rates_are_those_of_their_curves(void **state)
{
    const struct {
        const char *name, *yaml;
        uint64_t iteration, iterations;
        double want;
    } cases[] = {
        {"constant", "", 0, 7, 1},
        {"constant", "", 6, 7, 1},
        {"cosine", "", 0, 7, 1},
        {"cosine", "", 3500, 7000, 0.5},
        {"cosine", "", 1000, 4000, 0.85355339059327376},
        {"cosine", "", 3999, 4000, 1.5421256083225643e-07},
        {"cosine", "{final: 0.25}", 0, 9, 1},
        {"cosine", "{final: 0.25}", 3, 9, 0.8125},
        {"cosine", "{final: 1}", 5, 9, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got =
            rate(cases[i].name, cases[i].yaml, cases[i].iteration, cases[i].iterations);
        if (!(fabs(got - cases[i].want) <= 1e-15))
            fail_msg("case %zu: %.17g, not %.17g", i, got, cases[i].want);
    }
}

/* Whether two trainings of different length are one trajectory. */
static bool
goes_on(const char *schedule)
{
    static const struct sl_entry fit = {.name = "fit",
                                        .fields = sl_fit_fields,
                                        .config_size = sizeof(struct sl_fit_config)};
    struct sl_text text[2] = {{0}};
    struct sl_arena arena;
    bool same;

    sl_arena_init(&arena);
    for (int i = 0; i < 2; i++) {
        const char *yaml =
            sl_arena_format(&arena, "{schedule: %s, epochs: %d}", schedule, i ? 20 : 10);
        sl_fields_print(sl_fit_fields, fake_config(&fit, yaml, &arena),
                        SL_PRINT_TRAJECTORY, 0, &text[i]);
    }
    same = strcmp(text[0].bytes, text[1].bytes) == 0;
    sl_text_release(&text[0]);
    sl_text_release(&text[1]);
    sl_arena_release(&arena);
    return same;
}

static void
one_that_reads_the_horizon_puts_it_into_the_trajectory(void **state)
{
    (void)state;
    assert_true(goes_on("constant"));
    assert_false(goes_on("cosine"));
    assert_false(goes_on("{cosine: {final: 1}}"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_those_of_their_curves),
        cmocka_unit_test(one_that_reads_the_horizon_puts_it_into_the_trajectory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
