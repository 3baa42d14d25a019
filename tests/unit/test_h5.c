/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <hdf5.h>

#include "runner/base/publish.h"
#include "runner/store/h5.h"
#include "tests/unit/workspace.h"

static float f32[] = {2.385f, -0.5f, 1e-30f, 7.0f, 0.1f, -3.25f};
static double f64[] = {2.385, -0.5, 1e300, 7.25, 0.1, -3.0};
static uint8_t u8[] = {3, 250, 17, 0, 255, 1};
static int32_t i32[] = {-2147483647, 12, -5, 90001, 0, 7};
static uint32_t u32[] = {4294967295u, 12, 5, 90001, 0, 7};
static int64_t i64[] = {-9223372036854775807, 12, -5, 90001, 0, 7};
static double epochs[] = {0.5, 1, 1.5, 2, 2.5, 3};

static const struct sl_interval interval = {-1.25, 3.5, "Wilson"};
static struct sl_item all_items[] = {
    {"weight", {SL_F32, 2, {2, 3}, f32}, NULL, NULL, NULL, NULL, NULL, NULL},
    {"loss",
     {SL_F64, 1, {6}, f64},
     "nats",
     "mean over rows",
     "epoch",
     epochs,
     NULL,
     NULL},
    {"a.b c", {SL_U8, 3, {1, 2, 3}, u8}, "", "Länge ≥ 0", NULL, NULL, NULL, NULL},
    {"i32", {SL_I32, 4, {3, 1, 2, 1}, i32}, NULL, NULL, NULL, NULL, NULL, NULL},
    {"u32", {SL_U32, 5, {1, 1, 6, 1, 1}, u32}, "rows", NULL, NULL, NULL, NULL, NULL},
    {"i64", {SL_I64, 1, {6}, i64}, NULL, "help", NULL, NULL, NULL, NULL},
    {"none", {SL_F32, 2, {0, 3}, f32}, NULL, NULL, NULL, NULL, NULL, NULL},
    {"threshold", {SL_F64, 0, {0}, f64}, NULL, NULL, NULL, NULL, &interval, NULL},
    /* From the ninth on a group is stored in another way. */
    {"zeta", {SL_F64, 0, {0}, f64 + 1}, NULL, NULL, NULL, NULL, NULL, "no rows"},
    {"alpha", {SL_F64, 0, {0}, f64 + 2}, NULL, NULL, NULL, NULL, NULL, NULL},
    {"accuracy",
     {SL_F64, 1, {2}, f64 + 3},
     NULL,
     NULL,
     "iteration",
     epochs + 2,
     NULL,
     NULL},
};
static const struct sl_bundle everything = {.items = all_items,
                                            .n = sizeof all_items / sizeof *all_items};

static const char config[] = "name: größe\nseed: 1\n";

/* Fails the test with what err says. */
static void
ok(enum sl_status status, const struct sl_error *err)
{
    if (status != SL_OK)
        fail_msg("%s", err->text);
}

static enum sl_status
fill(struct sl_h5 *file, struct sl_error *err)
{
    SL_TRY(sl_h5_group(file, "/stages/train", err));
    SL_TRY(sl_h5_group(file, "/stages", err));
    SL_TRY(sl_h5_text(file, "/config", config, err));
    SL_TRY(sl_h5_text(file, "/texts/empty", "", err));
    SL_TRY(sl_h5_text(file, "/texts/none", NULL, err));
    SL_TRY(sl_h5_set_text(file, "/", "name", "größe", err));
    SL_TRY(sl_h5_set_text(file, "/", "empty", "", err));
    SL_TRY(sl_h5_set_text(file, "/", "none", NULL, err));
    SL_TRY(sl_h5_set_u64(file, "/", "seed", UINT64_MAX, err));
    SL_TRY(sl_h5_set_double(file, "/stages/train", "scale", 0.1, err));
    SL_TRY(sl_h5_set_double(file, "/stages/train", "nan", (double)NAN, err));
    return sl_h5_bundle(file, "/series/train", &everything, err);
}

