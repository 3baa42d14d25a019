/* SPDX-License-Identifier: MIT */
/* The load module `idx`, on files of the test's own and on MNIST's where those are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "fake_step.h"
#include "runner/config/yaml.h"
#include "runner/store/content.h"
#include "sample.h"

extern const struct sl_module load_idx;

enum { TRAIN = 503, TEST = 211, SIDE = 6, D = SIDE * SIDE };

static unsigned char *
put(const char *name, uint32_t n, uint32_t height, uint32_t width, uint64_t seed)
{
    size_t count;
    unsigned char *bytes = sample_idx(n, height, width, seed, &count);

    (seed % 2 ? sample_gzip : sample_write)(name, bytes, count);
    return bytes;
}

/* Data sets a (labelled train and test) and b (test without labels). */
static int
enter(void **state)
{
    int failed = sample_enter(state);

    setenv("SLUICE_DATA_DIR", ".", 1);
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    mkdir("a", 0777);
    mkdir("b", 0777);
    free(put("a/x.gz", TRAIN, SIDE, SIDE, 1));
    free(put("a/y", TRAIN, 0, 0, 2));
    free(put("a/tx", TEST, SIDE, SIDE, 4));
    free(put("a/ty.gz", TEST, 0, 0, 5));
    free(put("b/tx", TEST, SIDE, SIDE, 6));
    return failed;
}

#define SETS                                                                             \
    "datasets:\n"                                                                        \
    "  a:\n"                                                                             \
    "    classes: 10\n"                                                                  \
    "    parts:\n"                                                                       \
    "      train: {images: {file: x}, labels: {file: y}, shape: [503, 6, 6]}\n"          \
    "      test: {images: {file: tx}, labels: {file: ty}, shape: [211, 6, 6]}\n"         \
    "  b: {parts: {test: {images: {file: tx}}}}\n"

/* Runs it; the caller releases the step. What it says when it fails. planned: the hash of
 * files whose hash is not stated, as the plan saw them, or NULL. */
static const char *
load_planned(const char *yaml, uint64_t seed, const char *planned, struct sl_step *step)
{
    static char text[sizeof((struct sl_error *)0)->text];
    struct sl_error err = {0};
    void *config;

    fake_step_init(step, "load", seed, NULL);
    step->planned = planned;
    config = fake_config(&load_idx.entry, yaml, &step->arena);
    text[0] = '\0';
    if (load_idx.run(step, config, &err))
        strcpy(text, err.text);
    return text;
}

static const char *
load(const char *yaml, uint64_t seed, struct sl_step *step)
{
    return load_planned(yaml, seed, NULL, step);
}

static void
assert_bytes(const struct sl_dataset *data, size_t first, uint32_t n, uint64_t seed)
{
    size_t count;
    unsigned char *bytes = sample_idx(n, SIDE, SIDE, seed, &count);

    assert_memory_equal((const char *)data->x + first * D, bytes + 16, count - 16);
    free(bytes);
}

static void
assert_labels(const struct sl_dataset *data, size_t first, uint32_t n, uint64_t seed)
{
    size_t count;
    unsigned char *bytes = sample_idx(n, 0, 0, seed, &count);

    for (size_t i = 0; i < n; i++)
        assert_int_equal(data->labels[first + i], bytes[8 + i]);
    free(bytes);
}

