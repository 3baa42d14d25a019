/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "runner/sweep/sobol.h"
#include "runner/sweep/space.h"
#include "tests/unit/sweep_desk.h"

static struct desk desk;

static int
set_up(void **state)
{
    (void)state;
    desk_open(&desk);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    desk_close(&desk);
    return 0;
}

static struct sl_sweep
read(const char *block)
{
    return desk_sweep(&desk, block, NULL, 0);
}

static const char *
points(const char *block)
{
    struct sl_sweep sweep = read(block);

    return desk_points(&desk, &sweep);
}

/* ---- points ------------------------------------------------------------------------- */

static const struct {
    const char *block, *want;
} expressions[] = {
    {"grid: {a: [1, 2], b: [x, y, z]}",
     "a=1 b=x;a=1 b=y;a=1 b=z;a=2 b=x;a=2 b=y;a=2 b=z"},
    {"zip: {a: [1, 1, 7], b: [x, y, y]}", "a=1 b=x;a=1 b=y;a=7 b=y"},
    {"list: [{a: 1, b: x}, {b: w}, {}]", "a=1 b=x;b=w;"},
    /* several generators are combined in the order in which they stand */
    {"grid: {a: [1, 2]}\nzip: {b: [3, 4], c: [5, 6]}",
     "a=1 b=3 c=5;a=1 b=4 c=6;a=2 b=3 c=5;a=2 b=4 c=6"},
    {"zip: {b: [3, 4], c: [5, 6]}\ngrid: {a: [1, 2]}",
     "b=3 c=5 a=1;b=3 c=5 a=2;b=4 c=6 a=1;b=4 c=6 a=2"},
    {"all: [{grid: {a: [1, 2]}}, {any: [{grid: {b: [3]}}, {grid: {c: [4, 5]}}]}]",
     "a=1 b=3;a=1 c=4;a=1 c=5;a=2 b=3;a=2 c=4;a=2 c=5"},
    {"- grid: {a: [1, 2]}\n- list: [{b: 3}]\n- {}", "a=1;a=2;b=3;"},
    /* points have their paths in the order of the axes, wherever they come from */
    {"any: [{list: [{a: 1, b: 2}]}, {list: [{b: 3, a: 1}]}]", "a=1 b=2;a=1 b=3"},
    {"grid: {a: {range: [1, 10, 4]}, b: [~]}", "a=1 b=null;a=5 b=null;a=9 b=null"},
    {"grid: {a: {range: [0, 0.5, 0.1]}}", "a=0;a=0.1;a=0.2;a=0.3;a=0.4;a=0.5"},
    {"grid: {a: {range: [-0.3, 0.3, 0.1]}}",
     "a=-0.3;a=-0.2;a=-0.1;a=0;a=0.1;a=0.2;a=0.3"},
    {"grid: {a: {range: [9, 2, -3.5]}}", "a=9;a=5.5;a=2"},
    {"grid: {a: {range: [1000000000000001, 1000000000000005, 2]}}",
     "a=1000000000000001;a=1000000000000003;a=1000000000000005"},
    {"grid: {a: {linspace: [-0.1, 0.30, 5]}}", "a=-0.1;a=0;a=0.1;a=0.2;a=0.30"},
    {"grid: {a: {logspace: [1e-4, 1, 5]}}", "a=1e-4;a=0.001;a=0.01;a=0.1;a=1"},
    {"grid: {a: {logspace: [2, 0.5, 3]}}", "a=2;a=1;a=0.5"},
    {"grid: {train.encoder: [[256, 8], [8]], use.model: [vae, mlp]}",
     "train.encoder=[256, 8] use.model=vae;train.encoder=[256, 8] use.model=mlp;"
     "train.encoder=[8] use.model=vae;train.encoder=[8] use.model=mlp"},
    {"grid: {t: [{adam: {lr: 1e-3, 'b c': [no, \"1\"]}}, {}]}",
     "t={adam: {lr: 1e-3, b c: [\"no\", \"1\"]}};t={}"},
    {"grid: {a: [1, 2, 3], b: [1, 2, 3]}\nwhen: a >= 2.5\nexclude: b == 1 or b == 3",
     "a=3 b=2"},
    {"grid: {a: [1, 2, 3], b: [1, 2, 3]}\nwhen: [a > 1, b > 1]\nexclude: [a == 3, b == "
     "2]",
     "a=2 b=3"},
    {"any:\n- {grid: {a: [1, 2, 3]}, when: a != 2}\n- {list: [{b: 1}]}\nexclude: a == 1",
     "a=3;b=1"},
    {"repeats: 3", ""},
    {NULL, ""},
};

