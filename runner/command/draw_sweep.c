/* SPDX-License-Identifier: MIT */
#include "runner/command/draw_sweep.h"

#include <stdio.h>
#include <string.h>

#include "runner/command/draw.h"
#include "runner/command/modules.h"
#include "runner/command/results_sweep.h"
#include "runner/parallel/profile.h"
#include "runner/plot/gnuplot.h"
#include "runner/plot/sweep.h"

/* While the figures of a job are drawn. */
struct drawing {
    struct sl_call *call;
    const struct sl_draw_sweep_job *job;
    const char *const *search;
    const char *folder, *gnuplot;
    size_t metric_count; /* of the sweep's own */
    const char *const *metrics;
    size_t n, capacity; /* files, without their endings */
    const char **files;
    struct sl_error error; /* the first, if its status says so */
};

static void
note_file(struct drawing *d, const char *file)
{
    if (d->n == d->capacity) {
        const char **more;

        d->capacity = d->capacity ? 2 * d->capacity : 16;
        more = sl_arena_alloc(d->call->arena, d->capacity * sizeof *more);
        if (d->n)
            memcpy(more, d->files, d->n * sizeof *more);
        d->files = more;
    }
    d->files[d->n++] = file;
}

static struct sl_sweep_drawing
drawing_of(const struct drawing *d, const struct sl_figure *figure,
           const char *const *metrics, size_t n)
{
    return (struct sl_sweep_drawing){
        .sweep = d->job->sweep,
        .figure = figure,
        .n = n,
        .metrics = metrics,
        .folder = d->folder,
        .formats = SL_SVG | SL_PNG,
        .gnuplot = d->gnuplot,
    };
}

static void
draw(struct drawing *d, const struct sl_sweep_drawing *drawing)
{
    const char *file = sl_sweep_figure_file(drawing, d->call->arena);
    struct sl_profile_span span;
    enum sl_status status;
    struct sl_error err;

    if (d->job->missing_only && sl_is_drawn(d->call->arena, d->folder, file))
        return;
    sl_profile_begin(d->call->profile, &span, SL_OPERATION_FIGURE, file);
    status = sl_sweep_figure_draw(drawing, d->call->arena, &err);
    sl_profile_end(&span, (struct sl_amount){0});
    if (status == SL_OK) {
        note_file(d, file);
        return;
    }
    sl_error_context(&err, "figure '%s'", file);
    if (d->error.status == SL_OK)
        d->error = err;
}

static bool
read_figure(struct drawing *d, const char *name, struct sl_figure *figure)
{
    struct sl_error err;

    if (sl_figure_read(d->search, name, d->call->arena, figure, &err) == SL_OK)
        return true;
    if (d->error.status == SL_OK)
        d->error = err;
    return false;
}

/* A figure that shows one metric has a picture for each objective. */
static void
draw_fitting(struct drawing *d, const struct sl_figure *figure)
{
    size_t shown = figure->metrics;

    for (size_t i = 0; i < d->metric_count && (i == 0 || shown == 1); i++) {
        struct sl_sweep_drawing drawing =
            drawing_of(d, figure, d->metrics + i, shown <= d->metric_count ? shown : 0);
        if (sl_sweep_figure_fits(&drawing, d->call->arena))
            draw(d, &drawing);
    }
}

static void
draw_all_that_fit(struct drawing *d)
{
    struct sl_string_list names = sl_figure_names(d->search, d->call->arena);
    struct sl_figure figure;

    for (size_t i = 0; i < names.n; i++)
        if (read_figure(d, names.at[i], &figure) && figure.subject != SL_OF_RUN)
            draw_fitting(d, &figure);
}

/* "NAME STAGE.METRIC..."; without metrics those of the sweep. */
static void
draw_wanted(struct drawing *d, const char *line)
{
    size_t n;
    const char *const *words = sl_split(line, ' ', d->call->arena, &n);
    struct sl_sweep_drawing drawing;
    struct sl_figure figure;

    if (n == 0 || !read_figure(d, words[0], &figure))
        return;
    if (n > 1)
        drawing = drawing_of(d, &figure, words + 1, n - 1);
    else
        drawing = drawing_of(d, &figure, d->metrics,
                             d->metric_count < figure.metrics ? d->metric_count
                                                              : figure.metrics);
    draw(d, &drawing);
}

static void
tell(const struct drawing *d)
{
    if (d->job->quiet || (d->n == 0 && (d->error.status || d->job->missing_only)))
        return;
    if (d->n == 0) {
        puts("figures: none fits this sweep");
        return;
    }
    printf("figures: %s/", d->folder);
    for (size_t i = 0; i < d->n; i++)
        printf("%s%s", i ? ", " : "{", d->files[i]);
    puts("}.svg, .png");
    if (!d->gnuplot)
        sl_tell_waiting(d->call, d->job->folder);
}

enum sl_status
sl_draw_sweep(struct sl_call *call, const struct sl_draw_sweep_job *job,
              struct sl_error *err)
{
    struct drawing d = {
        .call = call,
        .job = job,
        .search = sl_call_figure_search(call),
        .folder = sl_arena_format(call->arena, "%s/figures", job->folder),
        .gnuplot = sl_gnuplot_find(call->arena),
        .error = {.status = SL_OK},
    };
    size_t n = job->n;
    const char *const *wanted =
        n ? job->figures : sl_lines(job->sweep->figures, call->arena, &n);

    d.metric_count = sl_sweep_metrics(job->sweep, call->arena, &d.metrics);
    for (size_t i = 0; i < n; i++)
        draw_wanted(&d, wanted[i]);
    if (n == 0)
        draw_all_that_fit(&d);
    tell(&d);
    if (d.error.status)
        *err = d.error;
    return d.error.status;
}
