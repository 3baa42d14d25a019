/* SPDX-License-Identifier: MIT */
/* What is told of splits, with data and without. */
#include <stdio.h>

#include "modules/learn/split_draw.h"

/* ---- what is told, with data and without ------------------------------------------- */

enum sl_status
sl_split_fail_unlabelled(const struct sl_split_rule *rule,
                         const struct sl_split_part *part, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_CONFIG,
                   "split '%s' takes classes of '%s', which has no labels", rule->name,
                   part->name);
}

/* left: rows that match and that no earlier random split took. */
enum sl_status
sl_split_check_count(const struct sl_split_rule *rule, const struct sl_split_part *part,
                     size_t left, struct sl_error *err)
{
    const char *which = rule->classes.n > 0 ? " of its classes" : "";
    char total[32] = "";

    if (part->n > 0)
        snprintf(total, sizeof total, " (%zu rows)", part->n);
    if (left == 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "split '%s' is empty: no row%s of '%s'%s is left for it",
                       rule->name, which, part->name, total);
    if (rule->count > left)
        return sl_fail(err, SL_ERR_CONFIG,
                       "split '%s' asks for %zu rows%s of '%s'%s, %zu are left for it",
                       rule->name, rule->count, which, part->name, total, left);
    return SL_OK;
}

enum sl_status
sl_split_fail_shared(const struct sl_split_rule *a, const struct sl_split_rule *b,
                     const struct sl_split_part *part, size_t shared,
                     struct sl_error *err)
{
    bool listed = a->list_count > 0 || b->list_count > 0;

    return sl_fail(err, SL_ERR_CONFIG, "splits '%s' and '%s' share %zu row%s of '%s'%s",
                   a->name, b->name, shared, shared == 1 ? "" : "s", part->name,
                   listed ? ""
                          : "; 'choose: random' for both keeps them apart, so do "
                            "'skip' and 'classes'");
}

/* ---- without data ------------------------------------------------------------------ */

/* Whether count and skip alone decide which rows it takes. */
static bool
is_plain(const struct sl_split_rule *rule, const struct sl_split_part *part)
{
    return rule->classes.n == 0 && rule->fraction == 0 && !rule->stratified &&
           rule->contamination == 0 && rule->fold == SL_FOLD_ANY &&
           rule->value_count == 0 && rule->list_count == 0 && !part->left_out &&
           !part->groups;
}

/* The most rows that are left for rules[i]; *exact if that is how many there are. */
static size_t
left_for(const struct sl_split_rule *rules, size_t i, const struct sl_split_part *part,
         bool *exact)
{
    const struct sl_split_rule *rule = &rules[i];
    size_t left = part->n > 0 ? part->n : SIZE_MAX;

    *exact = part->n > 0 && is_plain(rule, part);
    if (!rule->random)
        return left == SIZE_MAX ? left : left - (rule->skip < left ? rule->skip : left);
    for (size_t j = 0; j < i; j++) {
        const struct sl_split_rule *other = &rules[j];

        if (other->part != rule->part || !other->random)
            continue;
        if (!is_plain(other, part))
            *exact = false;
        else if (other->count == 0)
            return 0;
        *exact = *exact && other->count > 0;
        if (left != SIZE_MAX)
            left -= other->count < left ? other->count : left;
    }
    return left;
}

/* Rows that two splits in order of the file share, whatever they hold. */
static size_t
overlap(const struct sl_split_rule *a, const struct sl_split_rule *b, size_t n)
{
    size_t end_a = a->count ? a->skip + a->count : n;
    size_t end_b = b->count ? b->skip + b->count : n;
    size_t begin = a->skip > b->skip ? a->skip : b->skip;
    size_t end = end_a < end_b ? end_a : end_b;

    return end > begin ? end - begin : 0;
}

static bool
in_file_order(const struct sl_split_rule *rule)
{
    return !rule->random && rule->classes.n == 0 && rule->fraction == 0 &&
           rule->value_count == 0 && rule->list_count == 0;
}

enum sl_status
sl_split_expect(const struct sl_split_rule *rules, size_t i,
                const struct sl_split_part *parts, size_t *rows, struct sl_error *err)
{
    const struct sl_split_rule *rule = &rules[i];
    const struct sl_split_part *part = &parts[rule->part];
    bool exact;
    size_t left = left_for(rules, i, part, &exact);

    if (rule->classes.n > 0 && !part->labelled)
        return sl_split_fail_unlabelled(rule, part, err);
    SL_TRY(sl_split_check_count(rule, part, left, err));
    for (size_t j = 0; j < i && in_file_order(rule) && part->n > 0; j++) {
        size_t shared = overlap(&rules[j], rule, part->n);

        if (rules[j].part == rule->part && in_file_order(&rules[j]) && shared > 0)
            return sl_split_fail_shared(&rules[j], rule, part, shared, err);
    }
    *rows = rule->count ? rule->count : exact ? left : 0;
    return SL_OK;
}
