/* SPDX-License-Identifier: MIT */
#include "runner/command/profile_report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/sheet.h"
#include "runner/command/trace.h"
#include "runner/pipeline/journal.h"

/* Steps of one label. */
struct group {
    struct sl_profile_step sum; /* peak: the most of them */
    size_t n;
    bool mixed; /* not all came to the same */
};

static double
seconds(uint64_t ns)
{
    return 1e-9 * (double)ns;
}

static double
share(uint64_t ns, uint64_t of)
{
    return of ? (double)ns / (double)of : 0;
}

static void
add_step(struct group *group, const struct sl_profile_step *step)
{
    group->mixed = group->mixed || strcmp(group->sum.state, step->state) != 0;
    group->sum.ns += step->ns;
    group->sum.busy += step->busy;
    group->sum.flops += step->flops;
    group->sum.bytes += step->bytes;
    group->sum.peak = step->peak > group->sum.peak ? step->peak : group->sum.peak;
    group->n++;
}

static struct group *
group_steps(const struct sl_profile_sum *sum, struct sl_arena *arena, size_t *n)
{
    struct group *groups = sl_arena_alloc(arena, sum->steps * sizeof *groups);

    *n = 0;
    for (size_t i = 0; i < sum->steps; i++) {
        size_t g = 0;
        while (g < *n && strcmp(groups[g].sum.label, sum->step[i].label) != 0)
            g++;
        if (g == *n)
            groups[(*n)++].sum = (struct sl_profile_step){.label = sum->step[i].label,
                                                          .state = sum->step[i].state};
        add_step(&groups[g], &sum->step[i]);
    }
    return groups;
}

static void
add_head(struct sl_sheet *sheet, const char *const *heads)
{
    for (size_t i = 0; i < sheet->columns; i++)
        sl_sheet_cell(sheet, "%s", heads[i]);
}

/* What was not counted, or took no time that could be told, has no rate. */
static void
add_rate(struct sl_sheet *sheet, double amount, uint64_t ns)
{
    if (amount > 0 && ns > 0)
        sl_sheet_cell(sheet, "%.1f", amount / (double)ns);
    else
        sl_sheet_cell(sheet, "-");
}

static void
add_bytes(struct sl_sheet *sheet, double bytes)
{
    if (bytes > 0)
        sl_sheet_cell(sheet, "%.3f", 1e-9 * bytes);
    else
        sl_sheet_cell(sheet, "-");
}

static void
add_peak(struct sl_sheet *sheet, size_t bytes)
{
    if (bytes > 0)
        sl_sheet_cell(sheet, "%.1f", (double)bytes / 1048576);
    else
        sl_sheet_cell(sheet, "-");
}

static void
add_share(struct sl_sheet *sheet, uint64_t ns, uint64_t of)
{
    sl_sheet_cell(sheet, "%.1f %%", 100 * share(ns, of));
}

static void
add_group(struct sl_sheet *sheet, const struct group *group, uint64_t busy)
{
    const struct sl_profile_step *sum = &group->sum;

    sl_sheet_cell(sheet, "%s", sum->label);
    sl_sheet_cell(sheet, "%zu", group->n);
    sl_sheet_cell(sheet, "%s", group->mixed ? "mixed" : sum->state);
    sl_sheet_cell(sheet, "%.3f", seconds(sum->ns));
    sl_sheet_cell(sheet, "%.3f", seconds(sum->busy));
    add_share(sheet, sum->busy, busy);
    add_rate(sheet, sum->flops, sum->ns);
    add_bytes(sheet, sum->bytes);
    add_peak(sheet, sum->peak);
}

/* What is outside of steps. */
static void
add_rest(struct sl_sheet *sheet, const struct sl_profile_sum *sum)
{
    uint64_t rest = sum->busy;

    for (size_t i = 0; i < sum->steps; i++)
        rest -= sum->step[i].busy;
    sl_sheet_cell(sheet, "no step");
    for (size_t i = 0; i < 3; i++)
        sl_sheet_cell(sheet, "%s", "");
    sl_sheet_cell(sheet, "%.3f", seconds(rest));
    add_share(sheet, rest, sum->busy);
    for (size_t i = 0; i < 3; i++)
        sl_sheet_cell(sheet, "-");
}

