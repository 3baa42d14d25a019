/* SPDX-License-Identifier: MIT */
#include "runner/plot/canvas.h"

#include <string.h>

#include "runner/base/publish.h"
#include "runner/plot/desk.h"
#include "runner/plot/gnuplot.h"
#include "runner/plot/picture.h"

#define TIMEOUT_MS 120000
#define PICTURE_LIMIT ((size_t)256 << 20)

static const struct {
    enum sl_format format;
    const char *name;
} formats[] = {{SL_SVG, "svg"}, {SL_PNG, "png"}};

#define FORMATS (sizeof formats / sizeof *formats)

/* What is published: data, script, pictures. */
struct files {
    const struct sl_canvas *canvas;
    struct sl_arena *arena;
    struct sl_publication at[2 + FORMATS];
    size_t n;
};

static void
add_file(struct files *files, const char *ending, const char *bytes, size_t count)
{
    files->at[files->n++] = (struct sl_publication){
        .path = sl_arena_format(files->arena, "%s/%s.%s", files->canvas->folder,
                                files->canvas->name, ending),
        .bytes = bytes,
        .count = count,
    };
}

/*
 * A script draws one format a time and loads itself for the next, since what it does
 * between (multiplot, say) can't be replotted. `pass` counts, and begins again at the end.
 */
static void
write_script(struct sl_text *out, const struct sl_canvas *canvas)
{
    const struct sl_figure *figure = canvas->figure;
    const char *name = canvas->name;

    sl_text_format(out, "# %s\n# Draws itself: gnuplot %s.gp\n", figure->summary, name);
    sl_text_append(out, "formats = '");
    for (size_t i = 0; i < FORMATS; i++)
        if (canvas->formats & (unsigned)formats[i].format)
            sl_text_format(out, " %s", formats[i].name);
    sl_text_append(out, "'\npass = exists('pass') ? pass + 1 : 1\n"
                        "format = word(formats, pass)\n");
    sl_text_format(out, "data = '%s.dat'\npicture = '%s.'.format\n", name, name);
    sl_text_format(out, "width = %u\nheight = %u\n%s\n%s\n%s\n", figure->width,
                   figure->height, canvas->variables, figure->style, figure->script);
    sl_text_append(out, "unset output\n");
    sl_text_format(out, "if (pass < words(formats)) load '%s.gp'\npass = 0\n", name);
}

static void
add_script(struct files *files)
{
    struct sl_text script = {0};

    write_script(&script, files->canvas);
    add_file(files, "gp", sl_arena_string(files->arena, script.bytes), script.count);
    sl_text_release(&script);
}

/* ---- pictures ------------------------------------------------------------------------ */

static enum sl_status
collect(struct files *files, const char *desk, const char *ending, struct sl_error *err)
{
    const char *path =
        sl_arena_format(files->arena, "%s/%s.%s", desk, files->canvas->name, ending);
    char *bytes;
    size_t count;

    SL_TRY(sl_file_read(path, PICTURE_LIMIT, files->arena, &bytes, &count, err));
    SL_TRY(sl_picture_check(strrchr(path, '/') + 1, bytes, count, err));
    add_file(files, ending, bytes, count);
    return SL_OK;
}

/* Lays data and script on the desk, lets gnuplot draw there, takes the pictures. */
static enum sl_status
draw_at(struct files *files, const char *desk, struct sl_error *err)
{
    const struct sl_canvas *canvas = files->canvas;
    struct sl_publication copies[2] = {files->at[0], files->at[1]};
    struct sl_gnuplot call = {
        .program = canvas->gnuplot,
        .folder = desk,
        .script = sl_arena_format(files->arena, "%s.gp", canvas->name),
        .timeout_ms = TIMEOUT_MS,
    };

    copies[0].path = sl_arena_format(files->arena, "%s/%s.dat", desk, canvas->name);
    copies[1].path = sl_arena_format(files->arena, "%s/%s.gp", desk, canvas->name);
    SL_TRY(sl_publish_group(copies, 2, err));
    SL_TRY(sl_gnuplot_run(&call, err));
    for (size_t i = 0; i < FORMATS; i++)
        if (canvas->formats & (unsigned)formats[i].format)
            SL_TRY(collect(files, desk, formats[i].name, err));
    return SL_OK;
}

static enum sl_status
add_pictures(struct files *files, struct sl_error *err)
{
    const char *desk;
    enum sl_status status;

    SL_TRY(sl_desk_make(files->arena, &desk, err));
    status = draw_at(files, desk, err);
    sl_desk_remove(desk);
    return status;
}

enum sl_status
sl_canvas_publish(const struct sl_canvas *canvas, struct sl_arena *arena,
                  struct sl_error *err)
{
    struct files files = {.canvas = canvas, .arena = arena};

    add_file(&files, "dat", canvas->blocks, strlen(canvas->blocks));
    add_script(&files);
    if (canvas->gnuplot && canvas->formats)
        SL_TRY(add_pictures(&files, err));
    return sl_publish_group(files.at, files.n, err);
}
