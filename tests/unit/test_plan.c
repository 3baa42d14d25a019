/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/yaml.h"
#include "runner/pipeline/plan.h"

/* ---- a registry of modules that do nothing ------------------------------------------ */

struct load_config {
    int64_t rows;
};
struct train_config {
    int64_t epochs;
    double rate;
};
struct rule_config {
    double k;
};

static const struct sl_field load_fields[] = {
    SL_INT(struct load_config, rows, 30, 1, 1000, "rows"),
    SL_FIELD_END,
};
static const struct sl_field train_fields[] = {
    SL_FIELD(struct train_config, epochs, int64_t, SL_TYPE_INT, .flags = SL_HORIZON,
             .low = 1, .high = 1000, .number = 10, .help = "epochs"),
    SL_DOUBLE(struct train_config, rate, 0.1, 0, 1, "rate"),
    SL_FIELD_END,
};
static const struct sl_field rule_fields[] = {
    SL_DOUBLE(struct rule_config, k, 3, 0, 10, "k"),
    SL_FIELD_END,
};

static const char *const split_names[] = {"train", "test", "odd"};

static void
load_schema(const void *config, struct sl_arena *arena, struct sl_schema *schema)
{
    (void)config;
    (void)arena;
    *schema = (struct sl_schema){.d = 2, .split_count = 3, .splits = split_names};
}

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    (void)model, (void)step, (void)rows, (void)kind, (void)out, (void)err;
    return SL_OK;
}

static const struct sl_score_kind scores[] = {
    {"distance", "1", "the default"}, {"rank", "1", "another"}, SL_SCORE_END};
static const struct sl_model_class model = {.scores = scores, .score = score};

static const struct sl_port data_port[] = {{.name = "data", .type = SL_PORT_DATASET},
                                           SL_PORT_END};
static const struct sl_port rule_in[] = {
    {.name = "scores", .type = SL_PORT_SCORES, .key = "split"}, SL_PORT_END};
static const struct sl_port rule_out[] = {{.name = "threshold", .type = SL_PORT_TENSOR},
                                          SL_PORT_END};
static const struct sl_port detect_in[] = {
    {.name = "normal", .type = SL_PORT_SCORES, .key = "normal"},
    {.name = "anomalous", .type = SL_PORT_SCORES, .key = "anomalous"},
    {.name = "threshold", .type = SL_PORT_TENSOR},
    SL_PORT_END,
};

static const struct sl_module load = {
    .entry = {.name = "points",
              .summary = "points",
              .fields = load_fields,
              .config_size = sizeof(struct load_config)},
    .schema = load_schema,
    .draws = SL_DRAWS_SPLITS,
};
static const struct sl_module train = {
    .entry = {.name = "center",
              .summary = "center",
              .fields = train_fields,
              .config_size = sizeof(struct train_config)},
    .inputs = data_port,
    .model = &model,
    .draws = SL_DRAWS,
};
static const struct sl_module mute = {.entry = {.name = "mute",
                                                .summary = "a model without a score",
                                                .fields = NULL,
                                                .config_size = 0},
                                      .inputs = data_port};
static const struct sl_module rule = {
    .entry = {.name = "rule",
              .summary = "rule",
              .fields = rule_fields,
              .config_size = sizeof(struct rule_config)},
    .inputs = rule_in,
    .outputs = rule_out,
};
static const struct sl_module detect = {
    .entry = {.name = "flag", .summary = "flag", .fields = NULL, .config_size = 0},
    .inputs = detect_in};

static const struct sl_row rows[] = {
    {.table = SL_LOAD, .as = {&load.entry}},
    {.table = SL_TRAIN, .as = {&train.entry}},
    {.table = SL_TRAIN, .as = {&mute.entry}},
    {.table = SL_CALIBRATE, .as = {&rule.entry}},
    {.table = SL_DETECT, .as = {&detect.entry}},
};
static const struct sl_registry registry = {.rows = rows,
                                            .n = sizeof rows / sizeof *rows};

/* ---- the tests ---------------------------------------------------------------------- */

#define HEAD "name: n\nload: {module: points}\n"
#define TRAIN HEAD "train: {module: center}\n"
#define RULE TRAIN "calibrate: {module: rule, split: test}\n"
#define WHOLE RULE "detect: {module: flag, normal: test, anomalous: odd}\n"

struct fixture {
    struct sl_arena arena;
    struct sl_report report;
    struct sl_plan plan;
};

static struct sl_experiment *
bind(struct fixture *f, const char *yaml)
{
    struct sl_binder binder = {&f->arena, &f->report, &registry};
    struct sl_experiment *experiment = SL_NEW(&f->arena, struct sl_experiment);
    struct sl_node *tree;

    sl_report_init(&f->report, &f->arena);
    sl_yaml_parse("x.yaml", yaml, strlen(yaml), &f->arena, &f->report, &tree);
    assert_non_null(tree);
    sl_experiment_bind(&binder, tree, NULL, experiment);
    return experiment;
}

