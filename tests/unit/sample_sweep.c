/* SPDX-License-Identifier: MIT */
#include "tests/unit/sample_sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/base/publish.h"
#include "runner/sweep/summary.h"

/* What a sweep is made of: fixed columns, three axes, two metrics. */
struct rows {
    size_t n;
    int64_t *point, *repeat, *seed;
    const char **folder, **key, **state, **reason, **activation;
    double *lr, *k, *auroc, *loss;
};

static void
allocate(struct rows *r, size_t n, struct sl_arena *arena)
{
    int64_t **ints[] = {&r->point, &r->repeat, &r->seed};
    const char ***texts[] = {&r->folder, &r->key, &r->state, &r->reason, &r->activation};
    double **doubles[] = {&r->lr, &r->k, &r->auroc, &r->loss};

    r->n = n;
    for (size_t i = 0; i < 3; i++)
        *ints[i] = sl_arena_alloc(arena, n * sizeof(int64_t));
    for (size_t i = 0; i < 5; i++)
        *texts[i] = sl_arena_alloc(arena, n * sizeof(char *));
    for (size_t i = 0; i < 4; i++)
        *doubles[i] = sl_arena_alloc(arena, n * sizeof(double));
}

static void
fill_axes(struct rows *r, size_t row, size_t point)
{
    r->point[row] = (int64_t)point;
    r->activation[row] = point % 2 ? "sigmoid" : "relu";
    r->k[row] = point / 2 % 2 ? 2.5 : 2.0;
    r->lr[row] = 0.001 * pow(3.0, (double)(point / 4));
}

static void
fill_run(struct rows *r, size_t row, size_t repeats, size_t failing,
         struct sl_arena *arena)
{
    size_t point = row / repeats, repeat = row % repeats;
    double noise = sin(1.7 * (double)(repeat + 1)) + 0.1 * sin((double)row);

    fill_axes(r, row, point);
    r->repeat[row] = (int64_t)repeat;
    r->seed[row] = 7 + r->repeat[row];
    r->folder[row] = sl_arena_format(arena, "runs/p%zu-seed-%zu-%016zx", point,
                                     repeat + 7, row * 2654435761u);
    r->key[row] = sl_arena_format(arena, "%016zx%048zx", row * 2654435761u, row);
    r->state[row] = "done";
    r->auroc[row] = 0.9 + 0.01 * r->k[row] + 0.002 * noise;
    r->loss[row] = 0.25 + fabs(log10(r->lr[row]) + 2.1) + 0.01 * noise;
    if (failing && row % failing == failing - 1) {
        r->state[row] = "failed";
        r->reason[row] = "the loss is not finite at step 12";
        r->auroc[row] = r->loss[row] = (double)NAN;
    }
}

static struct sl_column
text(const char *name, const char *const *texts)
{
    return (struct sl_column){name, NULL, SL_COLUMN_TEXT, {.texts = texts}};
}

static struct sl_column
whole(const char *name, const int64_t *ints)
{
    return (struct sl_column){name, NULL, SL_COLUMN_INT, {.ints = ints}};
}

static struct sl_column
number(const char *name, const char *unit, const double *doubles)
{
    return (struct sl_column){name, unit, SL_COLUMN_DOUBLE, {.doubles = doubles}};
}

static struct sl_table
runs_table(size_t points, size_t repeats, size_t failing, struct sl_arena *arena)
{
    struct sl_column *columns = sl_arena_alloc(arena, 12 * sizeof *columns);
    struct rows r;
    size_t n = 0;

    allocate(&r, points * repeats, arena);
    for (size_t row = 0; row < r.n; row++)
        fill_run(&r, row, repeats, failing, arena);
    columns[n++] = text("folder", r.folder);
    columns[n++] = text("key", r.key);
    columns[n++] = text("state", r.state);
    columns[n++] = text("reason", r.reason);
    columns[n++] = whole("point", r.point);
    columns[n++] = whole("repeat", r.repeat);
    columns[n++] = whole("seed", r.seed);
    columns[n++] = number("train.optimizer.adam.lr", NULL, r.lr);
    columns[n++] = number("calibrate.k", NULL, r.k);
    columns[n++] = text("train.activation", r.activation);
    columns[n++] = number("detect.auroc", "1", r.auroc);
    columns[n++] = number("train.loss", "nats", r.loss);
    return (struct sl_table){r.n, n, columns};
}

/* Five columns for the metric; its finite values are counted into done. */
static void
summarize(const struct sl_column *metric, size_t points, size_t repeats, int64_t *done,
          struct sl_arena *arena, struct sl_column *columns)
{
    static const char *const words[] = {"mean", "std", "low", "high", "n"};
    double *at[5];

    for (size_t i = 0; i < 5; i++) {
        at[i] = sl_arena_alloc(arena, points * sizeof(double));
        columns[i] = number(sl_arena_format(arena, "%s.%s", metric->name, words[i]),
                            i < 4 ? metric->unit : NULL, at[i]);
    }
    for (size_t p = 0; p < points; p++) {
        struct sl_summary s = sl_summarize(metric->at.doubles + p * repeats, repeats);
        at[0][p] = s.mean, at[1][p] = s.std;
        at[2][p] = s.low, at[3][p] = s.high;
        at[4][p] = (double)s.n;
        done[p] = (int64_t)s.n;
    }
}

static struct sl_table
points_table(const struct sl_table *runs, size_t points, size_t repeats,
             struct sl_arena *arena)
{
    struct sl_column *columns = sl_arena_alloc(arena, 15 * sizeof *columns);
    int64_t *done = sl_arena_alloc(arena, points * sizeof *done);
    struct rows r;

    allocate(&r, points, arena);
    for (size_t p = 0; p < points; p++)
        fill_axes(&r, p, p);
    columns[0] = whole("point", r.point);
    columns[1] = whole("runs", done);
    columns[2] = number("train.optimizer.adam.lr", NULL, r.lr);
    columns[3] = number("calibrate.k", NULL, r.k);
    columns[4] = text("train.activation", r.activation);
    summarize(&runs->columns[10], points, repeats, done, arena, columns + 5);
    summarize(&runs->columns[11], points, repeats, done, arena, columns + 10);
    return (struct sl_table){points, 15, columns};
}

void
sample_sweep(struct sl_sweep_record *sweep, size_t points, size_t repeats, size_t failing,
             struct sl_arena *arena)
{
    *sweep = (struct sl_sweep_record){
        .key = "0011aabb4455",
        .name = "größe",
        .description = "how large",
        .program = "sluice 0.1.0",
        .platform = "x86_64",
        .axes = "train.optimizer.adam.lr\ncalibrate.k\ntrain.activation",
        .objectives = "minimize train.loss",
        .repeats = repeats,
        .runs = runs_table(points, repeats, failing, arena),
    };
    sweep->points = points_table(&sweep->runs, points, repeats, arena);
}

void
sample_sweep_publish(const char *path, const struct sl_sweep_record *sweep,
                     struct sl_arena *arena)
{
    struct sl_error err = {0};
    char *bytes;
    size_t count;

    if (sl_sweep_write(sweep, arena, &bytes, &count, &err) ||
        sl_publish(sl_arena_format(arena, "%s/plans/0011aabb/sweep.h5", path), bytes,
                   count, &err) ||
        sl_publish_link(sl_arena_format(arena, "%s/latest", path), "plans/0011aabb",
                        &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}
