/* SPDX-License-Identifier: MIT */
/* Which metrics a figure of a sweep shows, and which figures fit a sweep. */
#include <string.h>

#include "runner/plot/sweep_view.h"

static bool
is_metric(const struct sl_sweep_record *sweep, const char *name, struct sl_arena *arena)
{
    const struct sl_column *column =
        sl_table_column(&sweep->points, sl_arena_format(arena, "%s.mean", name));

    return column && column->type == SL_COLUMN_DOUBLE;
}

static size_t
take_objectives(const struct sl_sweep_record *sweep, struct sl_arena *arena,
                const char **metrics)
{
    char *rest = NULL, *lines = sl_arena_string(arena, sweep->objectives);
    size_t n = 0;

    for (char *line = strtok_r(lines, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *blank = strchr(line, ' ');
        if (blank && is_metric(sweep, blank + 1, arena))
            metrics[n++] = blank + 1;
    }
    return n;
}

/* The first metric whose name ends so, or NULL. */
static const char *
find_metric(const struct sl_sweep_record *sweep, const char *ending,
            struct sl_arena *arena)
{
    size_t end = strlen(ending);

    for (size_t i = 0; i < sweep->points.n; i++) {
        const char *name = sweep->points.columns[i].name;
        size_t length = strlen(name);
        if (length > end + 5 && strcmp(name + length - 5, ".mean") == 0 &&
            strncmp(name + length - 5 - end, ending, end) == 0)
            return sl_arena_copy(arena, name, length - 5);
    }
    return NULL;
}

size_t
sl_sweep_metrics(const struct sl_sweep_record *sweep, struct sl_arena *arena,
                 const char *const **metrics)
{
    static const char *const endings[] = {".auroc", ".loss", ""};
    const char **names =
        sl_arena_alloc(arena, (strlen(sweep->objectives) + 1) * sizeof *names);
    size_t n = take_objectives(sweep, arena, names);

    for (size_t i = 0; n == 0 && i < sizeof endings / sizeof *endings; i++) {
        names[0] = find_metric(sweep, endings[i], arena);
        n = names[0] != NULL;
    }
    *metrics = names;
    return n;
}

bool
sl_sweep_figure_fits(const struct sl_sweep_drawing *drawing, struct sl_arena *arena)
{
    const struct sl_figure *figure = drawing->figure;
    struct sl_sweep_view view;
    struct sl_error ignored;

    if (figure->on_request || drawing->n != figure->metrics ||
        (figure->subject == SL_OF_HALVING && drawing->sweep->rungs.rows == 0) ||
        sl_sweep_view_open(&view, drawing, arena, &ignored))
        return false;
    sl_sweep_view_narrow(&view, 0);
    return view.axis_count >= figure->least_axes &&
           view.axis_count <= figure->most_axes &&
           (view.n > 1 || figure->subject == SL_OF_HALVING);
}
