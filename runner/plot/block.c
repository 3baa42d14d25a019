/* SPDX-License-Identifier: MIT */
#include "runner/plot/block.h"

#include <math.h>

void
sl_block_number(struct sl_text *out, double value)
{
    if (isfinite(value))
        sl_text_double(out, value);
    else
        sl_text_append(out, "NaN");
}

/* Nine digits tell a float32 from its neighbours. */
static void
element(struct sl_text *out, const struct sl_tensor *tensor, size_t i)
{
    double value = sl_tensor_at(tensor, i);

    if (tensor->type == SL_F32 && isfinite(value))
        sl_text_format(out, "%.9g", value);
    else
        sl_block_number(out, value);
}

/* gnuplot takes the first comment of a block for its name, and two empty lines for its
 * end. */
static void
block_begin(struct sl_text *out, const char *name)
{
    sl_text_format(out, "# %s\n", name);
}

static void
block_end(struct sl_text *out)
{
    sl_text_append(out, "\n\n");
}

void
sl_block_series(struct sl_text *out, const char *name, const struct sl_item *item)
{
    size_t n = sl_tensor_count(&item->tensor);

    block_begin(out, name);
    for (size_t i = 0; i < n; i++) {
        sl_block_number(out, item->at ? item->at[i] : (double)(i + 1));
        sl_text_append(out, " ");
        element(out, &item->tensor, i);
        sl_text_append(out, "\n");
    }
    block_end(out);
}

/* Some dimensions of a tensor, the last running fastest. */
struct walk {
    unsigned n;
    size_t shape[SL_MAX_RANK], stride[SL_MAX_RANK];
    size_t count; /* of places */
};

static void
walk_add(struct walk *walk, const struct sl_tensor *tensor, unsigned dimension)
{
    size_t stride = 1;

    for (unsigned d = dimension + 1; d < tensor->rank; d++)
        stride *= tensor->shape[d];
    walk->shape[walk->n] = tensor->shape[dimension];
    walk->stride[walk->n++] = stride;
    walk->count *= tensor->shape[dimension];
}

static size_t
walk_offset(const struct walk *walk, size_t place)
{
    size_t offset = 0;

    for (unsigned d = walk->n; d-- > 0;) {
        offset += place % walk->shape[d] * walk->stride[d];
        place /= walk->shape[d];
    }
    return offset;
}

/* A vector is a column. */
static enum sl_status
split_dimensions(const struct sl_tensor *tensor, const struct sl_need *need,
                 struct walk *lines, struct walk *columns, struct sl_error *err)
{
    unsigned last = tensor->rank > 1 ? tensor->rank - 1 : tensor->rank;
    bool taken[SL_MAX_RANK] = {false};

    for (unsigned i = 0; i < (need->row_count ? need->row_count : last); i++) {
        unsigned d = need->row_count ? need->rows[i] : i;

        if (d >= tensor->rank || taken[d])
            return sl_fail(
                err, SL_ERR_SHAPE,
                "tensor '%s' has rank %u, and dimension %u is to make up lines",
                need->name, tensor->rank, d);
        taken[d] = true;
        walk_add(lines, tensor, d);
    }
    for (unsigned d = 0; d < tensor->rank; d++)
        if (!taken[d])
            walk_add(columns, tensor, d);
    return SL_OK;
}

enum sl_status
sl_block_tensor(struct sl_text *out, const char *name, const struct sl_tensor *tensor,
                const struct sl_need *need, struct sl_error *err)
{
    struct walk lines = {.count = 1}, columns = {.count = 1};

    SL_TRY(split_dimensions(tensor, need, &lines, &columns, err));
    if (need->columns && columns.count != need->columns)
        return sl_fail(err, SL_ERR_SHAPE,
                       "tensor '%s' makes %zu columns, and the figure shows %u",
                       need->name, columns.count, need->columns);
    block_begin(out, name);
    for (size_t i = 0; columns.count && i < lines.count; i++) {
        size_t start = walk_offset(&lines, i);

        for (size_t j = 0; j < columns.count; j++) {
            sl_text_append(out, j ? " " : "");
            element(out, tensor, start + walk_offset(&columns, j));
        }
        sl_text_append(out, "\n");
    }
    block_end(out);
    return SL_OK;
}
