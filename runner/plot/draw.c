/* SPDX-License-Identifier: MIT */
#include "runner/plot/draw.h"

#include <ctype.h>
#include <string.h>

#include "runner/base/publish.h"
#include "runner/plot/data.h"
#include "runner/plot/desk.h"
#include "runner/plot/gnuplot.h"
#include "runner/plot/picture.h"

#define TIMEOUT_MS 120000
#define PICTURE_LIMIT ((size_t)256 << 20)
#define NAME_MOST 100

static const struct {
    enum sl_format format;
    const char *name;
} formats[] = {{SL_SVG, "svg"}, {SL_PNG, "png"}};

#define FORMATS (sizeof formats / sizeof *formats)

/* What is published of one stage: data, script, pictures. */
struct sheet {
    const struct sl_drawing *drawing;
    struct sl_arena *arena;
    const char *name; /* of its files, without the ending */
    struct sl_publication files[2 + FORMATS];
    size_t n;
};

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

static void
sheet_add(struct sheet *sheet, const char *ending, const char *bytes, size_t count)
{
    sheet->files[sheet->n++] = (struct sl_publication){
        .path = sl_arena_format(sheet->arena, "%s/%s.%s", sheet->drawing->folder,
                                sheet->name, ending),
        .bytes = bytes,
        .count = count,
    };
}

/* ---- data and script ----------------------------------------------------------------- */

/*
 * A script draws one format a time and loads itself for the next, since what it does
 * between (multiplot, say) can't be replotted. `pass` counts, and begins again at the end.
 */
static void
write_script(struct sl_text *out, const struct sheet *sheet, const char *variables)
{
    const struct sl_figure *figure = sheet->drawing->figure;
    const char *name = sheet->name;

    sl_text_format(out, "# %s\n# Draws itself: gnuplot %s.gp\n", figure->summary, name);
    sl_text_append(out, "formats = '");
    for (size_t i = 0; i < FORMATS; i++)
        if (sheet->drawing->formats & (unsigned)formats[i].format)
            sl_text_format(out, " %s", formats[i].name);
    sl_text_append(out, "'\npass = exists('pass') ? pass + 1 : 1\n"
                        "format = word(formats, pass)\n");
    sl_text_format(out, "data = '%s.dat'\npicture = '%s.'.format\n", name, name);
    sl_text_format(out, "width = %u\nheight = %u\n%s\n%s\n%s\n", figure->width,
                   figure->height, variables, figure->style, figure->script);
    sl_text_append(out, "unset output\n");
    sl_text_format(out, "if (pass < words(formats)) load '%s.gp'\npass = 0\n", name);
}

static enum sl_status
add_data(struct sheet *sheet, const struct sl_subject *subject, struct sl_error *err)
{
    struct sl_text variables = {0}, blocks = {0}, script = {0};
    enum sl_status status = sl_subject_write(subject, &variables, &blocks, err);

    if (status == SL_OK) {
        write_script(&script, sheet, variables.bytes);
        sl_text_append(&blocks, "");
        sheet_add(sheet, "dat", sl_arena_string(sheet->arena, blocks.bytes),
                  blocks.count);
        sheet_add(sheet, "gp", sl_arena_string(sheet->arena, script.bytes), script.count);
    }
    sl_text_release(&variables);
    sl_text_release(&blocks);
    sl_text_release(&script);
    return status;
}

/* ---- pictures ------------------------------------------------------------------------ */

static enum sl_status
collect(struct sheet *sheet, const char *desk, const char *ending, struct sl_error *err)
{
    const char *path =
        sl_arena_format(sheet->arena, "%s/%s.%s", desk, sheet->name, ending);
    char *bytes;
    size_t count;

    SL_TRY(sl_file_read(path, PICTURE_LIMIT, sheet->arena, &bytes, &count, err));
    SL_TRY(sl_picture_check(strrchr(path, '/') + 1, bytes, count, err));
    sheet_add(sheet, ending, bytes, count);
    return SL_OK;
}

/* Lays data and script on the desk, lets gnuplot draw there, takes the pictures. */
static enum sl_status
draw_at(struct sheet *sheet, const char *desk, struct sl_error *err)
{
    struct sl_publication copies[2] = {sheet->files[0], sheet->files[1]};
    struct sl_gnuplot call = {
        .program = sheet->drawing->gnuplot,
        .folder = desk,
        .script = sl_arena_format(sheet->arena, "%s.gp", sheet->name),
        .timeout_ms = TIMEOUT_MS,
    };

    copies[0].path = sl_arena_format(sheet->arena, "%s/%s.dat", desk, sheet->name);
    copies[1].path = sl_arena_format(sheet->arena, "%s/%s.gp", desk, sheet->name);
    SL_TRY(sl_publish_group(copies, 2, err));
    SL_TRY(sl_gnuplot_run(&call, err));
    for (size_t i = 0; i < FORMATS; i++)
        if (sheet->drawing->formats & (unsigned)formats[i].format)
            SL_TRY(collect(sheet, desk, formats[i].name, err));
    return SL_OK;
}

static enum sl_status
add_pictures(struct sheet *sheet, struct sl_error *err)
{
    const char *desk;
    enum sl_status status;

    SL_TRY(sl_desk_make(sheet->arena, &desk, err));
    status = draw_at(sheet, desk, err);
    sl_desk_remove(desk);
    return status;
}

static enum sl_status
draw_subject(const struct sl_drawing *drawing, const struct sl_subject *subject,
             struct sl_arena *arena, struct sl_error *err)
{
    struct sheet sheet = {
        .drawing = drawing,
        .arena = arena,
        .name = file_name(subject, arena),
    };

    SL_TRY(add_data(&sheet, subject, err));
    if (drawing->gnuplot && drawing->formats)
        SL_TRY(add_pictures(&sheet, err));
    return sl_publish_group(sheet.files, sheet.n, err);
}

enum sl_status
sl_figure_draw(const struct sl_drawing *drawing, struct sl_arena *arena,
               struct sl_error *err)
{
    struct sl_subject subject = {.run = drawing->run, .figure = drawing->figure};
    const struct sl_need *first = &drawing->figure->needs[0];
    size_t pictures = 0;

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
