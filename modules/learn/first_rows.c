/* SPDX-License-Identifier: MIT */
#include "modules/learn/first_rows.h"

enum sl_status
sl_first_rows_record(struct sl_step *step, uint32_t *first, size_t n,
                     struct sl_error *err)
{
    struct sl_tensor tensor = sl_tensor_vector(SL_U32, first, n);

    return n > 1 ? sl_record(step, "first_rows", &tensor, err) : SL_OK;
}
