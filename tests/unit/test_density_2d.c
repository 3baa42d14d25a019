/* SPDX-License-Identifier: MIT */
/* The load module `density-2d` and every density in its table. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_step.h"
#include "modules/learn/density.h"
#include "modules/learn/moments.h"
#include "runner/parallel/pool.h"

extern const struct sl_module load_density_2d;

static struct sl_pool *pool;

static int
set_up(void **state)
{
    struct sl_error err;

    (void)state;
    return sl_pool_new(&pool, 2, &err) != SL_OK;
}

static int
tear_down(void **state)
{
    (void)state;
    sl_pool_free(pool);
    return 0;
}

/* Every density as it is, and off its defaults. */
static const char *const densities[] = {
    "moons",
    "{moons: {noise: 0.3}}",
    "rings",
    "{rings: {rings: 2, spacing: 0.4, noise: 0.5}}",
    "pinwheel",
    "{pinwheel: {arms: 3, radial: 0.2, tangential: 0.3, rate: -0.5}}",
    "checkerboard",
    "{checkerboard: {squares: 3, side: 0.7}}",
    "{checkerboard: {squares: 1, side: 5}}",
    "eight-gaussians",
    "{eight-gaussians: {radius: 1, std: 0.5}}",
    "spirals",
    "{spirals: {turns: 1, noise: 0.25}}",
};
enum { DENSITIES = sizeof densities / sizeof *densities, ROWS = 20000 };

static void
load(const char *density, struct sl_step *step)
{
    struct sl_error err = {0};
    char yaml[200];

    snprintf(yaml, sizeof yaml, "density: %s\nsplits: {train: %d}", density, ROWS);
    fake_step_init(step, "load", 12, NULL);
    step->pool = pool;
    if (load_density_2d.run(step, fake_config(&load_density_2d.entry, yaml, &step->arena),
                            &err))
        fail_msg("%s: %s", density, err.text);
}

static const struct sl_density_class *
open_density(const char *name, struct sl_arena *arena, struct sl_density *density)
{
    char yaml[200];
    const struct sl_choice *choice;
    const struct sl_density_class *class;

    snprintf(yaml, sizeof yaml, "density: %s\nsplits: {train: 1}", name);
    choice = fake_config(&load_density_2d.entry, yaml, arena); /* its first member */
    class = (const struct sl_density_class *)choice->row->as[0];
    class->open(choice->config, arena, density);
    return class;
}

static void
all_of_the_table_are_tested(void **state)
{
    (void)state;
    for (size_t i = 0; i < sl_builtin.n; i++) {
        bool found = sl_builtin.rows[i].table != SL_DENSITY;

        for (size_t k = 0; k < DENSITIES; k++)
            found |= strcmp(densities[k], sl_builtin.rows[i].as[0]->name) == 0;
        assert_true(found);
    }
}

/* -ln p over drawn points averages to the entropy. */
static void
entropy_is_that_of_the_points(void **state)
{
    static double values[ROWS];

    (void)state;
    for (size_t k = 0; k < DENSITIES; k++) {
        struct sl_step step;
        struct sl_density density;
        const struct sl_density_class *class;
        struct sl_moments moments;
        double entropy, error;

        load(densities[k], &step);
        class = open_density(densities[k], &step.arena, &density);
        for (size_t i = 0; i < ROWS; i++)
            values[i] = -class->log_density(density.state, (double *)step.room.x + 2 * i);
        moments = sl_moments_of(values, ROWS);
        entropy = fake_metric(&step, "entropy");
        error = 5 * moments.std / sqrt(ROWS) + 1e-10;
        if (!(fabs(moments.mean - entropy) < error) ||
            !(fake_metric(&step, "entropy_error") < 1e-5))
            fail_msg("%s: entropy %g, of points %g +- %g", densities[k], entropy,
                     moments.mean, error);
        fake_step_release(&step);
    }
}

/* With SUB places along each of so many cells, no edge of a board is cut. */
enum { SIDE = 18 };

/* The mass of a cell by its density at SUB x SUB places. */
static double
mass(const struct sl_density_class *class, const struct sl_density *density,
     const struct sl_extent *extent, size_t column, size_t row)
{
    enum { SUB = 14 };
    double width = (extent->high[0] - extent->low[0]) / SIDE;
    double height = (extent->high[1] - extent->low[1]) / SIDE, sum = 0;

    for (size_t i = 0; i < SUB * SUB; i++) {
        double across = (double)column + ((double)(i % SUB) + 0.5) / SUB;
        double up = (double)row + ((double)(i / SUB) + 0.5) / SUB;
        double x[2] = {extent->low[0] + width * across, extent->low[1] + height * up};

        sum += exp(class->log_density(density->state, x));
    }
    return sum * width * height / (SUB * SUB);
}

