/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_ROFF_H
#define SL_COMMAND_ROFF_H

#include "runner/base/text.h"

/* Pages in the macros of man(7). Texts are plain: what troff would take for its own is
 * escaped. Each call ends its line. */

/* ".TH": page "SLUICE-RUN", section 1. */
void sl_roff_head(struct sl_text *out, const char *page, int section);
/* ".SH" and ".SS". */
void sl_roff_section(struct sl_text *out, const char *title);
void sl_roff_part(struct sl_text *out, const char *title);
/* Running text; an empty line begins a paragraph, lines that begin with a blank stand as
 * they are. */
void sl_roff_text(struct sl_text *out, const char *text);
/* An entry of a list: its bold tag, and what stands for a value, or NULL; its text comes
 * next. */
void sl_roff_entry(struct sl_text *out, const char *tag, const char *value);
/* Bold words and a usage line with its capitals in italics. */
void sl_roff_usage(struct sl_text *out, const char *program, const char *arguments);
/* Lists within entries. */
void sl_roff_indent(struct sl_text *out);
void sl_roff_outdent(struct sl_text *out);

#endif
