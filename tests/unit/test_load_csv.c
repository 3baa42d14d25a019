/* SPDX-License-Identifier: MIT */
/* The load module `csv`: what tables come to, and what is told of those that are none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_step.h"
#include "sample.h"
#include "tests/unit/workspace.h"

#define GAP ((double)NAN)

extern const struct sl_module load_csv;

#define ALL "splits: {train: {choose: first}}\n"

/* Runs it on a file of that content; the caller releases the step. What it says when it
 * fails. */
static const char *
load(const char *content, const char *yaml, struct sl_step *step)
{
    static char text[sizeof((struct sl_error *)0)->text];
    struct sl_error err = {0};
    const char *all;

    sample_write("t.csv", content, strlen(content));
    fake_step_init(step, "load", 5, NULL);
    all = sl_arena_format(&step->arena, "%s%s%s", yaml,
                          strstr(yaml, "file") ? "" : "file: t.csv\n",
                          strstr(yaml, "splits:") ? "" : ALL);
    text[0] = '\0';
    if (load_csv.run(step, fake_config(&load_csv.entry, all, &step->arena), &err))
        strcpy(text, err.text);
    return text;
}

struct table {
    const char *content, *yaml;
    size_t n, d;
    double x[12];
};

static const struct table tables[] = {
    {"a,b\n1,2\n3,4\n", "", 2, 2, {1, 2, 3, 4}},
    {"a,b\r\n1,2\r\n3,4", "", 2, 2, {1, 2, 3, 4}},
    {"\xef\xbb\xbf"
     "a,b\n1,2\n",
     "columns: [a]\n",
     1,
     1,
     {1}},
    {"1;2\n\n3;4\n\n", "header: false\n", 2, 2, {1, 2, 3, 4}},
    {"a,b\n1,2\n  \n3,4\n \t\r\n5,6\n ", "", 3, 2, {1, 2, 3, 4, 5, 6}},
    {"\n  \r\na;b\n\n1;2\n", "", 1, 2, {1, 2}},
    {"\n1\n2\n", "header: false\n", 2, 1, {1, 2}},
    {"a\n1\n   \n2\n\"\"\n3", "missing: keep\n", 4, 1, {1, 2, GAP, 3}},
    {"a\tb\n \n1\t2\n\t\n", "missing: keep\n", 2, 2, {1, 2, GAP, GAP}},
    {"a\tb\n 1 \t\"2\"\n", "separator: tab\n", 1, 2, {1, 2}},
    {"a|b\n1|2\n", "", 1, 2, {1, 2}},
    {"a,b\n\"1\",2\r\n3,4\r", "", 2, 2, {1, 2, 3, 4}},
    {"\"a, and\",\"b \"\"c\"\"\"\n\"1\",2\n3,\"4\"\n",
     "columns: ['b \"c\"']\n",
     2,
     1,
     {2, 4}},
    {"a,\"line\nend\",c\n1,2,3\n", "exclude: [c]\n", 1, 2, {1, 2}},
    {"x,v1,v2,v3,w\n1,2,3,4,5\n", "columns: ['v*']\n", 1, 3, {2, 3, 4}},
    {"x,v1,v2,v3,w\n1,2,3,4,5\n", "columns: [v1..w]\nexclude: ['v?']\n", 1, 1, {5}},
    {"1,2,3\n4,5,6\n", "header: false\ncolumns: ['2..3']\n", 2, 2, {2, 3, 5, 6}},
    {"a,b\n1,NA\n,4\n", "missing: keep\n", 2, 2, {1, GAP, GAP, 4}},
    {"a,b\n1,-999\n3,4\n",
     "missing: keep\nmissing_words: ['-999']\n",
     2,
     2,
     {1, GAP, 3, 4}},
    {"a;b\n1,5;-2\n", "decimal: comma\n", 1, 2, {1.5, -2}},
    {"a;b\n1,5000000000000000000000000000000000000000000000000000000000000000000;2\n",
     "decimal: comma\n",
     1,
     2,
     {1.5, 2}},
    {"a,b\n1e3,-.5\n+7.,0.1e-1\n", "", 2, 2, {1000, -.5, 7, 0.01}},
    {"c,v\nred,1\nblue,2\n\"red\",3\n",
     "one_hot: [c]\n",
     3,
     3,
     {0, 1, 1, 1, 0, 2, 0, 1, 3}},
    {"v,class\n1,ok\n2,fraud\n3,ok\n", "label: class\nnormal: [ok]\n", 3, 1, {1, 2, 3}},
    /* what DataFrame.to_csv() writes: an index that has no name, left out or asked for */
    {",a,b\n0,2,3\n1,4,5\n", "exclude: ['1']\n", 2, 2, {2, 3, 4, 5}},
    {",a,b\n0,2,3\n1,4,5\n", "columns: [a]\n", 2, 1, {2, 4}},
    {",a,b\n0,2,3\n1,4,5\n", "columns: ['1', b]\n", 2, 2, {0, 3, 1, 5}},
    {",a\nx,2\ny,4\n", "one_hot: ['1']\n", 2, 3, {1, 0, 2, 0, 1, 4}},
    {",a\n0,2\n1,4\n", "label: '1'\n", 2, 1, {2, 4}},
};

