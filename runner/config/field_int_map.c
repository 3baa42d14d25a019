/* SPDX-License-Identifier: MIT */
#include "runner/config/field_type.h"

/* Integers by names of the user's making: `{train: 5000, test: 1000}`. */

bool
sl_int_map_bind(const struct sl_binder *binder, const struct sl_field *field,
                const struct sl_node *node, void *value)
{
    const char **names = sl_arena_alloc(binder->arena, node->count * sizeof *names);
    struct sl_mark *marks = sl_arena_alloc(binder->arena, node->count * sizeof *marks);
    int64_t *at = sl_arena_alloc(binder->arena, node->count * sizeof *at);
    bool right = true;
    size_t n = 0;

    if (node->kind != SL_NODE_MAP)
        return sl_field_refuse(binder, node, "a mapping of names to integers",
                               sl_node_hint(node));
    for (const struct sl_node *child = node->first; child; child = child->next, n++) {
        names[n] = child->key;
        marks[n] = child->mark;
        if (!sl_name_is_valid(child->key)) {
            sl_report_add(binder->report, SL_ERROR, child->key_mark,
                          "name '%s' must match " SL_NAME_RULE, child->key);
            right = false;
        }
        right = sl_field_bind(binder, field, SL_TYPE_INT, child, &at[n]) && right;
    }
    *(struct sl_int_map *)value = (struct sl_int_map){n, names, at, marks};
    return right;
}

void
sl_int_map_token(const struct sl_printer *printer, const struct sl_field *field,
                 const void *value)
{
    const struct sl_int_map *map = value;

    sl_text_append(printer->out, "{");
    for (size_t i = 0; i < map->n; i++) {
        sl_text_append(printer->out, i ? ", " : "");
        sl_node_print_string(map->names[i], printer->out);
        sl_text_append(printer->out, ": ");
        sl_field_class(SL_TYPE_INT)->token(printer, field, &map->at[i]);
    }
    sl_text_append(printer->out, "}");
}
