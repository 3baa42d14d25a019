/* SPDX-License-Identifier: MIT */
#include "runner/plot/sweep_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/sweep/value.h"

/* ---- metrics ------------------------------------------------------------------------- */

/* What the objectives, "minimize STAGE.METRIC" one a line, say of a metric. */
static const char *
goal_of(const char *objectives, const char *name)
{
    static const char *const words[] = {"minimize", "maximize"};
    size_t length = strlen(name);

    for (const char *line = objectives; *line; line += *line == '\n') {
        size_t end = strcspn(line, "\n");
        for (size_t i = 0; i < 2; i++)
            if (end == strlen(words[i]) + 1 + length &&
                strncmp(line, words[i], strlen(words[i])) == 0 &&
                strncmp(line + end - length, name, length) == 0)
                return words[i];
        line += end;
    }
    return "";
}

static const double *
summary_of(const struct sl_sweep_view *view, const struct sl_table *points,
           const char *name, const char *what, const char **unit)
{
    const struct sl_column *column =
        sl_table_column(points, sl_arena_format(view->arena, "%s.%s", name, what));

    if (!column || column->type != SL_COLUMN_DOUBLE)
        return NULL;
    *unit = column->unit;
    return column->at.doubles;
}

static enum sl_status
open_metric(struct sl_sweep_view *view, const struct sl_sweep_record *sweep,
            const char *name, struct sl_error *err)
{
    struct sl_view_metric *m = &view->metrics[view->metric_count++];
    const char *ignored;

    m->name = name;
    m->goal = goal_of(sweep->objectives, name);
    m->low = summary_of(view, &sweep->points, name, "low", &ignored);
    m->high = summary_of(view, &sweep->points, name, "high", &ignored);
    m->n = summary_of(view, &sweep->points, name, "n", &ignored);
    m->mean = summary_of(view, &sweep->points, name, "mean", &m->unit);
    if (!m->mean || !m->low || !m->high || !m->n)
        return sl_fail(err, SL_ERR_SHAPE, "the sweep has no metric '%s'", name);
    return SL_OK;
}

static bool
has_metrics(const struct sl_sweep_view *view, size_t row)
{
    for (size_t j = 0; j < view->metric_count; j++)
        if (!isfinite(view->metrics[j].mean[row]))
            return false;
    return true;
}

enum sl_status
sl_sweep_view_open(struct sl_sweep_view *view, const struct sl_sweep_drawing *drawing,
                   struct sl_arena *arena, struct sl_error *err)
{
    size_t rows = drawing->sweep->points.rows;

    *view = (struct sl_sweep_view){.arena = arena, .row_count = rows};
    view->metrics = sl_arena_alloc(arena, drawing->n * sizeof *view->metrics);
    for (size_t j = 0; j < drawing->n; j++)
        SL_TRY(open_metric(view, drawing->sweep, drawing->metrics[j], err));
    view->rows = sl_arena_alloc(arena, rows * sizeof *view->rows);
    for (size_t i = 0; i < rows; i++)
        if (has_metrics(view, i))
            view->rows[view->n++] = i;
    if (view->n == 0)
        return sl_fail(err, SL_ERR_SHAPE, "no point of the sweep has '%s'",
                       drawing->n ? drawing->metrics[0] : "");
    sl_view_axes_open(view, drawing->sweep);
    return SL_OK;
}

/* ---- axes that do nothing ------------------------------------------------------------ */

struct keyed {
    uint64_t hash; /* of the values of some axes */
    size_t row;
};

