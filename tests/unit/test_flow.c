/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/yaml.h"
#include "runner/parallel/pool.h"
#include "tests/unit/fake_step.h"

extern const struct sl_module train_flow;

/* Three Gaussians in a row, in as many columns as asked for. */
enum { ROWS = 900, TRAIN = 700, D_MAX = 4 };

struct fixture {
    double x[ROWS * D_MAX];
    uint8_t bytes[ROWS * D_MAX];
    uint32_t ids[ROWS];
    struct sl_split splits[2];
    struct sl_dataset data;
    struct sl_step step;
    struct sl_arena arena;
    struct sl_model model;
    struct sl_error err;
};

static void
fixture_init(struct fixture *f, size_t d)
{
    const double mean[] = {-1, 0.2, 1.5};
    struct sl_stream stream;

    memset(f, 0, sizeof *f);
    sl_stream_init(&stream, 3, "test_flow", "rows");
    for (uint32_t i = 0; i < ROWS; i++) {
        size_t k = sl_stream_below(&stream, 3);
        f->ids[i] = i;
        for (size_t j = 0; j < d; j++)
            f->x[i * d + j] = mean[(k + j) % 3] + 0.25 * sl_stream_normal(&stream);
    }
    f->splits[0] = (struct sl_split){"train", TRAIN, f->ids};
    f->splits[1] = (struct sl_split){"test", ROWS - TRAIN, f->ids + TRAIN};
    f->data = (struct sl_dataset){.n = ROWS,
                                  .d = d,
                                  .type = SL_F64,
                                  .x = f->x,
                                  .scale = 1,
                                  .split_count = 2,
                                  .splits = f->splits};
    fake_step_init(&f->step, "train", 4, &f->data);
    sl_arena_init(&f->arena);
}

static void
fixture_release(struct fixture *f)
{
    fake_step_release(&f->step);
    sl_arena_release(&f->arena);
}

static enum sl_status
try_train(struct fixture *f, const char *yaml)
{
    f->model = (struct sl_model){
        .module = &train_flow,
        .config = fake_config(&train_flow.entry, yaml, &f->arena),
        .d = f->data.d,
        .height = f->data.height,
        .width = f->data.width,
        .scale = f->data.scale,
        .parameters = &f->step.parameters,
    };
    SL_TRY(train_flow.run(&f->step, f->model.config, &f->err));
    return train_flow.model->open(&f->model, &f->arena, &f->err);
}

static void
train(struct fixture *f, const char *yaml)
{
    if (try_train(f, yaml))
        fail_msg("%s", f->err.text);
}

#define SETTINGS                                                                         \
    "epochs: 8, batch_size: 64, monitor: [test], optimizer: {adam: {lr: 0.05}}"
#define EXP "{layers: [{mixture-cdf: {components: 4}}], " SETTINGS "}"
#define SOFTMAX                                                                          \
    "{layers: [{mixture-cdf: {components: 4, weights: softmax}}], " SETTINGS "}"
#define PLANE                                                                            \
    "{layers: [act-norm, {affine-coupling: {hidden: [8]}}, permutation, "                \
    "{affine-coupling: {hidden: [8]}}], " SETTINGS "}"

/* Batches that go through in pieces. */
#define PIECES                                                                           \
    "{layers: [dequantise, standardise, {affine-coupling: {hidden: [8]}}, permutation, " \
    "{spline-coupling: {hidden: [8], bins: 5}}], epochs: 8, batch_size: 300, monitor: "  \
    "[test], optimizer: {adam: {lr: 0.05}}}"

static void
log_density(struct fixture *f, size_t n, const double *x, double *log_p)
{
    if (train_flow.model->log_density(&f->model, f->step.pool, n, x, log_p, &f->err))
        fail_msg("%s", f->err.text);
}

static void
forward(struct fixture *f, size_t n, const double *x, double *z, double *log_det)
{
    if (train_flow.model->forward(&f->model, f->step.pool, n, x, z, log_det, &f->err))
        fail_msg("%s", f->err.text);
}

/* ---- what the mathematics says ------------------------------------------------------ */

static double
cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

