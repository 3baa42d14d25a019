/* SPDX-License-Identifier: MIT */
#include "modules/learn/split.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what is told, with data and without ------------------------------------------- */

static enum sl_status
fail_unlabelled(const struct sl_split_rule *rule, const struct sl_split_part *part,
                struct sl_error *err)
{
    return sl_fail(err, SL_ERR_CONFIG,
                   "split '%s' takes classes of '%s', which has no labels", rule->name,
                   part->name);
}

/* left: rows that match and that no earlier random split took. */
static enum sl_status
check_count(const struct sl_split_rule *rule, const struct sl_split_part *part,
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

static enum sl_status
fail_shared(const struct sl_split_rule *a, const struct sl_split_rule *b,
            const struct sl_split_part *part, size_t shared, struct sl_error *err)
{
    return sl_fail(
        err, SL_ERR_CONFIG,
        "splits '%s' and '%s' share %zu rows of '%s'; 'choose: random' for both "
        "keeps them apart, so do 'skip' and 'classes'",
        a->name, b->name, shared, part->name);
}

/* ---- with data --------------------------------------------------------------------- */

/* The drawing of one data set. Arrays by part; NULL until somebody needs them. */
struct draw {
    const struct sl_split_rule *rules;
    const struct sl_split_part *parts;
    struct sl_arena *arena;
    uint32_t **order; /* the permutation for random splits */
    uint32_t **owner; /* of each row: 1 + the rule that took it, 0: nobody */
};

static enum sl_status
new_array(struct draw *draw, size_t n, uint32_t **array, struct sl_error *err)
{
    *array = sl_arena_array(draw->arena, n, sizeof **array);
    if (*array)
        return SL_OK;
    return sl_fail(err, SL_ERR_MEMORY, "no memory for the splits of %zu rows", n);
}

static bool
matches(const struct sl_split_rule *rule, const struct sl_split_part *part, size_t row)
{
    for (size_t k = 0; k < rule->classes.n; k++) {
        if (rule->classes.at[k] == part->labels[row])
            return true;
    }
    return rule->classes.n == 0;
}

static enum sl_status
check_classes(const struct sl_split_rule *rule, const struct sl_split_part *part,
              struct sl_error *err)
{
    if (rule->classes.n > 0 && !part->labelled)
        return fail_unlabelled(rule, part, err);
    for (size_t k = 0; k < rule->classes.n; k++) {
        size_t row = 0;

        while (row < part->n && part->labels[row] != rule->classes.at[k])
            row++;
        if (row == part->n)
            return sl_fail(err, SL_ERR_CONFIG,
                           "split '%s': no row of '%s' has class %" PRId64, rule->name,
                           part->name, rule->classes.at[k]);
    }
    return SL_OK;
}

/* The rows of a part in the order in which a rule looks at them: NULL is the file's. */
static enum sl_status
order_of(struct draw *draw, const struct sl_split_rule *rule, const uint32_t **order,
         struct sl_error *err)
{
    const struct sl_split_part *part = &draw->parts[rule->part];
    struct sl_stream stream = part->stream;
    uint32_t **shared = &draw->order[rule->part];

    *order = NULL;
    if (!rule->random)
        return SL_OK;
    if (*shared == NULL) {
        SL_TRY(new_array(draw, part->n, shared, err));
        for (size_t row = 0; row < part->n; row++)
            (*shared)[row] = (uint32_t)row;
        sl_stream_shuffle(&stream, *shared, part->n);
    }
    *order = *shared;
    return SL_OK;
}

/* Counts the rows that match and are not an earlier random split's; stores the ids of the
 * first `want` of them behind `skip`, if rows is not NULL. */
static size_t
pick(const struct draw *draw, const struct sl_split_rule *rule, const uint32_t *order,
     uint32_t *rows, size_t want)
{
    const struct sl_split_part *part = &draw->parts[rule->part];
    const uint32_t *owner = draw->owner[rule->part];
    size_t found = 0;

    for (size_t k = 0; k < part->n; k++) {
        size_t row = order ? order[k] : k;
        bool taken = rule->random && owner[row] > 0 && draw->rules[owner[row] - 1].random;

        if (taken || !matches(rule, part, row))
            continue;
        if (rows && found >= rule->skip && found < rule->skip + want)
            rows[found - rule->skip] = (uint32_t)(part->first + row);
        found++;
    }
    return found > rule->skip ? found - rule->skip : 0;
}

/* Enters the rows of split i into the owners; a row has one. */
static enum sl_status
claim(struct draw *draw, size_t i, const struct sl_split *split, struct sl_error *err)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    uint32_t *owner = draw->owner[rule->part], rival = 0;
    size_t shared = 0;

    for (size_t k = 0; k < split->n; k++) {
        uint32_t *of = &owner[split->rows[k] - part->first];

        if (*of == 0)
            *of = (uint32_t)i + 1;
        else if (rival == 0 || *of == rival) {
            rival = *of;
            shared++;
        }
    }
    if (shared > 0)
        return fail_shared(&draw->rules[rival - 1], rule, part, shared, err);
    return SL_OK;
}

