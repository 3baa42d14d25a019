/* SPDX-License-Identifier: MIT */
#include "modules/learn/fitting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a tile, and of what is gathered at a time. */
enum { TILE = 8192, BLOCK = 256 };

/* What a tile of rows comes to, one of each for every column. */
struct summary {
    double *count, *mean, *squares; /* squares: sum of (x - mean)^2 */
    double *low, *high;
};

struct survey {
    const struct sl_fitting *fitting;
    struct summary *tiles;
};

static size_t
tiles_of(const struct sl_fitting *fitting)
{
    return (fitting->n + TILE - 1) / TILE;
}

static void
add_row(struct summary *s, const double *x, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        double delta = x[j] - s->mean[j];

        if (isnan(x[j]))
            continue;
        s->count[j]++;
        s->mean[j] += delta / s->count[j];
        s->squares[j] += delta * (x[j] - s->mean[j]);
        s->low[j] = fmin(s->low[j], x[j]);
        s->high[j] = fmax(s->high[j], x[j]);
    }
}

static void
survey_tile(void *context, size_t tile)
{
    const struct survey *survey = context;
    const struct sl_fitting *f = survey->fitting;
    size_t d = f->data->d, end = (tile + 1) * TILE < f->n ? (tile + 1) * TILE : f->n;
    struct sl_arena arena;
    double *x;

    sl_arena_init(&arena);
    x = sl_arena_alloc(&arena, BLOCK * d * sizeof *x);
    for (size_t first = tile * TILE; first < end; first += BLOCK) {
        size_t n = end - first < BLOCK ? end - first : BLOCK;

        sl_rows_gather_f64(f->data, f->ids + first, n, x);
        for (size_t i = 0; i < n; i++)
            add_row(&survey->tiles[tile], x + i * d, d);
    }
    sl_arena_release(&arena);
}

static void
join(struct summary *all, const struct summary *tile, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        double n = all->count[j] + tile->count[j];
        double delta = tile->mean[j] - all->mean[j];

        if (tile->count[j] == 0)
            continue;
        all->mean[j] += delta * tile->count[j] / n;
        all->squares[j] +=
            tile->squares[j] + delta * delta * all->count[j] * tile->count[j] / n;
        all->count[j] = n;
        all->low[j] = fmin(all->low[j], tile->low[j]);
        all->high[j] = fmax(all->high[j], tile->high[j]);
    }
}

static enum sl_status
make_summaries(struct summary *at, size_t n, size_t d, struct sl_arena *arena,
               struct sl_error *err)
{
    double *values = sl_arena_array(arena, n, 5 * d * sizeof *values);

    if (!values)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for statistics of %zu columns", d);
    for (size_t i = 0; i < n; i++, values += 5 * d) {
        at[i] = (struct summary){values, values + d, values + 2 * d, values + 3 * d,
                                 values + 4 * d};
        for (size_t j = 0; j < d; j++) {
            at[i].low[j] = HUGE_VAL;
            at[i].high[j] = -HUGE_VAL;
        }
    }
    return SL_OK;
}

static enum sl_status
check_columns(const struct sl_fitting *fitting, const struct summary *all,
              struct sl_arena *arena, struct sl_error *err)
{
    for (size_t j = 0; j < fitting->data->d; j++)
        if (all->count[j] == 0)
            return sl_fail(
                err, SL_ERR_SHAPE,
                "'%s' has no value in the %zu rows of split '" SL_PREPROCESS_SPLIT
                "'; leave it out ('exclude')",
                sl_dataset_column(fitting->data, j, arena), fitting->n);
    return SL_OK;
}

/* all: of the whole split; memory is the arena's. */
static enum sl_status
survey_columns(const struct sl_fitting *fitting, struct sl_arena *arena,
               struct summary *all, struct sl_error *err)
{
    size_t n = tiles_of(fitting), d = fitting->data->d;
    struct survey survey = {fitting, sl_arena_alloc(arena, n * sizeof(struct summary))};

    SL_TRY(make_summaries(survey.tiles, n, d, arena, err));
    SL_TRY(make_summaries(all, 1, d, arena, err));
    sl_pool_tiles(fitting->pool, n, survey_tile, &survey);
    for (size_t t = 0; t < n; t++)
        join(all, &survey.tiles[t], d);
    return check_columns(fitting, all, arena, err);
}

enum sl_status
sl_fitting_moments(const struct sl_fitting *fitting, double *mean, double *std,
                   struct sl_error *err)
{
    size_t d = fitting->data->d;
    struct summary all;
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init(&arena);
    status = survey_columns(fitting, &arena, &all, err);
    for (size_t j = 0; j < d && status == SL_OK; j++) {
        mean[j] = all.mean[j];
        std[j] = all.low[j] == all.high[j] ? 0 : sqrt(all.squares[j] / all.count[j]);
        if (std[j] == 0)
            mean[j] = all.low[j]; /* exactly, so that rows become exactly 0 */
    }
    sl_arena_release(&arena);
    return status;
}

enum sl_status
sl_fitting_range(const struct sl_fitting *fitting, double *low, double *high,
                 struct sl_error *err)
{
    size_t d = fitting->data->d;
    struct summary all;
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init(&arena);
    status = survey_columns(fitting, &arena, &all, err);
    if (status == SL_OK) {
        memcpy(low, all.low, d * sizeof *low);
        memcpy(high, all.high, d * sizeof *high);
    }
    sl_arena_release(&arena);
    return status;
}

/* ---- sorted columns --------------------------------------------------------------------- */

struct sorting {
    const struct sl_fitting *fitting;
    size_t n; /* rows that are looked at */
    struct sl_sorted_column *columns;
};

