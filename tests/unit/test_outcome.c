/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sample_outcome.h"

static void
ok(enum sl_status status, const struct sl_error *err)
{
    if (status != SL_OK)
        fail_msg("%s", err->text);
}

static void
an_outcome_comes_back(void **state)
{
    struct sl_outcome outcome, again;
    struct sl_error err = {0};
    struct sl_arena arena;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    sample_outcome(&outcome, &arena);
    ok(sl_outcome_write(&outcome, &arena, &bytes, &count, &err), &err);
    sl_outcome_init(&again, &arena);
    ok(sl_outcome_read(bytes, count, &again, &err), &err);
    assert_same_outcome(&again, &outcome);
    assert_null(again.dataset);
    sl_arena_release(&arena);
}

static void
an_empty_outcome_comes_back(void **state)
{
    struct sl_outcome outcome, again;
    struct sl_error err = {0};
    struct sl_arena arena;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    sl_outcome_init(&outcome, &arena);
    ok(sl_outcome_write(&outcome, &arena, &bytes, &count, &err), &err);
    sl_outcome_init(&again, &arena);
    ok(sl_outcome_read(bytes, count, &again, &err), &err);
    assert_int_equal(again.outputs.n + again.metrics.n + again.series.n, 0);
    assert_int_equal(again.tensors.n + again.model.parameters.n, 0);
    assert_null(again.model.module);
    assert_null(again.dataset);
    sl_arena_release(&arena);
}

static void
assert_same_dataset(const struct sl_dataset *got, const struct sl_dataset *want)
{
    assert_memory_equal(&got->content, &want->content, sizeof got->content);
    assert_int_equal(got->n, want->n);
    assert_int_equal(got->d, want->d);
    assert_int_equal(got->type, want->type);
    assert_true(got->scale == want->scale);
    assert_int_equal(got->height, want->height);
    assert_int_equal(got->width, want->width);
    assert_int_equal(got->split_count, want->split_count);
    for (size_t i = 0; i < want->split_count; i++) {
        assert_string_equal(got->splits[i].name, want->splits[i].name);
        assert_int_equal(got->splits[i].n, want->splits[i].n);
        assert_memory_equal(got->splits[i].rows, want->splits[i].rows,
                            want->splits[i].n * sizeof(uint32_t));
    }
}

/* All but the rows, which stand in a file of their own. */
static void
a_data_set_comes_back(void **state)
{
    static const uint32_t rows[] = {4, 0, 3, 1};
    static const struct sl_split splits[] = {{"train", 3, rows},
                                             {"anomalous", 1, rows + 3}};
    static const enum sl_dtype types[] = {SL_F32, SL_F64, SL_U8, SL_I32, SL_U32, SL_I64};
    static const int32_t labels[5] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct sl_dataset data = {.content = sl_digest_of(&types[i], 1),
                                  .n = 5,
                                  .d = 784,
                                  .type = types[i],
                                  .labels = i % 2 == 0 ? labels : NULL,
                                  .scale = 254.9,
                                  .height = 28,
                                  .width = 28,
                                  .split_count = 2,
                                  .splits = splits};
        struct sl_outcome outcome, again;
        struct sl_error err = {0};
        struct sl_arena arena;
        char *bytes;
        size_t count;

        sl_arena_init(&arena);
        sl_outcome_init(&outcome, &arena);
        outcome.dataset = &data;
        ok(sl_outcome_write(&outcome, &arena, &bytes, &count, &err), &err);
        sl_outcome_init(&again, &arena);
        ok(sl_outcome_read(bytes, count, &again, &err), &err);
        assert_same_dataset(again.dataset, &data);
        assert_null(again.dataset->x);
        assert_null(again.dataset->labels);
        assert_int_equal(again.labelled, i % 2 == 0);
        sl_arena_release(&arena);
    }
}

static void
a_model_comes_back(void **state)
{
    struct sl_stored_model model;
    struct sl_outcome outcome;
    struct sl_error err = {0};
    struct sl_arena arena;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    sample_outcome(&outcome, &arena);
    ok(sl_model_write(&outcome.model, &arena, &bytes, &count, &err), &err);
    ok(sl_model_read(bytes, count, &arena, &model, &err), &err);
    assert_same_model(&model, &outcome.model);
    outcome.model.float32 = true;
    ok(sl_model_write(&outcome.model, &arena, &bytes, &count, &err), &err);
    ok(sl_model_read(bytes, count, &arena, &model, &err), &err);
    assert_same_model(&model, &outcome.model);

    ok(sl_outcome_write(&outcome, &arena, &bytes, &count, &err), &err);
    assert_int_equal(sl_model_read(bytes, count, &arena, &model, &err), SL_ERR_IO);
    assert_string_equal(err.text, "the file holds no model of sluice");
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outcome_comes_back),
        cmocka_unit_test(an_empty_outcome_comes_back),
        cmocka_unit_test(a_data_set_comes_back),
        cmocka_unit_test(a_model_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