/* By the trapezoid rule, which converges at once for what is smooth and ends at 0. */
static double
integral(struct fixture *f)
{
    enum { N = 60001 };
    static double x[N], log_p[N];
    double sum = 0;

    for (size_t i = 0; i < N; i++)
        x[i] = -30 + 60.0 * (double)i / (N - 1);
    log_density(f, N, x, log_p);
    for (size_t i = 0; i < N; i++)
        sum += exp(log_p[i]) * 60 / (N - 1);
    return sum;
}

static void
densities_integrate_to_what_the_base_gives_the_range(void **state)
{
    const double ends[] = {-1e3, 1e3};
    const char *const yaml[] = {EXP, SOFTMAX};
    double z[2];

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        static struct fixture f;
        fixture_init(&f, 1);
        train(&f, yaml[k]);
        forward(&f, 2, ends, z, NULL);
        assert_true(fabs(integral(&f) - (cdf(z[1]) - cdf(z[0]))) < 1e-6);
        assert_true(k == 0 ? cdf(z[1]) - cdf(z[0]) < 1 : fabs(integral(&f) - 1) < 1e-9);
        fixture_release(&f);
    }
}

static void
the_density_is_that_of_the_base_by_the_slope(void **state)
{
    const char *const yaml[] = {EXP, SOFTMAX, PLANE};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        static struct fixture f;
        static double z[2 * 300], log_det[300], log_p[300];
        size_t d = k < 2 ? 1 : 2;
        fixture_init(&f, d);
        train(&f, yaml[k]);
        forward(&f, 300, f.x, z, log_det);
        log_density(&f, 300, f.x, log_p);
        for (size_t i = 0; i < 300; i++) {
            double want = log_det[i];
            for (size_t j = 0; j < d; j++)
                want -= (z[i * d + j] * z[i * d + j] + log(2 * acos(-1))) / 2;
            assert_true(fabs(log_p[i] - want) < 1e-12);
        }
        fixture_release(&f);
    }
}

static void
inverse_is_the_way_back(void **state)
{
    const char *const yaml[] = {EXP, SOFTMAX, PLANE};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        static struct fixture f;
        static double z[2 * 300], back[2 * 300];
        size_t d = k < 2 ? 1 : 2;
        fixture_init(&f, d);
        train(&f, yaml[k]);
        forward(&f, 300, f.x, z, NULL);
        if (train_flow.model->inverse(&f.model, NULL, 300, z, back, &f.err))
            fail_msg("%s", f.err.text);
        for (size_t i = 0; i < 300 * d; i++)
            assert_true(fabs(back[i] - f.x[i]) < 1e-9);
        fixture_release(&f);
    }
}

static void
the_first_point_out_of_reach_is_named(void **state)
{
    static struct fixture f;
    static double z[3000], x[3000];

    (void)state;
    fixture_init(&f, 1);
    train(&f, EXP);
    z[2171] = 60;
    z[2905] = -60;
    assert_int_equal(train_flow.model->inverse(&f.model, NULL, 3000, z, x, &f.err),
                     SL_ERR_NUMERIC);
    assert_memory_equal(f.err.text, "point 2171: ", 12);
    fixture_release(&f);
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: 1.63 / sqrt(n) is passed by chance once in a hundred. */
static void
draws_follow_the_models_own_distribution(void **state)
{
    enum { N = 5000 };
    const char *const yaml[] = {EXP, SOFTMAX};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 17, "test_flow", "draw");
    for (size_t k = 0; k < 2; k++) {
        static struct fixture f;
        static double x[N], z[N], few[10];
        double ends[] = {-1e3, 1e3}, low, mass, worst = 0;
        fixture_init(&f, 1);
        train(&f, yaml[k]);
        assert_int_equal(train_flow.model->draw(&f.model, NULL, &stream, N, x, &f.err),
                         SL_OK);
        assert_int_equal(train_flow.model->draw(&f.model, NULL, &stream, 10, few, &f.err),
                         SL_OK);
        assert_memory_equal(few, x, sizeof few);
        qsort(x, N, sizeof *x, compare);
        forward(&f, 2, ends, z, NULL);
        low = cdf(z[0]);
        mass = cdf(z[1]) - low;
        forward(&f, N, x, z, NULL);
        for (size_t i = 0; i < N; i++)
            worst = fmax(worst, fabs((cdf(z[i]) - low) / mass - ((double)i + 0.5) / N));
        assert_true(worst < 0.023);
        fixture_release(&f);
    }
}

