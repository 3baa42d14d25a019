/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_TEXT_H
#define SL_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* A growing NUL-terminated text. {0} is empty and valid; bytes is NULL until the first
 * append. Ends the process where there is no memory, as arenas do. */
struct sl_text {
    char *bytes;
    size_t count, capacity;
};

void sl_text_release(struct sl_text *text);
void sl_text_clear(struct sl_text *text);
void sl_text_append(struct sl_text *text, const char *string);
void sl_text_append_bytes(struct sl_text *text, const void *bytes, size_t count);
void sl_text_format(struct sl_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sl_text_vformat(struct sl_text *text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* A whole number in decimal digits. */
void sl_text_whole(struct sl_text *text, uint64_t value);
/* The shortest decimal text that reads back as value: 0.1, 1e-08, -3, 100, .inf, .nan; of a
 * power of two below 2^-49 or above 2^51 perhaps one digit longer. The program never leaves
 * the C locale. */
void sl_text_double(struct sl_text *text, double value);

/* The number of single-byte edits (insert, delete, replace) from a to b, or limit + 1 if
 * more. */
size_t sl_text_distance(const char *a, const char *b, size_t limit);

#endif
