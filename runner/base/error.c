/* SPDX-License-Identifier: MIT */
#include "runner/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 4, 0)))
set(struct sl_error *err, enum sl_status status, struct sl_mark mark, const char *format,
    va_list args)
{
    err->status = status;
    err->mark = mark;
    vsnprintf(err->text, sizeof err->text, format, args);
}

enum sl_status
sl_fail(struct sl_error *err, enum sl_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(err, status, (struct sl_mark){0}, format, args);
    va_end(args);
    return status;
}

enum sl_status
sl_fail_at(struct sl_error *err, struct sl_mark mark, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(err, SL_ERR_CONFIG, mark, format, args);
    va_end(args);
    return SL_ERR_CONFIG;
}

enum sl_status
sl_fail_errno(struct sl_error *err, const char *format, ...)
{
    char reason[128];
    size_t room;
    va_list args;

    if (strerror_r(errno, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", errno);
    va_start(args, format);
    set(err, SL_ERR_IO, (struct sl_mark){0}, format, args);
    va_end(args);

    /* A text that is too long loses its end, never the reason. */
    room = sizeof err->text - strlen(reason) - sizeof ": " + 1;
    if (strlen(err->text) >= room)
        err->text[room - 1] = '\0';
    strcat(strcat(err->text, ": "), reason);
    return SL_ERR_IO;
}

enum sl_status
sl_error_context(struct sl_error *err, const char *format, ...)
{
    char text[sizeof err->text];
    size_t used;
    va_list args;

    memcpy(text, err->text, sizeof text);
    va_start(args, format);
    set(err, err->status, err->mark, format, args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", text);
    return err->status;
}
