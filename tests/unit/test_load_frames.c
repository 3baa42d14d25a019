/* SPDX-License-Identifier: MIT */
/* The load modules `npz`, `hdf5` and `images`, and the splits that all tables share. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <hdf5.h>
#include <png.h>

#include "fake_step.h"
#include "sample.h"
#include "sample_npy.h"

#define GAP ((double)NAN)

extern const struct sl_module load_csv, load_npz, load_hdf5, load_images;

enum { N = 600, D = 2 };

static double x[N][D];
static int64_t y[N], group[N];
static float when[N];

/* Row i is (i, -i); every tenth an anomaly; groups of four neighbours; time runs backwards. */
static int
enter(void **state)
{
    const struct sample_member members[] = {
        {"X.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (600, 2)}", x,
         sizeof x},
        {"y.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (600,)}", y,
         sizeof y},
        {"who.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (600,)}", group,
         sizeof group},
        {"when.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (600,)}", when,
         sizeof when},
    };
    int failed = sample_enter(state);

    for (size_t i = 0; i < N; i++) {
        x[i][0] = (double)i;
        x[i][1] = -(double)i;
        y[i] = i % 10 == 0;
        group[i] = (int64_t)(i / 4) * 3;
        when[i] = (float)(N - i);
    }
    sample_npz("a.npz", members, 4);
    return failed;
}

/* Runs it; the caller releases the step. What it says when it fails. */
static const char *
load(const struct sl_module *module, const char *yaml, uint64_t seed,
     struct sl_step *step)
{
    static char text[sizeof((struct sl_error *)0)->text];
    struct sl_error err = {0};

    fake_step_init(step, "load", seed, NULL);
    text[0] = '\0';
    if (module->run(step, fake_config(&module->entry, yaml, &step->arena), &err))
        strcpy(text, err.text);
    return text;
}

static const struct sl_split *
split_of(const struct sl_step *step, const char *name)
{
    const struct sl_split *split = sl_dataset_split(&step->loaded, name);

    if (!split)
        fail_msg("no split '%s'", name);
    return split;
}

static size_t
anomalies(const struct sl_split *split)
{
    size_t n = 0;

    for (size_t i = 0; i < split->n; i++)
        n += split->rows[i] % 10 == 0;
    return n;
}

/* No row is in two splits, and none twice in one. */
static void
assert_disjoint(const struct sl_step *step)
{
    unsigned char seen[N] = {0};

    for (size_t s = 0; s < step->loaded.split_count; s++)
        for (size_t i = 0; i < step->loaded.splits[s].n; i++)
            assert_int_equal(seen[step->loaded.splits[s].rows[i]]++, 0);
}

#define FILE_ "file: a.npz\n"

static void
one_class_takes_half_of_the_normal_rows(void **state)
{
    static const char yaml[] = FILE_ "splits:\n"
                                     "  train: {classes: [0], fraction: 0.5}\n"
                                     "  test: {classes: [0]}\n"
                                     "  anomalies: {classes: [1]}\n";
    struct sl_step a, b, c;

    (void)state;
    assert_string_equal(load(&load_npz, yaml, 1, &a), "");
    assert_int_equal(split_of(&a, "train")->n, 270);
    assert_int_equal(split_of(&a, "test")->n, 270);
    assert_int_equal(split_of(&a, "anomalies")->n, 60);
    assert_int_equal(anomalies(split_of(&a, "train")), 0);
    assert_int_equal(anomalies(split_of(&a, "anomalies")), 60);
    assert_disjoint(&a);
    assert_int_equal(a.loaded.type, SL_F64);
    assert_memory_equal(a.loaded.x, x, sizeof x);
    assert_int_equal(a.loaded.labels[20], 1);
    assert_string_equal(load(&load_npz, yaml, 1, &b), "");
    assert_memory_equal(split_of(&a, "train")->rows, split_of(&b, "train")->rows, 1080);
    assert_string_equal(load(&load_npz, yaml, 2, &c), "");
    assert_true(memcmp(split_of(&a, "train")->rows, split_of(&c, "train")->rows, 1080));
    fake_step_release(&a);
    fake_step_release(&b);
    fake_step_release(&c);
}

