/* SPDX-License-Identifier: MIT */
#include "modules/learn/frame_arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "modules/learn/sort.h"

void
sl_frame_number_columns(struct sl_frame *frame)
{
    frame->numbered = true;
    frame->columns = sl_arena_alloc(frame->arena, frame->count * sizeof *frame->columns);
    for (size_t j = 0; j < frame->count; j++)
        frame->columns[j] =
            (struct sl_frame_column){.name = sl_arena_format(frame->arena, "%zu", j)};
}

enum sl_status
sl_frame_labels(const struct sl_tensor *values, const char *path, int32_t *labels,
                struct sl_error *err)
{
    for (size_t i = 0; i < sl_tensor_count(values); i++) {
        double value = sl_tensor_at(values, i);

        if (!(value == floor(value) && fabs(value) <= INT32_MAX))
            return sl_fail(
                err, SL_ERR_SHAPE,
                "'%s': label %zu (counted from 0) is %g, no whole number of 32 "
                "bits",
                path, i, value);
        labels[i] = (int32_t)value;
    }
    return SL_OK;
}

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static const char *
word_of(const struct sl_frame *frame, double value)
{
    struct sl_text text = {0};
    const char *word;

    sl_text_double(&text, value);
    word = sl_arena_string(frame->arena, text.bytes);
    sl_text_release(&text);
    return word;
}

enum sl_status
sl_frame_number_codes(const struct sl_frame *frame, const double *values,
                      struct sl_frame_codes *codes, struct sl_error *err)
{
    size_t n = frame->n;
    double *sorted = sl_arena_rows(frame->arena, n, sizeof *sorted);
    double *scratch = sl_arena_rows(frame->arena, n, sizeof *scratch);
    const char **words;

    codes->at = sl_arena_rows(frame->arena, n, sizeof *codes->at);
    codes->count = 0;
    if (!sorted || !scratch || !codes->at)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the codes of %zu rows", n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = values[i] + 0.0; /* -0 is 0 */
    sl_sort(sorted, scratch, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || sorted[i] != sorted[codes->count - 1])
            sorted[codes->count++] = sorted[i];
    words = sl_arena_alloc(frame->arena, codes->count * sizeof *words);
    for (size_t k = 0; k < codes->count; k++)
        words[k] = word_of(frame, sorted[k]);
    for (size_t i = 0; i < n; i++) {
        const double *at =
            bsearch(&values[i], sorted, codes->count, sizeof *sorted, ascending);

        codes->at[i] = at ? (uint32_t)(at - sorted) : 0;
    }
    codes->words = words;
    return SL_OK;
}

void
sl_frame_scatter(const struct sl_frame *frame, const void *rows, size_t n, void *x)
{
    size_t size = sl_dtype_size(frame->type);

    for (size_t i = 0; i < n; i++) {
        const char *from = (const char *)rows + i * frame->count * size;
        char *to = (char *)x + i * frame->d * size;

        for (size_t j = 0; j < frame->count; j++)
            if (frame->columns[j].width)
                memcpy(to + frame->columns[j].place * size, from + j * size, size);
    }
}