static void
build(struct sl_arena *arena, char **bytes, size_t *count)
{
    struct sl_error err = {0};
    struct sl_h5 *file;

    ok(sl_h5_new(&file, &err), &err);
    ok(fill(file, &err), &err);
    ok(sl_h5_image(file, arena, bytes, count, &err), &err);
    sl_h5_free(file);
}

/* The file that build makes, opened, with an arena for what is read. */
struct reading {
    struct sl_arena arena;
    struct sl_h5 *file;
    struct sl_error err;
};

static void
reading_open(struct reading *r)
{
    char *bytes;
    size_t count;

    memset(r, 0, sizeof *r);
    sl_arena_init(&r->arena);
    build(&r->arena, &bytes, &count);
    ok(sl_h5_open(&r->file, bytes, count, &r->err), &r->err);
}

static void
reading_close(struct reading *r)
{
    sl_h5_free(r->file);
    sl_arena_release(&r->arena);
}

static void
assert_same_text(const char *got, const char *want)
{
    if (want == NULL)
        assert_null(got);
    else
        assert_string_equal(got, want);
}

static void
assert_same_item(const struct sl_item *got, const struct sl_item *want)
{
    assert_string_equal(got->name, want->name);
    assert_int_equal(got->tensor.type, want->tensor.type);
    assert_int_equal(got->tensor.rank, want->tensor.rank);
    for (unsigned i = 0; i < want->tensor.rank; i++)
        assert_int_equal(got->tensor.shape[i], want->tensor.shape[i]);
    if (sl_tensor_bytes(&want->tensor) > 0)
        assert_memory_equal(got->tensor.data, want->tensor.data,
                            sl_tensor_bytes(&want->tensor));
    assert_same_text(got->unit, want->unit);
    assert_same_text(got->undefined, want->undefined);
    assert_int_equal(got->interval != NULL, want->interval != NULL);
    if (want->interval) {
        assert_true(got->interval->low == want->interval->low);
        assert_true(got->interval->high == want->interval->high);
        assert_same_text(got->interval->method, want->interval->method);
    }
    assert_same_text(got->help, want->help);
    assert_same_text(got->axis, want->axis);
    if (want->at == NULL)
        assert_null(got->at);
    else
        assert_memory_equal(got->at, want->at, want->tensor.shape[0] * sizeof *want->at);
}

static void
a_bundle_comes_back(void **state)
{
    struct sl_bundle bundle;
    struct reading r;

    (void)state;
    reading_open(&r);
    sl_bundle_init(&bundle, &r.arena);
    ok(sl_h5_read_bundle(r.file, "/series/train", &bundle, &r.err), &r.err);
    assert_int_equal(bundle.n, everything.n);
    for (size_t i = 0; i < bundle.n; i++)
        assert_same_item(&bundle.items[i], &all_items[i]);

    sl_bundle_init(&bundle, &r.arena);
    ok(sl_h5_read_bundle(r.file, "/series/nobody/there", &bundle, &r.err), &r.err);
    assert_int_equal(bundle.n, 0);
    reading_close(&r);
}

static void
names_keep_their_order(void **state)
{
    static const char *const want[] = {"stages", "config", "texts", "series", "axes"};
    const char **names;
    struct reading r;
    size_t n;

    (void)state;
    reading_open(&r);
    ok(sl_h5_names(r.file, "/", &r.arena, &names, &n, &r.err), &r.err);
    assert_int_equal(n, sizeof want / sizeof *want);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(names[i], want[i]);
    ok(sl_h5_names(r.file, "/nothing", &r.arena, &names, &n, &r.err), &r.err);
    assert_int_equal(n, 0);
    reading_close(&r);
}

