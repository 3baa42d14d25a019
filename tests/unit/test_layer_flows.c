/* SPDX-License-Identifier: MIT */
/* What is particular to one layer of a flow; what all of them keep: contract/test_flows.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/index_set.h"
#include "tests/contract/flow_bench.h"

static const struct flow_range around = {-2.6, 2.6};

static void
open_bench(struct flow_bench *b, const char *layer, const char *yaml, bool f64, size_t n,
           size_t d)
{
    flow_bench_init(b, sl_registry_find(&sl_builtin, SL_FLOW_LAYER, layer), yaml, f64, n,
                    d, around);
}

static void
start(struct flow_bench *b)
{
    struct sl_stream stream;

    sl_stream_init(&stream, 11, "test", "start");
    b->layer.class->init(&b->layer, &stream, b->theta);
}

/* dy/dx of the only row by central differences: row j is y_j. */
static void
jacobian_of(const struct flow_bench *b, double *jacobian)
{
    const double step = 1e-6;
    double *x = b->x;
    const double *y = b->y;

    for (size_t k = 0; k < b->d; k++) {
        double at = x[k];
        x[k] = at + step;
        flow_forward(b, NULL);
        for (size_t j = 0; j < b->d; j++)
            jacobian[j * b->d + k] = y[j];
        x[k] = at - step;
        flow_forward(b, NULL);
        for (size_t j = 0; j < b->d; j++)
            jacobian[j * b->d + k] = (jacobian[j * b->d + k] - y[j]) / (2 * step);
        x[k] = at;
    }
    flow_forward(b, NULL);
}

static bool
near(double a, double b)
{
    return fabs(a - b) <= 1e-7 * fmax(1, fabs(b));
}

/* ---- affine coupling ----------------------------------------------------------------- */

/* s and t of column i, seen from outside: y_i at x_i = 0 and at x_i = 1. */
static void
scale_and_shift(const struct flow_bench *b, size_t i, double *s, double *t)
{
    double *x = b->x, at = x[i];
    const double *y = b->y;

    x[i] = 0;
    flow_forward(b, NULL);
    *t = y[i];
    x[i] = 1;
    flow_forward(b, NULL);
    *s = log(y[i] - *t);
    x[i] = at;
}

/* x_i e^s_i ds_i/dx_j + dt_i/dx_j */
static double
below_diagonal(const struct flow_bench *b, size_t i, size_t j)
{
    const double step = 1e-6;
    double *x = b->x, at = x[j], s, t, s_above, t_above, s_below, t_below;

    x[j] = at + step;
    scale_and_shift(b, i, &s_above, &t_above);
    x[j] = at - step;
    scale_and_shift(b, i, &s_below, &t_below);
    x[j] = at;
    scale_and_shift(b, i, &s, &t);
    return x[i] * exp(s) * (s_above - s_below) / (2 * step) +
           (t_above - t_below) / (2 * step);
}

/* [[I, 0], [*, diag(exp s)]] in the order: columns of the set, then the others. */
static void
check_structure(const struct flow_bench *b, const bool *member, const double *jacobian)
{
    double log_det = 0, s, t;

    for (size_t i = 0; i < b->d; i++)
        for (size_t j = 0; j < b->d; j++) {
            double got = jacobian[i * b->d + j];
            if (member[i])
                assert_true(near(got, i == j));
            else if (member[j])
                assert_true(near(got, below_diagonal(b, i, j)));
            else if (i != j)
                assert_true(got == 0);
        }
    for (size_t i = 0; i < b->d; i++) {
        if (member[i])
            continue;
        scale_and_shift(b, i, &s, &t);
        assert_true(near(jacobian[i * b->d + i], exp(s)));
        log_det += s;
    }
    flow_forward(b, NULL);
    assert_true(near(flow_get(b, b->log_det, 0), log_det));
}