static void
scores_are_negative_log_likelihoods(void **state)
{
    static struct fixture f;
    static double log_p[ROWS], scores[ROWS];
    double mean = 0;

    (void)state;
    fixture_init(&f, 1);
    train(&f, SOFTMAX);
    struct sl_rows rows = {&f.data, f.ids, ROWS};
    assert_int_equal(train_flow.model->score(&f.model, &f.step, &rows, 0, scores, &f.err),
                     SL_OK);
    log_density(&f, ROWS, f.x, log_p);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(scores[i] == -log_p[i]);
        mean += i < TRAIN ? 0 : scores[i] / (ROWS - TRAIN);
    }
    /* Training's own is in float32. */
    assert_true(fabs(mean - fake_metric(&f.step, "loss_test")) < 1e-5);
    assert_string_equal(train_flow.model->scores[0].name, "negative-log-likelihood");
    fixture_release(&f);
}

/* ---- training ----------------------------------------------------------------------- */

static void
training_lowers_the_loss(void **state)
{
    static struct fixture f;
    const double *epochs;

    (void)state;
    fixture_init(&f, 1);
    train(&f, EXP);
    epochs = fake_series(&f.step, "loss_epoch")->tensor.data;
    assert_true(epochs[7] < epochs[0] - 0.2);
    assert_true(epochs[7] < 1.6);
    assert_true(fake_metric(&f.step, "parameters") == 12);
    assert_string_equal(f.step.parameters.items[1].name, "layers.0.means");
    fixture_release(&f);
}

static void
assert_same(const struct sl_bundle *a, const struct sl_bundle *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        assert_memory_equal(a->items[i].tensor.data, b->items[i].tensor.data,
                            sl_tensor_bytes(&a->items[i].tensor));
}

static void
threads_change_no_byte(void **state)
{
    const char *const yaml[] = {EXP, PLANE, PIECES};
    struct sl_pool *pool;
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_pool_new(&pool, 4, &err), SL_OK);
    for (size_t k = 0; k < 3; k++) {
        static struct fixture one, four;
        fixture_init(&one, k ? 2 : 1);
        fixture_init(&four, k ? 2 : 1);
        four.step.pool = pool;
        train(&one, yaml[k]);
        train(&four, yaml[k]);
        assert_same(&one.step.parameters, &four.step.parameters);
        assert_same(&one.step.tensors, &four.step.tensors);
        assert_same(&one.step.series, &four.step.series);
        fixture_release(&one);
        fixture_release(&four);
    }
    sl_pool_free(pool);
}

/* Layers that set themselves by data do so once, and a schedule knows where it is. */
static void
stopped_it_ends_the_same(void **state)
{
    const char *const yaml[] = {
        "{layers: [mixture-cdf], schedule: {cosine: {final: 0.1}}, " SETTINGS "}",
        "{layers: [act-norm, {affine-coupling: {hidden: [8]}}], schedule: "
        "cosine, " SETTINGS "}",
        PIECES,
    };
    const uint64_t stop_after[] = {37, 37, 10}, batches[] = {11, 11, 3};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        static struct fixture whole, first, second;
        struct fake_checkpoint checkpoint = {.saves = 0};
        fixture_init(&whole, k ? 2 : 1);
        fixture_init(&first, k ? 2 : 1);
        fixture_init(&second, k ? 2 : 1);
        first.step.checkpoint = second.step.checkpoint = &checkpoint;
        first.step.stop_after = stop_after[k];
        train(&whole, yaml[k]);
        assert_int_equal(try_train(&first, yaml[k]), SL_ERR_CANCELLED);
        train(&second, yaml[k]);
        assert_int_equal(second.step.told, 8 * batches[k] - stop_after[k]);
        assert_same(&whole.step.parameters, &second.step.parameters);
        assert_same(&whole.step.series, &second.step.series);
        fixture_release(&whole);
        fixture_release(&first);
        fixture_release(&second);
        fake_checkpoint_release(&checkpoint);
    }
}

