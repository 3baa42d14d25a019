/* SPDX-License-Identifier: MIT */
#include "runner/plot/header.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_SIDE 4000ul
#define COLUMNS_MOST 1000000ul
#define NEEDS_MAX 64
#define AXES_MOST 1000ul
#define METRICS_MOST 8ul

/* One "#:" line as it is taken apart. */
struct line {
    struct sl_mark mark;
    struct sl_arena *arena;
    char *rest; /* what strtok_r has not handed out */
    struct sl_error *err;
};

static const char *const words[] = {"metric", "series", "tensor", "input"};

const char *
sl_need_word(enum sl_need_type type)
{
    return words[type];
}

static char *
next_word(struct line *line)
{
    return strtok_r(NULL, " \t\r", &line->rest);
}

static bool
is_kind(const char *word)
{
    for (int kind = 0; kind < SL_STAGE_KINDS; kind++)
        if (strcmp(sl_table_name((enum sl_table_id)kind), word) == 0)
            return true;
    return false;
}

/* A gnuplot variable of a path: letters, digits and _. */
static char *
variable(struct sl_arena *arena, const char *text)
{
    char *name = sl_arena_string(arena, text);

    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    return name;
}

/* Takes the * off a kind that has one. */
static bool
take_star(char *kind)
{
    size_t length = strlen(kind);

    if (length == 0 || kind[length - 1] != '*')
        return false;
    kind[length - 1] = '\0';
    return true;
}

static enum sl_status
parse_path(struct line *line, struct sl_need *need)
{
    char *path = next_word(line);
    char *slash = path ? strchr(path, '/') : NULL;

    if (!slash || !slash[1])
        return sl_fail_at(line->err, line->mark, "expected KIND/NAME after '%s'",
                          words[need->type]);
    need->alias = variable(line->arena, path);
    *slash = '\0';
    need->every = take_star(path);
    if (!is_kind(path))
        return sl_fail_at(line->err, line->mark, "'%s' is no kind of stage", path);
    need->kind = sl_arena_string(line->arena, path);
    need->name = sl_arena_string(line->arena, slash + 1);
    need->family = need->name[strlen(need->name) - 1] == '*';
    return SL_OK;
}

static bool
parse_number(const char *word, unsigned long high, unsigned *value)
{
    char *end;
    unsigned long number;

    if (!word || !isdigit((unsigned char)*word))
        return false;
    number = strtoul(word, &end, 10);
    if (*end || number > high)
        return false;
    *value = (unsigned)number;
    return true;
}

/* The words after "rows", from *word; leaves the first one that is no dimension. */
static void
parse_rows(struct line *line, struct sl_need *need, char **word)
{
    while (need->row_count < SL_NEED_ROWS &&
           parse_number(*word, SL_MAX_RANK - 1, &need->rows[need->row_count])) {
        need->row_count++;
        *word = next_word(line);
    }
}

static bool
parse_columns(const char *word, unsigned *columns)
{
    return parse_number(word, COLUMNS_MOST, columns) && *columns > 0;
}

static enum sl_status
check_stars(const struct line *line, const struct sl_need *need)
{
    bool block = need->type == SL_NEED_SERIES || need->type == SL_NEED_TENSOR;

    if (need->family && !block)
        return sl_fail_at(line->err, line->mark, "a family is of series or tensors");
    if (need->every && need->family)
        return sl_fail_at(line->err, line->mark, "a family is of one stage");
    if (need->every && need->type == SL_NEED_INPUT)
        return sl_fail_at(line->err, line->mark, "an input is of one stage");
    return SL_OK;
}

/* Takes the option `name`, whose words begin at *word, and leaves the word behind them.
 * False if it is none. */
static bool
parse_option(struct line *line, const char *name, struct sl_need *need, char **word)
{
    bool tensor = need->type == SL_NEED_TENSOR;

    if (strcmp(name, "optional") == 0) {
        need->optional = true;
        return true;
    }
    if (strcmp(name, "rows") == 0 && tensor) {
        parse_rows(line, need, word);
        return true;
    }
    if (strcmp(name, "as") == 0 && *word)
        need->alias = variable(line->arena, *word);
    else if (strcmp(name, "columns") != 0 || !tensor ||
             !parse_columns(*word, &need->columns))
        return false;
    *word = next_word(line);
    return true;
}

static enum sl_status
parse_options(struct line *line, struct sl_need *need)
{
    char *word = next_word(line);

    while (word) {
        const char *name = word;

        word = next_word(line);
        if (!parse_option(line, name, need, &word))
            return sl_fail_at(line->err, line->mark, "'%s' means nothing here", name);
    }
    return check_stars(line, need);
}

static enum sl_status
parse_data(struct line *line, struct sl_figure *figure)
{
    const char *word = next_word(line);

    figure->images = word && strcmp(word, "images") == 0;
    if ((!figure->images && !parse_columns(word, &figure->columns)) || next_word(line))
        return sl_fail_at(line->err, line->mark,
                          "expected data COLUMNS, a whole number, or data images");
    return SL_OK;
}

static enum sl_status
parse_size(struct line *line, struct sl_figure *figure)
{
    if (!parse_number(next_word(line), LARGEST_SIDE, &figure->width) ||
        !parse_number(next_word(line), LARGEST_SIDE, &figure->height) ||
        figure->width == 0 || figure->height == 0 || next_word(line))
        return sl_fail_at(line->err, line->mark,
                          "expected size WIDTH HEIGHT, whole numbers up to %lu",
                          LARGEST_SIDE);
    return SL_OK;
}

