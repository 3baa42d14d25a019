/* SPDX-License-Identifier: MIT */
#include "runner/config/node_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether the number is written without a point and an exponent, and fits. */
static bool
is_integer(const char *text, long long *number)
{
    int base = strncmp(text, "0x", 2) == 0 ? 16 : strncmp(text, "0o", 2) == 0 ? 8 : 10;
    const char *from = base == 8 ? text + 2 : text;
    char *end;

    errno = 0;
    *number = strtoll(from, &end, base);
    return errno == 0 && end > from && *end == '\0';
}

static json_t *
scalar_json(const struct sl_node *node)
{
    long long integer;
    double number;
    bool flag;

    if (sl_node_is_null(node))
        return json_null();
    if (sl_node_bool(node, &flag))
        return json_boolean(flag);
    if (!sl_node_double(node, &number) || !isfinite(number))
        return json_string(node->text);
    return is_integer(node->text, &integer) ? json_integer(integer) : json_real(number);
}

json_t *
sl_node_json(const struct sl_node *node)
{
    json_t *json;

    if (node->kind == SL_NODE_SCALAR)
        return scalar_json(node);
    json = node->kind == SL_NODE_LIST ? json_array() : json_object();
    for (const struct sl_node *child = node->first; child; child = child->next)
        if (node->kind == SL_NODE_LIST)
            json_array_append_new(json, sl_node_json(child));
        else
            json_object_set_new(json, child->key, sl_node_json(child));
    return json;
}
