/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static const struct {
    const char *block, *want;
} wrong[] = {
    {"grid: {train.lr: []}",
     "s.yaml:1:18: error: an empty list; a sweep over no values comes to nothing"},
    {"list: []", "s.yaml:1:7: error: an empty list; the sweep comes to nothing"},
    {"any: []", "s.yaml:1:6: error: an empty list; the sweep comes to nothing"},
    {"grid: {}", "s.yaml:1:7: error: expected paths with their values, got a mapping"},
    {"grid: {train.lr: [0.1, 1, 0.10]}",
     "s.yaml:1:27: error: same value twice: 0.10 is 0.1; two runs would be the same"},
    {"grid: {train.lr: [0.1, 1, 0.10]}", "s.yaml:1:19: note: it is here already\n"},
    {"grid: {a: [x, 'x']}", "s.yaml:1:15: error: same value twice: x;"},
    {"grid: {a: [[1, 2], 3, [1.0, 2]]}",
     "s.yaml:1:23: error: same value twice: [1.0, 2] is [1, 2];"},
    {"grid: {a: {linspace: [2, 2, 3]}}", "s.yaml:1:26: error: same value twice: 2;"},
    {"list: [{a: 1, b: 0.5}, {b: .5, a: 1.0}]",
     "s.yaml:1:24: error: the same point twice: a=1, b=0.5"},
    {"zip: {a: [1, 2, 1], b: [x, x, x]}",
     "s.yaml:1:17: error: the same point twice: a=1, b=x"},
    {"any: [{grid: {a: [1, 2]}}, {grid: {a: [3, 2]}}]",
     "s.yaml:1:43: error: the same point twice: a=2"},
    {"any: [{grid: {a: [1, 2]}}, {grid: {a: [3, 2]}}]",
     "s.yaml:1:22: note: it is the same as this one"},
    {"list: [{}, {}]", "s.yaml:1:12: error: the same point twice: no value at all"},
    {"zip: {a: [1, 2, 3], b: [x, y]}",
     "s.yaml:1:24: error: zip pairs lists of one length: 'b' has 2 values, 'a' 3"},
    {"grid: {a: {range: [1, 2, 0]}}", "s.yaml:1:26: error: a step of 0 leads nowhere"},
    {"grid: {a: {range: [1, 2, -1]}}",
     "s.yaml:1:26: error: a step of -1 leads away from 2"},
    {"grid: {a: {range: [1, 2]}}",
     "s.yaml:1:19: error: expected [first, last, step], got a list"},
    {"grid: {a: {range: [1, b, 1]}}",
     "s.yaml:1:23: error: expected a finite number, got 'b'"},
    {"grid: {a: {range: [0, 1e9, 1]}}",
     "s.yaml:1:19: error: 1000000001 values; at most 1000000 are possible"},
    {"grid: {a: {linspace: [0, 1, 2.5]}}",
     "s.yaml:1:29: error: expected a number of values, at least 2, got '2.5'"},
    {"grid: {a: {logspace: [0, 1, 3]}}",
     "s.yaml:1:23: error: expected a number above 0, since logspace goes by factors, got "
     "'0'"},
    {"grid: {a: {linspce: [0, 1, 3]}}",
     "s.yaml:1:12: error: unknown values 'linspce'; did you mean 'linspace'?"},
    {"grid: {a: 3}", "s.yaml:1:11: error: expected a list of values, {range: [...]}, "
                     "{linspace: [...]} or {logspace: [...]}, got '3'"},
    {"grid: {train: {epochs: [1, 2]}}", "s.yaml:1:15: error: expected a list of values, "
                                        "got a mapping; write the path in one, "
                                        "'train.epochs: [...]'"},
    {"grd: {a: [1]}", "s.yaml:1:1: error: unknown key 'grd'; did you mean 'grid'?"},
    {"all: [{sobel: {}}]",
     "s.yaml:1:8: error: unknown key 'sobel'; did you mean 'sobol'?"},
    {"all: [{grid: {a: [1]}, repeats: 2}]",
     "s.yaml:1:24: error: 'repeats' belongs to the sweep as a whole"},
    {"random: {count: 0, space: {a: {uniform: [0, 1]}}}",
     "s.yaml:1:17: error: expected an integer in 1..1000000, got '0'"},
    {"random: {space: {a: {uniform: [0, 1]}}}",
     "s.yaml:1:1: error: required key 'count' is missing"},
    {"random: {count: 3}", "s.yaml:1:1: error: required key 'space' is missing"},
    {"random: {count: 3, sprace: {}}",
     "s.yaml:1:20: error: unknown key 'sprace'; did you mean 'space'?"},
    {"random: {count: 3, space: {a: {unifrom: [0, 1]}}}",
     "s.yaml:1:32: error: unknown key 'unifrom'; did you mean 'uniform'?"},
    {"random: {count: 3, space: {a: {uniform: [2, 1]}}}",
     "s.yaml:1:41: error: the space is empty: 2 is not below 1"},
    {"random: {count: 3, space: {a: {log-uniform: [0, 1]}}}",
     "s.yaml:1:46: error: expected a number above 0, since log-uniform goes by factors"},
    {"random: {count: 3, space: {a: {integer: [1, 2.5]}}}",
     "s.yaml:1:45: error: expected a whole number, got '2.5'"},
    {"random: {count: 3, space: {a: {choice: [x, x]}}}",
     "s.yaml:1:44: error: same value twice: x"},
    {"grid: {a: {range: [1, 1000, 1]}, b: {range: [1, 1000, 1]}, c: [1, 2]}",
     "s.yaml:1:1: error: 2000000 points; at most 1000000 are possible"},
    /* ten axes of ten values (Y47) */
    {"grid: {a: &v [1,2,3,4,5,6,7,8,9,0], b: *v, c: *v, d: *v, e: *v, f: *v, g: *v, h: "
     "*v, "
     "i: *v, j: *v}",
     "s.yaml:1:1: error: 10000000000 points; at most 1000000 are possible"},
    {"grid: {a: {range: [1, 1000, 1]}}\nrepeats: 2000",
     "s.yaml:1:1: error: 2000000 runs, points times repeats; at most 1000000 are "
     "possible"},
    {"any: [{grid: {a: {range: [1, 600000, 1]}}}, {grid: {b: {range: [1, 600000, 1]}}}]",
     "s.yaml:1:6: error: 1200000 points; at most 1000000 are possible"},
    {"grid: {train.lr: [1, 2]}\nrandom: {count: 3, space: {train.lr: {uniform: [0, 1]}}}",
     "s.yaml:2:28: error: 'train.lr' is set by two generators"},
    {"grid: {train.lr: [1, 2]}\nrandom: {count: 3, space: {train.lr: {uniform: [0, 1]}}}",
     "s.yaml:1:8: note: it is set here, too"},
    {"objective: {minimise: train.loss}",
     "s.yaml:1:13: error: unknown key 'minimise'; did you mean 'minimize'?"},
    {"objective: {best: train.loss}",
     "s.yaml:1:13: error: unknown key 'best'; known keys are minimize, maximize"},
    {"objective: {minimize: loss}",
     "s.yaml:1:23: error: expected a metric, STAGE.METRIC, got 'loss'"},
    {"objective: [{minimize: a.b}, {maximize: a.b}]",
     "s.yaml:1:41: error: 'a.b' is an objective already"},
    {"halving: {horizon: train.epochs, first: 2}",
     "s.yaml:1:1: error: 'halving' needs an objective, {minimize: STAGE.METRIC}"},
    {"objective: {minimize: a.b}\nhalving: {horizon: train.epochs, first: 2, factor: 1}",
     "s.yaml:2:52: error: expected an integer in 2..1000, got '1'"},
    {"objective: [{minimize: a.b}, {minimize: a.c}]\nhalving: {horizon: e, first: 2}",
     "s.yaml:1:41: error: 'halving' ranks by one objective, got 2"},
    {"objective: {minimize: a.b}\ngrid: {train.epochs: [1, 2]}\n"
     "halving: {horizon: train.epochs, first: 2}",
     "s.yaml:2:8: error: 'train.epochs' is the horizon of halving, which sets it"},
    {"objective: {minimize: a.b}\nsearch: {tpa: {}}",
     "s.yaml:2:10: error: unknown key 'tpa'; did you mean 'tpe'?"},
    {"objective: {minimize: a.b}\ngrid: {x: [1]}\nsearch: {tpe: {}}",
     "s.yaml:3:1: error: a search draws its own points; leave 'x' out"},
    {"objective: {minimize: a.b}\n"
     "search: {tpe: {rounds: 0, size: 2, space: {x: {uniform: [0, 1]}}}}",
     "s.yaml:2:24: error: expected an integer in 1..1000000, got '0'"},
    {"repeats: 0", "s.yaml:1:10: error: expected an integer in 1..1000000, got '0'"},
    {"repeats: some", "s.yaml:1:10: error: expected an integer"},
    {"grid: {a..b: [1]}", "s.yaml:1:8: error: expected a path such as train.epochs"},
    {"grid: {use: [1]}", "s.yaml:1:8: error: expected a path such as train.epochs"},
    {"grid: {sweep.repeats: [1]}", "s.yaml:1:8: error: a sweep can't sweep itself"},
    {"grid: {seed: [1, 2]}", "s.yaml:1:8: warning: a seed is no hyperparameter"},
    {"grid: {use.model: [vae, [x]]}",
     "s.yaml:1:25: error: expected the name of a file in configs/model, without .yaml"},
    {"grid: {a: [1, 2]}\nwhen: a > 7",
     "s.yaml:2:7: error: 'when' leaves none of 2 points; the sweep comes to nothing"},
    {"grid: {train.lr: [1, 2]}\nexclude: a == 1 and trian.lr < 3",
     "s.yaml:2:21: error: 'trian.lr' is not swept here; did you mean 'train.lr'?"},
    {"grid: {train.lr: [1, 2]}\nexclude: a == 1 and trian.lr < 3",
     "s.yaml:2:10: error: 'a' is not swept here, so that no point has a value for it"},
    {"grid: {o: [1, adam]}\nexclude: o > 1",
     "s.yaml:2:10: error: 'o' may be 'adam', which is no number to compare with 1"},
    {"7",
     "s.yaml:1:1: error: expected a sweep: grid, zip, list, random, sobol, all or any, "
     "got '7'"},
    {"grid: [1]",
     "s.yaml:1:7: error: expected a mapping {PATH: VALUES, ...}, got a list"},
    {"list: [3]", "s.yaml:1:8: error: expected a point, {PATH: VALUE, ...}, got '3'"},
};

static void
what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *told;

        desk_sweep(&desk, wrong[i].block, NULL, 0);
        told = desk_report(&desk);
        if (!strstr(told, wrong[i].want))
            fail_msg("%s\nnot '%s' but\n%s", wrong[i].block, wrong[i].want, told);
    }
}

/* Everything in one go, and nothing that only follows from it. */
static void
all_is_told_at_once(void **state)
{
    (void)state;
    desk_sweep(&desk, "grid: {a: [], b: [1, 1.0]}\nwhen: c = 3\nrepeats: -1\n", NULL, 0);
    assert_int_equal(desk.report.errors, 4);
}

static void
many_equal_points_are_counted(void **state)
{
    (void)state;
    desk_sweep(&desk,
               "list: [{a: 1}, {a: 1}, {a: 1}, {a: 1}, {a: 1}, {a: 1}, {a: 1}, {a: 1}]",
               NULL, 0);
    assert_int_equal(desk.report.errors, 5);
    assert_non_null(strstr(desk_report(&desk), "2 more points are equal to others"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_wrong_is_told_with_its_place),
        TEST(all_is_told_at_once),
        TEST(many_equal_points_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
