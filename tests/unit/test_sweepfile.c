/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <hdf5.h>

#include "runner/base/publish.h"
#include "runner/store/h5.h"
#include "tests/unit/sample_sweep.h"
#include "tests/unit/workspace.h"

static void
ok(enum sl_status status, const struct sl_error *err)
{
    if (status != SL_OK)
        fail_msg("%s", err->text);
}

static const char *
or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void
assert_same_column(const struct sl_column *got, const struct sl_column *want, size_t rows)
{
    assert_string_equal(got->name, want->name);
    assert_string_equal(or_empty(got->unit), or_empty(want->unit));
    assert_int_equal(got->type, want->type);
    if (want->type == SL_COLUMN_TEXT)
        for (size_t i = 0; i < rows; i++)
            assert_string_equal(got->at.texts[i], or_empty(want->at.texts[i]));
    else if (rows > 0)
        assert_memory_equal(got->at.doubles, want->at.doubles, rows * 8);
}

static void
assert_same_table(const struct sl_table *got, const struct sl_table *want)
{
    assert_int_equal(got->rows, want->rows);
    assert_int_equal(got->n, want->n);
    for (size_t i = 0; i < want->n; i++)
        assert_same_column(&got->columns[i], &want->columns[i], want->rows);
}

static void
publish(const char *path, const struct sl_sweep_record *sweep, struct sl_arena *arena)
{
    struct sl_error err = {0};
    char *bytes;
    size_t count;

    ok(sl_sweep_write(sweep, arena, &bytes, &count, &err), &err);
    ok(sl_publish(path, bytes, count, &err), &err);
}

/* ---- there and back ----------------------------------------------------------------- */

static void
a_sweep_comes_back(void **state)
{
    struct sl_sweep_record sweep, again;
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 7, 5, 11, &arena);
    sweep.rungs = (struct sl_table){3, 2, sweep.runs.columns + 4};
    publish("sweep.h5", &sweep, &arena);
    ok(sl_sweep_file_read("sweep.h5", &arena, &again, &err), &err);
    assert_string_equal(again.key, sweep.key);
    assert_string_equal(again.name, sweep.name);
    assert_string_equal(again.description, sweep.description);
    assert_string_equal(again.program, sweep.program);
    assert_string_equal(again.platform, sweep.platform);
    assert_string_equal(again.axes, sweep.axes);
    assert_string_equal(again.objectives, sweep.objectives);
    assert_int_equal(again.repeats, 5);
    assert_same_table(&again.runs, &sweep.runs);
    assert_same_table(&again.points, &sweep.points);
    assert_same_table(&again.rungs, &sweep.rungs);
    sl_arena_release(&arena);
}

static void
an_empty_sweep_comes_back(void **state)
{
    struct sl_sweep_record sweep, again;
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 0, 5, 0, &arena);
    sweep.description = NULL;
    publish("sweep.h5", &sweep, &arena);
    ok(sl_sweep_file_read("sweep.h5", &arena, &again, &err), &err);
    assert_same_table(&again.runs, &sweep.runs);
    assert_int_equal(again.rungs.n, 0);
    assert_string_equal(again.description, "");
    sl_arena_release(&arena);
}

/* Memory that was used before doesn't shine through. */
static void
the_bytes_are_always_the_same(void **state)
{
    struct sl_sweep_record sweep;
    struct sl_error err = {0};
    struct sl_arena arena;
    char *first, *second, *dirt;
    size_t count, again;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 40, 3, 7, &arena);
    ok(sl_sweep_write(&sweep, &arena, &first, &count, &err), &err);
    dirt = malloc((size_t)1 << 22);
    memset(dirt, 0xA5, (size_t)1 << 22);
    free(dirt);
    ok(sl_sweep_write(&sweep, &arena, &second, &again, &err), &err);
    assert_int_equal(again, count);
    assert_memory_equal(first, second, count);
    sl_arena_release(&arena);
}

static void
a_column_is_found_by_its_name(void **state)
{
    struct sl_sweep_record sweep;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 2, 2, 0, &arena);
    assert_ptr_equal(sl_table_column(&sweep.runs, "calibrate.k"), sweep.runs.columns + 8);
    assert_null(sl_table_column(&sweep.runs, "calibrate"));
    sl_arena_release(&arena);
}