static void
the_jacobian_of_an_affine_coupling_has_its_form(void **state)
{
    static const char *const networks[] = {
        "hidden: [7, 5], activation: tanh",
        "hidden: [9], activation: sigmoid, s_max: 0.9"};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 5, "test", "sets");
    for (uint64_t round = 0; round < 24; round++) {
        enum { D = 6 };
        char yaml[160];
        double jacobian[D * D];
        bool member[D] = {false};
        struct sl_index_set set;
        struct sl_error err = {0};
        struct flow_bench b;
        struct sl_index_set_config config = {.set = {.word = 3}, .seed = round};
        snprintf(yaml, sizeof yaml, "{set: random, seed: %d, %s}", (int)round,
                 networks[round % 2]);
        open_bench(&b, "affine-coupling", yaml, true, 1, D);
        assert_int_equal(sl_index_set_make(&config, &b.layer, &set, &err), SL_OK);
        for (size_t i = 0; i < set.n; i++)
            member[set.in[i]] = true;
        for (size_t i = 0; i < D; i++)
            flow_set(&b, b.x, i, i % 3 == round % 3 ? 0 : 3 * sl_stream_uniform(&stream));
        jacobian_of(&b, jacobian);
        check_structure(&b, member, jacobian);
        flow_bench_release(&b);
    }
}

static void
s_max_bounds_the_scale(void **state)
{
    struct flow_bench b;

    (void)state;
    open_bench(&b, "affine-coupling", "{hidden: [], s_max: 0.25}", true, 40, 2);
    for (size_t i = 0; i < b.n * b.d; i++)
        flow_set(&b, b.x, i, 100 * flow_get(&b, b.x, i));
    flow_forward(&b, NULL);
    for (size_t i = 0; i < b.n; i++)
        assert_true(fabs(flow_get(&b, b.log_det, i)) <= 0.25);
    flow_bench_release(&b);
}

/* ---- autoregressive ------------------------------------------------------------------ */

static void
a_column_depends_on_those_before_it_alone(void **state)
{
    static const char *const yaml[] = {
        "{hidden: [13, 11], activation: tanh}",
        "{transform: spline, bins: 4, hidden: [13], activation: tanh}",
        "{hidden: []}",
    };

    (void)state;
    for (size_t k = 0; k < sizeof yaml / sizeof *yaml; k++) {
        enum { D = 5 };
        double jacobian[D * D];
        size_t moved = 0;
        struct flow_bench b;
        open_bench(&b, "autoregressive", yaml[k], true, 1, D);
        jacobian_of(&b, jacobian);
        for (size_t i = 0; i < D; i++)
            for (size_t j = 0; j < D; j++) {
                if (j > i)
                    assert_true(jacobian[i * D + j] == 0);
                moved += j < i && jacobian[i * D + j] != 0;
            }
        /* A spline's column that lies outside its box moves with none, but few do. */
        assert_true(moved >= 6);
        flow_bench_release(&b);
    }
}

/* ---- starts -------------------------------------------------------------------------- */

static void
flows_start_as_the_identity(void **state)
{
    static const char *const layers[][2] = {
        {"affine-coupling", ""},
        {"affine-coupling", "{s_max: 2}"},
        {"spline-coupling", ""},
        {"autoregressive", ""},
        {"autoregressive", "{transform: spline, bins: 11}"},
        {"act-norm", ""},
        {"standardise", ""},
    };

    (void)state;
    for (size_t k = 0; k < sizeof layers / sizeof *layers; k++)
        for (int f64 = 0; f64 < 2; f64++) {
            struct flow_bench b;
            open_bench(&b, layers[k][0], layers[k][1], f64, 50, 4);
            start(&b);
            flow_forward(&b, NULL);
            for (size_t i = 0; i < b.n * b.d; i++)
                assert_true(fabs(flow_get(&b, b.y, i) - flow_get(&b, b.x, i)) <=
                            (f64 ? 1e-14 : 3e-6));
            for (size_t i = 0; i < b.n; i++)
                assert_true(fabs(flow_get(&b, b.log_det, i)) <= (f64 ? 1e-14 : 3e-6));
            flow_bench_release(&b);
        }
}

