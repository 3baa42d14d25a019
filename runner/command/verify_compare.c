/* SPDX-License-Identifier: MIT */
#include "runner/command/verify_compare.h"

#include <math.h>
#include <string.h>

/* ---- platform ------------------------------------------------------------------------ */

/* Of the first part of "a, b, c". */
static int
part_length(const char *text)
{
    return (int)strcspn(text, ",");
}

static const char *
next_part(const char *text)
{
    text += strcspn(text, ",");
    return *text ? text + 2 : text;
}

void
sl_verify_platform(const char *there, const char *here, struct sl_text *out)
{
    static const char *const names[] = {"program", "BLAS", "C library", "processor"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int a = part_length(there), b = part_length(here);

        if (a != b || strncmp(there, here, (size_t)a) != 0)
            sl_text_format(out, "  %-10s %.*s\n  %-10s %.*s\n", names[i], a, there,
                           "  here", b, here);
        there = next_part(there);
        here = next_part(here);
    }
}

/* ---- files --------------------------------------------------------------------------- */

static const struct sl_file_record *
find_file(const struct sl_run_record *run, const struct sl_file_record *like)
{
    for (size_t i = 0; i < run->file_count; i++)
        if (strcmp(run->files[i].stage, like->stage) == 0 &&
            strcmp(run->files[i].file, like->file) == 0)
            return &run->files[i];
    return NULL;
}

void
sl_verify_files(const struct sl_run_record *there, const struct sl_run_record *here,
                struct sl_text *out)
{
    for (size_t i = 0; i < there->file_count; i++) {
        const struct sl_file_record *was = &there->files[i], *is = find_file(here, was);

        if (!is)
            sl_text_format(out, "  file       %s of stage '%s' is not read any more\n",
                           was->file, was->stage);
        else if (strcmp(is->sha256, was->sha256) != 0)
            sl_text_format(out,
                           "  file       %s of stage '%s' has sha256 %.16s..., was "
                           "%.16s...\n",
                           was->file, was->stage, is->sha256, was->sha256);
    }
}

/* ---- numbers ------------------------------------------------------------------------- */

static bool
is_close(double a, double b, double scale, double *relative)
{
    if (a == b || (isnan(a) && isnan(b)))
        return true;
    *relative = scale > 0 ? fabs(a - b) / scale : (double)INFINITY;
    return false;
}

static double
largest_of(const struct sl_tensor *t)
{
    double most = 0.0;

    for (size_t i = 0; i < sl_tensor_count(t); i++)
        most = fmax(most, fabs(sl_tensor_at(t, i)));
    return most;
}

static bool
same_shape(const struct sl_tensor *a, const struct sl_tensor *b)
{
    return a->type == b->type && a->rank == b->rank &&
           memcmp(a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

/* What differences are relative to: whole numbers, as rows' numbers are, have to be equal. */
static double
scale_of(const struct sl_tensor *a, const struct sl_tensor *b)
{
    return a->type == SL_F32 || a->type == SL_F64 ? fmax(largest_of(a), largest_of(b))
                                                  : 1.0;
}

/* The largest relative difference; infinity where they can't be compared. */
static double
difference_of(const struct sl_tensor *a, const struct sl_tensor *b)
{
    double scale, most = 0.0;

    if (!same_shape(a, b))
        return (double)INFINITY;
    scale = scale_of(a, b);
    for (size_t i = 0; i < sl_tensor_count(a); i++) {
        double relative = 0.0;
        is_close(sl_tensor_at(a, i), sl_tensor_at(b, i), scale, &relative);
        most = isnan(relative) ? (double)INFINITY : fmax(most, relative);
    }
    return most;
}

static void
compare_bundles(const char *group, const struct sl_bundle *there,
                const struct sl_bundle *here, double tolerance, struct sl_arena *arena,
                struct sl_differences *d)
{
    for (size_t i = 0; i < there->n; i++) {
        const struct sl_item *was = &there->items[i];
        const struct sl_item *is = sl_bundle_find(here, was->name);
        double most = is ? difference_of(&was->tensor, &is->tensor) : (double)INFINITY;

        if (most > d->largest || (most > 0 && !d->where)) {
            d->largest = most;
            d->where = sl_arena_format(arena, "%s/%s", group, was->name);
        }
        if (!(most > tolerance))
            continue;
        d->numbers++;
        if (d->numbers <= 20)
            sl_text_format(&d->text, "  %s/%s differs by %.3g\n", group, was->name, most);
    }
}

void
sl_verify_numbers(const struct sl_run_record *there, const struct sl_run_record *here,
                  double tolerance, struct sl_arena *arena, struct sl_differences *d)
{
    for (size_t i = 0; i < there->n && i < here->n; i++) {
        const struct sl_stage_record *a = &there->stages[i], *b = &here->stages[i];
        const char *groups[] = {"metrics", "series", "tensors", "outputs"};
        const struct sl_bundle *was[] = {&a->metrics, &a->series, &a->tensors,
                                         &a->outputs};
        const struct sl_bundle *is[] = {&b->metrics, &b->series, &b->tensors,
                                        &b->outputs};

        for (size_t k = 0; k < 4; k++)
            compare_bundles(sl_arena_format(arena, "/%s/%s", groups[k], a->name), was[k],
                            is[k], tolerance, arena, d);
    }
}
