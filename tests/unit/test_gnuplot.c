/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/publish.h"
#include "runner/plot/desk.h"
#include "runner/plot/gnuplot.h"
#include "runner/plot/picture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct sl_arena arena;
static const char *gnuplot, *desk;

static int
setup(void **state)
{
    struct sl_error err;

    (void)state;
    sl_arena_init(&arena);
    gnuplot = sl_gnuplot_find(&arena);
    return sl_desk_make(&arena, &desk, &err) == SL_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    sl_desk_remove(desk);
    sl_arena_release(&arena);
    return 0;
}

static const char *
at_desk(const char *file)
{
    return sl_arena_format(&arena, "%s/%s", desk, file);
}

static void
skip_without_gnuplot(void)
{
    if (!gnuplot) {
        print_message("no gnuplot here\n");
        skip();
    }
}

static enum sl_status
run_script(const char *text, unsigned timeout_ms, struct sl_error *err)
{
    struct sl_gnuplot call = {gnuplot, desk, "t.gp", timeout_ms};

    assert_int_equal(sl_publish(at_desk("t.gp"), text, strlen(text), err), SL_OK);
    return sl_gnuplot_run(&call, err);
}

static void
test_quote(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"plain", "'plain'"},
        {"", "''"},
        {"it's", "'it'.\"'\".'s'"},
        {"'; system \"touch gotcha\"; '",
         "''.\"'\".'; system \"touch gotcha\"; '.\"'\".''"},
        {"`touch gotcha`", "'`touch gotcha`'"},
        {"two\nlines\r\t\x7f\x1b[31m", "'twolines[31m'"},
        {"ends in \\", "'ends in \\'"},
        {"\xc3\xa4 \xe3\x81\x82", "'\xc3\xa4 \xe3\x81\x82'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_text text = {0};

        sl_gnuplot_quote(&text, cases[i].text);
        assert_string_equal(text.bytes, cases[i].want);
        sl_text_release(&text);
    }
}

/* What comes out of gnuplot is what went in, and nothing was run. */
static void
test_quoted_text_is_inert(void **state)
{
    static const char *const texts[] = {
        "'; system \"touch gotcha\"; '",
        "`touch gotcha`",
        "\\",
        "@x $x ${x}",
        "''",
        "a'''b",
        "\n!touch gotcha\n",
        "'.system('touch gotcha').'",
        "%s %d %n",
    };
    struct sl_error err;

    (void)state;
    skip_without_gnuplot();
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sl_text script = {0}, want = {0};
        char *got;
        size_t count;

        sl_text_append(&script, "x = ");
        sl_gnuplot_quote(&script, texts[i]);
        sl_text_append(&script, "\nset print 'out'\nprint x\n");
        assert_int_equal(run_script(script.bytes, 20000, &err), SL_OK);
        for (const char *c = texts[i]; *c; c++)
            if (*c != '\n')
                sl_text_append_bytes(&want, c, 1);
        sl_text_append(&want, "\n");
        assert_int_equal(sl_file_read(at_desk("out"), 1000, &arena, &got, &count, &err),
                         SL_OK);
        assert_string_equal(got, want.bytes);
        assert_int_not_equal(access(at_desk("gotcha"), F_OK), 0);
        sl_text_release(&script);
        sl_text_release(&want);
    }
}

/* Even a script that means to can start no program. */
static void
test_no_other_program(void **state)
{
    static const char *const scripts[] = {
        "x = system('/usr/bin/touch gotcha')\n",
        "system '/usr/bin/touch gotcha'\n",
        "!/usr/bin/touch gotcha\n",
        "x = \"`/usr/bin/touch gotcha`\"\n",
        "set output '| /usr/bin/touch gotcha'\nset terminal svg\nplot x\n",
        "plot '< /usr/bin/touch gotcha; echo 1'\n",
    };
    struct sl_error err;

    (void)state;
    skip_without_gnuplot();
    for (size_t i = 0; i < COUNT(scripts); i++) {
        (void)run_script(scripts[i], 20000, &err);
        assert_int_not_equal(access(at_desk("gotcha"), F_OK), 0);
    }
    /* What the scripts would have done can be done, and is seen. */
    assert_int_equal(run_script("set print 'gotcha'\nprint 1\n", 20000, &err), SL_OK);
    assert_int_equal(access(at_desk("gotcha"), F_OK), 0);
}

