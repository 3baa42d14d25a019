/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/pipeline/cost.h"
#include "tests/unit/workspace.h"

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *e)
{
    (void)schema;
    e->work = *(const double *)config;
    e->score = 50;
}

static const struct sl_module learner = {.entry = {.name = "learner"},
                                         .estimate = estimate};
static const struct sl_module rule = {.entry = {.name = "rule"}};

static const char *const splits[] = {"train", "test"};
static const size_t rows[] = {1000, 300};
static const double works[] = {4e9, 1e10};

static struct sl_stage
stage_of(const struct sl_module *module, size_t work)
{
    return (struct sl_stage){
        .module = module,
        .config = &works[work],
        .schema = {.split_count = 2, .splits = splits, .rows = rows}};
}

static void
write_journal(const char *const *lines)
{
    FILE *file = fopen("journal.jsonl", "w");

    assert_non_null(file);
    for (; *lines; lines++)
        fprintf(file, "%s\n", *lines);
    fclose(file);
}

#define STEP(kind, state, seconds, work)                                                 \
    "{\"time\":\"t\",\"event\":\"step\",\"step\":\"s\",\"state\":\"" state               \
    "\",\"kind\":\"" kind "\",\"seconds\":" seconds ",\"work\":" work "}"

static void
work_is_what_modules_estimate(void **state)
{
    struct sl_stage large = stage_of(&learner, 1), other = stage_of(&rule, 0);
    struct sl_plan_step train = {.stage = &large};
    struct sl_plan_step score = {.stage = &large, .split = "test"};
    struct sl_plan_step calibrate = {.stage = &other};

    (void)state;
    assert_true(sl_cost_work(&train) == 1e10);
    assert_true(sl_cost_work(&score) == 50 * 300);
    assert_true(sl_cost_work(&calibrate) == 0);
    assert_string_equal(sl_cost_kind(&train).text, "learner");
    assert_string_equal(sl_cost_kind(&score).text, "score learner");
}

static void
seconds_go_by_what_was_measured(void **state)
{
    static const char *const lines[] = {
        STEP("learner", "done", "6.0", "2e9"),
        STEP("learner", "done", "2.0", "2e9"),
        STEP("learner", "cached", "0.001", "2e9"), /* not the module's */
        STEP("learner", "failed", "77.0", "2e9"),
        STEP("rule", "done", "0.25", "0.0"),
        STEP("rule", "done", "0.75", "0.0"),
        "{\"event\":\"run\",\"kind\":\"rule\",\"state\":\"done\",\"seconds\":100.0}",
        "{\"event\":\"step\",\"kind\":\"rule\",\"state\":\"do", /* a kill */
        NULL,
    };
    struct sl_stage large = stage_of(&learner, 1), other = stage_of(&rule, 0);
    struct sl_plan_step train = {.stage = &large}, calibrate = {.stage = &other};
    struct sl_plan_step score = {.stage = &large, .split = "test"};
    struct sl_costs costs;
    struct sl_arena arena;
    bool measured;

    (void)state;
    sl_arena_init(&arena);
    write_journal(lines);
    sl_costs_read(&costs, "journal.jsonl", &arena);
    assert_true(sl_cost_of(&costs, &train, &measured) == 20);
    assert_true(measured);
    assert_true(sl_cost_of(&costs, &calibrate, &measured) == 0.5);
    assert_true(measured);
    assert_true(sl_cost_of(&costs, &score, &measured) == 50 * 300 / SL_COST_RATE);
    assert_false(measured);
    sl_arena_release(&arena);
}

static void
without_a_journal_work_decides(void **state)
{
    struct sl_stage large = stage_of(&learner, 1), other = stage_of(&rule, 0);
    struct sl_plan_step train = {.stage = &large}, calibrate = {.stage = &other};
    struct sl_costs costs;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sl_costs_read(&costs, "journal.jsonl", &arena);
    assert_true(sl_cost_of(&costs, &train, NULL) == 1e10 / SL_COST_RATE);
    assert_true(sl_cost_of(&costs, &calibrate, NULL) == SL_COST_LEAST);
    sl_arena_release(&arena);
}

/* The training of 10 epochs goes on from that of 4: it has the rest to do. */
static void
what_an_earlier_step_does_is_not_counted_twice(void **state)
{
    struct sl_stage small = stage_of(&learner, 0), large = stage_of(&learner, 1);
    struct sl_plan_step steps[] = {{.stage = &large, .horizon = 10},
                                   {.stage = &small, .horizon = 4},
                                   {.stage = &large, .horizon = 10}};
    struct sl_plan plan = {.n = 3, .steps = steps};
    const bool wanted[] = {true, true, false};
    struct sl_costs costs;
    struct sl_arena arena;
    const size_t *before;
    const double *seconds;

    (void)state;
    sl_arena_init(&arena);
    sl_costs_read(&costs, NULL, &arena);
    steps[2].trajectory.bytes[0] = 1;
    before = sl_plan_chain(&plan, wanted, &arena);
    assert_true(before[0] == 1 && before[1] == SIZE_MAX && before[2] == SIZE_MAX);
    seconds = sl_costs_seconds(&costs, &plan, wanted, before, &arena);
    assert_true(seconds[0] == (1e10 / SL_COST_RATE) - (4e9 / SL_COST_RATE));
    assert_true(seconds[1] == 4e9 / SL_COST_RATE);
    assert_true(seconds[2] == 0);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_what_modules_estimate),
        WORKSPACE_TEST(seconds_go_by_what_was_measured),
        WORKSPACE_TEST(without_a_journal_work_decides),
        cmocka_unit_test(what_an_earlier_step_does_is_not_counted_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