static void
contamination_and_strata_have_their_shares(void **state)
{
    struct sl_step step;

    (void)state;
    assert_string_equal(load(&load_npz,
                             FILE_
                             "splits:\n"
                             "  train: {classes: [0], count: 190, contamination: 0.05}\n"
                             "  test: {fraction: 0.5, stratify: true}\n"
                             "  rest: {}\n",
                             3, &step),
                        "");
    assert_int_equal(split_of(&step, "train")->n, 200);
    assert_int_equal(anomalies(split_of(&step, "train")), 10);
    /* 50 of 400 rows that are left are anomalies */
    assert_int_equal(split_of(&step, "test")->n, 300);
    assert_in_range(anomalies(split_of(&step, "test")), 37, 38);
    assert_disjoint(&step);
    assert_int_equal(split_of(&step, "rest")->n, 100);
    fake_step_release(&step);
}

/* Each row is in one fold, folds have equal shares of each class, and changing the fold
 * changes nothing else. */
static void
folds_cover_all_rows_once(void **state)
{
    unsigned char seen[N] = {0};

    (void)state;
    for (int fold = 0; fold < 5; fold++) {
        char yaml[300];
        struct sl_step step;
        const struct sl_split *test;

        snprintf(yaml, sizeof yaml,
                 FILE_ "folds: 5\nfold: %d\nsplits:\n"
                       "  test: {fold: this}\n"
                       "  validation: {fold: others, fraction: 0.25}\n"
                       "  train: {fold: others}\n",
                 fold);
        assert_string_equal(load(&load_npz, yaml, 4, &step), "");
        test = split_of(&step, "test");
        assert_int_equal(test->n, 120);
        assert_int_equal(anomalies(test), 12);
        assert_int_equal(split_of(&step, "validation")->n, 120);
        assert_int_equal(split_of(&step, "train")->n, 360);
        assert_disjoint(&step);
        for (size_t i = 0; i < test->n; i++)
            assert_int_equal(seen[test->rows[i]]++, 0);
        fake_step_release(&step);
    }
}

static void
groups_stay_together(void **state)
{
    static const char *const yamls[] = {
        FILE_ "group_by: who\nsplits: {train: {fraction: 0.6}, test: {}}\n",
        FILE_ "group_by: who\nfolds: 3\nfold: 1\n"
              "splits: {test: {fold: this}, train: {fold: others}}\n",
    };

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sl_step step;
        unsigned char in_train[N] = {0};
        const struct sl_split *train, *test;

        assert_string_equal(load(&load_npz, yamls[k], 6, &step), "");
        train = split_of(&step, "train");
        test = split_of(&step, "test");
        assert_int_equal(train->n, k ? 400 : 360);
        assert_int_equal(train->n + test->n, N);
        for (size_t i = 0; i < train->n; i++)
            in_train[train->rows[i] / 4] = 1;
        for (size_t i = 0; i < test->n; i++)
            assert_int_equal(in_train[test->rows[i] / 4], 0);
        fake_step_release(&step);
    }
}

static void
time_values_and_lists_choose_rows(void **state)
{
    static const char list[] = "7 3\n599\n";
    struct sl_step step;
    const struct sl_split *split;

    (void)state;
    assert_string_equal(load(&load_npz,
                             FILE_ "order_by: when\nsplits:\n"
                                   "  train: {choose: first, count: 100}\n"
                                   "  test: {choose: first, skip: 100, count: 50}\n",
                             7, &step),
                        "");
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(split_of(&step, "train")->rows[i], N - 1 - i);
    assert_int_equal(split_of(&step, "test")->rows[0], N - 101);
    fake_step_release(&step);

    /* Who skips nothing goes on where the splits before ended. */
    assert_string_equal(load(&load_npz,
                             FILE_ "order_by: when\nsplits:\n"
                                   "  train: {choose: first, fraction: 0.5}\n"
                                   "  validation: {choose: first, fraction: 0.25}\n"
                                   "  test: {choose: first}\n",
                             7, &step),
                        "");
    assert_int_equal(split_of(&step, "train")->rows[0], N - 1);
    assert_int_equal(split_of(&step, "validation")->rows[0], N - 1 - N / 2);
    assert_int_equal(split_of(&step, "test")->n, N / 4);
    assert_int_equal(split_of(&step, "test")->rows[N / 4 - 1], 0);
    assert_disjoint(&step);
    fake_step_release(&step);

    sample_write("rows.txt", list, sizeof list - 1);
    assert_string_equal(load(&load_npz,
                             FILE_ "split_by: who\nsplits:\n"
                                   "  some: {values: ['30', '36']}\n"
                                   "  listed: {rows: rows.txt}\n"
                                   "  train: {}\n",
                             7, &step),
                        "");
    split = split_of(&step, "some");
    assert_int_equal(split->n, 8);
    for (size_t i = 0; i < 8; i++)
        assert_true(split->rows[i] / 4 == 10 || split->rows[i] / 4 == 12);
    split = split_of(&step, "listed");
    assert_int_equal(split->n, 3);
    assert_int_equal(split->rows[0], 7);
    assert_int_equal(split->rows[2], 599);
    assert_int_equal(split_of(&step, "train")->n, N - 11);
    assert_disjoint(&step);
    fake_step_release(&step);
}

