/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runner/base/publish.h"
#include "runner/store/h5.h"
#include "runner/store/runfile.h"
#include "tests/unit/sample_outcome.h"
#include "tests/unit/workspace.h"
#include "tests/unit/scalar.h"

static void
ok(enum sl_status status, const struct sl_error *err)
{
    if (status != SL_OK)
        fail_msg("%s", err->text);
}

/* Two stages with results of the same names, one with none. */
static void
sample_run(struct sl_run_record *run, struct sl_arena *arena)
{
    struct sl_stage_record *stages = sl_arena_alloc(arena, 3 * sizeof *stages);
    struct sl_outcome train, detect;

    sample_outcome(&train, arena);
    sample_outcome(&detect, arena);
    bundle_scalar(&detect.metrics, "auroc", 0.9973);
    stages[0] = (struct sl_stage_record){
        "train",     "train",       "autoencoder", "00ff",        "models/1.h5",
        "data=load", train.metrics, train.series,  train.tensors, train.outputs};
    stages[1] = (struct sl_stage_record){.name = "calibrate",
                                         .kind = "calibrate",
                                         .module = "sigma",
                                         .key = "17ab",
                                         .inputs = "split=validation"};
    stages[2] = (struct sl_stage_record){
        "detect-fashion", "detect",       "threshold",   "23cd",         NULL,
        "normal=test",    detect.metrics, detect.series, detect.tensors, detect.outputs};
    *run = (struct sl_run_record){
        .key = "0123456789abcdef",
        .state = "done",
        .name = "größe",
        .description = "",
        .program = "sluice 0.1.0",
        .platform = "x86_64",
        .config = "name: größe\nseed: 18446744073709551615\n",
        .seed = UINT64_MAX,
        .n = 3,
        .stages = stages,
    };
}

static void
publish_run(const char *path, const struct sl_run_record *run, struct sl_arena *arena)
{
    struct sl_error err = {0};
    char *bytes;
    size_t count;

    ok(sl_run_write(run, arena, &bytes, &count, &err), &err);
    ok(sl_publish(path, bytes, count, &err), &err);
}

static void
assert_same_stage(const struct sl_stage_record *got, const struct sl_stage_record *want)
{
    assert_string_equal(got->name, want->name);
    assert_string_equal(got->kind, want->kind);
    assert_string_equal(got->module, want->module);
    assert_string_equal(got->key, want->key);
    assert_string_equal(got->inputs, want->inputs);
    if (want->model == NULL)
        assert_null(got->model);
    else
        assert_string_equal(got->model, want->model);
    assert_same_bundle(&got->metrics, &want->metrics);
    assert_same_bundle(&got->series, &want->series);
    assert_same_bundle(&got->tensors, &want->tensors);
    assert_same_bundle(&got->outputs, &want->outputs);
}

static void
a_run_comes_back(void **state)
{
    struct sl_run_record run, again;
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sample_run(&run, &arena);
    publish_run("run.h5", &run, &arena);
    ok(sl_run_read("run.h5", &arena, &again, &err), &err);
    assert_string_equal(again.key, run.key);
    assert_string_equal(again.state, run.state);
    assert_null(again.reason);
    assert_string_equal(again.name, run.name);
    assert_string_equal(again.description, run.description);
    assert_string_equal(again.program, run.program);
    assert_string_equal(again.platform, run.platform);
    assert_string_equal(again.config, run.config);
    assert_true(again.seed == run.seed);
    assert_int_equal(again.n, run.n);
    for (size_t i = 0; i < run.n; i++)
        assert_same_stage(&again.stages[i], &run.stages[i]);
    sl_arena_release(&arena);
}

static void
a_failed_run_comes_back(void **state)
{
    struct sl_run_record run = {
        .key = "77", .state = "failed", .reason = "the loss is not finite at step 12"};
    struct sl_run_record again;
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    publish_run("run.h5", &run, &arena);
    ok(sl_run_read("run.h5", &arena, &again, &err), &err);
    assert_string_equal(again.state, "failed");
    assert_string_equal(again.reason, run.reason);
    assert_string_equal(again.name, "");
    assert_string_equal(again.config, "");
    assert_int_equal(again.n, 0);
    sl_arena_release(&arena);
}

