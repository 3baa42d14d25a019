/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_SCALAR_H
#define SL_TESTS_SCALAR_H

#include <assert.h>

#include "runner/tensor/tensor.h"

/* A rank-0 float64 of a bundle. */
static inline void
bundle_scalar(struct sl_bundle *bundle, const char *name, double value)
{
    struct sl_item item = {.name = name, .tensor = {.type = SL_F64, .data = &value}};
    struct sl_error err;
    enum sl_status status = sl_bundle_add(bundle, &item, &err);

    assert(status == SL_OK);
    (void)status;
}

#endif
