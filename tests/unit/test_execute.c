/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "runner/config/yaml.h"
#include "runner/pipeline/execute.h"
#include "runner/pipeline/step.h"
#include "tests/unit/workspace.h"

/* ---- a module that says when it runs ------------------------------------------------ */

struct nap_config {
    int64_t bytes, keep, work, together, patience;
};

static const struct sl_field nap_fields[] = {
    SL_INT(struct nap_config, bytes, 0, 0, 1000000, "that it takes"),
    SL_INT(struct nap_config, keep, 0, 0, 10000000, "bytes that its outcome takes"),
    SL_INT(struct nap_config, work, 0, 0, 1000000, "thousands of operations"),
    SL_INT(struct nap_config, together, 1, 1, 100, "how many of them it waits to see"),
    SL_INT(struct nap_config, patience, 2000, 1, 10000, "milliseconds that it waits"),
    SL_FIELD_END,
};

/* Set back by each test. */
static atomic_int running, most;
static atomic_size_t ended;
static int64_t order[100];

static void
nap_estimate(const void *config, const struct sl_schema *schema,
             struct sl_demand *estimate)
{
    const struct nap_config *c = config;

    (void)schema;
    estimate->bytes = (size_t)c->bytes;
    estimate->work = 1e3 * (double)c->work;
}

/* Ends when as many run as it waits for, or loses its patience. */
static enum sl_status
nap_run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct nap_config *c = config;
    int now = atomic_fetch_add(&running, 1) + 1, before = atomic_load(&most);

    (void)err;
    sl_arena_alloc(&step->arena, (size_t)c->keep);
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
        ;
    for (int i = 0; i < c->patience && atomic_load(&most) < c->together; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    order[atomic_fetch_add(&ended, 1)] = c->work;
    atomic_fetch_sub(&running, 1);
    return SL_OK;
}

static const struct sl_module nap = {
    .entry = {.name = "nap",
              .summary = "nap",
              .fields = nap_fields,
              .config_size = sizeof(struct nap_config)},
    .estimate = nap_estimate,
    .run = nap_run,
};
/* The same with data behind it, and behind data. */
static const struct sl_port data[] = {
    {.name = "data", .type = SL_PORT_DATASET, .shape = "n d", .help = "rows"},
    SL_PORT_END,
};
static const struct sl_module source = {
    .entry = {.name = "source",
              .summary = "nap",
              .fields = nap_fields,
              .config_size = sizeof(struct nap_config)},
    .outputs = data,
    .run = nap_run,
};
static const struct sl_module sink = {
    .entry = {.name = "sink",
              .summary = "nap",
              .fields = nap_fields,
              .config_size = sizeof(struct nap_config)},
    .inputs = data,
    .estimate = nap_estimate,
    .run = nap_run,
};
static const struct sl_row rows[] = {{.table = SL_LOAD, .as = {&nap.entry}},
                                     {.table = SL_LOAD, .as = {&source.entry}},
                                     {.table = SL_TRAIN, .as = {&sink.entry}}};
static const struct sl_registry registry = {.rows = rows, .n = 3};

/* ---- running some of them ----------------------------------------------------------- */

struct fixture {
    struct sl_arena arena;
    struct sl_report report;
    struct sl_plan plan;
    struct sl_execution execution;
    atomic_int stop;
};

static void
add_run(struct fixture *f, const char *load)
{
    struct sl_binder binder = {&f->arena, &f->report, &registry};
    struct sl_experiment *experiment = SL_NEW(&f->arena, struct sl_experiment);
    char *yaml = sl_arena_format(&f->arena, "name: n\nload: {module: %s}\n", load);
    struct sl_node *tree;
    struct sl_error err;

    sl_yaml_parse("x.yaml", yaml, strlen(yaml), &f->arena, &f->report, &tree);
    sl_experiment_bind(&binder, tree, NULL, experiment);
    assert_int_equal(f->report.errors, 0);
    assert_int_equal(sl_plan_add(&f->plan, experiment, "run", &err), SL_OK);
}