/* A rotation keeps lengths, a permutation the values; both the volume. */
static void
a_linear_map_starts_with_the_volume_as_it_is(void **state)
{
    enum { D = 7 };

    (void)state;
    for (int rotation = 0; rotation < 2; rotation++) {
        double jacobian[D * D], off = 0;
        struct flow_bench b;
        open_bench(&b, "lu-linear", rotation ? "{start: rotation}" : "", true, 1, D);
        start(&b);
        jacobian_of(&b, jacobian);
        for (size_t i = 0; i < D; i++)
            for (size_t k = 0; k < D; k++) {
                double dot = 0;
                for (size_t j = 0; j < D; j++)
                    dot += jacobian[i * D + j] * jacobian[k * D + j];
                assert_true(fabs(dot - (i == k)) < 1e-8);
                off = fmax(off, fabs(jacobian[i * D + k] * (1 - jacobian[i * D + k])));
            }
        assert_true(rotation ? off > 0.1 : off < 1e-8);
        assert_true(fabs(flow_get(&b, b.log_det, 0)) < 1e-12);
        flow_bench_release(&b);
    }
}

static void
the_first_rows_become_standard(void **state)
{
    static const char *const layers[] = {"act-norm", "standardise"};

    (void)state;
    for (size_t k = 0; k < 2; k++)
        for (int f64 = 0; f64 < 2; f64++) {
            struct flow_bench b;
            open_bench(&b, layers[k], "", f64, 500, 3);
            for (size_t i = 0; i < b.n; i++) {
                flow_set(&b, b.x, 3 * i, 40 + 0.3 * flow_get(&b, b.x, 3 * i));
                flow_set(&b, b.x, 3 * i + 2, 8.5);
            }
            start(&b);
            b.layer.class->settle(&b.layer, b.n, b.x, b.theta);
            flow_forward(&b, NULL);
            for (size_t j = 0; j < 3; j++) {
                double mean = 0, square = 0;
                for (size_t i = 0; i < b.n; i++) {
                    double y = flow_get(&b, b.y, 3 * i + j);
                    mean += y / 500;
                    square += y * y / 500;
                }
                assert_true(fabs(mean) < (f64 ? 1e-12 : 1e-4));
                assert_true(fabs(square - (j != 2)) < (f64 ? 1e-12 : 1e-4));
            }
            flow_bench_release(&b);
        }
}

/* ---- dequantise, logit --------------------------------------------------------------- */

static void
noise_fills_the_bins(void **state)
{
    (void)state;
    for (int f64 = 0; f64 < 2; f64++) {
        enum { LEVELS = 4, N = 2000 };
        struct flow_bench b;
        double sum = 0, square = 0;
        open_bench(&b, "dequantise", "{levels: 4, top: 3, evaluation: middle}", f64, N,
                   3);
        for (size_t i = 0; i < N * 3; i++)
            flow_set(&b, b.x, i, (double)(i % LEVELS));
        flow_forward(&b, NULL);
        for (size_t i = 0; i < N * 3; i++)
            assert_true(
                near(flow_get(&b, b.y, i), ((double)(i % LEVELS) + 0.5) / LEVELS));
        b.training = true;
        flow_forward(&b, NULL);
        for (size_t i = 0; i < N * 3; i++) {
            double u = flow_get(&b, b.y, i) * LEVELS - (double)(i % LEVELS);
            assert_true(u >= 0 && flow_get(&b, b.y, i) < 1);
            sum += u;
            square += u * u;
        }
        /* Five standard errors of the mean and of the mean square of 6,000 uniforms. */
        assert_true(fabs(sum / (N * 3) - 0.5) < 5 * 0.2887 / 77.4);
        assert_true(fabs(square / (N * 3) - 1.0 / 3) < 5 * 0.2982 / 77.4);
        flow_bench_release(&b);
    }
}