static struct sl_plan *
plan_of(struct fixture *f, const char *const *yaml)
{
    struct sl_error err;

    sl_plan_init(&f->plan, &f->arena, "this machine");
    for (; *yaml; yaml++) {
        struct sl_experiment *experiment = bind(f, *yaml);
        assert_int_equal(f->report.errors, 0);
        assert_int_equal(sl_plan_add(&f->plan, experiment, "r", &err), SL_OK);
    }
    return &f->plan;
}

static int
setup(void **state)
{
    static struct fixture f;

    sl_arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    sl_arena_release(&f->arena);
    return 0;
}

static void
tells_mistakes_at_their_place(void **state)
{
    static const struct {
        const char *yaml;
        uint32_t line, column;
        const char *text;
    } cases[] = {
        {"seed: 1\nload: {module: points}\n", 1, 1, "name"},
        {"name: ../x\nload: {module: points}\n", 1, 7,
         "a name must match [A-Za-z0-9][A-Za-z0-9._-]{0,99}"},
        {"name: n\n", 1, 1,
         "there is no stage in it; begin with 'load: {module: NAME, ...}'"},
        {TRAIN "trian: {module: center}\n", 4, 1,
         "unknown key 'trian'; did you mean 'train'?"},
        {TRAIN "verify: {module: rule}\n", 4, 1,
         "unknown key 'verify'; a stage of that name says its 'kind:'"},
        {HEAD "train: center\n", 3, 8,
         "a stage is a mapping: 'train: {module: NAME, ...}'"},
        {HEAD "train: {rate: 0.2}\n", 3, 8,
         "stage 'train' needs 'module:', the name of a train module"},
        {HEAD "train: {module: centre}\n", 3, 17,
         "no train module 'centre'; did you mean 'center'?"},
        {"name: n\ntrain: {module: center}\n", 2, 1,
         "stage 'train' takes a data set ('data'), and no stage before it yields one"},
        {TRAIN "calibrate: {module: rule}\n", 4, 1,
         "stage 'calibrate' needs 'split:', the split that its scores come from"},
        {TRAIN "calibrate: {module: rule, split: tset}\n", 4, 34,
         "the data has no split 'tset'; did you mean 'test'?"},
        {TRAIN "calibrate: {module: rule, split: validation}\n", 4, 34,
         "the data has no split 'validation'; it has 'train', 'test', 'odd'"},
        {TRAIN "calibrate: {module: rule, split: test, score: nope}\n", 4, 47,
         "'nope' is no score of 'center'; it has 'distance', "},
        {TRAIN "calibrate: {module: rule, split: test, inputs: {data: load}}\n", 4, 49,
         "module 'rule' has no input 'data'"},
        {TRAIN "calibrate: {module: rule, split: test, inputs: {model: load}}\n", 4, 56,
         "no stage 'load' before this one yields a model to score with"},
        {HEAD "train: {module: mute}\ncalibrate: {module: rule, split: test}\n", 4, 1,
         "stage 'calibrate' needs a model that scores rows; 'mute' has no score"},
        {TRAIN "t2: {kind: train, module: center}\n"
               "calibrate: {module: rule, split: test}\n",
         5, 1,
         "2 stages yield a model to score with; name one with "
         "'inputs: {model: STAGE}'"},
        {TRAIN "detect: {module: flag, normal: test, anomalous: odd}\n", 4, 1,
         "stage 'detect' takes a tensor ('threshold'), and no stage before it yields "
         "one"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture *f = *state;
        bind(f, cases[i].yaml);
        assert_int_equal(f->report.errors, 1);
        const struct sl_problem *p = &f->report.problems[0];
        assert_non_null(strstr(p->text, cases[i].text));
        assert_int_equal(p->mark.line, cases[i].line);
        assert_int_equal(p->mark.column, cases[i].column);
    }
}

static void
joins_ports(void **state)
{
    struct fixture *f = *state;
    const struct sl_experiment *x =
        bind(f, TRAIN
             "t2: {kind: train, module: center}\n"
             "calibrate: {module: rule, split: odd, score: rank, inputs: {model: t2}}\n");

    assert_int_equal(f->report.errors, 0);
    assert_int_equal(x->n, 4);
    assert_string_equal(x->stages[2].name, "t2");
    assert_ptr_equal(x->stages[1].joins[0].from, &x->stages[0]);
    assert_ptr_equal(x->stages[3].joins[0].from, &x->stages[2]);
    assert_string_equal(x->stages[3].joins[0].split, "odd");
    assert_int_equal(x->stages[3].joins[0].score, 1);
}

static void
orders_stages_by_kind(void **state)
{
    struct fixture *f = *state;
    const struct sl_experiment *x =
        bind(f, "name: n\ndetect: {module: flag, normal: test, anomalous: odd}\n"
                "calibrate: {module: rule, split: test}\ntrain: {module: center}\n"
                "load: {module: points}\n");

    assert_int_equal(f->report.errors, 0);
    assert_string_equal(x->stages[0].name, "load");
    assert_string_equal(x->stages[3].name, "detect");
}

static void
shares_equal_steps(void **state)
{
    /* Five values of k: data, model and both scores are the same steps. */
    const char *const yaml[] = {
        WHOLE, WHOLE "seed: 1\n",
        RULE "detect: {module: flag, normal: test, anomalous: odd}\n",
        TRAIN "calibrate: {module: rule, split: test, k: 2}\n"
              "detect: {module: flag, normal: test, anomalous: odd}\n",
        NULL};
    const struct sl_plan *plan = plan_of(*state, yaml);

    /* load, train, score test, score odd, calibrate, detect; calibrate and detect again */
    assert_int_equal(plan->n, 8);
    assert_int_equal(plan->run_count, 4);
    assert_true(sl_digest_equal(&plan->runs[0].key, &plan->runs[2].key));
    assert_false(sl_digest_equal(&plan->runs[0].key, &plan->runs[3].key));
    assert_int_equal(plan->runs[3].n, 6);
    assert_int_equal(plan->runs[0].steps[1], plan->runs[3].steps[1]);
    assert_int_not_equal(plan->runs[0].steps[2], plan->runs[3].steps[2]);
}

static const struct sl_digest *
key_of(const struct sl_plan *plan, size_t run, size_t stage)
{
    return &plan->steps[plan->runs[run].steps[stage]].key;
}

static void
keys_hold_what_decides_a_result(void **state)
{
    static const struct {
        const char *yaml;
        bool load, train; /* equal to those of TRAIN */
    } cases[] = {
        {"description: words\n" TRAIN, true, true},
        {TRAIN "figures: [roc]\n", true, true},
        {TRAIN "seed: 2\n", false, false},
        {TRAIN "seed: 2\nsplit_seed: 1\n", true, false},
        {TRAIN "split_seed: 2\n", false, false},
        {"name: n\nload: {module: points, rows: 31}\ntrain: {module: center}\n", false,
         false},
        {"name: n\nload: {module: points, rows: 30}\ntrain: {module: center}\n", true,
         true},
        {HEAD "train: {module: center, rate: 0.3}\n", true, false},
        {HEAD "train: {module: center, epochs: 11}\n", true, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const yaml[] = {TRAIN, cases[i].yaml, NULL};
        const struct sl_plan *plan = plan_of(*state, yaml);
        assert_int_equal(sl_digest_equal(key_of(plan, 0, 0), key_of(plan, 1, 0)),
                         cases[i].load);
        assert_int_equal(sl_digest_equal(key_of(plan, 0, 1), key_of(plan, 1, 1)),
                         cases[i].train);
    }
}

static void
a_horizon_is_not_in_the_trajectory(void **state)
{
    const char *const yaml[] = {TRAIN, HEAD "train: {module: center, epochs: 20}\n",
                                HEAD "train: {module: center, rate: 0.2}\n", NULL};
    const struct sl_plan *plan = plan_of(*state, yaml);
    const struct sl_plan_step *a = &plan->steps[plan->runs[0].steps[1]];
    const struct sl_plan_step *b = &plan->steps[plan->runs[1].steps[1]];
    const struct sl_plan_step *c = &plan->steps[plan->runs[2].steps[1]];

    assert_true(sl_digest_equal(&a->trajectory, &b->trajectory));
    assert_false(sl_digest_equal(&a->key, &b->key));
    assert_false(sl_digest_equal(&a->trajectory, &c->trajectory));
}

static void
what_is_printed_reads_back_as_the_same(void **state)
{
    struct fixture *f = *state;
    struct sl_text first = {0}, second = {0};

    sl_experiment_print(
        bind(f, WHOLE "seed: 12\nt2: {kind: train, module: center, rate: 0.25}\n"
                      "r2: {kind: calibrate, module: rule, split: odd, score: rank, "
                      "inputs: {model: train}, k: 1e-9}\n"),
        &first);
    sl_experiment_print(bind(f, first.bytes), &second);
    assert_string_equal(first.bytes, second.bytes);
    sl_text_release(&first);
    sl_text_release(&second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_mistakes_at_their_place),
        TEST(joins_ports),
        TEST(orders_stages_by_kind),
        TEST(shares_equal_steps),
        TEST(keys_hold_what_decides_a_result),
        TEST(a_horizon_is_not_in_the_trajectory),
        TEST(what_is_printed_reads_back_as_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