static void
parts_lie_one_behind_the_other(void **state)
{
    static const char yaml[] =
        SETS "scale: 127.5\n"
             "splits:\n"
             "  train: {from: a/train, count: 400, choose: random}\n"
             "  rest: {from: a/train, choose: random}\n"
             "  odd: {from: b/test, skip: 200}\n"
             "  test: {from: a/test, classes: [1, 3]}\n";
    struct sl_step step;
    const struct sl_dataset *data = &step.loaded;
    const struct sl_split *splits;

    (void)state;
    assert_string_equal(load(yaml, 7, &step), "");
    assert_int_equal(data->n, TRAIN + 2 * TEST);
    assert_int_equal(data->d, D);
    assert_int_equal(data->height, SIDE);
    assert_int_equal(data->width, SIDE);
    assert_int_equal(data->type, SL_U8);
    assert_true(data->scale == 127.5);
    assert_bytes(data, 0, TRAIN, 1);
    assert_bytes(data, TRAIN, TEST, 6);
    assert_bytes(data, TRAIN + TEST, TEST, 4);
    assert_labels(data, 0, TRAIN, 2);
    assert_labels(data, TRAIN + TEST, TEST, 5);
    for (size_t i = 0; i < TEST; i++)
        assert_int_equal(data->labels[TRAIN + i], -1);

    splits = data->splits;
    assert_int_equal(data->split_count, 4);
    assert_string_equal(splits[1].name, "rest");
    assert_int_equal(splits[0].n, 400);
    assert_int_equal(splits[1].n, TRAIN - 400);
    assert_int_equal(splits[2].n, TEST - 200);
    assert_int_equal(splits[2].rows[0], TRAIN + 200);
    for (size_t k = 0; k < splits[3].n; k++)
        assert_true(data->labels[splits[3].rows[k]] == 1 ||
                    data->labels[splits[3].rows[k]] == 3);
    assert_true(splits[3].n > 20 && splits[3].rows[0] >= TRAIN + TEST);
    fake_step_release(&step);
}

/* The same seed draws the same rows, whatever other splits there are; another draws others. */
static void
draws_depend_on_the_seed_alone(void **state)
{
    static const char *const yamls[] = {
        SETS "splits: {s: {from: a/train, count: 90, choose: random}}",
        SETS "splits: {t: {from: a/test}, s: {from: a/train, count: 90, choose: random}}",
    };
    struct sl_step one, two, other;
    uint32_t moved[90];

    (void)state;
    assert_string_equal(load(yamls[0], 7, &one), "");
    assert_string_equal(load(yamls[1], 7, &two), "");
    assert_string_equal(load(yamls[0], 8, &other), "");
    for (size_t k = 0; k < 90; k++)
        moved[k] = two.loaded.splits[1].rows[k] - TEST;
    assert_memory_equal(one.loaded.splits[0].rows, moved, sizeof moved);
    assert_memory_not_equal(other.loaded.splits[0].rows, moved, sizeof moved);
    fake_step_release(&one);
    fake_step_release(&two);
    fake_step_release(&other);
}

static void
images_need_no_labels(void **state)
{
    struct sl_step step;

    (void)state;
    assert_string_equal(load(SETS "splits: {s: {from: b/test}}", 7, &step), "");
    assert_int_equal(step.loaded.n, TEST);
    assert_null(step.loaded.labels);
    fake_step_release(&step);
}

static const struct {
    const char *yaml, *want;
} refused[] = {
    {"datasets: {c: {parts: {p: {images: {file: x}}}}}\nsplits: {s: {from: c/p}}",
     "data set 'c' has no file 'x' in ./c, /nonexistent/sluice/c; 'sluice data fetch c' "
     "brings it"},
    {"datasets: {a: {parts: {p: {images: {file: x}, labels: {file: ty}}}}}\n"
     "splits: {s: {from: a/p}}",
     "'./a/ty.gz' holds 211 labels for the 503 images of './a/x.gz'"},
    {"datasets: {a: {classes: 9, parts: {p: {images: {file: x}, labels: {file: y}}}}}\n"
     "splits: {s: {from: a/p}}",
     "'./a/y': label 3, counted from 0, is 9; there are 9 classes, 0 to 8"},
    {"datasets: {a: {parts: {p: {images: {file: y}}}}}\nsplits: {s: {from: a/p}}",
     "'./a/y': byte 3: the number of dimensions is 1, expected 3; is it a file of "
     "labels?"},
    {"datasets: {a: {parts: {p: {images: {file: tx}, shape: [211, 6, 7]}}}}\n"
     "splits: {s: {from: a/p}}",
     "'./a/tx' holds 211 images of 6 x 6; the description of 'a/p' says 211 of 6 x 7"},
    {"datasets: {a: {parts: {p: {images: {file: tx}}}}, b: {parts: {q: {images: {file: "
     "wide}}}}}\n"
     "splits: {s: {from: a/p}, t: {from: b/q}}",
     "images of 'a/p' are 6 x 6 of uint8, those of 'b/q' 6 x 9 of uint8"},
    {"datasets: {b: {parts: {p: {images: {file: float}}}}}\nsplits: {s: {from: b/p}}",
     "'./b/float': 2 values are not finite, the first in image 1, pixel 0, counted from "
     "0"},
    {SETS "splits: {s: {from: a/test, classes: [3, 10]}}",
     "split 's': no row of 'a/test' has class 10"},
};

