/* SPDX-License-Identifier: MIT */
/* Every figure of plots/, drawn from small runs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run_record.h"
#include "runner/plot/desk.h"
#include "runner/plot/draw.h"
#include "runner/plot/gnuplot.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct sl_arena arena;
static const char *desk;

static int
setup(void **state)
{
    struct sl_error err;

    (void)state;
    sl_arena_init(&arena);
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

/* A run with few rows, odd values and odd names. */
struct small {
    size_t n, batches;
    double low, high; /* of what is recorded */
    bool monitored;
    bool truth; /* the data's density is known */
    const char *split;
};

/* ---- what is recorded ---------------------------------------------------------------- */

/* A tensor whose values go from low to high, and back, and again. */
static struct sl_tensor
tensor_of(const struct small *s, unsigned rank, const size_t *shape)
{
    struct sl_tensor t;
    struct sl_error err;
    size_t n;

    assert_int_equal(sl_tensor_new(&t, &arena, SL_F64, rank, shape, &err), SL_OK);
    n = sl_tensor_count(&t);
    for (size_t i = 0; i < n; i++)
        ((double *)t.data)[i] = s->low + (s->high - s->low) * (double)(i * 7 % 11) / 10;
    return t;
}

static void
add_tensor(struct sl_stage_record *stage, const struct small *s, const char *name,
           unsigned rank, const size_t *shape)
{
    run_record_add(&stage->tensors, name, tensor_of(s, rank, shape), NULL, NULL);
}

/* x ascending in the first column. */
static void
add_curve(struct sl_stage_record *stage, const struct small *s, const char *name)
{
    struct sl_tensor t = tensor_of(s, 2, (size_t[]){25, 2});

    for (size_t i = 0; i < 25; i++)
        ((double *)t.data)[2 * i] = (double)i / 8 - 1;
    run_record_add(&stage->tensors, name, t, NULL, NULL);
}

static void
add_extent(struct sl_stage_record *stage, const char *name)
{
    static double sides[] = {-1.5, 2.5, -1, 1};

    run_record_add(&stage->tensors, name, sl_tensor_vector(SL_F64, sides, 4), NULL, NULL);
}

static void
fill_load(struct sl_stage_record *load, const struct small *s, size_t d)
{
    add_tensor(load, s, sl_arena_format(&arena, "points_%s", s->split), 2,
               (size_t[]){s->n, d});
    add_tensor(load, s, "points_train", 2, (size_t[]){3, d});
    if (!s->truth)
        return;
    run_record_metric(&load->metrics, "entropy", 1.0986);
    if (d == 1) {
        add_curve(load, s, "true_density");
        return;
    }
    add_tensor(load, s, "true_density", 2, (size_t[]){20, 20});
    add_extent(load, "true_density_extent");
}

static void
fill_losses(struct sl_stage_record *train, const struct small *s)
{
    double *loss = sl_arena_alloc(&arena, s->batches * sizeof *loss);
    double epochs[] = {s->high, s->low}, at[] = {1, 2};
    struct sl_tensor two = sl_tensor_vector(SL_F64, epochs, 2);

    for (size_t i = 0; i < s->batches; i++)
        loss[i] = 0.3 / (double)(i + 1);
    run_record_add(&train->series, "loss", sl_tensor_vector(SL_F64, loss, s->batches),
                   "iteration", NULL);
    run_record_add(&train->series, "loss_epoch", two, "epoch", at);
    run_record_add(&train->series, "loss_train", two, "epoch", at);
    run_record_metric(&train->metrics, "ceiling", s->high);
    if (s->monitored)
        run_record_add(&train->series, sl_arena_format(&arena, "loss_%s", s->split), two,
                       "epoch", at);
}

static void
fill_flow(struct sl_stage_record *train, const struct small *s, size_t d)
{
    add_tensor(train, s, "latent", d, (size_t[]){s->n, d});
    if (d == 1) {
        add_curve(train, s, "density");
        add_curve(train, s, "map");
        return;
    }
    add_tensor(train, s, "density", 2, (size_t[]){20, 20});
    add_extent(train, "density_extent");
    add_tensor(train, s, "warp", 3, (size_t[]){26, 5, 2});
}