static void
texts_come_back(void **state)
{
    static const struct {
        const char *path, *want;
    } cases[] = {{"/config", config}, {"/texts/empty", ""}, {"/texts/none", NULL}},
      attributes[] = {{"name", "größe"}, {"empty", ""}, {"none", NULL}};
    struct reading r;
    const char *got;

    (void)state;
    reading_open(&r);
    for (size_t i = 0; i < 3; i++) {
        ok(sl_h5_read_text(r.file, cases[i].path, &r.arena, &got, &r.err), &r.err);
        assert_same_text(got, cases[i].want);
        ok(sl_h5_get_text(r.file, "/", attributes[i].path, &r.arena, &got, &r.err),
           &r.err);
        assert_same_text(got, attributes[i].want);
    }
    ok(sl_h5_get_text(r.file, "/no/object", "name", &r.arena, &got, &r.err), &r.err);
    assert_null(got);
    reading_close(&r);
}

static void
numbers_come_back(void **state)
{
    struct reading r;
    uint64_t seed;
    double number;

    (void)state;
    reading_open(&r);
    ok(sl_h5_get_u64(r.file, "/", "seed", &seed, &r.err), &r.err);
    assert_true(seed == UINT64_MAX);
    ok(sl_h5_get_double(r.file, "/stages/train", "scale", &number, &r.err), &r.err);
    assert_true(number == 0.1);
    ok(sl_h5_get_double(r.file, "/stages/train", "nan", &number, &r.err), &r.err);
    assert_true(isnan(number));
    assert_int_equal(sl_h5_get_u64(r.file, "/", "speed", &seed, &r.err), SL_ERR_IO);
    assert_string_equal(r.err.text, "'/' has no attribute 'speed'");
    assert_int_equal(sl_h5_get_u64(r.file, "/", "name", &seed, &r.err), SL_ERR_IO);
    reading_close(&r);
}

static void
paths_are_known(void **state)
{
    static const struct {
        const char *path;
        bool want;
    } cases[] = {{"/", true},
                 {"/config", true},
                 {"/series", true},
                 {"/series/train/loss", true},
                 {"/conf", false},
                 {"/texts/none", false},
                 {"/no/such/thing", false},
                 {"/config/inside", false}};
    struct reading r;

    (void)state;
    reading_open(&r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(sl_h5_has(r.file, cases[i].path), cases[i].want);
    reading_close(&r);
}

/* An attribute holds less than 64 KiB: here 59,999 bytes are all that ends a character. */
static void
a_long_attribute_is_cut_between_characters(void **state)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_h5 *file;
    const char *got;
    char *text;

    (void)state;
    sl_arena_init(&arena);
    text = sl_arena_alloc(&arena, 70001);
    for (size_t i = 1; i + 2 < 70000; i += 2)
        memcpy(text + i, "ß", 2);
    text[0] = 'x';
    ok(sl_h5_new(&file, &err), &err);
    ok(sl_h5_set_text(file, "/", "long", text, &err), &err);
    ok(sl_h5_get_text(file, "/", "long", &arena, &got, &err), &err);
    assert_int_equal(strlen(got), 59999);
    assert_memory_equal(got, text, 59999);
    sl_h5_free(file);
    sl_arena_release(&arena);
}

/* Fills what the library gets from malloc with this byte, and leaves freed blocks full of
 * it in sizes that the library asks for. */
static void
soil_memory(int byte)
{
    void *blocks[64];

    mallopt(M_PERTURB, byte);
    for (size_t i = 0; i < 64; i++) {
        blocks[i] = malloc(40 + 37 * i * i);
        assert_non_null(blocks[i]);
        memset(blocks[i], byte, 40 + 37 * i * i);
    }
    for (size_t i = 0; i < 64; i++)
        free(blocks[i]);
}

/* Later, too: the clock has gone on by a second, the unit of HDF5's times. */
static void
same_calls_give_same_bytes(void **state)
{
    struct timespec second = {1, 50000000};
    struct sl_arena arena;
    char *first, *again;
    size_t count, count_again;

    (void)state;
    sl_arena_init(&arena);
    soil_memory(0x11);
    build(&arena, &first, &count);
    nanosleep(&second, NULL);
    for (int byte = 0; byte < 256; byte += 51) {
        soil_memory(byte);
        build(&arena, &again, &count_again);
        assert_int_equal(count_again, count);
        assert_memory_equal(again, first, count);
    }
    mallopt(M_PERTURB, 0);
    sl_arena_release(&arena);
}