static void
wrong_splits_are_told(void **state)
{
    static const struct {
        const char *yaml, *want;
    } cases[] = {
        {"splits: {train: {fraction: 0.7}, test: {fraction: 0.4}}\n",
         "split 'test' asks for 0.4 of 600 rows of 'a.npz', 240; 180 are left"},
        {"splits: {train: {}, test: {}}\n", "split 'test' is empty"},
        {"splits: {train: {classes: [0], fraction: 0.0001}}\n",
         "0.0001 of 540 rows rounds to none"},
        {"splits: {train: {classes: [3]}}\n", "has class 3"},
        {"splits: {train: {rows: bad.txt}}\n", "entry 2: not the number of a row"},
        {"splits: {train: {rows: far.txt}}\n",
         "lists row 600, 'a.npz' has rows 0 to 599"},
        {"splits: {train: {rows: twice.txt}}\n", "lists 1 rows more than once"},
        {"splits: {train: {classes: [0], contamination: 0.4}}\n",
         "360 rows of other classes; 60 are left"},
        {"split_by: who\nsplits: {train: {values: [x]}}\n", "no row has 'x' in 'who'"},
        {"group_by: whom\nsplits: {train: {}}\n", "has no array 'whom'; it has X.npy"},
        {"x: Z\nsplits: {train: {}}\n", "has no array 'Z'"},
        {"columns: ['5']\nsplits: {train: {}}\n",
         "has no column or range of columns '5'"},
    };

    (void)state;
    sample_write("bad.txt", "1 x", 3);
    sample_write("far.txt", "600", 3);
    sample_write("twice.txt", "1 2 1", 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_step step;
        char yaml[300];
        const char *said;

        snprintf(yaml, sizeof yaml, FILE_ "%s", cases[i].yaml);
        said = load(&load_npz, yaml, 1, &step);
        if (!strstr(said, cases[i].want))
            fail_msg("no '%s' in '%s'", cases[i].want, said);
        fake_step_release(&step);
    }
}

static void
gaps_and_infinities_have_their_place(void **state)
{
    static const double gap[] = {1, 2, 3, 4, GAP, 6},
                        infinite[] = {1, HUGE_VAL, 3, 4, 5, 6};
    static const char dictionary[] =
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)}";
    struct sl_step step;
    const char *said;

    (void)state;
    sample_npy_write("gap.npy", dictionary, gap, sizeof gap);
    sample_npy_write("infinite.npy", dictionary, infinite, sizeof infinite);
    said = load(&load_npz, "file: gap.npy\nsplits: {train: {}}\n", 1, &step);
    assert_non_null(strstr(said, "gap.npy:2:0: '0' is missing; 1 rows lack 1 values"));
    fake_step_release(&step);
    said = load(&load_npz, "file: infinite.npy\nsplits: {train: {}}\n", 1, &step);
    assert_non_null(strstr(said, "infinite.npy:0:1: '1' is infinite; 1 values are"));
    fake_step_release(&step);
    said =
        load(&load_npz, "file: gap.npy\nmissing: drop\nsplits: {train: {}}\n", 1, &step);
    assert_string_equal(said, "");
    assert_int_equal(split_of(&step, "train")->n, 2);
    fake_step_release(&step);
}

/* ---- the other formats ------------------------------------------------------------------ */

