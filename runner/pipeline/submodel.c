/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/submodel.h"

#include <string.h>

#include "runner/pipeline/join.h"
#include "runner/pipeline/prepared.h"

#define PREPROCESS "preprocess."

/* ---- opening -------------------------------------------------------------------------- */

/* Items whose names begin with the member's, without that, which point into `from`. */
static void
take_own(const struct sl_bundle *from, const char *prefix, struct sl_arena *arena,
         struct sl_stored_model *to)
{
    size_t length = strlen(prefix), skip = strlen(PREPROCESS);

    to->parameters.items = sl_arena_alloc(arena, from->n * sizeof(struct sl_item));
    to->preprocess.items = sl_arena_alloc(arena, from->n * sizeof(struct sl_item));
    for (size_t i = 0; i < from->n; i++) {
        struct sl_item item = from->items[i];
        struct sl_bundle *bundle = &to->parameters;

        if (strncmp(item.name, prefix, length) != 0)
            continue;
        item.name += length;
        if (strncmp(item.name, PREPROCESS, skip) == 0) {
            item.name += skip;
            bundle = &to->preprocess;
        }
        bundle->items[bundle->n++] = item;
    }
}

enum sl_status
sl_submodel_open(const struct sl_model *model, const struct sl_submodel *member,
                 struct sl_arena *arena, const struct sl_model **opened,
                 struct sl_error *err)
{
    struct sl_stored_model *stored = SL_NEW(arena, struct sl_stored_model);
    const struct sl_module *module = (const struct sl_module *)member->choice->row->as[0];

    *stored = (struct sl_stored_model){
        .module = module->entry.name,
        .d = model->d,
        .height = model->height,
        .width = model->width,
        .scale = model->scale,
    };
    take_own(model->parameters, sl_arena_format(arena, "%s.", member->name), arena,
             stored);
    if (sl_model_open(module, member->choice->config, stored, arena, opened, err))
        return sl_error_context(err, "member %s, '%s'", member->name, module->entry.name);
    return SL_OK;
}

/* ---- what can be told before ---------------------------------------------------------- */

void
sl_submodel_check(const struct sl_choice *choice, const struct sl_node *node,
                  const struct sl_check *check)
{
    const struct sl_module *module = (const struct sl_module *)choice->row->as[0];
    const struct sl_choice_list *list =
        sl_preprocess_list(module->entry.fields, choice->config);
    struct sl_check inner = *check;
    struct sl_schema schema;

    inner.mark = choice->mark;
    inner.node = sl_node_get(node, module->entry.name);
    if (check->schema && list) {
        schema = *check->schema;
        schema.d = sl_preprocess_columns(list, schema.d);
        schema.whole = false;
        inner.schema = &schema;
    }
    if (inner.schema)
        sl_check_splits(module->entry.fields, choice->config, &inner);
    if (module->check)
        module->check(choice->config, &inner);
}