static void
expressions_come_to_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        assert_string_equal(points(expressions[i].block), expressions[i].want);
}

/* ---- axes, repeats, objectives ------------------------------------------------------ */

static void
axes_have_the_distinct_values_that_are_left(void **state)
{
    struct sl_sweep sweep = read("grid: {k: [2.5, 1e0, 4], t.e: [[8, 3], [5]]}\n"
                                 "when: k != 4\n");

    (void)state;
    assert_int_equal(desk.report.n, 0);
    assert_int_equal(sweep.axis_count, 2);
    assert_string_equal(sweep.axes[0].path, "k");
    assert_int_equal(sweep.axes[0].mark.line, 1);
    assert_int_equal(sweep.axes[0].mark.column, 8);
    assert_int_equal(sweep.axes[0].n, 2);
    assert_string_equal(sweep.axes[0].texts[0], "2.5");
    assert_string_equal(sweep.axes[0].texts[1], "1e0");
    assert_int_equal(sweep.axes[1].n, 2);
    assert_string_equal(sweep.axes[1].texts[0], "[8, 3]");
    assert_ptr_equal(sweep.axes[1].values[1], sweep.points[3].at[1].value);
}

/* One value is one node, wherever it was written and however. */
static void
equal_values_of_an_axis_are_one_node(void **state)
{
    struct sl_sweep sweep =
        read("- list: [{a: {x: 0.1, y: [2]}, b: 1}]\n- list: [{a: {y: [2.0], x: 1e-1}, "
             "b: 2}]\n");

    (void)state;
    assert_int_equal(sweep.n, 2);
    assert_ptr_equal(sweep.points[0].at[0].value, sweep.points[1].at[0].value);
    assert_int_equal(sweep.axes[0].n, 1);
    assert_int_equal(sweep.points[1].at[0].mark.line, 2);
}

static void
without_a_block_there_is_one_point(void **state)
{
    struct sl_sweep sweep = read(NULL);

    (void)state;
    assert_int_equal(sweep.n, 1);
    assert_int_equal(sweep.points[0].n, 0);
    assert_int_equal(sweep.repeats, 1);
    assert_int_equal(sweep.axis_count, 0);
    assert_null(sweep.halving.horizon);
    assert_int_equal(sweep.search.rounds, 0);
}

static void
what_stands_beside_the_expression(void **state)
{
    struct sl_sweep sweep =
        read("grid: {train.lr: [0.1, 0.3]}\nrepeats: 5\n"
             "objective: {maximize: detect.auroc}\n"
             "halving: {horizon: train.epochs, first: 3, factor: 4}\n");

    (void)state;
    assert_string_equal(desk_report(&desk), "");
    assert_int_equal(sweep.n, 2);
    assert_int_equal(sweep.repeats, 5);
    assert_int_equal(sweep.objective_count, 1);
    assert_true(sweep.objectives[0].maximize);
    assert_string_equal(sweep.objectives[0].stage, "detect");
    assert_string_equal(sweep.objectives[0].metric, "auroc");
    assert_int_equal(sweep.objectives[0].mark.line, 3);
    assert_string_equal(sweep.halving.horizon, "train.epochs");
    assert_int_equal(sweep.halving.first, 3);
    assert_int_equal(sweep.halving.factor, 4);

    sweep = read("objective: [{minimize: a.b}, {maximize: a.c.d}]\n");
    assert_int_equal(sweep.objective_count, 2);
    assert_false(sweep.objectives[0].maximize);
    assert_string_equal(sweep.objectives[1].metric, "c.d");
}