/* HDF5's own words behind ours; they differ from version to version. */
static bool
tells(const struct sl_error *err, const char *ours)
{
    return strncmp(err->text, ours, strlen(ours)) == 0 &&
           strlen(err->text) > strlen(ours) && strstr(err->text, "no reason") == NULL;
}

struct worker {
    pthread_t thread;
    const char *want;
    size_t count;
    bool same, told;
};

/* Builds the file in many threads while others fail: an error is told where it happens. */
static void *
work(void *context)
{
    static const char junk[600] = "This is no HDF5 file.";
    struct worker *worker = context;

    worker->same = worker->told = true;
    for (int i = 0; i < 10; i++) {
        struct sl_error err = {0};
        struct sl_arena arena;
        struct sl_h5 *file;
        char *bytes = NULL;
        size_t count = 0;

        sl_arena_init(&arena);
        if (sl_h5_open(&file, junk, sizeof junk, &err) != SL_ERR_IO ||
            !tells(&err, "600 bytes are no HDF5 file: HDF5 says: "))
            worker->told = false;
        if (sl_h5_new(&file, &err) == SL_OK) {
            if (fill(file, &err) != SL_OK ||
                sl_h5_image(file, &arena, &bytes, &count, &err) != SL_OK ||
                count != worker->count || memcmp(bytes, worker->want, count) != 0)
                worker->same = false;
            sl_h5_free(file);
        }
        sl_arena_release(&arena);
    }
    return NULL;
}

static void
threads_change_nothing(void **state)
{
    struct worker workers[4];
    struct sl_arena arena;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    build(&arena, &bytes, &count);
    for (size_t i = 0; i < 4; i++) {
        workers[i] = (struct worker){.want = bytes, .count = count};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_true(workers[i].same);
        assert_true(workers[i].told);
    }
    sl_arena_release(&arena);
}

static void
names_that_are_paths_are_refused(void **state)
{
    static const char *const names[] = {"", ".", "a/b", "/"};
    struct sl_error err = {0};
    struct sl_h5 *file;

    (void)state;
    ok(sl_h5_new(&file, &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sl_item item = {.name = names[i], .tensor = {SL_F64, 0, {0}, f64}};
        struct sl_bundle bundle = {.items = &item, .n = 1};

        assert_int_equal(sl_h5_bundle(file, "/g", &bundle, &err), SL_ERR_IO);
        assert_non_null(strstr(err.text, "can't be the name of an HDF5 dataset"));
    }
    assert_false(sl_h5_has(file, "/g"));
    sl_h5_free(file);
}

static void
what_is_written_twice_is_an_error(void **state)
{
    struct sl_error err = {0};
    struct sl_h5 *file;

    (void)state;
    ok(sl_h5_new(&file, &err), &err);
    ok(sl_h5_text(file, "/a/b", "x", &err), &err);
    assert_int_equal(sl_h5_text(file, "/a/b", "x", &err), SL_ERR_IO);
    assert_true(tells(&err, "'/a/b' can't be written: HDF5 says: "));
    assert_int_equal(sl_h5_text(file, "/a/b/c", "x", &err), SL_ERR_IO);
    assert_int_equal(sl_h5_set_u64(file, "/a/q", "x", 1, &err), SL_ERR_IO);
    sl_h5_free(file);
}

static void
a_damaged_file_is_an_error(void **state)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_h5 *file;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    build(&arena, &bytes, &count);
    assert_int_equal(sl_h5_open(&file, bytes, count / 2, &err), SL_ERR_IO);
    assert_true(tells(&err, ""));
    assert_int_equal(sl_h5_open(&file, bytes, 1, &err), SL_ERR_IO);
    bytes[1] ^= 4;
    assert_int_equal(sl_h5_open(&file, bytes, count, &err), SL_ERR_IO);
    sl_arena_release(&arena);
}

/* ---- other readers ----------------------------------------------------------------- */

