/* SPDX-License-Identifier: MIT */
#include "modules/learn/activation_check.h"

#include "modules/learn/layer.h"

bool
sl_activation_check(const struct sl_check *check, const char *key,
                    const struct sl_choice *choice)
{
    const struct sl_layer_class *class;

    if (!choice->row)
        return false;
    class = (const struct sl_layer_class *)choice->row->as[0];
    if (!class->in_place)
        sl_report_add(check->report, SL_ERROR, choice->mark,
                      "'%s' is no activation; '%s' takes a layer that keeps the number "
                      "of columns, such as relu or sigmoid",
                      class->entry.name, key);
    return class->in_place;
}