static void
a_search_begins_with_random_points(void **state)
{
    struct sl_sweep sweep =
        read("objective: {minimize: train.loss}\n"
             "search: {tpe: {rounds: 4, size: 3, start: 6, space: {train.lr: "
             "{log-uniform: [1e-4, 1]}, o: {choice: [adam, {sgd: {}}]}}}}\n");

    (void)state;
    assert_string_equal(desk_report(&desk), "");
    assert_int_equal(sweep.n, 6);
    assert_int_equal(sweep.search.rounds, 4);
    assert_int_equal(sweep.search.size, 3);
    assert_int_equal(sweep.search.start, 6);
    assert_int_equal(sweep.search.n, 2);
    assert_string_equal(sweep.search.space[0].path, "train.lr");
    assert_int_equal(sweep.search.space[0].kind, SL_LOG_UNIFORM);
    assert_true(sweep.search.space[0].low == 1e-4 && sweep.search.space[0].high == 1);
    assert_int_equal(sweep.search.space[1].n, 2);
    assert_string_equal(sweep.search.space[1].choices[0]->text, "adam");
}

/* ---- the command line --------------------------------------------------------------- */

static void
words_add_axes(void **state)
{
    static const char *const words[] = {"k=1, 2.50", "train.encoder=[256,8],[4]",
                                        "n={range: [3, 1, -1]}"};
    struct sl_sweep sweep = desk_sweep(&desk, NULL, words, 1);

    (void)state;
    assert_string_equal(desk_points(&desk, &sweep), "k=1;k=2.50");
    sweep = desk_sweep(&desk, "grid: {a: [7, 9]}\n", words + 1, 2);
    assert_int_equal(sweep.n, 12);
    assert_string_equal(sweep.axes[0].path, "a");
    assert_string_equal(sweep.axes[1].texts[0], "[256, 8]");
    assert_string_equal(sweep.axes[2].texts[2], "1");
    sweep = desk_sweep(&desk, "grid: {k: [7, 9]}\n", words, 1);
    assert_string_equal(desk_points(&desk, &sweep),
                        "--sweep:1:1: error: 'k' is set by two generators, so that a "
                        "point would have two "
                        "values for it\n    1 | k=1, 2.50\n      | ^\n"
                        "s.yaml:1:8: note: it is set here, too\n    1 | grid: {k: [7, "
                        "9]}\n      |        "
                        "^\n");
}

static const struct {
    const char *word, *want;
} wrong_words[] = {
    {"k=", "--sweep:1:2: error: an empty list; a sweep over no values comes to nothing"},
    {"k", "--sweep:1:1: error: expected PATH=A,B,C, got 'k'"},
    {"k..l=1", "--sweep:1:1: error: expected a path such as"},
    {"k=1,2,1.0", "--sweep:1:7: error: same value twice: 1.0 is 1"},
    {"k=[1,2", "--sweep:1:"},
    {"use.model=[a],b",
     "--sweep:1:11: error: expected the name of a file in configs/model"},
};

static void
wrong_words_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_words / sizeof *wrong_words; i++) {
        desk_sweep(&desk, NULL, &wrong_words[i].word, 1);
        assert_non_null(strstr(desk_report(&desk), wrong_words[i].want));
    }
}

/* ---- draws -------------------------------------------------------------------------- */

#define SPACE                                                                            \
    "space: {lr: {log-uniform: [1e-5, 0.1]}, n: {integer: [3, 900000]}, "                \
    "d: {uniform: [-0.25, 0.5]}, o: {choice: [adam, [1, 2]]}}"

