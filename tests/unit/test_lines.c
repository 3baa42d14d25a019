/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <csv.h>

#include "modules/learn/csv.h"
#include "runner/base/text.h"
#include "runner/store/lines.h"
#include "tests/unit/workspace.h"

static void
write_file(const char *path, const char *bytes, size_t count)
{
    FILE *file;

    remove(
        path); /* some file systems write a file at once that is cut short and filled */
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* All records, fields apart by '|', records by '/'; "!" and what is wrong at the end. */
static void
read_all(const char *bytes, size_t count, struct sl_text *said)
{
    struct sl_lines *csv;
    struct sl_line record;
    struct sl_error err;
    bool found = true;

    write_file("x.csv", bytes, count);
    sl_text_clear(said);
    assert_int_equal(sl_lines_open(&csv, "x.csv", "x.csv", &err), SL_OK);
    while (found) {
        if (sl_lines_next(csv, &record, &found, &err)) {
            sl_text_format(said, "!%s", err.text);
            break;
        }
        for (size_t i = 0; found && i < record.n; i++)
            sl_text_format(said, "%s%s", i ? "|" : "", record.fields[i]);
        sl_text_append(said, found ? "/" : "");
    }
    sl_lines_close(csv);
}

#define STRAY "a carriage return within the line; lines end in LF or CRLF"

static void
test_records(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a,b\n1,2\n", "a|b/1|2/"},
        {"a,b\r\n1,2\r\n", "a|b/1|2/"},
        {"a,b\n1,2", "a|b/1|2/"},
        {"\xEF\xBB\xBF"
         "a;b\n1,5;2\n",
         "a|b/1,5|2/"},
        {"a\tb\n1\t\n", "a|b/1|/"},
        {"\"a,1\",\"b\"\"c\"\n\"two\nlines\",2\n", "a,1|b\"c/two\nlines|2/"},
        {"\n\na,b\n\n1,2\n\n", "a|b/1|2/"},
        {"a,b\n  \n1,2\n \t\r\n3,4\n ", "a|b/1|2/3|4/"},
        {"a\tb\n \n\t\n", "a|b/|/"},
        {"\n  \r\na;b\n1,5;2\n", "a|b/1,5|2/"},
        {"\t\n1\t2\n", "|/1|2/"},
        {"", ""},
        {"\n", ""},
        {"a,b\n1,\"2\n", "a|b/!x.csv:2: the quote that is opened here is never closed"},
        {"a,b\r1,2\r", "!x.csv:1: " STRAY},
        {"a,b\n1,2\n3\r4\n5,6\n", "a|b/1|2/!x.csv:3: " STRAY},
        {"a,b\n\"1\"\r2\n", "a|b/!x.csv:2: " STRAY},
        {"a,b\n\r\"1\",2\n", "a|b/!x.csv:2: " STRAY},
        {"a,b\n\"1\n\r\",2\r \n", "a|b/!x.csv:2: " STRAY},
        {"a,b\n1,2\r\r\n", "a|b/!x.csv:2: " STRAY},
        {"a,b\n\"1\r\n\r\",2\r\n3,4\r", "a|b/1\r\n\r|2/3|4/"},
        {"a,b\n1,x\"2\n3,4\n", "a|b/!x.csv:2: a quote stands where none can; quotes "
                               "inside a field are doubled"},
    };
    struct sl_text said = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_all(cases[i].text, strlen(cases[i].text), &said);
        assert_string_equal(said.bytes ? said.bytes : "", cases[i].want);
    }
    sl_text_release(&said);
}

/* A NUL would end a field's text before its end. */
static void
test_nul(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        const char *want;
    } cases[] = {
        {"a,b\n1,2\0009\n3,4\n", 14, "a|b/!x.csv:2: a NUL byte: it is no text"},
        {"a,b\n1,2\n3,4\0009", 13, "a|b/1|2/!x.csv:3: a NUL byte: it is no text"},
        {"a,b\n1,\"2\0009\"\n", 12, "a|b/!x.csv:2: a NUL byte: it is no text"},
        {"a,\"b\nc\0\"\n", 9, "!x.csv:1: a NUL byte: it is no text"},
        {"a\0,b\n1,2\n", 9, "!x.csv:1: a NUL byte: it is no text"},
        {"a,b\n\0", 5, "a|b/!x.csv:2: a NUL byte: it is no text"},
    };
    struct sl_text said = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_all(cases[i].text, cases[i].count, &said);
        assert_string_equal(said.bytes, cases[i].want);
    }
    sl_text_release(&said);
}