static void
hdf5_gives_what_numpy_gives(void **state)
{
    hid_t file = H5Fcreate("a.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t shape[2] = {N, D};
    hid_t space = H5Screate_simple(2, shape, NULL),
          line = H5Screate_simple(1, shape, NULL);
    hid_t set = H5Dcreate2(file, "/X", H5T_IEEE_F64BE, space, H5P_DEFAULT, H5P_DEFAULT,
                           H5P_DEFAULT);
    struct sl_step step;

    (void)state;
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
    H5Dclose(set);
    set = H5Dcreate2(file, "/y", H5T_STD_I64LE, line, H5P_DEFAULT, H5P_DEFAULT,
                     H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, y);
    H5Dclose(set);
    H5Fclose(file);
    assert_string_equal(load(&load_hdf5,
                             "file: a.h5\nx: /X\ny: /y\n"
                             "splits: {train: {classes: [0], fraction: 0.5}, test: {}}\n",
                             1, &step),
                        "");
    assert_memory_equal(step.loaded.x, x, sizeof x);
    assert_int_equal(step.loaded.labels[30], 1);
    assert_int_equal(split_of(&step, "train")->n, 270);
    fake_step_release(&step);
    assert_string_equal(load(&load_hdf5,
                             "file: a.h5\nx: /X\ncolumns: ['1']\nsplits: {train: {}}\n",
                             1, &step),
                        "");
    assert_int_equal(step.loaded.d, 1);
    assert_true(((const double *)step.loaded.x)[77] == -77);
    fake_step_release(&step);
}

static void
write_png(const char *path, unsigned width, unsigned format, unsigned char first)
{
    unsigned char pixels[4 * 3 * 4];
    png_image image;

    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = 3;
    image.format = format;
    memset(pixels, first, sizeof pixels);
    pixels[0] = first + 1;
    if (format == PNG_FORMAT_RGB)
        pixels[1] = pixels[2] = first + 1;
    assert_true(png_image_write_to_file(&image, path, 0, pixels, 0, NULL));
}

static void
folders_of_pictures_become_rows(void **state)
{
    static const char two[] = "files: {good: {file: good}, bad: {file: bad}}\n"
                              "splits: {train: {from: good}, odd: {from: bad}}\n";
    struct sl_step step;
    const unsigned char *at;
    const char *said;

    (void)state;
    mkdir("good", 0777);
    mkdir("bad", 0777);
    mkdir("none", 0777);
    write_png("good/b.png", 4, PNG_FORMAT_GRAY, 20);
    write_png("good/a.PNG", 4, PNG_FORMAT_RGB, 10);
    write_png("bad/c.png", 4, PNG_FORMAT_GRAY, 30);
    sample_write("good/readme.txt", "no picture", 10);
    assert_string_equal(load(&load_images, two, 1, &step), "");
    assert_int_equal(step.loaded.n, 3);
    assert_int_equal(step.loaded.height, 3);
    assert_int_equal(step.loaded.width, 4);
    assert_true(step.loaded.scale == 255);
    at = step.loaded.x;
    assert_int_equal(at[0], 11);
    assert_int_equal(at[1], 10);
    assert_int_equal(at[12], 21);
    assert_int_equal(at[24], 31);
    assert_int_equal(step.loaded.labels[2], 1);
    assert_int_equal(split_of(&step, "odd")->rows[0], 2);
    fake_step_release(&step);

    write_png("bad/d.png", 3, PNG_FORMAT_GRAY, 30);
    said = load(&load_images, two, 1, &step);
    assert_non_null(strstr(said, "'bad/d.png' is 3 x 3, not 3 x 4 like the first"));
    fake_step_release(&step);
    write_png("bad/d.png", 4, PNG_FORMAT_GRAY, 30);
    sample_cut("bad/d.png", 50);
    said = load(&load_images, two, 1, &step);
    assert_non_null(strstr(said, "'bad/d.png': libpng says"));
    fake_step_release(&step);
    said = load(&load_images, "file: none\nsplits: {train: {}}\n", 1, &step);
    assert_non_null(strstr(said, "the folder 'none' holds no .png file"));
    fake_step_release(&step);
}

/* Values are the file's: no gamma, all 16 bits, planes apart. */
static void
pictures_keep_their_values(void **state)
{
    static const uint16_t wide[] = {0, 257, 30000, 65535};
    static const unsigned char colours[] = {10, 20, 30, 200, 100, 50};
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 4, .height = 1};
    struct sl_step step;
    const float *at;
    const unsigned char *bytes;

    (void)state;
    mkdir("wide", 0777);
    image.format = PNG_FORMAT_LINEAR_Y;
    assert_true(png_image_write_to_file(&image, "wide/a.png", 0, wide, 0, NULL));
    assert_string_equal(load(&load_images, "file: wide\nsplits: {train: {}}\n", 1, &step),
                        "");
    assert_int_equal(step.loaded.type, SL_F32);
    at = step.loaded.x;
    for (size_t j = 0; j < 4; j++)
        assert_true(at[j] == (float)wide[j] / 257);
    fake_step_release(&step);

    mkdir("colours", 0777);
    image.width = 2;
    image.format = PNG_FORMAT_RGB;
    assert_true(png_image_write_to_file(&image, "colours/a.png", 0, colours, 0, NULL));
    assert_string_equal(
        load(&load_images, "file: colours\ncolour: rgb\nsplits: {train: {}}\n", 1, &step),
        "");
    assert_int_equal(step.loaded.height, 3);
    assert_int_equal(step.loaded.width, 2);
    assert_memory_equal(step.loaded.x, ((unsigned char[]){10, 200, 20, 100, 30, 50}), 6);
    fake_step_release(&step);
    assert_string_equal(
        load(&load_images, "file: colours\nsplits: {train: {}}\n", 1, &step), "");
    bytes = step.loaded.x;
    assert_int_equal(bytes[0], 18);
    assert_int_equal(bytes[1], 124);
    fake_step_release(&step);
}

