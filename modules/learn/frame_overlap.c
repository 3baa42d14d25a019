/* SPDX-License-Identifier: MIT */
/* Splits that are sure to share rows, or to find none, however many the files hold. */
#include <stdio.h>
#include <string.h>

#include "modules/learn/frame_splits.h"

static bool
same_classes(const struct sl_frame_split *a, const struct sl_frame_split *b)
{
    return a->classes.n == b->classes.n &&
           (a->classes.n == 0 || memcmp(a->classes.at, b->classes.at,
                                        a->classes.n * sizeof *a->classes.at) == 0);
}

static bool
same_values(const struct sl_frame_split *a, const struct sl_frame_split *b)
{
    bool same = a->values.n == b->values.n;

    for (size_t i = 0; same && i < a->values.n; i++)
        same = strcmp(a->values.at[i], b->values.at[i]) == 0;
    return same;
}

static bool
same_part(const struct sl_frame_split *a, const struct sl_frame_split *b)
{
    return (!a->from && !b->from) ||
           (a->from && b->from && strcmp(a->from, b->from) == 0);
}

/* Whether the same rows match. */
static bool
match_the_same(const struct sl_frame_split *a, const struct sl_frame_split *b)
{
    return same_part(a, b) && same_classes(a, b) && same_values(a, b) &&
           a->fold == b->fold;
}

static bool
matches_all(const struct sl_frame_split *split)
{
    return split->classes.n == 0 && split->values.n == 0 && split->fold == SL_FOLD_ANY;
}

static bool
takes_all(const struct sl_frame_split *split)
{
    return split->count == 0 && split->fraction == 0 && split->skip == 0;
}

/* Listed rows, and those that depend on their labels, are known with the data alone. */
static bool
is_simple(const struct sl_frame_split *split)
{
    return !split->rows.path && split->contamination == 0 && !split->stratify;
}

/* Behind the last of the matching rows that it takes for sure: of a share, the first. */
static int64_t
sure_end(const struct sl_frame_split *split)
{
    if (split->count > 0)
        return split->skip + split->count;
    return split->fraction > 0 ? split->skip + 1 : INT64_MAX;
}

static int64_t
sure_overlap(const struct sl_frame_split *a, const struct sl_frame_split *b)
{
    int64_t begin = a->skip > b->skip ? a->skip : b->skip;
    int64_t end = sure_end(a) < sure_end(b) ? sure_end(a) : sure_end(b);

    return end > begin ? end - begin : 0;
}

/* Whether it passes over rows that a split before it has. */
static bool
keeps_apart(const struct sl_frame_split *split)
{
    return split->choose == SL_CHOOSE_RANDOM || split->skip == 0;
}

/* Where the later one of two in the order of the file begins too early. */
static bool
tell_shared(const struct sl_frame_config *config, const struct sl_check *check, size_t j,
            size_t i)
{
    const struct sl_frame_split *splits = config->splits.at, *a = &splits[j],
                                *b = &splits[i];
    const char *const *names = config->splits.names;
    int64_t shared = sure_overlap(a, b);
    char count[32] = "";

    if (keeps_apart(b) || (a->choose == SL_CHOOSE_RANDOM && !takes_all(a)) ||
        config->group_by || !match_the_same(a, b) || !shared)
        return false;
    if (a->count > 0 && b->count > 0)
        snprintf(count, sizeof count, "%lld ", (long long)shared);
    sl_report_add(check->report, SL_ERROR, sl_frame_split_mark(check, names[i], "skip"),
                  "splits '%s' and '%s' share %srow%s; 'choose: random' for both keeps "
                  "them apart, so do 'skip' and 'classes'",
                  names[j], names[i], count, shared == 1 && *count ? "" : "s");
    return true;
}

/* One that takes all rows leaves none for those behind it. */
static bool
tell_empty(const struct sl_frame_config *config, const struct sl_check *check, size_t j,
           size_t i)
{
    const struct sl_frame_split *splits = config->splits.at, *a = &splits[j],
                                *b = &splits[i];
    const char *const *names = config->splits.names;

    if (!takes_all(a) || !keeps_apart(b) ||
        !(match_the_same(a, b) || (matches_all(a) && same_part(a, b))))
        return false;
    sl_report_add(check->report, SL_ERROR, sl_frame_split_mark(check, names[i], ""),
                  "split '%s' is empty: '%s' takes all rows; give that a 'count' or a "
                  "'fraction'",
                  names[i], names[j]);
    return true;
}

void
sl_frame_overlap_check(const struct sl_frame_config *config, const struct sl_check *check)
{
    const struct sl_frame_split *splits = config->splits.at;

    for (size_t i = 0; i < config->splits.n; i++)
        for (size_t j = 0; j < i && is_simple(&splits[i]); j++)
            if (is_simple(&splits[j]) &&
                (tell_shared(config, check, j, i) || tell_empty(config, check, j, i)))
                break;
}