static void
test_own_words(void **state)
{
    static const struct {
        const char *script, *want;
    } cases[] = {
        {"plot nosuch(x)\n",
         "gnuplot failed on 't.gp': \"t.gp\" line 1: undefined function: nosuch"},
        {"x = 1\nset title 'a\n\nset nonsense\n",
         "gnuplot failed on 't.gp': \"t.gp\" line 4: unrecognized option - see 'help "
         "set'."},
        {"exit status 7\n", "gnuplot failed on 't.gp': it said nothing"},
    };
    struct sl_error err;

    (void)state;
    skip_without_gnuplot();
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(run_script(cases[i].script, 20000, &err), SL_ERR_IO);
        /* Its wording differs between versions, the beginning does not. */
        assert_memory_equal(err.text, cases[i].want,
                            strlen("gnuplot failed on 't.gp': "));
        if (i != 1)
            assert_string_equal(err.text, cases[i].want);
    }
}

static void
test_time_out(void **state)
{
    struct sl_error err;

    (void)state;
    skip_without_gnuplot();
    assert_int_equal(run_script("do for [i = 1 : 2000000000] { x = i }\n", 300, &err),
                     SL_ERR_IO);
    assert_string_equal(err.text, "gnuplot did not finish 't.gp' within 300 ms");
    assert_int_equal(run_script("pause 20\n", 300, &err), SL_ERR_IO);
}

static void
test_not_a_program(void **state)
{
    struct sl_gnuplot call = {"/nonexistent/gnuplot", desk, "t.gp", 5000};
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_gnuplot_run(&call, &err), SL_ERR_IO);
    assert_string_equal(err.text, "gnuplot failed on 't.gp': cannot be executed");
}

static void
test_find(void **state)
{
    char *path = sl_arena_string(&arena, getenv("PATH"));

    (void)state;
    setenv("PATH", desk, 1);
    assert_null(sl_gnuplot_find(&arena));
    setenv("PATH", "relative::.", 1);
    assert_null(sl_gnuplot_find(&arena));
    setenv("PATH", path, 1);
}

/* On a full disk gnuplot ends with status 0 and leaves what there was room for. */
static void
test_incomplete_pictures(void **state)
{
    char svg[1000], png[1000];
    struct sl_error err;
    static const char head[] = "<?xml version=\"1.0\"?><svg>", foot[] = "</svg>\n";
    static const char signature[] = "\x89PNG\r\n\x1a\n",
                      end[] = "\0\0\0\0IEND\xae\x42\x60\x82";

    (void)state;
    memset(svg, ' ', sizeof svg);
    memcpy(svg, head, strlen(head));
    memcpy(svg + sizeof svg - strlen(foot), foot, strlen(foot));
    memset(png, 'x', sizeof png);
    memcpy(png, signature, 8);
    memcpy(png + sizeof png - 12, end, 12);

    assert_int_equal(sl_picture_check("a.svg", svg, sizeof svg, &err), SL_OK);
    assert_int_equal(sl_picture_check("a.png", png, sizeof png, &err), SL_OK);
    for (size_t cut = 2; cut < sizeof svg; cut += 83) {
        assert_int_equal(sl_picture_check("a.svg", svg, sizeof svg - cut, &err),
                         SL_ERR_IO);
        assert_int_equal(sl_picture_check("a.png", png, sizeof png - cut, &err),
                         SL_ERR_IO);
    }
    assert_int_equal(sl_picture_check("a.svg", png, sizeof png, &err), SL_ERR_IO);
    assert_int_equal(sl_picture_check("a.png", svg, sizeof svg, &err), SL_ERR_IO);
    assert_int_equal(sl_picture_check("roc.svg", "", 0, &err), SL_ERR_IO);
    assert_string_equal(err.text,
                        "gnuplot left 'roc.svg' incomplete, 0 bytes; is the disk full?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_quoted_text_is_inert),
        cmocka_unit_test(test_no_other_program),
        cmocka_unit_test(test_own_words),
        cmocka_unit_test(test_time_out),
        cmocka_unit_test(test_not_a_program),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_incomplete_pictures),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
