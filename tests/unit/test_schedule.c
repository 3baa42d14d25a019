/* SPDX-License-Identifier: MIT */
#include "modules/learn/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/fit.h"
#include "tests/unit/fake_step.h"

/* Of a training whose epochs have 10 batches. */
static double
rate(const char *name, const char *yaml, uint64_t iteration, uint64_t iterations,
     uint64_t warmup)
{
    struct sl_choice schedule = {.row = sl_registry_find(&sl_builtin, SL_SCHEDULE, name)};
    struct sl_schedule_point point = {iteration, iterations, 10, warmup};
    struct sl_arena arena;
    double got;

    assert_non_null(schedule.row);
    sl_arena_init(&arena);
    schedule.config = fake_config(schedule.row->as[0], yaml, &arena);
    got = sl_schedule_rate(&schedule, &point);
    sl_arena_release(&arena);
    return got;
}

static void
rates_are_those_of_their_curves(void **state)
{
    const struct {
        const char *name, *yaml;
        uint64_t iteration, iterations, warmup;
        double want;
    } cases[] = {
        {"constant", "", 0, 7, 0, 1},
        {"constant", "", 6, 7, 0, 1},
        {"constant", "", 0, 70, 4, 0.25},
        {"constant", "", 2, 70, 4, 0.75},
        {"constant", "", 3, 70, 4, 1},
        {"constant", "", 4, 70, 4, 1},
        {"constant", "", 6, 7, 14, 0.5},
        {"cosine", "", 0, 7, 0, 1},
        {"cosine", "", 3500, 7000, 0, 0.5},
        {"cosine", "", 1000, 4000, 0, 0.85355339059327376},
        {"cosine", "", 3999, 4000, 0, 1.5421256083225643e-07},
        {"cosine", "{final: 0.25}", 0, 9, 0, 1},
        {"cosine", "{final: 0.25}", 3, 9, 0, 0.8125},
        {"cosine", "{final: 1}", 5, 9, 0, 1},
        {"cosine", "", 499, 8000, 1000, 0.5},
        {"cosine", "", 1000, 8000, 1000, 1},
        {"cosine", "", 4500, 8000, 1000, 0.5},
        {"cosine", "", 5, 6, 8, 0.75},
        {"cosine", "", 5, 6, 6, 1},
        {"step", "{every: 3}", 29, 100, 0, 1},
        {"step", "{every: 3}", 30, 100, 0, 0.1},
        {"step", "{every: 3, factor: 0.5}", 99, 100, 0, 0.125},
        {"step", "{every: 1, factor: 0.5}", 9, 100, 20, 0.125},
        {"step", "{every: 2, factor: 0}", 20, 100, 0, 0},
        {"step", "", 99, 200, 0, 1},
        {"step", "", 100, 200, 0, 0.1},
        {"milestones", "{epochs: [4, 2], factor: 0.25}", 19, 100, 0, 1},
        {"milestones", "{epochs: [4, 2], factor: 0.25}", 20, 100, 0, 0.25},
        {"milestones", "{epochs: [4, 2], factor: 0.25}", 39, 100, 0, 0.25},
        {"milestones", "{epochs: [4, 2], factor: 0.25}", 40, 100, 0, 0.0625},
        {"milestones", "{epochs: [1], factor: 0.5}", 9, 100, 40, 0.125},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = rate(cases[i].name, cases[i].yaml, cases[i].iteration,
                          cases[i].iterations, cases[i].warmup);
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
    assert_true(goes_on("step"));
    assert_true(goes_on("{milestones: {epochs: [2]}}"));
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