static void
write_example(void)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    char *bytes;
    size_t count;

    sl_arena_init(&arena);
    build(&arena, &bytes, &count);
    ok(sl_publish("example.h5", bytes, count, &err), &err);
    sl_arena_release(&arena);
}

static void
h5dump_reads_it(void **state)
{
    (void)state;
    if (system("h5dump --version >version.txt 2>&1") != 0) {
        print_message("no h5dump here\n");
        skip();
    }
    write_example();
    assert_int_equal(system("h5dump example.h5 >all.txt"), 0);
    assert_int_equal(system("grep -q 'ATTRIBUTE \"seed\"' all.txt"), 0);
    assert_int_equal(system("grep -q '18446744073709551615' all.txt"), 0);
    assert_int_equal(system("h5dump -a /series/train/loss/DIMENSION_LIST example.h5 | "
                            "grep -q /axes/train/loss/epoch"),
                     0);
    assert_int_equal(
        system("h5dump -a /axes/train/loss/epoch/REFERENCE_LIST example.h5 | "
               "grep -q /series/train/loss"),
        0);
}

static const char script[] =
    "import h5py, numpy\n"
    "f = h5py.File('example.h5', 'r')\n"
    "loss = f['series/train/loss']\n"
    "assert list(loss.dims[0][0]) == [0.5, 1, 1.5, 2, 2.5, 3]\n"
    "assert list(loss.dims[0].keys()) == ['epoch']\n"
    "assert loss.dims[0]['epoch'].name == '/axes/train/loss/epoch'\n"
    "assert h5py.h5ds.is_scale(loss.dims[0][0].id)\n"
    "assert h5py.h5ds.is_attached(loss.id, loss.dims[0][0].id, 0)\n"
    "assert not h5py.h5ds.is_scale(loss.id)\n"
    "assert list(f['series/train/accuracy'].dims[0]['iteration']) == [1.5, 2]\n"
    "assert list(loss) == [2.385, -0.5, 1e300, 7.25, 0.1, -3.0]\n"
    "assert loss.attrs['unit'].decode() == 'nats'\n"
    "assert loss.chunks is None and loss.dtype == '<f8'\n"
    "assert f['config'][()].decode() == 'name: gr\\u00f6\\u00dfe\\nseed: 1\\n'\n"
    "assert h5py.h5a.open(f.id, b'name').get_type().get_cset() == h5py.h5t.CSET_UTF8\n"
    "assert f.attrs['empty'] == b''\n"
    "assert f.attrs['seed'] == 2**64 - 1 and f.attrs['seed'].dtype == numpy.uint64\n"
    "assert f['series/train/weight'].shape == (2, 3)\n"
    "assert f['series/train/none'].shape == (0, 3)\n"
    "assert f['series/train/threshold'][()] == 2.385\n"
    "f2 = h5py.File('example.h5', 'r', track_order=True)\n"
    "assert list(f2['series/train'])[0] == 'weight' and len(f2['series/train']) == 11\n";

static void
h5py_reads_it(void **state)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    struct sl_error err = {0};
    char command[100];

    (void)state;
    write_example();
    ok(sl_publish("read.py", script, strlen(script), &err), &err);
    for (size_t i = 0; i < sizeof pythons / sizeof *pythons; i++) {
        snprintf(command, sizeof command, "%s -c 'import h5py' 2>version.txt",
                 pythons[i]);
        if (system(command) == 0) {
            snprintf(command, sizeof command, "%s read.py", pythons[i]);
            assert_int_equal(system(command), 0);
            return;
        }
    }
    print_message("no h5py here\n");
    skip();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundle_comes_back),
        cmocka_unit_test(names_keep_their_order),
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(paths_are_known),
        cmocka_unit_test(a_long_attribute_is_cut_between_characters),
        cmocka_unit_test(same_calls_give_same_bytes),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(names_that_are_paths_are_refused),
        cmocka_unit_test(what_is_written_twice_is_an_error),
        cmocka_unit_test(a_damaged_file_is_an_error),
        WORKSPACE_TEST(h5dump_reads_it),
        WORKSPACE_TEST(h5py_reads_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