static void
what_does_not_fit_is_refused(void **state)
{
    static const char floats[] =
        "\0\0\x0d\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02\x40\0\0\0\x3f\0\0"
        "\0\x7f\x80\0\0\x7f\xc0\0\0";

    (void)state;
    free(put("b/wide", TEST, 6, 9, 8));
    sample_write("b/float", floats, sizeof floats - 1);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sl_step step;

        assert_string_equal(load(refused[i].yaml, 7, &step), refused[i].want);
        fake_step_release(&step);
    }
}

/* What check says of a stage, one problem a line: "line:column text". */
static void
check(const char *yaml, struct sl_arena *arena, struct sl_text *said)
{
    struct sl_report report;
    struct sl_check check = {.arena = arena, .report = &report};
    void *config = fake_config(&load_idx.entry, yaml, arena);
    struct sl_node *node;

    sl_report_init(&report, arena);
    sl_yaml_parse("x", yaml, strlen(yaml), arena, &report, &node);
    check.node = node;
    check.mark = node->mark;
    load_idx.check(config, &check);
    sl_text_append(said, "");
    for (size_t i = 0; i < report.n; i++)
        sl_text_format(said, "%u:%u %s\n", report.problems[i].mark.line,
                       report.problems[i].mark.column, report.problems[i].text);
}

static const struct {
    const char *yaml, *want;
} checked[] = {
    {SETS "splits:\n"
          "  train: {from: a/train, count: 400, choose: random}\n"
          "  test: {from: a/test}\n",
     ""},
    {SETS "splits:\n"
          "  train: {from: a/trian}\n"
          "  test: {from: test, skip: 3, choose: random}\n",
     "9:17 no part 'a/trian'; there are: a/train, a/test, b/test\n"
     "10:28 'skip' goes with 'choose: first'\n"
     "10:16 no part 'test'; there are: a/train, a/test, b/test\n"},
    {SETS "splits:\n"
          "  train: {from: a/train, count: 504}\n"
          "  test: {from: a/test, classes: [10]}\n"
          "  a-name-that-goes-on-and-on-and-on-for-sixty-four-letters-and-more-:"
          " {from: a/test, skip: 211}\n",
     "10:33 'a' has no class 10, its classes are 0 to 9\n"
     "11:3 the name of a split has at most 63 letters\n"
     "9:33 split 'train' asks for 504 rows of 'a/train' (503 rows), 503 are left for it\n"
     "11:3 split 'a-name-that-goes-on-and-on-and-on-for-sixty-four-letters-and-more-' is "
     "empty: no row of 'a/test' (211 rows) is left for it\n"},
    {SETS "splits:\n"
          "  one: {from: a/train, count: 300}\n"
          "  two: {from: a/train}\n"
          "  other: {from: b/test, classes: [1]}\n",
     "10:3 splits 'one' and 'two' share 300 rows of 'a/train'; 'choose: random' for both "
     "keeps them apart, so do 'skip' and 'classes'\n"
     "11:3 split 'other' takes classes of 'b/test', which has no labels\n"},
};

static void
mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
        struct sl_text said = {0};
        struct sl_arena arena;

        sl_arena_init(&arena);
        check(checked[i].yaml, &arena, &said);
        assert_string_equal(said.bytes, checked[i].want);
        sl_text_release(&said);
        sl_arena_release(&arena);
    }
}

static void
the_schema_is_known_before_reading(void **state)
{
    static const char yaml[] =
        SETS "splits:\n"
             "  odd: {from: b/test}\n"
             "  train: {from: a/train, count: 400, choose: random}\n"
             "  gone: {from: nowhere/else}\n"
             "  rest: {from: a/train, choose: random}\n";
    static const size_t rows[] = {0, 400, 0, TRAIN - 400};
    struct sl_schema schema;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    load_idx.schema(fake_config(&load_idx.entry, yaml, &arena), &arena, &schema);
    assert_int_equal(schema.d, D);
    assert_int_equal(schema.height, SIDE);
    assert_int_equal(schema.width, SIDE);
    assert_int_equal(schema.split_count, 4);
    assert_string_equal(schema.splits[2], "gone");
    assert_memory_equal(schema.rows, rows, sizeof rows);
    sl_arena_release(&arena);
}

