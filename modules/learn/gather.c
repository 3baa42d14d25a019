/* SPDX-License-Identifier: MIT */
#include "modules/learn/gather.h"

#include "runner/parallel/profile.h"

void
sl_gather(struct sl_pool *pool, const struct sl_rows *rows, bool f64, void *out)
{
    const struct sl_dataset *data = rows->data;
    size_t size = sl_dtype_size(data->type) + (f64 ? sizeof(double) : sizeof(float));
    struct sl_profile_span span;

    sl_profile_begin(sl_pool_profile(pool), &span, SL_OPERATION_GATHER,
                     data->view ? "view" : sl_dtype_name(data->type));
    if (f64)
        sl_rows_gather_f64(data, rows->ids, rows->n, out);
    else
        sl_rows_gather_f32(data, rows->ids, rows->n, out);
    sl_profile_end(&span, (struct sl_amount){.bytes = (double)(rows->n * data->d * size),
                                             .rows = rows->n});
}