static void
check_draws(const char *generator)
{
    char few[400], more[400];
    struct sl_sweep a, b;

    snprintf(few, sizeof few, "%s: {count: 19, " SPACE "}", generator);
    snprintf(more, sizeof more, "%s: {count: 200, " SPACE "}", generator);
    a = read(few);
    assert_string_equal(desk_report(&desk), "");
    b = read(more);
    assert_int_equal(a.n, 19);
    assert_int_equal(b.n, 200);
    for (size_t i = 0; i < b.n; i++)
        for (size_t j = 0; j < 4; j++) {
            const struct sl_node *value = b.points[i].at[j].value;
            double low[] = {1e-5, 3, -0.25}, high[] = {0.1, 900000, 0.5}, number = 0;

            if (i < a.n)
                assert_string_equal(
                    sl_point_text(&a.points[i], a.points[i].at[j].path, &desk.arena),
                    sl_point_text(&b.points[i], b.points[i].at[j].path, &desk.arena));
            if (j < 3)
                assert_true(sl_node_double(value, &number) && number >= low[j] &&
                            number <= high[j]);
            if (j == 1)
                assert_null(strpbrk(value->text, ".e"));
        }
}

static void
a_larger_count_extends_a_smaller_one(void **state)
{
    (void)state;
    check_draws("random");
    check_draws("sobol");
}

/* Another parameter beside it, or before it, moves no value. */
static void
parameters_are_drawn_apart(void **state)
{
    struct sl_sweep a, b;

    (void)state;
    a = read("random: {count: 5, space: {x: {uniform: [0, 1]}}}");
    b = read("random: {count: 5, space: {w: {uniform: [0, 1]}, x: {uniform: [0, 1]}}}");
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(a.points[i].at[0].value->text, b.points[i].at[1].value->text);
        assert_string_not_equal(b.points[i].at[0].value->text,
                                b.points[i].at[1].value->text);
    }
}

static void
equal_draws_are_dropped_and_counted(void **state)
{
    struct sl_sweep sweep = read("random: {count: 500, space: {n: {integer: [-3, 3]}}}");
    bool seen[7] = {false};

    (void)state;
    assert_non_null(strstr(desk_report(&desk), "warning: 493 drawn points are equal to "
                                               "another one and left out; 7 are left"));
    assert_int_equal(sweep.n, 7);
    assert_int_equal(sweep.dropped, 493);
    assert_int_equal(sweep.axes[0].n, 7);
    for (size_t i = 0; i < 7; i++) {
        int n = atoi(sweep.points[i].at[0].value->text);

        assert_true(n >= -3 && n <= 3 && !seen[n + 3]);
        seen[n + 3] = true;
    }
    /* nor are they an error when a grid has them, too */
    sweep = read("any:\n- {grid: {n: [0, 9]}}\n"
                 "- random: {count: 500, space: {n: {integer: [-3, 3]}}}");
    assert_non_null(strstr(desk_report(&desk), "warning: 494 drawn points"));
    assert_int_equal(sweep.n, 8);
    assert_int_equal(sweep.dropped, 494);
}

/* Chi-square with 12 degrees of freedom stays below 32.9 in 99.9 % of all cases; 13 divides
 * no power of two. */
static void
integers_are_drawn_without_bias(void **state)
{
    struct sl_space space = {.kind = SL_INTEGER, .low = -6, .high = 6};
    struct sl_number number;
    struct sl_stream stream;
    size_t counts[13] = {0};
    double chi = 0;
    enum { DRAWS = 26000 };

    (void)state;
    sl_stream_init(&stream, 11, "sweep", "test");
    for (size_t i = 0; i < DRAWS; i++)
        counts[atoi(sl_space_draw(&space, &stream, &number)->text) + 6]++;
    for (size_t i = 0; i < 13; i++)
        chi += ((double)counts[i] - 2000) * ((double)counts[i] - 2000) / 2000;
    assert_true(chi < 32.9);
    assert_true(chi > 1);
}