static void
test_goes_on(void **state)
{
    static const char text[] = "1,2\0\n3,4\n5,x\"6\n7,8";
    struct sl_lines *csv;
    struct sl_line record;
    struct sl_error err;
    bool found;

    (void)state;
    write_file("x.csv", text, sizeof text - 1);
    assert_int_equal(sl_lines_open(&csv, "x.csv", "x.csv", &err), SL_OK);
    for (size_t line = 1; line <= 4; line++) {
        assert_int_equal(sl_lines_next(csv, &record, &found, &err),
                         line % 2 ? SL_ERR_IO : SL_OK);
        if (line % 2)
            continue;
        assert_int_equal(record.line, line);
        assert_string_equal(record.fields[1], line == 2 ? "4" : "8");
    }
    assert_int_equal(sl_lines_next(csv, &record, &found, &err), SL_OK);
    assert_false(found);
    sl_lines_close(csv);
}

/* ---- as libcsv has it ---------------------------------------------------------------- */

struct reference {
    struct sl_text said;
    size_t n;
    bool whole;
};

static void
say_field(void *bytes, size_t count, void *context)
{
    struct reference *r = context;

    sl_text_append(&r->said, r->n++ ? "|" : "");
    sl_text_append_bytes(&r->said, bytes, count);
}

static void
say_record(int end, void *context)
{
    struct reference *r = context;

    (void)end;
    r->whole = true;
}

static bool
parse_line(struct csv_parser *parser, const char *at, size_t count, struct reference *r)
{
    if (csv_parse(parser, at, count, say_field, say_record, r) != count)
        return false;
    if (r->whole)
        sl_text_append(&r->said, "/");
    r->n = r->whole ? 0 : r->n;
    r->whole = false;
    return true;
}

/* Line by line. Up to what is wrong. */
static void
parse_all(const char *text, struct reference *r)
{
    struct csv_parser parser;
    bool good = true;

    sl_text_clear(&r->said);
    r->n = 0;
    assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    while (good && *text) {
        size_t count = strcspn(text, "\n") + 1;

        good = parse_line(&parser, text, count, r);
        text += count;
    }
    if (good)
        good = csv_fini(&parser, say_field, say_record, r) == 0;
    if (!good)
        sl_text_append(&r->said, "!");
    csv_free(&parser);
}

/* Puts one of them for each digit of i; a CR with its LF. Returns the end. */
static char *
put_letters(char *at, const char *letters, size_t i, size_t n)
{
    size_t kinds = strlen(letters);

    for (; n > 0; n--, i /= kinds) {
        *at++ = letters[i % kinds];
        if (at[-1] == '\r')
            *at++ = '\n';
    }
    return at;
}

/* Texts of every order of what counts. Of a record that breaks off nothing is said. */
static void
test_like_libcsv(void **state)
{
    static const char letters[] = "a ,\t\r\n\"";
    enum { KINDS = sizeof letters - 1, LENGTH = 5 };
    struct reference want = {.n = 0};
    struct sl_text said = {0};

    (void)state;
    for (size_t i = 0; i < KINDS * KINDS * KINDS * KINDS * KINDS; i++) {
        char text[32] = "x,y\n";

        strcpy(put_letters(text + 4, letters, i, LENGTH), "\nz\n");
        read_all(text, strlen(text), &said);
        parse_all(text, &want);
        said.bytes[strcspn(said.bytes, "!")] = '\0';
        if (strrchr(want.said.bytes, '!'))
            strrchr(want.said.bytes, '/')[1] = '\0';
        if (strcmp(said.bytes, want.said.bytes) != 0)
            fail_msg("%zu '%s' is '%s', not '%s'", i, text, said.bytes, want.said.bytes);
    }
    sl_text_release(&said);
    sl_text_release(&want.said);
}

/* ---- as a table is loaded ------------------------------------------------------------- */

static bool
say_row(void *context, size_t tile, size_t row, const struct sl_csv_field *fields,
        struct sl_error *err)
{
    struct reference *r = context;

    (void)tile;
    (void)row;
    (void)err;
    for (size_t i = 0; i < r->n; i++)
        sl_text_format(&r->said, "%s%.*s", i ? "|" : "", (int)fields[i].length,
                       fields[i].at);
    sl_text_append(&r->said, "/");
    return true;
}

/* x.csv, behind its header; returns how many rows were counted. */
static size_t
load_all(struct reference *r)
{
    struct sl_arena arena;
    struct sl_error err;
    struct sl_csv *csv;
    const char **names;
    size_t rows;

    sl_arena_init(&arena);
    sl_text_clear(&r->said);
    assert_int_equal(sl_csv_open(&csv, "x.csv", ',', &err), SL_OK);
    assert_int_equal(sl_csv_first(csv, true, &arena, &names, &r->n, &err), SL_OK);
    assert_int_equal(sl_csv_count(csv, NULL, &rows, &err), SL_OK);
    if (sl_csv_each(csv, NULL, r->n, say_row, r, &err))
        sl_text_append(&r->said, "!");
    sl_csv_close(csv);
    sl_arena_release(&arena);
    return rows;
}

