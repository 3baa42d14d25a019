/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/config/field_type.h"

/* A word or a list of integers: `even`, or `[0, 3, 4]`. */

static bool
refuse(const struct sl_binder *binder, const struct sl_field *field,
       const struct sl_node *node)
{
    struct sl_text what = {0}, remedy = {0};
    const char *near;
    size_t n = 0;

    while (field->words[n])
        n++;
    near = node->kind == SL_NODE_SCALAR ? sl_nearest(node->text, field->words, n) : NULL;
    sl_text_append(&what, n > 1 ? "one of " : "");
    sl_field_words(field->words, n, ", ", &what);
    sl_text_append(&what, " or a list of integers");
    if (near)
        sl_text_format(&remedy, "; did you mean '%s'?", near);
    sl_field_refuse(binder, node, what.bytes, near ? remedy.bytes : "");
    sl_text_release(&what);
    sl_text_release(&remedy);
    return false;
}

bool
sl_word_or_ints_bind(const struct sl_binder *binder, const struct sl_field *field,
                     const struct sl_node *node, void *value)
{
    struct sl_word_or_ints *either = value;
    struct sl_field list = *field;

    either->mark = node->mark;
    if (node->kind == SL_NODE_LIST) {
        list.type = SL_TYPE_INT_LIST;
        either->word = -1;
        return sl_list_bind(binder, &list, node, &either->list);
    }
    for (int i = 0; node->kind == SL_NODE_SCALAR && field->words[i]; i++)
        if (strcmp(node->text, field->words[i]) == 0) {
            either->word = i;
            return true;
        }
    return refuse(binder, field, node);
}

void
sl_word_or_ints_token(const struct sl_printer *printer, const struct sl_field *field,
                      const void *value)
{
    const struct sl_word_or_ints *either = value;
    struct sl_field list = *field;

    list.type = SL_TYPE_INT_LIST;
    if (either->word < 0)
        sl_flow_token(printer, &list, &either->list);
    else
        sl_node_print_string(field->words[either->word], printer->out);
}