/* A file that somebody replaced since it went into the key is not used. */
static void
bytes_are_those_that_were_planned(void **state)
{
    static const char yaml[] = SETS "splits: {s: {from: b/test}}";
    struct sl_digest digest;
    struct sl_step step;
    struct sl_error err;
    char hex[SL_DIGEST_HEX];

    (void)state;
    assert_int_equal(sl_content_digest("b/tx", &digest, &err), SL_OK);
    sl_digest_hex(&digest, hex);
    assert_string_equal(load_planned(yaml, 1, hex, &step), "");
    fake_step_release(&step);
    hex[0] = hex[0] == '0' ? '1' : '0';
    assert_non_null(strstr(load_planned(yaml, 1, hex, &step), "the file is not used"));
    fake_step_release(&step);
}

static void
note(void *context, const char *path, const char *sha256)
{
    sl_text_format(context, "%s %s\n", path, sha256 ? sha256 : "-");
}

static void
only_files_in_use_are_visited(void **state)
{
    static const char yaml[] =
        "datasets: {a: {parts: {p: {images: {file: tx, sha256: 0123}, labels: {file: "
        "ty}},"
        " unused: {images: {file: none}}}}}\n"
        "splits: {s: {from: a/p, count: 5}, t: {from: a/p, skip: 5}}";
    struct sl_text said = {0};
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(load_idx.files(fake_config(&load_idx.entry, yaml, &arena), &arena,
                                    note, &said, &err),
                     SL_OK);
    assert_string_equal(said.bytes, "./a/tx 0123\n./a/ty.gz -\n");
    sl_text_release(&said);
    sl_arena_release(&arena);
}

/* What headers tell is told before any step runs. */
static void
files_are_looked_at_before_they_are_visited(void **state)
{
    static const char yaml[] =
        "datasets: {a: {parts: {p: {images: {file: x}, labels: {file: ty}}}}}\n"
        "splits: {s: {from: a/p}}";
    struct sl_text said = {0};
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(load_idx.files(fake_config(&load_idx.entry, yaml, &arena), &arena,
                                    note, &said, &err),
                     SL_ERR_SHAPE);
    assert_string_equal(err.text,
                        "'./a/ty.gz' holds 211 labels for the 503 images of './a/x.gz'");
    assert_null(said.bytes);
    sl_arena_release(&arena);
}

/* Files as they are published, by the description that the program comes with. */
static void
mnist_is_read(void **state)
{
    static const char yaml[] =
        "datasets: {mnist: {classes: 10, parts: {test: {\n"
        "  images: {file: t10k-images-idx3-ubyte, sha256: "
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7},\n"
        "  labels: {file: t10k-labels-idx1-ubyte, sha256: "
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2}}}}}\n"
        "splits: {sevens: {from: mnist/test, classes: [7]}, ones: {from: mnist/test, "
        "classes: [1], choose: random}}";
    const char *folder = getenv("SLUICE_TEST_DATA");
    struct sl_step step;

    (void)state;
    if (!folder) {
        print_message("SLUICE_TEST_DATA is not set: MNIST is not read\n");
        skip();
    }
    setenv("SLUICE_DATA_DIR", folder, 1);
    assert_string_equal(load(yaml, 1, &step), "");
    setenv("SLUICE_DATA_DIR", ".", 1);
    assert_int_equal(step.loaded.n, 10000);
    assert_int_equal(step.loaded.splits[0].n, 1028);
    assert_int_equal(step.loaded.splits[1].n, 1135);
    assert_int_equal(step.loaded.splits[0].rows[0], 0);
    fake_step_release(&step);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_lie_one_behind_the_other),
        cmocka_unit_test(draws_depend_on_the_seed_alone),
        cmocka_unit_test(images_need_no_labels),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(the_schema_is_known_before_reading),
        cmocka_unit_test(bytes_are_those_that_were_planned),
        cmocka_unit_test(only_files_in_use_are_visited),
        cmocka_unit_test(files_are_looked_at_before_they_are_visited),
        cmocka_unit_test(mnist_is_read),
    };

    return cmocka_run_group_tests(tests, enter, sample_leave);
}