static void
u_leads_through_a_space(void **state)
{
    static const struct {
        enum sl_space_kind kind;
        double low, high, u;
        const char *want;
    } cases[] = {
        {SL_UNIFORM, -2, 3, 0.3, "-0.5"},
        {SL_UNIFORM, 0, 0.1234567890127, 0x1.fffffffffffffp-1, "0.1234567890127"},
        {SL_LOG_UNIFORM, 1e-4, 1, 0.75, "0.1"},
        {SL_INTEGER, 3, 5, 0, "3"},
        {SL_INTEGER, 3, 5, 0.34, "4"},
        {SL_INTEGER, 3, 5, 0x1.fffffffffffffp-1, "5"},
        {SL_INTEGER, -1e15, 1e15, 0x1.fffffffffffffp-1, "1000000000000000"},
        {SL_INTEGER, -1e15, 1e15, 0.25, "-500000000000000"},
    };
    struct sl_number number;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_space space = {.kind = cases[i].kind};
        const struct sl_node *value;
        double got, want = strtod(cases[i].want, NULL);

        space.low = cases[i].low;
        space.high = cases[i].high;
        value = sl_space_at(&space, cases[i].u, &number);
        assert_true(sl_node_double(value, &got));
        assert_true(got == want);
    }
}

/* The first points of new-joe-kuo-6 in dimensions 1, 2, 3 and 21, computed by hand from the
 * table; and of every dimension, each 1/1024 is hit once by 1024 points. */
static void
sobol_points_fill_the_cube(void **state)
{
    static const struct {
        unsigned dimension;
        double at[8];
    } cases[] = {
        {0, {0, 0.5, 0.75, 0.25, 0.375, 0.875, 0.625, 0.125}},
        {1, {0, 0.5, 0.25, 0.75, 0.375, 0.875, 0.125, 0.625}},
        {2, {0, 0.5, 0.25, 0.75, 0.625, 0.125, 0.875, 0.375}},
        {20, {0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875}},
    };
    uint32_t v[SL_SOBOL_BITS];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sl_sobol_directions(cases[i].dimension, v);
        for (uint32_t j = 0; j < 8; j++)
            assert_true(sl_sobol_coordinate(v, j) * 0x1p-32 == cases[i].at[j]);
    }
    for (unsigned d = 0; d < SL_SOBOL_DIMENSIONS; d++) {
        bool hit[1024] = {false};

        sl_sobol_directions(d, v);
        for (uint32_t j = 0; j < 1024; j++)
            hit[sl_sobol_coordinate(v, j) >> 22] = true;
        for (size_t k = 0; k < 1024; k++)
            assert_true(hit[k]);
    }
}

/* ---- size --------------------------------------------------------------------------- */

static double
seconds(const char *block, size_t want)
{
    struct timespec start, end;
    struct sl_sweep sweep;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    sweep = read(block);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    assert_string_equal(desk_report(&desk), "");
    assert_int_equal(sweep.n, want);
    return (double)(end.tv_sec - start.tv_sec) +
           1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

/* 100,000 points take some hundredths of a second; were equal ones found by comparing all
 * pairs, minutes. The limits are wide, for sanitizers. */
static void
reading_is_linear_in_the_points(void **state)
{
    (void)state;
    assert_true(seconds("grid: {a: {range: [1, 500, 1]}, b: {range: [1, 100, 1]}, "
                        "c: [x, y]}\nexclude: a == 0 or b < 0",
                        100000) < 5);
    assert_true(seconds("random: {count: 100000, space: {a: {uniform: [0, 1]}, "
                        "b: {log-uniform: [1, 2]}, c: {choice: [x, y]}}}",
                        100000) < 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(expressions_come_to_points),
        TEST(axes_have_the_distinct_values_that_are_left),
        TEST(equal_values_of_an_axis_are_one_node),
        TEST(without_a_block_there_is_one_point),
        TEST(what_stands_beside_the_expression),
        TEST(a_search_begins_with_random_points),
        TEST(words_add_axes),
        TEST(wrong_words_are_told),
        TEST(a_larger_count_extends_a_smaller_one),
        TEST(parameters_are_drawn_apart),
        TEST(equal_draws_are_dropped_and_counted),
        TEST(integers_are_drawn_without_bias),
        TEST(u_leads_through_a_space),
        TEST(sobol_points_fill_the_cube),
        TEST(reading_is_linear_in_the_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