static void
print_steps(const struct sl_profile_sum *sum, FILE *out)
{
    static const char *const heads[] = {"step",  "count",   "state", "s",       "busy s",
                                        "share", "GFLOP/s", "GB",    "peak MiB"};
    struct sl_sheet sheet = {.columns = sizeof heads / sizeof *heads};
    struct sl_arena arena;
    struct group *groups;
    size_t n;

    sl_arena_init(&arena);
    groups = group_steps(sum, &arena, &n);
    add_head(&sheet, heads);
    for (size_t i = 0; i < n; i++)
        add_group(&sheet, &groups[i], sum->busy);
    add_rest(&sheet, sum);
    sl_sheet_print(&sheet, out, sl_sheet_width(out));
    sl_sheet_release(&sheet);
    sl_arena_release(&arena);
}

static void
add_row(struct sl_sheet *sheet, const struct sl_profile_row *row, uint64_t busy)
{
    const char *word = sl_operation_word(row->operation);
    bool alone = strcmp(word, row->name) == 0;

    sl_sheet_cell(sheet, "%s%s%s", word, alone ? "" : " ", alone ? "" : row->name);
    sl_sheet_cell(sheet, "%zu", row->count);
    sl_sheet_cell(sheet, "%.3f", seconds(row->ns));
    add_share(sheet, row->ns, busy);
    add_rate(sheet, row->flops, row->ns);
    add_bytes(sheet, row->bytes);
    add_rate(sheet, row->bytes, row->ns);
    add_peak(sheet, row->resident);
}

static void
print_rows(const struct sl_profile_sum *sum, FILE *out)
{
    static const char *const heads[] = {"operation", "count", "busy s", "share",
                                        "GFLOP/s",   "GB",    "GB/s",   "peak MiB"};
    struct sl_sheet sheet = {.columns = sizeof heads / sizeof *heads};

    add_head(&sheet, heads);
    for (size_t i = 0; i < sum->n; i++)
        add_row(&sheet, &sum->rows[i], sum->busy);
    sl_sheet_print(&sheet, out, sl_sheet_width(out));
    sl_sheet_release(&sheet);
}

static void
print(const struct sl_profile_sum *sum, unsigned threads, FILE *out)
{
    fprintf(out, "\nprofile: %.3f s, %u thread%s, %.1f %% of their time busy\n\n",
            seconds(sum->ns), threads, threads == 1 ? "" : "s",
            100 * share(sum->busy, threads * sum->ns));
    print_steps(sum, out);
    fputc('\n', out);
    print_rows(sum, out);
}

static void
tell(const struct sl_profile_sum *sum)
{
    const struct sl_journal told = {.mirrored = true};

    for (size_t i = 0; i < sum->steps; i++) {
        const struct sl_profile_step *step = &sum->step[i];
        sl_journal_write(&told, "profile", "s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:I",
                         "step", step->name, "state", step->state, "seconds",
                         seconds(step->ns), "busy", seconds(step->busy), "share",
                         share(step->busy, sum->busy), "flops", step->flops, "bytes",
                         step->bytes, "peak", (json_int_t)step->peak);
    }
    for (size_t i = 0; i < sum->n; i++) {
        const struct sl_profile_row *row = &sum->rows[i];
        sl_journal_write(&told, "profile", "s:s, s:s, s:I, s:f, s:f, s:f, s:f, s:I",
                         "operation", sl_operation_word(row->operation), "name",
                         row->name, "count", (json_int_t)row->count, "busy",
                         seconds(row->ns), "share", share(row->ns, sum->busy), "flops",
                         row->flops, "bytes", row->bytes, "peak",
                         (json_int_t)row->resident);
    }
}

enum sl_status
sl_profile_conclude(struct sl_profile *profile, const struct sl_profile_ending *ending,
                    struct sl_error *err)
{
    struct sl_profile_sum sum;
    struct sl_arena arena;
    enum sl_status status = SL_OK;
    const char *path;
    bool kept;

    sl_arena_init(&arena);
    path = sl_arena_format(&arena, "%s/profile.json", ending->folder);
    sl_profile_sum(profile, &arena, &sum);
    if (ending->json)
        tell(&sum);
    if (!ending->quiet)
        print(&sum, ending->threads, stdout);
    kept = sum.steps == 0 && access(path, F_OK) == 0;
    if (!kept)
        status = sl_trace_write(profile, &sum, path, ending->title, err);
    if (!ending->quiet && status == SL_OK)
        printf("\n  trace   %s%s\n", path, kept ? " (as it was: no step was done)" : "");
    if (!ending->quiet && sum.dropped > 0)
        printf("  %zu events are in the sums above and not in the trace\n", sum.dropped);
    sl_arena_release(&arena);
    return status;
}
