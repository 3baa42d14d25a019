/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "runner/plot/sweep_data.h"

/* Whether they are the first of the sweep's own metrics. */
static bool
are_own(const struct sl_sweep_drawing *drawing, struct sl_arena *arena)
{
    const char *const *own;
    size_t n = sl_sweep_metrics(drawing->sweep, arena, &own);

    for (size_t i = 0; i < drawing->n; i++)
        if (i >= n || strcmp(drawing->metrics[i], own[i]) != 0)
            return false;
    return true;
}

const char *
sl_sweep_figure_file(const struct sl_sweep_drawing *drawing, struct sl_arena *arena)
{
    const char *name = drawing->figure->name;
    char *file;

    if (are_own(drawing, arena))
        return name;
    for (size_t i = 0; i < drawing->n; i++)
        name = sl_arena_format(arena, "%s-%s", name, drawing->metrics[i]);
    file = sl_arena_string(arena, name);
    for (char *c = file; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            *c = '_';
    return file;
}

/* What a script can count on. */
static enum sl_status
check(const struct sl_sweep_drawing *drawing, struct sl_error *err)
{
    const struct sl_figure *figure = drawing->figure;

    if (figure->subject == SL_OF_RUN)
        return sl_fail(err, SL_ERR_CONFIG, "it is a figure of a run, not of a sweep");
    if (drawing->n != figure->metrics)
        return sl_fail(err, SL_ERR_CONFIG,
                       "it shows %u metrics, and there are %zu to show; name them as "
                       "'%s: [STAGE.METRIC, ...]'",
                       figure->metrics, drawing->n, figure->name);
    if (figure->subject == SL_OF_HALVING && drawing->sweep->rungs.rows == 0)
        return sl_fail(err, SL_ERR_SHAPE, "the sweep has no halving");
    return SL_OK;
}

enum sl_status
sl_sweep_figure_draw(const struct sl_sweep_drawing *drawing, struct sl_arena *arena,
                     struct sl_error *err)
{
    struct sl_text variables = {0}, blocks = {0};
    struct sl_canvas canvas = {
        .figure = drawing->figure,
        .folder = drawing->folder,
        .formats = drawing->formats,
        .gnuplot = drawing->gnuplot,
    };
    struct sl_sweep_view view;
    enum sl_status status;

    SL_TRY(check(drawing, err));
    SL_TRY(sl_sweep_view_open(&view, drawing, arena, err));
    sl_sweep_view_narrow(&view, drawing->figure->least_axes);
    if (view.axis_count < drawing->figure->least_axes)
        return sl_fail(err, SL_ERR_SHAPE,
                       "it shows at least %u swept paths, and there %s %zu",
                       drawing->figure->least_axes, view.axis_count == 1 ? "is" : "are",
                       view.axis_count);
    sl_sweep_view_join(&view, drawing->figure->most_axes);
    sl_sweep_view_sort(&view);
    sl_sweep_variables(&view, drawing, &variables);
    sl_sweep_blocks(&view, drawing, &blocks);
    canvas.name = sl_sweep_figure_file(drawing, arena);
    canvas.variables = variables.bytes;
    canvas.blocks = blocks.bytes;
    status = sl_canvas_publish(&canvas, arena, err);
    sl_text_release(&variables);
    sl_text_release(&blocks);
    return status;
}
