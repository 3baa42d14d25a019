/* SPDX-License-Identifier: MIT */
#include "run_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct sl_stage_record
run_record_stage(struct sl_arena *arena, const char *name, const char *kind,
                 const char *inputs)
{
    struct sl_stage_record stage = {
        .name = name, .kind = kind, .module = "m", .inputs = inputs};

    sl_bundle_init(&stage.metrics, arena);
    sl_bundle_init(&stage.series, arena);
    sl_bundle_init(&stage.tensors, arena);
    return stage;
}

void
run_record_add(struct sl_bundle *bundle, const char *name, struct sl_tensor tensor,
               const char *axis, const double *at)
{
    struct sl_item item = {.name = name, .tensor = tensor, .axis = axis, .at = at};
    struct sl_error err;

    assert_int_equal(sl_bundle_add(bundle, &item, &err), SL_OK);
}

void
run_record_metric(struct sl_bundle *bundle, const char *name, double value)
{
    struct sl_tensor scalar = {.type = SL_F64, .rank = 0, .data = &value};

    run_record_add(bundle, name, scalar, NULL, NULL);
}