/* What read_all said behind the header, up to a record of other fields, if there is one. */
static size_t
like_loaded(char *said, size_t n)
{
    size_t rows = 0;

    for (char *at = said; *at && *at != '!'; rows++) {
        size_t separators = 0;

        for (char *c = at; *c != '/'; c++)
            separators += *c == '|';
        if (separators + 1 != n) {
            strcpy(at, "!");
            return rows;
        }
        at = strchr(at, '/') + 1;
    }
    if (strchr(said, '!'))
        strchr(said, '!')[1] = '\0';
    return rows;
}

/* Rows have the same number, whoever reads them. */
static void
test_like_loaded(void **state)
{
    static const char *const headers[] = {"x\n", "x,y\n"};
    static const char letters[] = "a ,\t\r\n\"";
    enum { KINDS = sizeof letters - 1, LENGTH = 4, ALL = KINDS * KINDS * KINDS * KINDS };
    struct reference want = {.n = 0};
    struct sl_text said = {0};

    (void)state;
    sl_text_append(&want.said, "");
    for (size_t i = 0; i < 2 * ALL; i++) {
        const char *header = headers[i % 2];
        char text[32], *got;
        size_t rows;

        snprintf(text, sizeof text, "%s----\n%s", header, i % 2 ? "b,c" : "b");
        for (size_t k = 0, rest = i / 2; k < LENGTH; k++, rest /= KINDS)
            text[strlen(header) + k] = letters[rest % KINDS];
        read_all(text, strlen(text), &said);
        rows = load_all(&want);
        got = strchr(said.bytes, '/') + 1;
        if (like_loaded(got, want.n) != rows && !strchr(got, '!'))
            fail_msg("'%s' has %zu rows: '%s'", text, rows, got);
        if (strcmp(got, want.said.bytes) != 0)
            fail_msg("'%s' is '%s', not '%s'", text, got, want.said.bytes);
    }
    sl_text_release(&said);
    sl_text_release(&want.said);
}

/* Records over the ends of blocks, and lines that are counted right behind them. */
static void
test_blocks(void **state)
{
    size_t n = 70000;
    char *bytes = malloc(n + 40);
    struct sl_lines *csv;
    struct sl_line record;
    struct sl_error err;
    bool found;

    (void)state;
    memset(bytes, 'x', n);
    bytes[10] = '\n';
    strcpy(bytes + n, "\n\"1\n2\",3\n4,5\n");
    write_file("x.csv", bytes, strlen(bytes));
    assert_int_equal(sl_lines_open(&csv, "x.csv", "x.csv", &err), SL_OK);
    assert_int_equal(sl_lines_next(csv, &record, &found, &err), SL_OK);
    assert_int_equal(strlen(record.fields[0]), 10);
    assert_int_equal(sl_lines_next(csv, &record, &found, &err), SL_OK);
    assert_int_equal(strlen(record.fields[0]), n - 11);
    assert_int_equal(record.line, 2);
    assert_int_equal(sl_lines_next(csv, &record, &found, &err), SL_OK);
    assert_string_equal(record.fields[0], "1\n2");
    assert_int_equal(sl_lines_next(csv, &record, &found, &err), SL_OK);
    assert_int_equal(record.line, 5);
    assert_int_equal(sl_lines_next(csv, &record, &found, &err), SL_OK);
    assert_false(found);
    sl_lines_close(csv);
    free(bytes);
}

/* A record that is too long is told before memory is taken for it. */
static void
test_too_long(void **state)
{
    size_t n = ((size_t)1 << 20) + 70000;
    char *bytes = malloc(n);
    struct sl_text said = {0};

    (void)state;
    memset(bytes, 'x', n);
    bytes[0] = '"';
    read_all(bytes, n, &said);
    assert_string_equal(said.bytes,
                        "!x.csv:1: the record is longer than 1 MiB; is a quote "
                        "never closed?");
    sl_text_release(&said);
    free(bytes);
}

static void
test_refuses(void **state)
{
    struct sl_lines *csv;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_lines_open(&csv, ".", ".", &err), SL_ERR_IO);
    assert_string_equal(err.text, "'.' is not a regular file");
    assert_int_equal(sl_lines_open(&csv, "/dev/zero", "z", &err), SL_ERR_IO);
    assert_int_equal(sl_lines_open(&csv, "nowhere", "n", &err), SL_ERR_IO);
}

static void
test_quote(void **state)
{
    struct sl_text out = {0};

    (void)state;
    sl_line_quote(&out, "plain");
    sl_line_quote(&out, ",");
    sl_line_quote(&out, "a\"b");
    assert_string_equal(out.bytes, "plain\",\"\"a\"\"b\"");
    sl_text_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),     cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_too_long),    cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_quote),       cmocka_unit_test(test_like_libcsv),
        cmocka_unit_test(test_nul),         cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_like_loaded),
    };

    return cmocka_run_group_tests(tests, workspace_enter, workspace_leave);
}