static int
by_hash(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The rows, those next to each other that differ on axis `without` alone. */
static struct keyed *
group_rows(const struct sl_sweep_view *view, const struct sl_view_axis *without)
{
    struct keyed *keyed = sl_arena_alloc(view->arena, view->n * sizeof *keyed);

    for (size_t i = 0; i < view->n; i++) {
        keyed[i].row = view->rows[i];
        for (size_t a = 0; a < view->axis_count; a++)
            if (&view->axes[a] != without)
                keyed[i].hash =
                    sl_hash_mix(keyed[i].hash, view->axes[a].index[view->rows[i]]);
    }
    qsort(keyed, view->n, sizeof *keyed, by_hash);
    return keyed;
}

static bool
same_metrics(const struct sl_sweep_view *view, size_t a, size_t b)
{
    for (size_t j = 0; j < view->metric_count; j++)
        if (view->metrics[j].mean[a] != view->metrics[j].mean[b])
            return false;
    return true;
}

/* Whether points that differ on this axis alone have the same metrics, wherever there are
 * such; at least every second point has to be one of them. */
static bool
does_nothing(const struct sl_sweep_view *view, const struct sl_view_axis *axis)
{
    const struct keyed *rows = group_rows(view, axis);
    size_t pairs = 0;

    for (size_t i = 1; i < view->n; i++) {
        if (rows[i].hash != rows[i - 1].hash)
            continue;
        if (!same_metrics(view, rows[i].row, rows[i - 1].row))
            return false;
        pairs++;
    }
    return pairs > 0 && 2 * pairs >= view->n / 2;
}

static int
by_row(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Of points that are equal now the first one stays. */
static void
drop_equal(struct sl_sweep_view *view)
{
    const struct keyed *rows = group_rows(view, NULL);
    size_t n = 0;

    for (size_t i = 0; i < view->n; i++)
        if (i == 0 || rows[i].hash != rows[i - 1].hash)
            view->rows[n++] = rows[i].row;
    view->n = n;
    qsort(view->rows, n, sizeof *view->rows, by_row);
}

void
sl_sweep_view_narrow(struct sl_sweep_view *view, size_t least)
{
    for (size_t a = view->axis_count; a-- > 0 && view->axis_count > least;) {
        if (!does_nothing(view, &view->axes[a]))
            continue;
        view->axis_count--;
        memmove(&view->axes[a], &view->axes[a + 1],
                (view->axis_count - a) * sizeof *view->axes);
        drop_equal(view);
    }
}

/* ---- order --------------------------------------------------------------------------- */

static bool
goes_first(const struct sl_view_axis *a, const struct sl_view_axis *b)
{
    if (a->numeric != b->numeric)
        return a->numeric;
    return a->count > b->count;
}

/* The one to draw along goes to the front, the others keep their order. */
static void
order_axes(struct sl_sweep_view *view)
{
    struct sl_view_axis first;
    size_t best = 0;

    for (size_t a = 1; a < view->axis_count; a++)
        if (goes_first(&view->axes[a], &view->axes[best]))
            best = a;
    if (best == 0)
        return;
    first = view->axes[best];
    memmove(view->axes + 1, view->axes, best * sizeof *view->axes);
    view->axes[0] = first;
}

void
sl_sweep_view_join(struct sl_sweep_view *view, size_t most)
{
    if (most == 0 || view->axis_count <= most)
        return;
    order_axes(view);
    sl_view_axes_join(view, most - 1);
}

struct placed {
    double major, minor;
    size_t row;
};

static int
by_place(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->major != y->major)
        return x->major < y->major ? -1 : 1;
    if (x->minor != y->minor)
        return x->minor < y->minor ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static struct placed
place_row(const struct sl_sweep_view *view, size_t row)
{
    struct placed placed = {.row = row};

    if (view->axis_count == 0 || view->axis_count > 2) {
        double mean = view->metrics[0].mean[row];
        placed.major = strcmp(view->metrics[0].goal, "minimize") == 0 ? -mean : mean;
        return placed;
    }
    placed.minor = (double)view->axes[0].index[row];
    if (view->axis_count == 2)
        placed.major = (double)view->axes[1].index[row];
    return placed;
}

void
sl_sweep_view_sort(struct sl_sweep_view *view)
{
    struct placed *placed = sl_arena_alloc(view->arena, view->n * sizeof *placed);

    if (view->axis_count == 2)
        order_axes(view);
    for (size_t i = 0; i < view->n; i++)
        placed[i] = place_row(view, view->rows[i]);
    qsort(placed, view->n, sizeof *placed, by_place);
    for (size_t i = 0; i < view->n; i++)
        view->rows[i] = placed[i].row;
}