static void
float32_learns_what_float64_learns(void **state)
{
    static struct fixture a, b;
    const double *loss32, *loss64;

    (void)state;
    fixture_init(&a, 1);
    fixture_init(&b, 1);
    train(&a, "{layers: [mixture-cdf], epochs: 2}");
    train(&b, "{layers: [mixture-cdf], epochs: 2, precision: float64}");
    assert_int_equal(a.step.parameters.items[0].tensor.type, SL_F32);
    assert_int_equal(b.step.parameters.items[0].tensor.type, SL_F64);
    loss32 = fake_series(&a.step, "loss")->tensor.data;
    loss64 = fake_series(&b.step, "loss")->tensor.data;
    for (size_t i = 0; i < 14; i++)
        assert_true(fabs(loss32[i] - loss64[i]) < 1e-5 * loss64[i]);
    fixture_release(&a);
    fixture_release(&b);
}

/* ---- what is recorded --------------------------------------------------------------- */

static const struct sl_tensor *
recorded(const struct fixture *f, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&f->step.tensors, name);

    if (!item)
        fail_msg("no tensor '%s'", name);
    return &item->tensor;
}

static void
a_line_is_recorded_as_curves(void **state)
{
    static struct fixture f;
    const double *density, *map, *latent;
    double low = 9, high = -9, p, z;

    (void)state;
    fixture_init(&f, 1);
    train(&f, EXP);
    for (size_t i = 0; i < TRAIN; i++) {
        low = fmin(low, f.x[i]);
        high = fmax(high, f.x[i]);
    }
    density = recorded(&f, "density")->data;
    map = recorded(&f, "map")->data;
    latent = recorded(&f, "latent")->data;
    assert_int_equal(recorded(&f, "density")->shape[0], 1000);
    assert_int_equal(recorded(&f, "latent")->shape[0], TRAIN);
    assert_true(fabs(density[0] - (low - 0.2 * (high - low))) < 1e-12);
    assert_true(fabs(density[1998] - (high + 0.2 * (high - low))) < 1e-12);
    log_density(&f, 1, &density[2 * 417], &p);
    assert_true(density[2 * 417 + 1] == exp(p));
    forward(&f, 1, &map[2 * 583], &z, NULL);
    assert_true(map[2 * 583 + 1] == z);
    forward(&f, 1, &f.x[311], &z, NULL);
    assert_true(latent[311] == z);
    fixture_release(&f);
}

static void
a_plane_is_recorded_as_a_surface(void **state)
{
    static struct fixture f;
    const double *density, *extent, *warp;
    double p, x[2], z[2];

    (void)state;
    fixture_init(&f, 2);
    train(&f, "{domain: [-3, 4], layers: [act-norm, {affine-coupling: {hidden: "
              "[8]}}], " SETTINGS "}");
    density = recorded(&f, "density")->data;
    extent = recorded(&f, "density_extent")->data;
    warp = recorded(&f, "warp")->data;
    assert_true(extent[0] == -3 && extent[1] == 4 && extent[2] == -3 && extent[3] == 4);
    x[0] = -3 + 7 * 83 / 199.0;
    x[1] = -3 + 7 * 140 / 199.0;
    log_density(&f, 1, x, &p);
    assert_true(fabs(density[140 * 200 + 83] - exp(p)) < 1e-12);
    /* Line 4 has z_0 = -1, line 13 + 9 has z_1 = 1.5; point 70 is at 0.5. */
    forward(&f, 1, &warp[2 * (4 * 121 + 70)], z, NULL);
    assert_true(fabs(z[0] + 1) < 1e-9 && fabs(z[1] - 0.5) < 1e-9);
    forward(&f, 1, &warp[2 * (22 * 121 + 70)], z, NULL);
    assert_true(fabs(z[0] - 0.5) < 1e-9 && fabs(z[1] - 1.5) < 1e-9);
    fixture_release(&f);
}