static size_t
place_of(const struct sorting *sorting, size_t i)
{
    return (size_t)((double)i * (double)sorting->fitting->n / (double)sorting->n);
}

/* Into columns; i is the place of the first of n rows. */
static void
scatter(const struct sorting *sorting, size_t first, size_t n, double *x)
{
    const struct sl_dataset *data = sorting->fitting->data;
    uint32_t ids[BLOCK];

    for (size_t i = 0; i < n; i++)
        ids[i] = sorting->fitting->ids[place_of(sorting, first + i)];
    sl_rows_gather_f64(data, ids, n, x);
    for (size_t j = 0; j < data->d; j++) {
        struct sl_sorted_column *column = &sorting->columns[j];

        for (size_t i = 0; i < n; i++)
            if (!isnan(x[i * data->d + j]))
                column->at[column->n++] = x[i * data->d + j];
    }
}

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
sort_column(void *context, size_t j)
{
    const struct sorting *sorting = context;
    struct sl_sorted_column *column = &sorting->columns[j];

    qsort(column->at, column->n, sizeof *column->at, ascending);
}

static enum sl_status
fill_columns(struct sorting *sorting, struct sl_arena *arena, struct sl_error *err)
{
    const struct sl_dataset *data = sorting->fitting->data;
    double *values = sl_arena_array(arena, sorting->n, data->d * sizeof *values);
    double *x = sl_arena_array(arena, BLOCK, data->d * sizeof *x);

    if (!values || !x)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to sort %zu rows of %zu columns",
                       sorting->n, data->d);
    for (size_t j = 0; j < data->d; j++)
        sorting->columns[j].at = values + j * sorting->n;
    for (size_t first = 0; first < sorting->n; first += BLOCK)
        scatter(sorting, first, sorting->n - first < BLOCK ? sorting->n - first : BLOCK,
                x);
    for (size_t j = 0; j < data->d; j++)
        if (sorting->columns[j].n == 0)
            return sl_fail(err, SL_ERR_SHAPE, "'%s' has no value in the training split",
                           sl_dataset_column(data, j, arena));
    return SL_OK;
}

enum sl_status
sl_fitting_sort(const struct sl_fitting *fitting, struct sl_arena *arena,
                struct sl_sorted_column **columns, struct sl_error *err)
{
    size_t d = fitting->data->d, most = SL_FITTING_VALUES / d;
    struct sorting sorting = {fitting, fitting->n,
                              sl_arena_alloc(arena, d * sizeof **columns)};

    most = most > SL_FITTING_ROWS ? most : SL_FITTING_ROWS;
    sorting.n = sorting.n < most ? sorting.n : most;
    SL_TRY(fill_columns(&sorting, arena, err));
    sl_pool_tiles(fitting->pool, d, sort_column, &sorting);
    *columns = sorting.columns;
    return SL_OK;
}

double
sl_sorted_quantile(const struct sl_sorted_column *column, double p)
{
    double place = p * (double)(column->n - 1);
    size_t below = (size_t)place;
    double part = place - (double)below;

    if (below + 1 >= column->n)
        return column->at[column->n - 1];
    return column->at[below] + part * (column->at[below + 1] - column->at[below]);
}

/* ---- covariance --------------------------------------------------------------------------- */

struct scatterings {
    const struct sl_fitting *fitting;
    const double *mean;
    double *sums; /* of each tile, d x d, the lower half */
    size_t rows;  /* of a tile */
};

static void
scatter_tile(void *context, size_t tile)
{
    const struct scatterings *s = context;
    const struct sl_fitting *f = s->fitting;
    size_t d = f->data->d, first = tile * s->rows;
    size_t end = first + s->rows < f->n ? first + s->rows : f->n;
    double *sum = s->sums + tile * d * d, *x;
    struct sl_arena arena;

    sl_arena_init(&arena);
    x = sl_arena_alloc(&arena, d * sizeof *x);
    for (; first < end; first++) {
        sl_rows_gather_f64(f->data, f->ids + first, 1, x);
        for (size_t j = 0; j < d; j++)
            x[j] -= s->mean[j];
        for (size_t j = 0; j < d; j++)
            for (size_t k = 0; k <= j; k++)
                sum[j * d + k] += x[j] * x[k];
    }
    sl_arena_release(&arena);
}

enum sl_status
sl_fitting_covariance(const struct sl_fitting *fitting, double *mean, double *covariance,
                      struct sl_error *err)
{
    enum { TILES = 16 };
    size_t d = fitting->data->d;
    struct scatterings s = {fitting, mean, NULL, (fitting->n + TILES - 1) / TILES};
    double *std = covariance; /* of no use here */

    SL_TRY(sl_fitting_moments(fitting, mean, std, err));
    s.sums = calloc(TILES * d, d * sizeof *s.sums);
    if (!s.sums)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the covariance of %zu columns",
                       d);
    sl_pool_tiles(fitting->pool, TILES, scatter_tile, &s);
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k <= j; k++) {
            double sum = 0;

            for (size_t t = 0; t < TILES; t++)
                sum += s.sums[(t * d + j) * d + k];
            covariance[j * d + k] = covariance[k * d + j] = sum / (double)fitting->n;
        }
    free(s.sums);
    return SL_OK;
}

enum sl_status
sl_fitting_keep(struct sl_bundle *parameters, const char *name, const double *at,
                size_t n, size_t columns, struct sl_error *err)
{
    void *data = (void *)(uintptr_t)at;
    struct sl_item item = {
        .name = name,
        .tensor = columns ? sl_tensor_matrix(SL_F64, data, n, columns)
                          : sl_tensor_vector(SL_F64, data, n),
    };

    return sl_bundle_add(parameters, &item, err);
}