static void
tables_come_out_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const struct table *t = &tables[i];
        struct sl_step step;
        const char *said = load(t->content, t->yaml, &step);
        const double *x = step.loaded.x;

        if (*said || step.loaded.n != t->n || step.loaded.d != t->d)
            fail_msg("table %zu: %s (%zu x %zu)", i, said, step.loaded.n, step.loaded.d);
        for (size_t k = 0; k < t->n * t->d; k++)
            if (x[k] != t->x[k] && !(isnan(x[k]) && isnan(t->x[k])))
                fail_msg("table %zu: value %zu is %g, not %g", i, k, x[k], t->x[k]);
        fake_step_release(&step);
    }
}

static const struct {
    const char *content, *yaml, *want;
} bad[] = {
    {"", "", "'t.csv' is empty"},
    {"a,b\n", "", "'t.csv' has no rows"},
    {"a,b\n1,2\n3\n", "", "t.csv:3: 1 field, expected 2"},
    {"a,b\n1,2,3\n", "", "t.csv:2: 3 fields, expected 2"},
    {"a,b\r1,2\r", "", "t.csv:1: a carriage return within the line; lines end in LF"},
    {"a,b\n1,2\n3\r4\n", "", "t.csv:3: a carriage return within the line"},
    {"a,b\n1,2\n\"3\"\r4\n", "", "t.csv:3: a carriage return within the line"},
    {"a,b\n1,\"2\n3,4\n", "", "t.csv:2: a quote is never closed"},
    {"a,b\n1,2\n3,4\"x\n", "", "t.csv:3: a quote"},
    {"a,b\n1,\"2\"x\n", "", "t.csv:2: a quote within"},
    {"a;b\n1,5;2\n", "", "t.csv:2:1: 'a': not a number: '1,5'; a decimal comma?"},
    {"a;b\n1.000,5;2\n", "", "separators of thousands"},
    {"a;b\n1,000,5;2\n", "decimal: comma\n", "separators of thousands"},
    {"a;b\n1.5;2\n", "decimal: comma\n",
     "'1.5'; a decimal point? 'decimal: comma' is set"},
    {"a,b\n0x1F,2\n", "", "hexadecimal"},
    {"a,b\n5%,2\n", "", "a percentage?"},
    {"a,b\n1,inf\n", "", "t.csv:2:2: 'b': not a number: 'inf'; values have to be finite"},
    {"a,b\n1,1e999\n", "", "t.csv:2:2: 'b': too large: '1e999'"},
    {"a,b\n1,1e39\n", "type: float32\n", "too large: '1e39'"},
    {"a,b\n1,red\n", "", "t.csv:2:2: 'b': not a number: 'red'; 'one_hot'"},
    {"a,b\n1,"
     "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
     "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
     "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\n",
     "", "t.csv:2:2: 'b': not a number: ''"},
    {"a,b\n1,2\n3,NA\n4,\n", "", "t.csv:3:2: 'b' is missing; 2 rows lack 2 values"},
    {"a,a\n1,2\n", "", "t.csv:1: columns 1 and 2 have the same name 'a'"},
    {"1,2\n3,4\n", "", "'header: false'"},
    {"a,b\n1,2\n", "columns: [c]\n",
     "has no column or range of columns 'c'; there are a, b"},
    {"amount,b\n1,2\n", "label: amont\n", "did you mean 'amount'?"},
    {"a,b\n1,2\n", "columns: [b..a]\n", "'b' stands behind 'a'"},
    {"a,b\n1,2\n", "columns: [a]\nexclude: ['*']\n", "no column of 't.csv' is taken"},
    {"a,b\n1,x\n", "label: b\n", "a label is a whole number, or 'normal'"},
    {"a,b\n1,\n", "label: b\n", "a row without a label"},
    {"a,b\n1,2\n", "splits: {train: {count: 3}}\n",
     "asks for 3 rows of 't.csv' (1 rows)"},
    {"\xff\xfe"
     "a\0,",
     "", "UTF-16"},
    {"a,b\n1,2\n", "files: {p: {file: t.csv}, q: {file: u.csv}}\n",
     "column 2 of 't.csv' is 'b', of 'u.csv' it is 'c'"},
    {",a\n0,2\n1,4\n", "",
     "t.csv:1: column 1 has no name: an index, as pandas writes it? \"exclude: ['1']\""},
    {"a,b,Unnamed: 2\n0,2,3\n1,4,5\n", "exclude: [a]\n",
     "column 3 has no name: an index, as pandas writes it? \"exclude: ['Unnamed: 2']\""},
};