/* ---- figures of a sweep -------------------------------------------------------------- */

static enum sl_status
parse_sweep(struct line *line, struct sl_figure *figure)
{
    const char *table = next_word(line);

    if (table && strcmp(table, "points") == 0)
        figure->subject = SL_OF_SWEEP;
    else if (table && strcmp(table, "rungs") == 0)
        figure->subject = SL_OF_HALVING;
    if (figure->subject == SL_OF_RUN || next_word(line))
        return sl_fail_at(line->err, line->mark, "expected sweep points or sweep rungs");
    return SL_OK;
}

static enum sl_status
parse_axes(struct line *line, struct sl_figure *figure)
{
    const char *most;

    if (!parse_number(next_word(line), AXES_MOST, &figure->least_axes))
        return sl_fail_at(line->err, line->mark, "expected axes LEAST [MOST]");
    most = next_word(line);
    if (most && (!parse_number(most, AXES_MOST, &figure->most_axes) ||
                 figure->most_axes < figure->least_axes || next_word(line)))
        return sl_fail_at(line->err, line->mark, "expected axes LEAST [MOST]");
    return SL_OK;
}

static enum sl_status
parse_metrics(struct line *line, struct sl_figure *figure)
{
    if (!parse_number(next_word(line), METRICS_MOST, &figure->metrics) ||
        figure->metrics == 0 || next_word(line))
        return sl_fail_at(line->err, line->mark, "expected metrics N, from 1 to %lu",
                          METRICS_MOST);
    return SL_OK;
}

static enum sl_status
parse_request(struct line *line, struct sl_figure *figure)
{
    const char *word = next_word(line);

    if (!word || strcmp(word, "request") != 0 || next_word(line))
        return sl_fail_at(line->err, line->mark, "expected 'on request'");
    figure->on_request = true;
    return SL_OK;
}

/* Lines with one word each, of what the figure is. */
static const struct {
    const char *word;
    enum sl_status (*parse)(struct line *line, struct sl_figure *figure);
} traits[] = {
    {"size", parse_size}, {"data", parse_data},       {"sweep", parse_sweep},
    {"axes", parse_axes}, {"metrics", parse_metrics}, {"on", parse_request},
};

/* text: the line behind "#:", to be taken apart. */
static enum sl_status
parse_line(struct line *line, char *text, struct sl_figure *figure, struct sl_need *needs)
{
    char *word = strtok_r(text, " \t\r", &line->rest);
    struct sl_need *need = &needs[figure->n];

    for (size_t i = 0; word && i < sizeof traits / sizeof *traits; i++)
        if (strcmp(word, traits[i].word) == 0)
            return traits[i].parse(line, figure);
    for (size_t i = 0; word && i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) != 0)
            continue;
        if (figure->n == NEEDS_MAX)
            return sl_fail_at(line->err, line->mark, "more than %d needs", NEEDS_MAX);
        need->type = (enum sl_need_type)i;
        figure->n++;
        SL_TRY(parse_path(line, need));
        return parse_options(line, need);
    }
    return sl_fail_at(line->err, line->mark,
                      "expected metric, series, tensor, input, data, sweep or size after "
                      "'#:'");
}

/* The first block of comment lines, licence apart, as one line. */
static const char *
summary_of(struct sl_arena *arena, const char *script)
{
    struct sl_text text = {0};
    const char *copy, *line = script;

    while (strncmp(line, "# SPDX", 6) == 0 || *line == '\n')
        line += strcspn(line, "\n") + (strchr(line, '\n') != NULL);
    while (line[0] == '#' && line[1] == ' ') {
        size_t length = strcspn(line, "\n");

        sl_text_append(&text, text.count ? " " : "");
        sl_text_append_bytes(&text, line + 2, length - 2);
        line += length + (line[length] == '\n');
    }
    copy = sl_arena_string(arena, text.bytes ? text.bytes : "");
    sl_text_release(&text);
    return copy;
}

enum sl_status
sl_figure_parse(const char *path, struct sl_arena *arena, struct sl_figure *figure,
                struct sl_error *err)
{
    struct line line = {.mark = {path, 0, 1}, .arena = arena, .err = err};
    struct sl_need *needs = sl_arena_alloc(arena, NEEDS_MAX * sizeof *needs);
    char *text = sl_arena_string(arena, figure->script), *next;

    figure->summary = summary_of(arena, figure->script);
    figure->width = 640;
    figure->height = 400;
    figure->columns = 0;
    figure->images = false;
    figure->subject = SL_OF_RUN;
    figure->least_axes = 0;
    figure->most_axes = (unsigned)AXES_MOST;
    figure->metrics = 1;
    figure->n = 0;
    figure->needs = needs;
    for (; text; text = next) {
        line.mark.line++;
        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        if (strncmp(text, "#:", 2) == 0)
            SL_TRY(parse_line(&line, text + 2, figure, needs));
    }
    line.mark.line = 1;
    if (figure->n == 0 && figure->subject == SL_OF_RUN)
        return sl_fail_at(err, line.mark, "no line '#: ...' says what it takes");
    if (figure->n > 0 && figure->subject != SL_OF_RUN)
        return sl_fail_at(err, line.mark, "a figure of a sweep takes nothing of a run");
    return SL_OK;
}

/* What stands from here on is a family's. */
static bool
is_open(char c)
{
    return c == '*' || c == '{';
}

bool
sl_names_meet(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return is_open(*a) || is_open(*b) || (*a == '\0' && *b == '\0');
}