/* Images of 2 x 2 bytes: what is learned is a density of x = v / 255, and bits are of v. */
static void
bits_are_those_of_the_values_as_they_came(void **state)
{
    static struct fixture f;
    double bits, loss;

    (void)state;
    fixture_init(&f, 4);
    for (size_t i = 0; i < ROWS * 4; i++)
        f.bytes[i] = (uint8_t)fmax(0, fmin(255, 100 + 40 * f.x[i]));
    f.data.type = SL_U8;
    f.data.x = f.bytes;
    f.data.scale = 255;
    f.data.height = f.data.width = 2;
    train(&f, "{layers: [act-norm], precision: float64, " SETTINGS "}");
    loss = fake_metric(&f.step, "loss_test");
    bits = fake_metric(&f.step, "bits_per_dimension_test");
    assert_true(fabs(bits - (loss / 4 + log(255)) / log(2)) < 1e-9);
    assert_true(bits > 5 && bits < 9);
    assert_null(sl_bundle_find(&f.step.tensors, "density"));
    fixture_release(&f);
}

/* ---- check -------------------------------------------------------------------------- */

static void
mistakes_are_told_at_their_place(void **state)
{
    const struct {
        const char *yaml;
        size_t d;
        bool whole;
        enum sl_severity severity;
        unsigned line;
        const char *want; /* NULL: nothing is wrong */
    } cases[] = {
        {"layers: [mixture-cdf]\n", 1, false, SL_NOTE, 0, NULL},
        {"epochs: 3\nlayers: []\n", 1, false, SL_ERROR, 2, "'layers' is empty"},
        {"layers:\n- act-norm\n- mixture-cdf\n", 2, false, SL_ERROR, 3,
         "layer 'layers.1' (mixture-cdf): it maps 1 column, not 2"},
        {"layers: [mixture-cdf]\ndomain: [1, 1]\n", 1, false, SL_ERROR, 2, "'domain' is"},
        {"layers: [mixture-cdf]\ndomain: [0, 1, 2]\n", 1, false, SL_ERROR, 2,
         "'domain' is"},
        {"layers: [mixture-cdf]\nbatch_size: 701\n", 1, false, SL_ERROR, 2,
         "batch_size 701 is more than the 700 rows"},
        {"layers:\n- act-norm\n", 4, true, SL_WARNING, 2, "no layer dequantises them"},
        {"layers: [dequantise, act-norm]\n", 4, true, SL_NOTE, 0, NULL},
    };
    const char *const splits[] = {"test", "train"};
    const size_t rows[] = {200, 700};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_schema schema = {.d = cases[i].d,
                                   .split_count = 2,
                                   .splits = splits,
                                   .rows = rows,
                                   .whole = cases[i].whole};
        struct sl_arena arena;
        struct sl_report report;
        struct sl_check check = {.report = &report,
                                 .registry = &sl_builtin,
                                 .schema = &schema,
                                 .mark = {"test", 1, 1}};
        struct sl_node *node;
        const void *config;
        sl_arena_init(&arena);
        sl_report_init(&report, &arena);
        config = fake_config(&train_flow.entry, cases[i].yaml, &arena);
        sl_yaml_parse("test", cases[i].yaml, strlen(cases[i].yaml), &arena, &report,
                      &node);
        check.arena = &arena;
        check.node = node;
        train_flow.check(config, &check);
        if (report.n != (cases[i].want ? 1 : 0))
            fail_msg("case %zu: %zu problems", i, report.n);
        if (cases[i].want) {
            if (!strstr(report.problems[0].text, cases[i].want))
                fail_msg("case %zu: %s", i, report.problems[0].text);
            assert_int_equal(report.problems[0].severity, cases[i].severity);
            assert_int_equal(report.problems[0].mark.line, cases[i].line);
        }
        sl_arena_release(&arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_integrate_to_what_the_base_gives_the_range),
        cmocka_unit_test(the_density_is_that_of_the_base_by_the_slope),
        cmocka_unit_test(inverse_is_the_way_back),
        cmocka_unit_test(the_first_point_out_of_reach_is_named),
        cmocka_unit_test(draws_follow_the_models_own_distribution),
        cmocka_unit_test(scores_are_negative_log_likelihoods),
        cmocka_unit_test(training_lowers_the_loss),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(stopped_it_ends_the_same),
        cmocka_unit_test(float32_learns_what_float64_learns),
        cmocka_unit_test(a_line_is_recorded_as_curves),
        cmocka_unit_test(a_plane_is_recorded_as_a_surface),
        cmocka_unit_test(bits_are_those_of_the_values_as_they_came),
        cmocka_unit_test(mistakes_are_told_at_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