/* In training the noise of a row is its place's, whatever the number of rows. */
static void
noise_belongs_to_a_place(void **state)
{
    struct flow_bench a, b;

    (void)state;
    open_bench(&a, "dequantise", "", false, 30, 5);
    open_bench(&b, "dequantise", "", false, 12, 5);
    memset(a.x, 0, 30 * 5 * sizeof(float));
    memset(b.x, 0, 12 * 5 * sizeof(float));
    a.training = b.training = true;
    flow_forward(&a, NULL);
    flow_forward(&b, NULL);
    assert_memory_equal(a.y, b.y, 12 * 5 * sizeof(float));
    assert_memory_not_equal(a.y, (float *)a.y + 5, 5 * sizeof(float));
    flow_bench_release(&a);
    flow_bench_release(&b);
}

/* In evaluation it belongs to what the row holds. */
static void
noise_belongs_to_a_row(void **state)
{
    struct flow_bench b;
    float *y;

    (void)state;
    open_bench(&b, "dequantise", "", false, 3, 5);
    for (size_t i = 0; i < 15; i++)
        flow_set(&b, b.x, i, i < 5 || i >= 10 ? 1 : 0);
    flow_forward(&b, NULL);
    y = b.y;
    assert_memory_equal(y, y + 10, 5 * sizeof *y);
    assert_true(fabsf(y[0] - y[5] - 255.0f / 256) > 1e-6f);
    assert_true(y[0] != y[1]);
    flow_bench_release(&b);
}

/* In float32 too both ends are exact, and the tangents begin there. */
static void
the_logit_is_exact_at_its_ends(void **state)
{
    const double alpha = 1e-6, end = log(1 - alpha) - log(alpha);

    (void)state;
    for (int f64 = 0; f64 < 2; f64++) {
        const double x[] = {0, 1, 0.5, 1 - 0x1p-20, -1, 2};
        const double slope = (1 - 2 * alpha) / (alpha * (1 - alpha));
        const double p = alpha + (1 - 2 * alpha) * x[3];
        const double q = alpha + (1 - 2 * alpha) * 0x1p-20;
        const double want[] = {-end, end, 0, log(p / q), -end - slope, end + slope};
        struct flow_bench b;
        open_bench(&b, "logit", "", f64, 6, 1);
        for (size_t i = 0; i < 6; i++)
            flow_set(&b, b.x, i, x[i]);
        flow_forward(&b, NULL);
        for (size_t i = 0; i < 6; i++)
            assert_true(fabs(flow_get(&b, b.y, i) - want[i]) <=
                        (f64 ? 1e-12 : 1e-6) * fmax(1, fabs(want[i])));
        flow_bench_release(&b);
    }
}

/* ---- what is refused ----------------------------------------------------------------- */