/* The names that others build on. */
static void
the_layout_stays(void **state)
{
    static const char *const paths[] = {
        "/config",
        "/metrics/train/loss",
        "/metrics/detect-fashion/auroc",
        "/series/train/loss",
        "/series/detect-fashion/rate",
        "/axes/train/loss/epoch",
        "/axes/detect-fashion/rate/iteration",
        "/tensors/train/grid",
        "/stages/calibrate",
    };
    struct sl_run_record run;
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_h5 *file;
    const char *text;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    sample_run(&run, &arena);
    ok(sl_run_write(&run, &arena, &bytes, &count, &err), &err);
    ok(sl_h5_open(&file, bytes, count, &err), &err);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_true(sl_h5_has(file, paths[i]));
    assert_false(sl_h5_has(file, "/metrics/calibrate"));
    ok(sl_h5_get_text(file, "/stages/train", "model", &arena, &text, &err), &err);
    assert_string_equal(text, "models/1.h5");
    sl_h5_free(file);
    sl_arena_release(&arena);
}

static void
peeking_gives_key_and_state(void **state)
{
    struct sl_run_record run;
    struct sl_error err = {0};
    struct sl_arena arena;
    const char *key, *text;

    (void)state;
    sl_arena_init(&arena);
    sample_run(&run, &arena);
    publish_run("run.h5", &run, &arena);
    ok(sl_run_peek("run.h5", &arena, &key, &text, &err), &err);
    assert_string_equal(key, run.key);
    assert_string_equal(text, "done");
    sl_arena_release(&arena);
}

static void
what_is_no_run_file_is_told(void **state)
{
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"text", "'text' is no run file of sluice"},
        {"empty", "'empty' is no run file of sluice"},
        {"half.h5", "'half.h5' is no run file of sluice"},
        {"model.h5", "'model.h5' is no run file of sluice"},
        {"gone.h5", "can't open 'gone.h5': No such file or directory"},
        {".", "'.' is not a regular file"},
    };
    struct sl_run_record run, again;
    struct sl_outcome outcome;
    struct sl_error err = {0};
    struct sl_arena arena;
    const char *key, *text;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    sample_run(&run, &arena);
    ok(sl_run_write(&run, &arena, &bytes, &count, &err), &err);
    ok(sl_publish("half.h5", bytes, count / 2, &err), &err);
    ok(sl_publish("text", "name: x\n", 8, &err), &err);
    ok(sl_publish("empty", "", 0, &err), &err);
    sample_outcome(&outcome, &arena);
    ok(sl_model_write(&outcome.model, &arena, &bytes, &count, &err), &err);
    ok(sl_publish("model.h5", bytes, count, &err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(sl_run_read(cases[i].path, &arena, &again, &err), SL_ERR_IO);
        assert_string_equal(err.text, cases[i].want);
        err = (struct sl_error){0};
        assert_int_equal(sl_run_peek(cases[i].path, &arena, &key, &text, &err),
                         SL_ERR_IO);
        assert_string_equal(err.text, cases[i].want);
    }
    sl_arena_release(&arena);
}

/* Stages as they come, and some that come with others: the bytes are the same. */
static void
a_run_can_be_written_while_it_runs(void **state)
{
    struct sl_run_file file = {0};
    struct sl_run_record run;
    struct sl_error err = {0};
    struct sl_arena arena;
    char *want, *got;
    size_t count, got_count;

    (void)state;
    sl_arena_init(&arena);
    sample_run(&run, &arena);
    ok(sl_run_write(&run, &arena, &want, &count, &err), &err);
    for (size_t step = 1; step <= run.n; step++) {
        struct sl_run_record grown = run;
        grown.n = 0;
        ok(sl_run_begin(&file, &grown, &arena, &err), &err);
        for (; grown.n < run.n; grown.n += step)
            ok(sl_run_add(&file, &grown, grown.n, &err), &err);
        grown.n = run.n;
        ok(sl_run_end(&file, &grown, &arena, &got, &got_count, &err), &err);
        sl_run_free(&file);
        assert_int_equal(got_count, count);
        assert_memory_equal(got, want, count);
    }
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(a_run_comes_back),
        cmocka_unit_test(a_run_can_be_written_while_it_runs),
        WORKSPACE_TEST(a_failed_run_comes_back),
        WORKSPACE_TEST(peeking_gives_key_and_state),
        WORKSPACE_TEST(what_is_no_run_file_is_told),
        cmocka_unit_test(the_layout_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