/* 100 metrics have 500 columns; HDF5's 64 KiB for their description end somewhere. */
static void
many_columns_fit(void **state)
{
    struct sl_column columns[1000];
    double value = 2.385;
    struct sl_table table = {1, 1000, columns}, again;
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_h5 *file;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    for (size_t i = 0; i < table.n; i++)
        columns[i] = (struct sl_column){
            sl_arena_format(&arena, "stage.a_metric_with_a_name_%03zu.mean", i),
            NULL,
            SL_COLUMN_DOUBLE,
            {.doubles = &value}};
    ok(sl_h5_new(&file, &err), &err);
    assert_int_equal(sl_h5_table(file, "/much", &table, &err), SL_ERR_IO);
    assert_non_null(
        strstr(err.text, "a table of 1000 columns: '/much' can't be written"));
    table.n = 510;
    ok(sl_h5_table(file, "/table", &table, &err), &err);
    ok(sl_h5_image(file, &arena, &bytes, &count, &err), &err);
    sl_h5_free(file);
    ok(sl_h5_open(&file, bytes, count, &err), &err);
    ok(sl_h5_read_table(file, "/table", &arena, &again, &err), &err);
    assert_same_table(&again, &table);
    sl_h5_free(file);
    sl_arena_release(&arena);
}

/* ---- what isn't ours ---------------------------------------------------------------- */

static void
what_is_no_sweep_file_is_told(void **state)
{
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"text", "'text' is no sweep file of sluice"},
        {"half.h5", "'half.h5' is no sweep file of sluice"},
        {"other.h5", "'other.h5' is no sweep file of sluice"},
        {"gone.h5", "can't open 'gone.h5': No such file or directory"},
    };
    struct sl_sweep_record sweep, again;
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_h5 *file;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 4, 2, 0, &arena);
    ok(sl_sweep_write(&sweep, &arena, &bytes, &count, &err), &err);
    ok(sl_publish("half.h5", bytes, count / 2, &err), &err);
    ok(sl_publish("text", "runs:\n", 6, &err), &err);
    ok(sl_h5_new(&file, &err), &err);
    ok(sl_h5_table(file, "/runs", &sweep.runs, &err), &err);
    ok(sl_h5_image(file, &arena, &bytes, &count, &err), &err);
    sl_h5_free(file);
    ok(sl_publish("other.h5", bytes, count, &err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(sl_sweep_file_read(cases[i].path, &arena, &again, &err),
                         SL_ERR_IO);
        assert_string_equal(err.text, cases[i].want);
    }
    sl_arena_release(&arena);
}

/* A file of somebody else with a dataset at /table. */
static void
write_foreign(const char *path, hid_t type, hsize_t rows, int chunked)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, &rows, NULL), set;

    if (chunked)
        H5Pset_chunk(list, 1, &rows);
    set = H5Dcreate2(file, "table", type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
}

static enum sl_status
read_foreign(const char *path, struct sl_arena *arena, struct sl_error *err)
{
    FILE *stream = fopen(path, "rb");
    char *bytes = sl_arena_alloc(arena, 1 << 20);
    size_t count = fread(bytes, 1, 1 << 20, stream);
    struct sl_table table;
    struct sl_h5 *file;
    enum sl_status status;

    fclose(stream);
    SL_TRY(sl_h5_open(&file, bytes, count, err));
    status = sl_h5_read_table(file, "/table", arena, &table, err);
    sl_h5_free(file);
    return status;
}

static void
tables_of_others_are_refused(void **state)
{
    hid_t row = H5Tcreate(H5T_COMPOUND, 8), odd = H5Tcreate(H5T_COMPOUND, 4);
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    H5Tinsert(row, "a", 0, H5T_IEEE_F64LE);
    H5Tinsert(odd, "a", 0, H5T_IEEE_F32LE);
    write_foreign("chunks.h5", row, 10, 1);
    write_foreign("huge.h5", row, (hsize_t)1 << 45, 0);
    write_foreign("plain.h5", H5T_IEEE_F64LE, 10, 0);
    write_foreign("odd.h5", odd, 1, 0);
    H5Tclose(row);
    H5Tclose(odd);
    assert_int_equal(read_foreign("chunks.h5", &arena, &err), SL_ERR_IO);
    assert_string_equal(err.text, "'/table': no table as sluice writes them");
    assert_int_equal(read_foreign("huge.h5", &arena, &err), SL_ERR_IO);
    assert_string_equal(err.text, "'/table': no table as sluice writes them");
    assert_int_equal(read_foreign("plain.h5", &arena, &err), SL_ERR_IO);
    assert_string_equal(err.text, "'/table': no table as sluice writes them");
    assert_int_equal(read_foreign("odd.h5", &arena, &err), SL_ERR_IO);
    assert_string_equal(err.text, "'/table': column 1 is none that sluice writes");
    sl_arena_release(&arena);
}