static void
what_is_no_table_is_told_with_its_place(void **state)
{
    (void)state;
    sample_write("u.csv", "a,c\n1,2\n", 8);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sl_step step;
        const char *said = load(bad[i].content, bad[i].yaml, &step);

        if (!strstr(said, bad[i].want))
            fail_msg("case %zu: no '%s' in '%s'", i, bad[i].want, said);
        fake_step_release(&step);
    }
}

/* ---- large files ---------------------------------------------------------------------- */

/* Rows of changing length, some quoted, some with line ends inside, over several pieces. */
static char *
make_large(size_t rows, size_t *count)
{
    char *text = malloc(rows * 200 + 100), *at = text;

    at += sprintf(at, "id,a,note\n");
    for (size_t i = 0; i < rows; i++) {
        at += sprintf(at, i % 7 ? "%zu,%.6f," : "\"%zu\",\"%.6f\",", i, (double)i / 64);
        memset(at, 'x', i % 90);
        if (i % 11)
            at += i % 90;
        at += sprintf(at, i % 11 ? "\n" : "\"says \"\"y\"\"\nz\"\r\n");
        if (i % 13 == 0)
            at += sprintf(at, "\n");
    }
    *count = (size_t)(at - text);
    return text;
}

static void
pieces_and_threads_change_nothing(void **state)
{
    enum { ROWS = 150000 };
    static const char yaml[] = "file: large.csv\nexclude: [note]\n" ALL;
    size_t count;
    char *text = make_large(ROWS, &count);

    (void)state;
    assert_true(count > (size_t)2 << 22);
    for (int zipped = 0; zipped < 2; zipped++) {
        (zipped ? sample_gzip : sample_write)("large.csv", text, count);
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            struct sl_step step;
            struct sl_error err = {0};
            const double *x;

            fake_step_init(&step, "load", 5, NULL);
            assert_int_equal(sl_pool_new(&step.pool, threads, &err), SL_OK);
            if (load_csv.run(&step, fake_config(&load_csv.entry, yaml, &step.arena),
                             &err))
                fail_msg("%s", err.text);
            assert_int_equal(step.loaded.n, ROWS);
            x = step.loaded.x;
            for (size_t i = 0; i < ROWS; i++)
                if (x[2 * i] != (double)i || x[2 * i + 1] != (double)i / 64)
                    fail_msg("row %zu: %g %g", i, x[2 * i], x[2 * i + 1]);
            sl_pool_free(step.pool);
            fake_step_release(&step);
        }
    }
    free(text);
}