static void
fill_images(struct sl_stage_record *train, const struct small *s)
{
    add_tensor(train, s, "prior_samples", 3, (size_t[]){s->n, 4, 3});
    add_tensor(train, s, "walk", 4, (size_t[]){2, 3, 4, 3});
}

static void
fill_detect(struct sl_stage_record *detect, const struct small *s)
{
    static double roc[] = {0, 0, 0, 0.5, 1, 1};
    static const char *const sides[] = {"normal", "anomalous"};

    for (size_t i = 0; i < COUNT(sides); i++) {
        const char *side = sides[i];

        add_tensor(detect, s, sl_arena_format(&arena, "scores_%s", side), 1, &s->n);
        add_tensor(detect, s, sl_arena_format(&arena, "examples_%s", side), 5,
                   (size_t[]){2, 2, 2, 3, 2});
        add_tensor(detect, s, sl_arena_format(&arena, "example_scores_%s", side), 2,
                   (size_t[]){2, 2});
    }
    run_record_add(&detect->tensors, "roc", sl_tensor_matrix(SL_F64, roc, 3, 2), NULL,
                   NULL);
    run_record_metric(&detect->metrics, "threshold", s->low);
    run_record_metric(&detect->metrics, "auroc", (double)NAN);
}

/* ---- drawing ------------------------------------------------------------------------- */

static void
draw(const struct small *s, const struct sl_figure *figure, const char *gnuplot)
{
    size_t d = figure->columns ? figure->columns : 1;
    struct sl_stage_record stages[] = {
        run_record_stage(&arena, "load", "load", ""),
        run_record_stage(&arena, "train", "train", ""),
        run_record_stage(
            &arena, "detect", "detect",
            sl_arena_format(&arena, "normal=%s anomalous=%s", s->split, s->split)),
        run_record_stage(&arena, "sample", "sample", ""),
    };
    struct sl_run_record run = {.name = "small", .n = COUNT(stages), .stages = stages};
    struct sl_drawing drawing = {&run, figure, desk, SL_SVG | SL_PNG, gnuplot};
    struct sl_error err;

    fill_load(&stages[0], s, d);
    fill_losses(&stages[1], s);
    fill_flow(&stages[1], s, d);
    fill_images(&stages[1], s);
    fill_detect(&stages[2], s);
    add_tensor(&stages[3], s, "samples", 2, (size_t[]){s->n, d});
    if (sl_figure_draw(&drawing, &arena, &err))
        fail_msg("%s, split '%s': %s", figure->name, s->split, err.text);
}

static void
test_every_figure(void **state)
{
    static const struct small smalls[] = {
        {50, 700, 0.001, 0.4, true, true, "validation"},
        {1, 1, 0.25, 0.25, false, false, "t"},
        {7, 2, -3.5, 8.0, true, true, "it's; `id` {/Bold x}_y %s"},
        {2, 40, 0.0, 0.0, true, true, "x\ny"},
        {3, 3, 1e-9, 1e9, false, false, "extremes"},
    };
    const char *search[] = {SL_TEST_PLOTS, NULL}, *gnuplot = sl_gnuplot_find(&arena);
    struct sl_string_list names = sl_figure_names(search, &arena);

    (void)state;
    if (!gnuplot) {
        print_message("no gnuplot here\n");
        skip();
    }
    assert_true(names.n >= 15);
    for (size_t i = 0; i < COUNT(smalls) * names.n; i++) {
        struct sl_figure figure;
        struct sl_error err;

        if (sl_figure_read(search, names.at[i % names.n], &arena, &figure, &err))
            fail_msg("%s: %s", names.at[i % names.n], err.text);
        if (figure.subject != SL_OF_RUN)
            continue;
        draw(&smalls[i / names.n], &figure, gnuplot);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_figure)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
