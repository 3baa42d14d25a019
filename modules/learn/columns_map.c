/* SPDX-License-Identifier: MIT */
#include "modules/learn/columns_map.h"

#include <math.h>
#include <string.h>

#include "modules/learn/slice.h"

struct map {
    size_t d;
    const real *scale, *shift, *x;
    real *y;
};

SL_CLONES static void
map_rows(size_t n, size_t d, const real *restrict scale, const real *restrict shift,
         const real *restrict x, real *restrict y)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            y[i * d + j] = x[i * d + j] * scale[j] + shift[j];
}

static void
map_slice(void *context, size_t first, size_t count)
{
    const struct map *m = context;
    size_t at = first * m->d;

    map_rows(count, m->d, m->scale, m->shift, m->x + at, m->y + at);
}

void
SL_R(sl_columns_map)(struct sl_pool *pool, size_t n, size_t d, const real *scale,
                     const real *shift, const real *x, real *y)
{
    struct map map = {d, scale, shift, x, y};

    sl_row_slices(pool, n, d, map_slice, &map);
}

/* sum: d, of (x - from) or its square, over the rows in order. */
static void
sum_columns(size_t n, size_t d, const real *x, const double *from, bool square,
            double *sum)
{
    memset(sum, 0, d * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            double value = (double)x[i * d + j] - (from ? from[j] : 0);
            sum[j] += square ? value * value : value;
        }
}

void
SL_R(sl_columns_moments)(size_t n, size_t d, const real *x, double *mean, double *std)
{
    sum_columns(n, d, x, NULL, false, mean);
    for (size_t j = 0; j < d; j++)
        mean[j] /= (double)n;
    sum_columns(n, d, x, mean, true, std);
    for (size_t j = 0; j < d; j++)
        std[j] = std[j] > 0 ? sqrt(std[j] / (double)n) : 1;
}