static void
start(struct fixture *f)
{
    sl_arena_init(&f->arena);
    sl_report_init(&f->report, &f->arena);
    sl_plan_init(&f->plan, &f->arena, "this machine");
    atomic_store(&f->stop, 0);
    atomic_store(&running, 0);
    atomic_store(&most, 0);
    atomic_store(&ended, 0);
}

static void
execute(struct fixture *f, unsigned threads, size_t memory)
{
    struct sl_error err;

    f->execution = (struct sl_execution){
        .plan = &f->plan,
        .registry = &registry,
        .cache = {.folder = "cache"},
        .out = "out",
        .threads = threads,
        .memory = memory,
        .from_scratch = true,
        .progress = sl_progress_new(SL_PROGRESS_QUIET, NULL),
        .journal = {.path = "journal.jsonl"},
        .stop = &f->stop,
    };
    assert_int_equal(sl_execute(&f->execution, &err), SL_OK);
    sl_progress_free(f->execution.progress);
    for (size_t i = 0; i < f->plan.run_count; i++)
        assert_int_equal(f->execution.results[i].state, SL_RUN_DONE);
    assert_int_equal(atomic_load(&ended), f->plan.n);
}

/* ---- the tests ---------------------------------------------------------------------- */

static void
steps_run_side_by_side_where_memory_allows(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    for (int i = 0; i < 6; i++)
        add_run(&f,
                sl_arena_format(&f.arena, "nap, bytes: 600, work: %d, together: 3", i));
    execute(&f, 4, 1900);
    assert_int_equal(atomic_load(&most), 3);
    sl_arena_release(&f.arena);
}

static void
a_step_that_does_not_fit_is_held_back(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    for (int i = 0; i < 8; i++)
        add_run(&f,
                sl_arena_format(
                    &f.arena, "nap, bytes: 600, work: %d, together: 2, patience: 20", i));
    execute(&f, 4, 1000);
    assert_int_equal(atomic_load(&most), 1);
    sl_arena_release(&f.arena);
}

/* It waits until nothing else runs, and then it does. */
static void
a_step_larger_than_the_budget_runs_alone(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    for (int i = 0; i < 4; i++)
        add_run(&f, sl_arena_format(&f.arena, "nap, bytes: %d, together: 2, patience: 20",
                                    5000 + i));
    execute(&f, 4, 1000);
    assert_int_equal(atomic_load(&most), 1);
    sl_arena_release(&f.arena);
}

/* Four that see the same large data set, which is there as long as they are. */
static void
what_an_outcome_takes_counts_until_nobody_needs_it(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    for (int i = 0; i < 4; i++)
        add_run(&f, sl_arena_format(
                        &f.arena,
                        "source, keep: 3000000}\ntrain: {module: sink, bytes: 600000, "
                        "work: %d, together: 2, patience: 20",
                        i));
    execute(&f, 4, 3500000);
    assert_int_equal(f.plan.n, 5);
    assert_int_equal(atomic_load(&most), 1);
    sl_arena_release(&f.arena);
}

static void
the_longest_goes_first(void **state)
{
    static const int64_t work[] = {20, 70, 5, 40, 60}, want[] = {70, 60, 40, 20, 5};
    struct fixture f;

    (void)state;
    start(&f);
    for (size_t i = 0; i < 5; i++)
        add_run(&f, sl_arena_format(&f.arena, "nap, work: %d", (int)work[i]));
    execute(&f, 1, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(order[i], want[i]);
    sl_arena_release(&f.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(steps_run_side_by_side_where_memory_allows),
        WORKSPACE_TEST(a_step_that_does_not_fit_is_held_back),
        WORKSPACE_TEST(a_step_larger_than_the_budget_runs_alone),
        WORKSPACE_TEST(what_an_outcome_takes_counts_until_nobody_needs_it),
        WORKSPACE_TEST(the_longest_goes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
