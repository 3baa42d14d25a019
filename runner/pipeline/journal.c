/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/journal.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runner/base/publish.h"
#include "runner/base/text.h"

static void
format_now(char *text, size_t size)
{
    struct timespec now;
    struct tm utc;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
}

void
sl_journal_write(const struct sl_journal *journal, const char *event, const char *format,
                 ...)
{
    struct sl_text pattern = {0};
    struct sl_error ignored;
    char now[40];
    json_t *line, *rest;
    va_list args;
    char *text;

    if (!journal->path && !journal->mirrored)
        return;
    format_now(now, sizeof now);
    line = json_pack("{s:s, s:s}", "time", now, "event", event);
    sl_text_format(&pattern, "{%s}", format);
    va_start(args, format);
    rest = json_vpack_ex(NULL, 0, pattern.bytes, args);
    va_end(args);
    sl_text_release(&pattern);
    if (line && rest)
        json_object_update(line, rest);
    text = line ? json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    if (text && journal->mirrored)
        fprintf(stderr, "%s\n", text);
    if (text && journal->path)
        (void)sl_publish_line(journal->path, text, &ignored);
    free(text);
    json_decref(rest);
    json_decref(line);
}