static void
what_does_not_fit_is_told_at_its_place(void **state)
{
    static const struct {
        const char *layer, *yaml;
        size_t d;
        unsigned column; /* of the place; 0: the layer's */
        const char *text;
    } refused[] = {
        {"affine-coupling", "{set: []}", 3, 7, "index set is empty among 3 columns"},
        {"affine-coupling", "{set: [2, 0, 1]}", 3, 7,
         "index set is full among 3 columns"},
        {"spline-coupling", "{bins: 4, set: [1, 3]}", 3, 16, "index set has column 3; "},
        {"spline-coupling", "{set: [1, 1]}", 3, 7, "index set has column 1 twice"},
        {"affine-coupling", "{set: even}", 1, 7, "index set is full among 1 column:"},
        {"affine-coupling", "{set: odd}", 1, 7, "index set is empty among 1 column:"},
        {"affine-coupling", "{set: random}", 1, 7, "index set is empty among 1 column:"},
        {"autoregressive", "{hidden: [1, 1, 1, 1, 1, 1, 1, 1, 1], activation: tanh}", 4,
         0, "9 hidden layers are more than the 8 there can be"},
        {"permutation", "{order: [0, 1]}", 3, 9, "order names 2 columns of 3"},
        {"permutation", "{order: [0, 3, 1]}", 3, 9, "order has column 3; "},
        {"permutation", "{order: [0, 2, 2]}", 3, 9, "order has column 2 twice"},
        {"spline-coupling", "{bins: 10, least_width: 0.1}", 2, 0,
         "10 bins of 'least_width' 0.1 leave nothing of the box"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct sl_row *row =
            sl_registry_find(&sl_builtin, SL_FLOW_LAYER, refused[i].layer);
        const struct sl_layer_class *class = (const struct sl_layer_class *)row->as[0];
        struct sl_arena arena;
        struct sl_error err = {0};
        struct sl_layer layer = {
            .name = "layer", .class = class, .in = refused[i].d, .arena = &arena};
        sl_arena_init(&arena);
        layer.config = fake_config(&class->entry, refused[i].yaml, &arena);
        assert_int_not_equal(class->shape(&layer, &err), SL_OK);
        if (!strstr(err.text, refused[i].text) || err.mark.column != refused[i].column)
            fail_msg("%s %s: column %u, %s", refused[i].layer, refused[i].yaml,
                     err.mark.column, err.text);
        sl_arena_release(&arena);
    }
}

static void
random_sets_differ_by_seed_and_place(void **state)
{
    enum { D = 40 };
    struct sl_arena arena;
    struct sl_layer layer = {.name = "layers.0", .in = D, .arena = &arena};
    const uint32_t *a, *same, *seed, *place;

    (void)state;
    sl_arena_init(&arena);
    a = sl_index_shuffle(1, &layer);
    same = sl_index_shuffle(1, &layer);
    seed = sl_index_shuffle(2, &layer);
    layer.name = "layers.1";
    place = sl_index_shuffle(1, &layer);
    assert_memory_equal(a, same, D * sizeof *a);
    assert_memory_not_equal(a, seed, D * sizeof *a);
    assert_memory_not_equal(a, place, D * sizeof *a);
    sl_arena_release(&arena);
}

/* A word or a list, as keys and the record have it. */
static void
sets_print_as_they_were_written(void **state)
{
    static const struct {
        const char *yaml, *want;
    } sets[] = {
        {"", "set: even\n"},
        {"{set: first-half}", "set: first-half\n"},
        {"{set: [4, 0, 2]}", "set: [4, 0, 2]\n"},
    };
    const struct sl_entry *entry =
        sl_registry_find(&sl_builtin, SL_FLOW_LAYER, "affine-coupling")->as[0];

    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct sl_text text = {0};
        struct sl_arena arena;
        sl_arena_init(&arena);
        sl_fields_print(entry->fields, fake_config(entry, sets[i].yaml, &arena),
                        SL_PRINT_KEYED, 0, &text);
        assert_non_null(strstr(text.bytes, sets[i].want));
        sl_text_release(&text);
        sl_arena_release(&arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_jacobian_of_an_affine_coupling_has_its_form),
        cmocka_unit_test(s_max_bounds_the_scale),
        cmocka_unit_test(a_column_depends_on_those_before_it_alone),
        cmocka_unit_test(flows_start_as_the_identity),
        cmocka_unit_test(a_linear_map_starts_with_the_volume_as_it_is),
        cmocka_unit_test(the_first_rows_become_standard),
        cmocka_unit_test(noise_fills_the_bins),
        cmocka_unit_test(noise_belongs_to_a_place),
        cmocka_unit_test(noise_belongs_to_a_row),
        cmocka_unit_test(the_logit_is_exact_at_its_ends),
        cmocka_unit_test(what_does_not_fit_is_told_at_its_place),
        cmocka_unit_test(random_sets_differ_by_seed_and_place),
        cmocka_unit_test(sets_print_as_they_were_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
