/* SPDX-License-Identifier: MIT */
/*
 * detectors THREADS: fits and scores detectors in memory, without files, to be timed beside
 * another library. Reads lines of tab-separated words,
 *
 *     MODULE CONFIG SEED D TRAIN N TEST M OUT
 *
 * CONFIG as YAML, TRAIN and TEST files of float64 (N x D and M x D); writes the M scores to
 * OUT as float64, and says the seconds of the processor that fitting, opening the fitted model and scoring
 * took. Ends with its input.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "runner/parallel/pool.h"
#include "runner/tensor/linalg.h"
#include "tests/unit/fake_step.h"

extern const struct sl_registry sl_builtin;

struct task {
    char module[64], config[256], train[512], test[512], out[512];
    unsigned long long seed;
    size_t d, n, m;
};

static _Noreturn void
die(const char *what, const char *detail)
{
    fprintf(stderr, "detectors: %s: %s\n", what, detail);
    exit(1);
}

static double
now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static void
read_rows(const char *path, double *x, size_t count)
{
    FILE *file = fopen(path, "rb");

    if (!file || fread(x, sizeof *x, count, file) != count)
        die(path, "cannot be read");
    fclose(file);
}

static void
write_scores(const char *path, const double *scores, size_t count)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(scores, sizeof *scores, count, file) != count || fclose(file))
        die(path, "cannot be written");
}

static const struct sl_module *
module_of(const char *name)
{
    for (size_t i = 0; i < sl_builtin.n; i++)
        if (sl_builtin.rows[i].table == SL_TRAIN &&
            strcmp(sl_builtin.rows[i].as[0]->name, name) == 0)
            return (const struct sl_module *)sl_builtin.rows[i].as[0];
    die(name, "no such module");
}

/* Train rows, then test rows, as one data set of two splits. */
static struct sl_dataset
dataset_of(const struct task *t, struct sl_arena *arena)
{
    double *x = sl_arena_array(arena, t->n + t->m, t->d * sizeof *x);
    uint32_t *ids = sl_arena_array(arena, t->n + t->m, sizeof *ids);
    struct sl_split *splits = sl_arena_alloc(arena, 2 * sizeof *splits);

    if (!x || !ids)
        die("rows", "no memory");
    read_rows(t->train, x, t->n * t->d);
    read_rows(t->test, x + t->n * t->d, t->m * t->d);
    for (size_t i = 0; i < t->n + t->m; i++)
        ids[i] = (uint32_t)i;
    splits[0] = (struct sl_split){"train", t->n, ids};
    splits[1] = (struct sl_split){"test", t->m, ids + t->n};
    return (struct sl_dataset){.n = t->n + t->m,
                               .d = t->d,
                               .type = SL_F64,
                               .x = x,
                               .scale = 1,
                               .split_count = 2,
                               .splits = splits};
}

static void
perform(const struct task *t, struct sl_pool *pool)
{
    const struct sl_module *module = module_of(t->module);
    struct sl_arena arena;
    struct sl_dataset data;
    struct sl_step step, scoring;
    struct sl_error err = {0};
    struct sl_model model = {.module = module, .d = t->d, .scale = 1};
    struct sl_rows rows;
    double *scores, times[4];

    sl_arena_init(&arena);
    data = dataset_of(t, &arena);
    rows = (struct sl_rows){&data, data.splits[1].rows, t->m};
    scores = sl_arena_array(&arena, t->m, sizeof *scores);
    model.config = fake_config(&module->entry, t->config, &arena);
    fake_step_init(&step, "train", t->seed, &data);
    fake_step_init(&scoring, "score", t->seed, &data);
    step.pool = scoring.pool = pool;
    model.parameters = &step.parameters;
    times[0] = now();
    if (module->run(&step, model.config, &err))
        die(t->module, err.text);
    times[1] = now();
    if (module->model->open(&model, &scoring.arena, &err))
        die(t->module, err.text);
    times[2] = now();
    if (module->model->score(&model, &scoring, &rows, 0, scores, &err))
        die(t->module, err.text);
    times[3] = now();
    write_scores(t->out, scores, t->m);
    printf("%.9f %.9f %.9f\n", times[1] - times[0], times[2] - times[1],
           times[3] - times[2]);
    fflush(stdout);
    fake_step_release(&scoring);
    fake_step_release(&step);
    sl_arena_release(&arena);
}

int
main(int argc, char **argv)
{
    struct sl_error err = {0};
    struct sl_pool *pool;
    struct task t;
    char line[2200];

    if (argc != 2 || sl_linalg_start(&err) ||
        sl_pool_new(&pool, (unsigned)strtoul(argv[1], NULL, 10), &err))
        die("usage", argc == 2 ? err.text : "detectors THREADS");
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line,
                   "%63[^\t]\t%255[^\t]\t%llu\t%zu\t%511[^\t]\t%zu\t%511[^\t]\t%zu\t"
                   "%511[^\t\n]",
                   t.module, t.config, &t.seed, &t.d, t.train, &t.n, t.test, &t.m,
                   t.out) != 9)
            die("line not understood", line);
        perform(&t, pool);
    }
    sl_pool_free(pool);
    return 0;
}