/* Rows of up to 900 kB, every third one shorter, quoted, with line ends inside; two of them wrong. */
static char *
make_long(size_t rows, const size_t wrong[2], size_t *count)
{
    char *text = malloc(rows * 1000000), *at = text;

    at += sprintf(at, "a,note\n");
    for (size_t i = 0; i < rows; i++) {
        bool quoted = i % 3 == 0;
        size_t length = i * 77003 % (quoted ? 90001 : 900001);

        if (i == wrong[0] || i == wrong[1])
            at += sprintf(at, "no,");
        else
            at += sprintf(at, "%zu,", i);
        *at = '"';
        at += quoted;
        memset(at, 'x', length);
        for (size_t k = 0; quoted && k < length; k += 1009)
            at[k] = '\n';
        at += length;
        *at = '"';
        at += quoted;
        *at++ = '\n';
    }
    *count = (size_t)(at - text);
    return text;
}

static void
long_rows_end_in_other_pieces(void **state)
{
    enum { ROWS = 45 };
    static const char yaml[] = "file: long.csv\nexclude: [note]\n" ALL;
    static const size_t wrong[][2] = {{ROWS, ROWS}, {41, 37}};

    (void)state;
    for (size_t k = 0; k < 4; k++) {
        size_t count;
        char *text = make_long(ROWS, wrong[k / 2], &count);
        struct sl_error err = {0};
        struct sl_step step;

        sample_write("long.csv", text, count);
        fake_step_init(&step, "load", 5, NULL);
        assert_int_equal(sl_pool_new(&step.pool, k % 2 ? 4 : 1, &err), SL_OK);
        load_csv.run(&step, fake_config(&load_csv.entry, yaml, &step.arena), &err);
        if (k < 2 && (*err.text || step.loaded.n != ROWS))
            fail_msg("%zu rows: %s", step.loaded.n, err.text);
        for (size_t i = 0; k < 2 && i < ROWS; i++)
            assert_true(((const double *)step.loaded.x)[i] == (double)i);
        if (k >= 2 && !strstr(err.text, "long.csv:39:1: 'a': not a number: 'no'"))
            fail_msg("'%s' names another row", err.text);
        sl_pool_free(step.pool);
        fake_step_release(&step);
        free(text);
    }
}

#ifndef SL_SANITIZED /* whose allocators ask for more than they hand out */
static size_t
private_bytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    size_t kb = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmData: %zu kB", &kb) == 1)
            break;
    fclose(file);
    return kb << 10;
}

static void
write_many(const char *name, size_t rows)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fputs("a,when,label\n", file);
    for (size_t i = 0; i < rows; i++)
        fprintf(file, "%zu,%zu,%zu\n", i, i * 7919 % rows, i % 3);
    assert_int_equal(fclose(file), 0);
}

/* What is as long as the data stands in files, without the kernel's leave for more than a
 * few megabytes of its own. */
