/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>

#include "runner/config/report.h"

/* Without what is no UTF-8. */
static json_t *
shown(const char *text)
{
    struct sl_text clean = {0};
    json_t *string;

    sl_text_append(&clean, "");
    sl_report_show(text, &clean);
    string = json_string(clean.bytes);
    sl_text_release(&clean);
    return string;
}

static json_t *
place_of(const struct sl_report *report, const struct sl_problem *problem,
         struct sl_cursor *cursor)
{
    struct sl_mark mark = problem->mark;
    json_t *object = json_object();

    if (mark.line == 0)
        mark.line = mark.column = 1;
    size_t width = sl_report_word(cursor, sl_report_find(report, mark.file), mark);
    json_object_set_new(object, "file", shown(mark.file ? mark.file : ""));
    json_object_set_new(object, "line", json_integer(mark.line));
    json_object_set_new(object, "column", json_integer(mark.column));
    json_object_set_new(object, "endColumn",
                        json_integer((json_int_t)(mark.column + width)));
    return object;
}

static json_t *
problem_of(const struct sl_report *report, const struct sl_problem *problem,
           struct sl_cursor *cursor)
{
    json_t *object = place_of(report, problem, cursor);

    json_object_set_new(object, "severity",
                        json_string(problem->severity == SL_ERROR ? "error" : "warning"));
    json_object_set_new(object, "message", shown(problem->text));
    json_object_set_new(object, "notes", json_array());
    return object;
}

static json_t *
note_of(const struct sl_report *report, const struct sl_problem *problem,
        struct sl_cursor *cursor)
{
    json_t *object = place_of(report, problem, cursor);

    json_object_set_new(object, "message", shown(problem->text));
    return object;
}

void
sl_report_json(struct sl_report *report, struct sl_text *out)
{
    const struct sl_problem **sorted = sl_report_sorted(report);
    json_t *all = json_object(), *problems = json_array(), *last = NULL;
    struct sl_cursor cursor = {0};
    char *text;

    for (size_t i = 0; i < report->n; i++) {
        if (sorted[i]->severity == SL_NOTE && last) {
            json_array_append_new(json_object_get(last, "notes"),
                                  note_of(report, sorted[i], &cursor));
            continue;
        }
        last = problem_of(report, sorted[i], &cursor);
        json_array_append_new(problems, last);
    }
    json_object_set_new(all, "errors", json_integer((json_int_t)report->errors));
    json_object_set_new(all, "warnings", json_integer((json_int_t)report->warnings));
    json_object_set_new(all, "problems", problems);
    text = json_dumps(all, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (!text)
        sl_memory_exhausted();
    sl_text_format(out, "%s\n", text);
    free(text);
    json_decref(all);
}
