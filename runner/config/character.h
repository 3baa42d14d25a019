/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_CHARACTER_H
#define SL_CONFIG_CHARACTER_H

#include <stddef.h>
#include <stdint.h>

/* Characters of a text that people write and a terminal shows. */
struct sl_report;

/* Decodes the first character of bytes: returns how many bytes it takes, or 0 if it is no
 * valid UTF-8 (RFC 3629: overlong forms and surrogates are not). count > 0. */
size_t sl_utf8_decode(const char *bytes, size_t count, uint32_t *character);

/* "control character" or "invisible character" for one that has no business in a
 * configuration, else NULL. Tab and line breaks are fine. */
const char *sl_character_fault(uint32_t character);

/* The letter of ASCII that a Cyrillic, Greek or full-width one looks like, else 0. */
char sl_character_likeness(uint32_t character);

/* Columns of a terminal that it takes: 0, 1 or 2. */
unsigned sl_character_width(uint32_t character);

/* Tells the report where a whole text is no UTF-8 (only the first place) or has characters
 * at fault; name is the text's. */
void sl_characters_check(const char *name, const char *bytes, size_t count,
                         struct sl_report *report);

#endif
