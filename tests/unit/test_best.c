/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <math.h>
#include <stdint.h>

#include <cmocka.h>

#include "runner/pipeline/best.h"

/* Three points of two repeats, point by point. */
struct fixture {
    struct sl_arena arena;
    struct sl_objective objective;
    struct sl_point points[3];
    struct sl_run_config at[6];
    struct sl_runs runs;
    struct sl_best best;
};

static void
start(struct fixture *f, bool maximize)
{
    *f = (struct fixture){.objective = {maximize, "detect", "auroc", {"x", 1, 1}}};
    sl_arena_init(&f->arena);
    for (size_t i = 0; i < 6; i++)
        f->at[i] = (struct sl_run_config){.point = i / 2, .repeat = (int64_t)i % 2};
    f->runs = (struct sl_runs){.n = 6, .at = f->at};
    f->runs.sweep = (struct sl_sweep){
        .n = 3,
        .points = f->points,
        .repeats = 2,
        .objective_count = 1,
        .objectives = &f->objective,
    };
    sl_best_init(&f->best, &f->runs, &f->arena);
}

static bool
add(struct fixture *f, size_t run, double value)
{
    const struct sl_run_metric metrics[] = {{"train", "auroc", NULL, -7},
                                            {"detect", "auroc", NULL, value}};
    const struct sl_run_result result = {
        .state = SL_RUN_DONE, .n = 2, .metrics = metrics};

    return sl_best_add(&f->best, run, &result);
}

static void
says(const struct fixture *f, const char *want)
{
    struct sl_text text = {0};

    sl_best_say(&f->best, &text);
    assert_string_equal(text.bytes ? text.bytes : "", want);
    sl_text_release(&text);
}

static void
the_mean_over_repeats_decides(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, true);
    says(&f, "");
    assert_true(add(&f, 2, 0.875));
    says(&f, "detect.auroc 0.875 (point 1; 1 of 2 repeats)");
    assert_true(add(&f, 0, 0.9375));
    says(&f, "detect.auroc 0.9375 (point 0; 1 of 2 repeats)");
    /* one lucky repeat is not the best when the other one is there */
    assert_true(add(&f, 1, 0.5));
    says(&f, "detect.auroc 0.875 (point 1; 1 of 2 repeats)");
    assert_false(add(&f, 4, 0.25));
    assert_true(add(&f, 3, 0.625));
    says(&f, "detect.auroc 0.75 (point 1; 2 of 2 repeats)");
    sl_arena_release(&f.arena);
}

static void
ties_go_to_the_first_and_nan_does_not_count(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, false);
    assert_false(add(&f, 0, (double)NAN));
    assert_true(add(&f, 4, 0.25));
    assert_true(add(&f, 2, 0.25));
    says(&f, "detect.auroc 0.25 (point 1; 1 of 2 repeats)");
    assert_false(add(&f, 5, 0.25));
    says(&f, "detect.auroc 0.25 (point 1; 1 of 2 repeats)");
    sl_arena_release(&f.arena);
}

static void
without_one_objective_there_is_none(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, true);
    f.runs.sweep.objective_count = 2;
    sl_best_init(&f.best, &f.runs, &f.arena);
    assert_false(add(&f, 0, 1));
    sl_best_init(&f.best, NULL, &f.arena);
    assert_false(add(&f, 0, 1));
    says(&f, "");
    sl_arena_release(&f.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_over_repeats_decides),
        cmocka_unit_test(ties_go_to_the_first_and_nan_does_not_count),
        cmocka_unit_test(without_one_objective_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