/* ---- other readers ------------------------------------------------------------------ */

/* Runs a line of Python; what 'import' finds is there. */
static int
python(const char *import, const char *script)
{
    static const char *const names[] = {"python3", "/usr/bin/python3"};
    char command[400];
    FILE *stream = fopen("check.py", "w");

    assert_non_null(stream);
    fprintf(stream, "import %s\n%s", import, script);
    fclose(stream);
    for (size_t i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "%s -c 'import %s' 2>import.txt", names[i],
                 import);
        if (system(command) != 0)
            continue;
        snprintf(command, sizeof command, "%s check.py", names[i]);
        return system(command);
    }
    print_message("no %s here\n", import);
    return -1;
}

static const char h5py_script[] =
    "f = h5py.File('sweep.h5', 'r')\n"
    "runs, points = f['runs'][:], f['points'][:]\n"
    "assert runs.shape == (35,) and points.shape == (7,)\n"
    "assert runs.dtype.names[:7] == ('folder', 'key', 'state', 'reason', 'point',\n"
    "                                'repeat', 'seed'), runs.dtype\n"
    "assert runs.dtype.itemsize == sum(runs.dtype[i].itemsize for i in range(12))\n"
    "assert runs['state'][10] == b'failed' and runs['state'][0] == b'done'\n"
    "assert runs['reason'][10].startswith(b'the loss is not finite')\n"
    "assert list(runs['seed'][:6]) == [7, 8, 9, 10, 11, 7]\n"
    "assert list(points['calibrate.k'][:4]) == [2, 2, 2.5, 2.5]\n"
    "ok = runs['point'] == 3\n"
    "assert abs(runs['train.loss'][ok].mean() - points['train.loss.mean'][3]) < 1e-12\n"
    "assert points['runs'][2] == 4 and points['train.loss.n'][2] == 4\n"
    "assert f.attrs['name'].decode() == 'gr\\u00f6\\u00dfe'\n"
    "assert f.attrs['repeats'] == 5\n"
    "assert 'train.loss=nats' in f['runs'].attrs['units'].decode()\n"
    "t = f['runs'].id.get_type().get_member_type(0)\n"
    "assert t.get_cset() == h5py.h5t.CSET_UTF8 and not t.is_variable_str()\n"
    "assert f['runs'].chunks is None\n";

static const char pandas_script[] =
    "frame = pandas.DataFrame(h5py.File('sweep.h5', 'r')['runs'][:])\n"
    "assert frame.shape == (35, 12)\n"
    "done = frame[frame['state'] == b'done']\n"
    "means = done.groupby('point')['detect.auroc'].mean()\n"
    "points = pandas.DataFrame(h5py.File('sweep.h5', 'r')['points'][:])\n"
    "assert (abs(means - points['detect.auroc.mean']) < 1e-12).all()\n";

static void
h5py_and_pandas_read_it(void **state)
{
    struct sl_sweep_record sweep;
    struct sl_arena arena;
    int of_h5py, of_pandas;

    (void)state;
    sl_arena_init(&arena);
    sample_sweep(&sweep, 7, 5, 11, &arena);
    publish("sweep.h5", &sweep, &arena);
    sl_arena_release(&arena);
    of_h5py = python("h5py", h5py_script);
    of_pandas = python("pandas, h5py", pandas_script);
    if (of_h5py < 0 && of_pandas < 0)
        skip();
    assert_true(of_h5py <= 0 && of_pandas <= 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(a_sweep_comes_back),
        WORKSPACE_TEST(an_empty_sweep_comes_back),
        cmocka_unit_test(the_bytes_are_always_the_same),
        cmocka_unit_test(a_column_is_found_by_its_name),
        cmocka_unit_test(many_columns_fit),
        WORKSPACE_TEST(what_is_no_sweep_file_is_told),
        WORKSPACE_TEST(tables_of_others_are_refused),
        WORKSPACE_TEST(h5py_and_pandas_read_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
