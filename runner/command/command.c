/* SPDX-License-Identifier: MIT */
#include "runner/command/command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/text.h"
#include "runner/pipeline/journal.h"

bool
sl_call_takes(const struct sl_call *call, const char *name)
{
    for (size_t i = 0; call->command->options[i].name; i++)
        if (strcmp(call->command->options[i].name, name) == 0)
            return true;
    return false;
}

void
sl_event_tell(const char *event, const struct sl_mark *mark, const char *text)
{
    static const struct sl_journal events = {.mirrored = true};
    struct sl_text clean = {0};

    sl_text_append(&clean, "");
    sl_report_show(text, &clean);
    if (mark->line)
        sl_journal_write(&events, event, "s:s, s:i, s:i, s:s", "file", mark->file, "line",
                         (int)mark->line, "column", (int)mark->column, "text",
                         clean.bytes);
    else
        sl_journal_write(&events, event, "s:s", "text", clean.bytes);
    sl_text_release(&clean);
}

void
sl_call_note(const struct sl_call *call, const char *format, ...)
{
    struct sl_text text = {0};
    va_list args;

    va_start(args, format);
    sl_text_vformat(&text, format, args);
    va_end(args);
    if (call->events)
        sl_event_tell("note", &(struct sl_mark){0}, text.bytes);
    else
        sl_report_line(stderr, "sluice: %s", text.bytes);
    sl_text_release(&text);
}

const char *
sl_call_option(const struct sl_call *call, const char *name)
{
    for (size_t i = 0; call->command->options[i].name; i++)
        if (strcmp(call->command->options[i].name, name) == 0)
            return call->values[i];
    assert(!"an option of this command");
    return NULL;
}

enum sl_status
sl_call_number(const struct sl_call *call, const char *name, long low, long high,
               long fallback, long *value, struct sl_error *err)
{
    const char *text = sl_call_option(call, name);
    char *end;

    *value = fallback;
    if (!text)
        return SL_OK;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < low || number > high)
        return sl_fail(err, SL_ERR_CONFIG,
                       "--%s takes a whole number in %ld..%ld, not '%s'", name, low, high,
                       text);
    *value = number;
    return SL_OK;
}

enum sl_status
sl_call_format(const struct sl_call *call, struct sl_error *err)
{
    if (sl_call_option(call, "json") && sl_call_option(call, "csv"))
        return sl_fail(err, SL_ERR_CONFIG, "--json and --csv are two forms; take one");
    return SL_OK;
}
