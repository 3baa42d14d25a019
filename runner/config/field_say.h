/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_FIELD_SAY_H
#define SL_CONFIG_FIELD_SAY_H

#include "runner/config/field.h"

/* What the row of a field table says, in words. Texts are appended to out. */

/* "integer", "list of numbers", "optimizer", "list of layers". */
void sl_field_say_type(const struct sl_field *field, struct sl_text *out);
/* What the value may be: a range and the unit, the words, the names of the table. */
void sl_field_say_range(const struct sl_registry *registry, const struct sl_field *field,
                        struct sl_text *out);
/* The default as YAML, or false if there is none. */
bool sl_field_preset(const struct sl_field *field, struct sl_text *out);
/* The default as a tree, all of it at mark; NULL if there is none. */
struct sl_node *sl_field_preset_node(const struct sl_field *field, struct sl_mark mark,
                                     struct sl_arena *arena);
/* Whether `key: null` takes the value away. */
bool sl_field_is_optional(const struct sl_field *field);
/* The type of a list's elements, and of the integers of a mapping; SL_TYPE_END for the
 * rest. */
enum sl_field_type sl_field_element(const struct sl_field *field);
/* Where the file is that a value names, or NULL; see struct sl_file. */
const char *sl_file_find(const struct sl_node *node, struct sl_arena *arena);

#endif
