/* SPDX-License-Identifier: MIT */
/* Which columns of a file are taken. */
#include <string.h>

#include "modules/learn/frame.h"

bool
sl_frame_matches(const char *pattern, const char *name)
{
    for (; *pattern && *pattern != '*'; pattern++, name++)
        if (!*name || (*pattern != '?' && *pattern != *name))
            return false;
    if (!*pattern)
        return !*name;
    do {
        if (sl_frame_matches(pattern + 1, name))
            return true;
    } while (*name++);
    return false;
}

static bool
find(const struct sl_frame *frame, const char *name, size_t length, size_t *column)
{
    for (size_t j = 0; j < frame->count; j++)
        if (strncmp(frame->columns[j].name, name, length) == 0 &&
            frame->columns[j].name[length] == '\0') {
            *column = j;
            return true;
        }
    return false;
}

/* The nearest name, or all of a few. */
static enum sl_status
refuse(const struct sl_frame *frame, const char *name, const char *what,
       struct sl_error *err)
{
    enum { MOST = 20 };
    const char **names = sl_arena_alloc(frame->arena, frame->count * sizeof *names);
    struct sl_text all = {0};
    const char *near;

    for (size_t j = 0; j < frame->count; j++)
        names[j] = frame->columns[j].name;
    near = sl_nearest(name, names, frame->count);
    if (near)
        sl_text_format(&all, "did you mean '%s'?", near);
    for (size_t j = 0; !near && j < frame->count && j < MOST; j++)
        sl_text_format(&all, "%s%s", j ? ", " : "there are ", names[j]);
    if (!near && frame->count > MOST)
        sl_text_format(&all, ", ... %zu in all", frame->count);
    sl_fail(err, SL_ERR_CONFIG, "'%s' has no column%s '%s'; %s", frame->parts[0].path,
            what, name, all.bytes ? all.bytes : "there is none");
    sl_text_release(&all);
    return SL_ERR_CONFIG;
}

enum sl_status
sl_frame_find(const struct sl_frame *frame, const char *name, size_t *column,
              struct sl_error *err)
{
    if (find(frame, name, strlen(name), column))
        return SL_OK;
    return refuse(frame, name, "", err);
}

/* "amount", "v*" or "v1..v28" */
enum sl_status
sl_frame_mark(const struct sl_frame *frame, const char *item, bool value, bool *taken,
              struct sl_error *err)
{
    const char *dots = strstr(item, "..");
    size_t first, last, found = 0;

    if (find(frame, item, strlen(item), &first)) {
        taken[first] = value;
        return SL_OK;
    }
    if (dots && find(frame, item, (size_t)(dots - item), &first) &&
        find(frame, dots + 2, strlen(dots + 2), &last)) {
        if (first > last)
            return sl_fail(err, SL_ERR_CONFIG,
                           "'%s': '%s' stands behind '%s' in the file", item,
                           frame->columns[first].name, frame->columns[last].name);
        for (size_t j = first; j <= last; j++)
            taken[j] = value;
        return SL_OK;
    }
    for (size_t j = 0; strpbrk(item, "*?") && j < frame->count; j++)
        if (sl_frame_matches(item, frame->columns[j].name)) {
            taken[j] = value;
            found++;
        }
    return found ? SL_OK : refuse(frame, item, " or range of columns", err);
}

static enum sl_status
choose(const struct sl_frame *frame, const char *const *besides, size_t n, bool *taken,
       struct sl_error *err)
{
    const struct sl_frame_config *c = frame->config;
    const char *const keys[] = {c->split_by, c->group_by, c->order_by};
    size_t column;

    for (size_t j = 0; j < frame->count; j++)
        taken[j] = c->columns.n == 0;
    for (size_t i = 0; i < c->columns.n; i++)
        SL_TRY(sl_frame_mark(frame, c->columns.at[i], true, taken, err));
    for (size_t i = 0; i < c->exclude.n; i++)
        SL_TRY(sl_frame_mark(frame, c->exclude.at[i], false, taken, err));
    for (size_t i = 0; i < n; i++)
        if (besides[i] && find(frame, besides[i], strlen(besides[i]), &column))
            taken[column] = false;
    /* What only chooses rows is not learned from, unless it is asked for by name. */
    for (size_t i = 0; i < 3 && c->columns.n == 0; i++)
        if (keys[i] && find(frame, keys[i], strlen(keys[i]), &column))
            taken[column] = false;
    return SL_OK;
}

enum sl_status
sl_frame_select(struct sl_frame *frame, const char *const *besides, size_t n,
                struct sl_error *err)
{
    bool *taken = sl_arena_alloc(frame->arena, frame->count * sizeof *taken);

    SL_TRY(choose(frame, besides, n, taken, err));
    frame->d = 0;
    for (size_t j = 0; j < frame->count; j++) {
        struct sl_frame_column *column = &frame->columns[j];

        column->width = !taken[j] ? 0 : column->width > 1 ? column->width : 1;
        column->place = frame->d;
        frame->d += column->width;
    }
    if (frame->d == 0)
        return sl_fail(err, SL_ERR_CONFIG, "no column of '%s' is taken",
                       frame->parts[0].path);
    return SL_OK;
}

enum sl_status
sl_frame_check_unnamed(const struct sl_frame *frame, const bool *asked,
                       struct sl_error *err)
{
    for (size_t j = 0; j < frame->count && frame->config->columns.n == 0; j++) {
        const struct sl_frame_column *column = &frame->columns[j];

        if (column->unnamed && column->width && !asked[j])
            return sl_fail(err, SL_ERR_CONFIG,
                           "%s:1: column %zu has no name: an index, as pandas writes it? "
                           "\"exclude: ['%s']\" leaves it out; 'columns' takes those "
                           "that it lists, also '%s'",
                           frame->parts[0].path, j + 1, column->name, column->name);
    }
    return SL_OK;
}