static void
many_rows_need_little_memory(void **state)
{
    enum { ROWS = 1500000, LEAVE = 16 << 20 };
    static const char yaml[] = "file: many.csv\nlabel: label\nsplits:\n"
                               "  first: {choose: first, count: 500000, classes: [2]}\n"
                               "  train: {fraction: 0.5, stratify: true}\n"
                               "  test: {}\norder_by: when\n";
    struct rlimit all, little;
    struct sl_step step;
    struct sl_error err = {0};

    (void)state;
    if (workspace_is_memory("."))
        skip();
    write_many("many.csv", ROWS);
    fake_step_init(&step, "load", 5, NULL);
    step.arena.folder = ".";
    assert_int_equal(getrlimit(RLIMIT_DATA, &all), 0);
    little = (struct rlimit){private_bytes() + LEAVE, all.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_DATA, &little), 0);
    load_csv.run(&step, fake_config(&load_csv.entry, yaml, &step.arena), &err);
    assert_int_equal(setrlimit(RLIMIT_DATA, &all), 0);
    assert_string_equal(err.text, "");
    assert_int_equal(step.loaded.splits[0].rows[1], 570716);
    assert_int_equal(fake_metric(&step, "duplicates"), 0);
    assert_int_equal(fake_metric(&step, "rows_unused"), 0);
    fake_step_release(&step);
    unlink("many.csv");
}
#endif

static void
a_row_of_ten_megabytes_is_refused(void **state)
{
    size_t count = 10u << 20;
    char *text = malloc(count);
    struct sl_step step;
    struct sl_error err = {0};

    (void)state;
    memset(text, '1', count);
    memcpy(text, "a,b\n1,2\n3,", 10);
    sample_write("long.csv", text, count);
    fake_step_init(&step, "load", 5, NULL);
    assert_int_equal(
        load_csv.run(&step,
                     fake_config(&load_csv.entry, "file: long.csv\n" ALL, &step.arena),
                     &err),
        SL_ERR_IO);
    assert_non_null(strstr(err.text, "long.csv:3: the row is longer than 1 MiB"));
    fake_step_release(&step);
    free(text);
}

/* Wherever the end of a piece falls among the last letters of a blank line. */
static void
blank_lines_may_end_in_other_pieces(void **state)
{
    enum { PIECE = 1 << 20, ROW = 1024, BLANKS = 1000, BEHIND = 100 };
    char *text = malloc(PIECE + BLANKS + BEHIND);

    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        size_t start = PIECE - BLANKS - 4 + shift, rows = 0, at = 2;
        struct sl_step step;

        memset(text, ' ', 2 + start + BLANKS);
        memcpy(text, "a\n", 2);
        for (size_t length = ROW + start % ROW; at < 2 + start; length = ROW, rows++) {
            text[at] = '7';
            at += length;
            text[at - 1] = '\n';
        }
        strcpy(text + at + BLANKS, shift % 2 ? "\r\n9\n" : "\n8\n9\n");
        assert_string_equal(load(text, "", &step), "");
        assert_int_equal(step.loaded.n, rows + (shift % 2 ? 1 : 2));
        assert_true(((const double *)step.loaded.x)[step.loaded.n - 1] == 9);
        fake_step_release(&step);
    }
    free(text);
}

/* Behind what is read for the header, in a column that is not even taken. */
static void
a_nul_is_refused_wherever_it_stands(void **state)
{
    size_t rows = 300000, count = 8 * rows;
    char *text = malloc(count + 1);
    struct sl_step step;
    struct sl_error err = {0};

    (void)state;
    for (size_t i = 0; i < rows; i++)
        memcpy(text + 8 * i, i ? "1,x,\"y\"\n" : "a,b,  c\n", 8);
    text[8 * 200000 + 2] = '\0';
    sample_write("nul.csv", text, count);
    fake_step_init(&step, "load", 5, NULL);
    assert_int_equal(
        load_csv.run(&step,
                     fake_config(&load_csv.entry, "file: nul.csv\ncolumns: [a]\n" ALL,
                                 &step.arena),
                     &err),
        SL_ERR_IO);
    assert_string_equal(err.text, "nul.csv:200001: a NUL byte: it is no text");
    fake_step_release(&step);
    free(text);
}

