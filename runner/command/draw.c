/* SPDX-License-Identifier: MIT */
#include "runner/command/draw.h"

#include <stdio.h>
#include <unistd.h>

#include "runner/command/modules.h"
#include "runner/parallel/profile.h"
#include "runner/plot/draw.h"
#include "runner/plot/gnuplot.h"

bool
sl_is_drawn(struct sl_arena *arena, const char *folder, const char *name)
{
    return access(sl_arena_format(arena, "%s/%s.svg", folder, name), F_OK) == 0 &&
           access(sl_arena_format(arena, "%s/%s.png", folder, name), F_OK) == 0;
}

static enum sl_status
draw_one(struct sl_call *call, const struct sl_draw_job *job, const char *name,
         const char *folder, const char *gnuplot, struct sl_error *err)
{
    const char *const *search = sl_call_figure_search(call);
    struct sl_figure figure;
    struct sl_drawing drawing = {
        .run = job->run,
        .figure = &figure,
        .folder = folder,
        .formats = SL_SVG | SL_PNG,
        .gnuplot = gnuplot,
    };
    struct sl_profile_span span;
    enum sl_status status;

    if (job->missing_only && sl_is_drawn(call->arena, folder, name))
        return SL_OK;
    SL_TRY(sl_figure_read(search, name, call->arena, &figure, err));
    sl_profile_begin(call->profile, &span, SL_OPERATION_FIGURE, name);
    status = sl_figure_draw(&drawing, call->arena, err);
    sl_profile_end(&span, (struct sl_amount){0});
    return status ? sl_error_context(err, "figure '%s'", name) : SL_OK;
}

void
sl_tell_waiting(const struct sl_call *call, const char *path)
{
    fflush(stdout);
    sl_call_note(call,
                 "there is no gnuplot here, so the figures wait; 'sluice plot %s' "
                 "draws them once it is installed",
                 path);
}

enum sl_status
sl_draw(struct sl_call *call, const struct sl_draw_job *job, struct sl_error *err)
{
    const char *folder = sl_arena_format(call->arena, "%s/figures", job->folder);
    const char *gnuplot = sl_gnuplot_find(call->arena);

    for (size_t i = 0; i < job->n; i++)
        SL_TRY(draw_one(call, job, job->figures[i], folder, gnuplot, err));
    if (job->n == 0 || job->quiet)
        return SL_OK;
    printf("%s\n  figures   %s/", job->title ? job->title : "", folder);
    for (size_t i = 0; i < job->n; i++)
        printf("%s%s", i ? ", " : "{", job->figures[i]);
    puts("}.svg, .png");
    if (!gnuplot)
        sl_tell_waiting(call, job->folder);
    return SL_OK;
}