/* ---- columns that count --------------------------------------------------------------- */

/* id,a: rows of them, and ids from `first` on that skip one behind row `gap`. */
static void
write_counted(const char *path, int rows, int first, int gap)
{
    char text[400] = "id,a\n";

    for (int i = 0; i < rows; i++)
        sprintf(text + strlen(text), "%d,%d\n", first + i + (i > gap), i * i);
    sample_write(path, text, strlen(text));
}

static void
warns(const struct sl_module *module, const char *yaml, const char *what)
{
    struct sl_step step;

    assert_string_equal(load(module, yaml, 1, &step), "");
    assert_string_equal(step.warnings.bytes ? step.warnings.bytes : "", what);
    fake_step_release(&step);
}

/* Such a column says where a row stands, not what it is. */
static void
columns_that_count_are_told(void **state)
{
    static const char told[] = "'id' counts the rows; if it is an index and no "
                               "measurement, \"exclude: ['id']\" leaves it out\n";
#define TRAIN "splits: {train: {choose: first}}\n"

    (void)state;
    write_counted("counted.csv", 12, 7, 99);
    write_counted("again.csv", 12, 0, 99);
    write_counted("gap.csv", 12, 0, 10);
    write_counted("few.csv", 9, 0, 99);
    warns(&load_csv, "file: counted.csv\n" TRAIN, told);
    warns(&load_csv, "file: counted.csv\ntype: float32\n" TRAIN, told);
    warns(&load_csv, "file: counted.csv\ncolumns: [id]\n" TRAIN, "");
    warns(&load_csv, "file: counted.csv\nexclude: [id]\n" TRAIN, "");
    warns(&load_csv, "file: gap.csv\n" TRAIN, "");
    warns(&load_csv, "file: few.csv\n" TRAIN, "");
    warns(&load_csv, "files: {p: {file: counted.csv}, q: {file: again.csv}}\n" TRAIN,
          told);
    warns(&load_csv, "files: {p: {file: counted.csv}, q: {file: gap.csv}}\n" TRAIN, "");
    warns(&load_npz, "file: a.npz\n" TRAIN,
          "'0' counts the rows; if it is an index and no measurement, \"exclude: ['0']\" "
          "leaves it out\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_class_takes_half_of_the_normal_rows),
        cmocka_unit_test(contamination_and_strata_have_their_shares),
        cmocka_unit_test(folds_cover_all_rows_once),
        cmocka_unit_test(groups_stay_together),
        cmocka_unit_test(time_values_and_lists_choose_rows),
        cmocka_unit_test(wrong_splits_are_told),
        cmocka_unit_test(gaps_and_infinities_have_their_place),
        cmocka_unit_test(hdf5_gives_what_numpy_gives),
        cmocka_unit_test(folders_of_pictures_become_rows),
        cmocka_unit_test(pictures_keep_their_values),
        cmocka_unit_test(columns_that_count_are_told),
    };

    return cmocka_run_group_tests(tests, enter, sample_leave);
}