/* Wherever its separators and line ends stand among bytes that are looked at together, in a
 * text with a quote somewhere and in one without. */
static void
rows_of_every_length_are_cut_right(void **state)
{
    static const char *const last[] = {"5,6,", "5,\"6\",\"\"\n"};
    char content[512], note[200];

    (void)state;
    memset(note, 'x', sizeof note);
    for (size_t i = 2 * 30; i < 2 * 100; i++) {
        struct sl_step step;
        const double *x;
        const char *wrong;

        snprintf(content, sizeof content, "a,b,note\n1,2,%.*s\r\n\t3 , 4,\n%s",
                 (int)i / 2, note, last[i % 2]);
        wrong = load(content, "exclude: [note]\n", &step);
        if (*wrong || step.loaded.n != 3)
            fail_msg("%zu: %zu rows: %s", i, step.loaded.n, wrong);
        x = step.loaded.x;
        for (size_t k = 0; k < 6; k++)
            if (x[k] != (double)k + 1)
                fail_msg("%zu: value %zu is %g", i, k, x[k]);
        fake_step_release(&step);
    }
}

/* ---- what is odd ---------------------------------------------------------------------- */

static void
the_audit_tells_what_is_odd(void **state)
{
    static const char content[] = "a,b,c,class\n"
                                  "1,5,1,0\n2,5,2,0\n3,5,,0\n4,5,4,0\n"
                                  "1,5,1,0\n9,5,9,1\n2,5,2,1\n8,5,,1\n";
    struct sl_step step;
    const int64_t *constant;

    (void)state;
    assert_string_equal(load(content,
                             "label: class\nmissing: drop\n"
                             "splits:\n"
                             "  train: {classes: [0], choose: first, count: 3}\n"
                             "  test: {classes: [0], choose: first, skip: 3}\n"
                             "  odd: {classes: [1]}\n",
                             &step),
                        "");
    assert_true(fake_metric(&step, "rows") == 8);
    assert_true(fake_metric(&step, "columns") == 3);
    assert_true(fake_metric(&step, "rows_missing") == 2);
    assert_true(fake_metric(&step, "rows_dropped") == 2);
    assert_true(fake_metric(&step, "rows_unused") == 2);
    assert_true(fake_metric(&step, "split_train") == 3);
    assert_true(fake_metric(&step, "split_test") == 1);
    assert_true(fake_metric(&step, "split_odd") == 2);
    /* rows 4 (in test) and 6 (in odd) are rows 0 and 1 (in train) again */
    assert_true(fake_metric(&step, "duplicates") == 2);
    assert_true(fake_metric(&step, "columns_constant") == 1);
    constant = sl_bundle_find(&step.tensors, "constant")->tensor.data;
    assert_int_equal(constant[0], 1);
    assert_non_null(strstr(step.warnings.bytes, "2 of 8 rows lack a value"));
    assert_non_null(strstr(step.warnings.bytes, "2 of the 3 rows outside split 'train'"));
    assert_non_null(strstr(step.warnings.bytes, "in split 'train': 'b'"));
    assert_string_equal(step.loaded.features->at[2].name, "c");
    fake_step_release(&step);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_come_out_as_they_are),
        cmocka_unit_test(what_is_no_table_is_told_with_its_place),
        cmocka_unit_test(pieces_and_threads_change_nothing),
        cmocka_unit_test(long_rows_end_in_other_pieces),
#ifndef SL_SANITIZED
        cmocka_unit_test(many_rows_need_little_memory),
#endif
        cmocka_unit_test(a_row_of_ten_megabytes_is_refused),
        cmocka_unit_test(blank_lines_may_end_in_other_pieces),
        cmocka_unit_test(a_nul_is_refused_wherever_it_stands),
        cmocka_unit_test(rows_of_every_length_are_cut_right),
        cmocka_unit_test(the_audit_tells_what_is_odd),
    };

    return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
