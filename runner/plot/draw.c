/* SPDX-License-Identifier: MIT */
#include "runner/plot/draw.h"

#include <ctype.h>
#include <string.h>

#include "runner/plot/data.h"

#define NAME_MOST 100

static size_t
count_stages(const struct sl_run_record *run, const char *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n; i++)
        n += strcmp(run->stages[i].kind, kind) == 0;
    return n;
}

/* Files bear names of ours: of a stage's name what is plain remains. */
static const char *
file_name(const struct sl_subject *subject, struct sl_arena *arena)
{
    const struct sl_need *first = &subject->figure->needs[0];
    char *stage;

    if (first->every || count_stages(subject->run, first->kind) == 1)
        return subject->figure->name;
    stage = sl_arena_string(arena, subject->stage->name);
    if (strlen(stage) > NAME_MOST)
        stage[NAME_MOST] = '\0';
    for (char *c = stage; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            *c = '_';
    return sl_arena_format(arena, "%s-%s", subject->figure->name, stage);
}

static enum sl_status
draw_subject(const struct sl_drawing *drawing, const struct sl_subject *subject,
             struct sl_arena *arena, struct sl_error *err)
{
    struct sl_text variables = {0}, blocks = {0};
    struct sl_canvas canvas = {
        .figure = drawing->figure,
        .folder = drawing->folder,
        .name = file_name(subject, arena),
        .formats = drawing->formats,
        .gnuplot = drawing->gnuplot,
    };
    enum sl_status status;

    sl_text_append(&blocks, "");
    status = sl_subject_write(subject, &variables, &blocks, err);
    canvas.variables = variables.bytes;
    canvas.blocks = blocks.bytes;
    if (status == SL_OK)
        status = sl_canvas_publish(&canvas, arena, err);
    sl_text_release(&variables);
    sl_text_release(&blocks);
    return status;
}

enum sl_status
sl_figure_draw(const struct sl_drawing *drawing, struct sl_arena *arena,
               struct sl_error *err)
{
    struct sl_subject subject = {.run = drawing->run, .figure = drawing->figure};
    const struct sl_need *first;
    size_t pictures = 0;

    if (drawing->figure->subject != SL_OF_RUN)
        return sl_fail(err, SL_ERR_CONFIG, "it is a figure of a sweep, not of a run");
    first = &drawing->figure->needs[0];
    for (size_t i = 0; i < drawing->run->n && !(first->every && pictures); i++) {
        subject.stage = &drawing->run->stages[i];
        if (strcmp(subject.stage->kind, first->kind) != 0)
            continue;
        SL_TRY(draw_subject(drawing, &subject, arena, err));
        pictures++;
    }
    if (pictures == 0)
        return sl_fail(err, SL_ERR_SHAPE, "the run has no stage of kind '%s'",
                       first->kind);
    return SL_OK;
}