static void
count_points(const double *x, const struct sl_extent *e, double counts[SIDE][SIDE])
{
    for (size_t i = 0; i < ROWS; i++) {
        double a = (x[2 * i] - e->low[0]) / (e->high[0] - e->low[0]) * SIDE;
        double b = (x[2 * i + 1] - e->low[1]) / (e->high[1] - e->low[1]) * SIDE;

        if (a >= 0 && a < SIDE && b >= 0 && b < SIDE)
            counts[(size_t)b][(size_t)a]++;
    }
}

/* A histogram of points against the density: chi-square over the cells that expect 8
 * points or more, five standard deviations about its mean at most; and the masses sum to
 * one, as far as the places that are looked at in a cell can tell. */
static double
chi_of(const char *drawn, const char *stated, double *whole, double *cells)
{
    double counts[SIDE][SIDE] = {{0}}, chi = 0;
    struct sl_step step;
    struct sl_density density;
    const struct sl_density_class *class;

    load(drawn, &step);
    class = open_density(stated, &step.arena, &density);
    count_points(step.room.x, &density.view, counts);
    *whole = *cells = 0;
    for (size_t row = 0; row < SIDE; row++)
        for (size_t column = 0; column < SIDE; column++) {
            double p = mass(class, &density, &density.view, column, row);
            double rest = counts[row][column] - ROWS * p;

            *whole += p;
            if (ROWS * p >= 8) {
                chi += rest * rest / (ROWS * p);
                ++*cells;
            }
        }
    fake_step_release(&step);
    return chi;
}

static void
points_follow_the_density(void **state)
{
    (void)state;
    for (size_t k = 0; k < DENSITIES; k++) {
        double whole, cells, chi = chi_of(densities[k], densities[k], &whole, &cells);

        if (!(fabs(whole - 1) < 1e-3) || !(chi < cells + 5 * sqrt(2 * cells)) ||
            !(chi > cells - 5 * sqrt(2 * cells) - 10))
            fail_msg("%s: mass %g, chi-square %g over %g cells", densities[k], whole, chi,
                     cells);
    }
}

static void
other_densities_are_told_apart(void **state)
{
    static const char *const pairs[][2] = {
        {"{moons: {noise: 0.12}}", "moons"},
        {"{rings: {noise: 0.1}}", "rings"},
        {"{pinwheel: {rate: 0.27}}", "pinwheel"},
        {"{spirals: {noise: 0.12}}", "spirals"},
        {"{eight-gaussians: {std: 0.27}}", "eight-gaussians"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        double whole, cells, chi = chi_of(pairs[k][0], pairs[k][1], &whole, &cells);

        if (!(chi > cells + 8 * sqrt(2 * cells)))
            fail_msg("%s: chi-square %g over %g cells", pairs[k][0], chi, cells);
    }
}

static void
known_entropies(void **state)
{
    struct sl_step step;

    (void)state;
    load("checkerboard", &step);
    assert_true(fabs(fake_metric(&step, "entropy") - log(32)) < 1e-15);
    fake_step_release(&step);
    load("{checkerboard: {squares: 3, side: 0.7}}", &step);
    assert_true(fabs(fake_metric(&step, "entropy") - log(5 * 0.49)) < 1e-15);
    fake_step_release(&step);
    /* Far apart: that of one and ln 8. */
    load("{eight-gaussians: {radius: 5, std: 0.25}}", &step);
    assert_true(fabs(fake_metric(&step, "entropy") - log(8) -
                     (1 + log(6.283185307179586477 * 0.0625))) < 1e-9);
    fake_step_release(&step);
    /* One arm, swept round without loss of area, has that of its Gaussian. */
    load("{pinwheel: {arms: 1, radial: 0.1, tangential: 0.1}}", &step);
    assert_true(fabs(fake_metric(&step, "entropy") -
                     (1 + log(6.283185307179586477 * 0.04))) < 1e-12);
    fake_step_release(&step);
}

/* Far from all points ln p goes like a Gaussian's: checked by its slope. */
static void
tails_stay_finite(void **state)
{
    (void)state;
    for (size_t k = 0; k < DENSITIES; k++) {
        struct sl_arena arena;
        struct sl_density density;
        const struct sl_density_class *class;
        double far[][2] = {{30, 0}, {-12, 17}, {0, 0}, {1e3, -1e3}};

        sl_arena_init(&arena);
        class = open_density(densities[k], &arena, &density);
        for (size_t i = 0; i < 4; i++) {
            double log_p = class->log_density(density.state, far[i]);
            bool inside = i == 2 || !strstr(densities[k], "checkerboard");

            if (isnan(log_p) || log_p > 5 || (inside && i != 2 && !isfinite(log_p)))
                fail_msg("%s at (%g, %g): %g", densities[k], far[i][0], far[i][1], log_p);
        }
        sl_arena_release(&arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_the_table_are_tested),
        cmocka_unit_test(entropy_is_that_of_the_points),
        cmocka_unit_test(points_follow_the_density),
        cmocka_unit_test(other_densities_are_told_apart),
        cmocka_unit_test(known_entropies),
        cmocka_unit_test(tails_stay_finite),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