static enum sl_status
draw_split(struct draw *draw, size_t i, struct sl_split *split, struct sl_error *err)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    const uint32_t *order;
    uint32_t *rows;
    size_t left, n;

    SL_TRY(check_classes(rule, part, err));
    SL_TRY(order_of(draw, rule, &order, err));
    left = pick(draw, rule, order, NULL, 0);
    SL_TRY(check_count(rule, part, left, err));
    n = rule->count ? rule->count : left;
    SL_TRY(new_array(draw, n, &rows, err));
    pick(draw, rule, order, rows, n);
    *split = (struct sl_split){rule->name, n, rows};
    return claim(draw, i, split, err);
}

enum sl_status
sl_split_rows(const struct sl_split_rule *rules, size_t n,
              const struct sl_split_part *parts, size_t part_count,
              struct sl_arena *arena, struct sl_split *splits, struct sl_error *err)
{
    struct draw draw = {.rules = rules, .parts = parts, .arena = arena};

    draw.order = sl_arena_alloc(arena, part_count * sizeof *draw.order);
    draw.owner = sl_arena_alloc(arena, part_count * sizeof *draw.owner);
    for (size_t p = 0; p < part_count; p++)
        SL_TRY(new_array(&draw, parts[p].n, &draw.owner[p], err));
    for (size_t i = 0; i < n; i++)
        SL_TRY(draw_split(&draw, i, &splits[i], err));
    return SL_OK;
}

/* ---- without data ------------------------------------------------------------------ */

/* The most rows that are left for rules[i]; *exact if that is how many there are. */
static size_t
left_for(const struct sl_split_rule *rules, size_t i, const struct sl_split_part *part,
         bool *exact)
{
    const struct sl_split_rule *rule = &rules[i];
    size_t left = part->n > 0 ? part->n : SIZE_MAX;

    *exact = part->n > 0 && rule->classes.n == 0;
    if (!rule->random)
        return left == SIZE_MAX ? left : left - (rule->skip < left ? rule->skip : left);
    for (size_t j = 0; j < i; j++) {
        const struct sl_split_rule *other = &rules[j];

        if (other->part != rule->part || !other->random)
            continue;
        if (other->count == 0 && other->classes.n == 0)
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
    return !rule->random && rule->classes.n == 0;
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
        return fail_unlabelled(rule, part, err);
    SL_TRY(check_count(rule, part, left, err));
    for (size_t j = 0; j < i && in_file_order(rule) && part->n > 0; j++) {
        size_t shared = overlap(&rules[j], rule, part->n);

        if (rules[j].part == rule->part && in_file_order(&rules[j]) && shared > 0)
            return fail_shared(&rules[j], rule, part, shared, err);
    }
    *rows = rule->count ? rule->count : exact ? left : 0;
    return SL_OK;
}
