/* SPDX-License-Identifier: MIT */
#include "modules/learn/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "modules/learn/split_draw.h"

/* The drawing of one data set; states by part. */
struct draw {
    const struct sl_split_rule *rules;
    const struct sl_split_part *parts;
    struct sl_split_state *states;
    struct sl_arena *arena;  /* of the rows that come out */
    struct sl_arena scratch; /* of the states */
};

/* ---- which rows match ---------------------------------------------------------------------- */

static bool
has_class(const struct sl_split_rule *rule, const struct sl_split_part *part, size_t row)
{
    for (size_t k = 0; k < rule->classes.n; k++) {
        if (rule->classes.at[k] == part->labels[row])
            return true;
    }
    return rule->classes.n == 0;
}

static bool
has_value(const struct sl_split_rule *rule, const struct sl_split_part *part, size_t row)
{
    for (size_t k = 0; k < rule->value_count; k++) {
        if (rule->values[k] == part->values[row])
            return true;
    }
    return rule->value_count == 0;
}

static bool
in_fold(const struct sl_split_rule *rule, const struct sl_split_part *part,
        const struct sl_split_state *state, size_t row)
{
    bool mine;

    if (rule->fold == SL_FOLD_ANY)
        return true;
    mine = state->fold[row] == part->fold;
    return mine == (rule->fold == SL_FOLD_THIS);
}

/* Whether a split has to pass over a row because another has it. */
static bool
is_taken(const struct draw *draw, size_t i, size_t row)
{
    const struct sl_split_rule *rule = &draw->rules[i], *other;
    const struct sl_split_part *part = &draw->parts[rule->part];
    const struct sl_split_state *state = &draw->states[rule->part];
    uint32_t owner = state->owner[row];

    if (!rule->random && (!rule->apart || rule->skip > 0))
        return false;
    if (part->groups && state->group_owner[part->groups[row]] > 0 &&
        state->group_owner[part->groups[row]] != i + 1)
        return true;
    if (owner == 0)
        return false;
    other = &draw->rules[owner - 1];
    return rule->apart || other->random || other->list_count > 0 ||
           other->value_count > 0;
}

/* Whether split i may have the row; other: one of another class in its place. */
static bool
may_take(const struct draw *draw, size_t i, size_t row, bool other)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];

    return !(part->left_out && part->left_out[row]) && !is_taken(draw, i, row) &&
           has_class(rule, part, row) != other && has_value(rule, part, row) &&
           in_fold(rule, part, &draw->states[rule->part], row);
}

/* What decides where only its owner and at most one class do, as mostly: the rule needs no
 * look at each row. */
struct plain {
    const uint16_t *owner; /* NULL: more decides */
    const int32_t *labels; /* NULL: all classes match */
    int32_t label;
};

static struct plain
plain_of(const struct draw *draw, size_t i)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    struct plain plain = {0};

    if (!rule->apart || rule->skip > 0 || part->groups || part->left_out ||
        rule->value_count > 0 || rule->fold != SL_FOLD_ANY || rule->classes.n > 1)
        return plain;
    plain.owner = draw->states[rule->part].owner;
    if (rule->classes.n == 1) {
        plain.labels = part->labels;
        plain.label = (int32_t)rule->classes.at[0];
    }
    return plain;
}

static bool
plain_may_take(const struct plain *plain, size_t row, bool other)
{
    bool same = !plain->labels || plain->labels[row] == plain->label;

    return plain->owner[row] == 0 && same != other;
}

static size_t
plain_count(const struct plain *plain, size_t n, bool other)
{
    size_t count = 0;

    if (!plain->labels)
        for (size_t row = 0; row < n; row++)
            count += plain->owner[row] == 0 && !other;
    else
        for (size_t row = 0; row < n; row++)
            count += (plain->owner[row] == 0) &
                     ((plain->labels[row] == plain->label) != other);
    return count;
}

/* ---- quotas of classes ------------------------------------------------------------------------ */

struct class
{
    int32_t label;
    size_t n, quota;
    double rest; /* what rounding down left of its share */
};

struct classes {
    size_t n, capacity;
    struct class *at; /* by label */
};

static struct class *
class_of(struct classes *classes, int32_t label)
{
    size_t low = 0, high = classes->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (classes->at[mid].label < label)
            low = mid + 1;
        else
            high = mid;
    }
    return &classes->at[low];
}

static enum sl_status
count_class(struct classes *classes, int32_t label, struct sl_error *err)
{
    struct class *at = classes->n ? class_of(classes, label) : classes->at;
    size_t place = (size_t)(at - classes->at);

    if (classes->n && place < classes->n && at->label == label) {
        at->n++;
        return SL_OK;
    }
    if (classes->n == classes->capacity) {
        size_t capacity = classes->capacity ? 2 * classes->capacity : 16;
        struct class *more = realloc(classes->at, capacity * sizeof *more);

        if (!more)
            return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu classes", capacity);
        classes->at = more;
        classes->capacity = capacity;
        at = more + place;
    }
    memmove(at + 1, at, (classes->n - place) * sizeof *at);
    *at = (struct class){label, 1, 0, 0};
    classes->n++;
    return SL_OK;
}

/* Shares of `want` rows by the sizes of the classes; what rounding leaves goes to those it
 * took most from, the lower label first. */
static void
set_quotas(struct classes *classes, size_t want, size_t left)
{
    size_t given = 0;

    for (size_t k = 0; k < classes->n; k++) {
        struct class *c = &classes->at[k];
        double share = (double)want * (double)c->n / (double)left;

        c->quota = (size_t)share;
        c->rest = share - (double)c->quota;
        given += c->quota;
    }
    for (; given < want; given++) {
        struct class *most = &classes->at[0];

        for (size_t k = 1; k < classes->n; k++)
            if (classes->at[k].rest > most->rest)
                most = &classes->at[k];
        most->quota++;
        most->rest = -1;
    }
}

/* ---- taking rows -------------------------------------------------------------------------------- */

struct taking {
    const uint32_t *order; /* NULL: the file's */
    uint32_t *left;        /* NULL, or where those of order go that are not taken */
    size_t skip, want;
    struct classes *quotas; /* NULL: none */
    bool other;             /* rows of other classes */
    uint32_t *rows;         /* NULL: they are only counted */
};

/* A row that a random split took is never looked at again by another one: the permutation
 * of the part shrinks to the others, in their order. Folds and groups are cut from all of
 * it. */
static void
set_order(struct taking *taking, const struct sl_split_rule *rule,
          const struct sl_split_part *part, struct sl_split_state *state,
          const uint32_t *order)
{
    taking->order = order;
    if (rule->random && rule->apart && !part->groups && part->folds == 0)
        taking->left = state->random;
}

static void
keep(uint32_t *left, size_t *kept, size_t row)
{
    if (left)
        left[(*kept)++] = (uint32_t)row;
}

/* Rows of a permutation lie far apart: what is known of them is asked for ahead. */
enum { AHEAD = 16 };

static void
ask_for(const struct sl_split_part *part, const struct sl_split_state *state, size_t row)
{
    __builtin_prefetch(&state->owner[row]);
    if (part->labels)
        __builtin_prefetch(&part->labels[row]);
}

/* How many rows split i takes; their ids go to rows. Whole groups, where there are. */
static size_t
take(const struct draw *draw, size_t i, const struct taking *taking)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    size_t found = 0, taken = 0;
    struct sl_split_state *state = &draw->states[rule->part];
    size_t n = taking->order && rule->random ? state->random_n : part->n, kept = 0, k;
    uint32_t group = UINT32_MAX;
    struct plain plain = plain_of(draw, i);

    if (plain.owner && !taking->rows && !taking->order)
        return plain_count(&plain, n, taking->other);
    for (k = 0; k < n; k++) {
        size_t row = taking->order ? taking->order[k] : k;
        bool within = part->groups && rule->random && part->groups[row] == group;

        if (taking->order && k + AHEAD < n)
            ask_for(part, state, taking->order[k + AHEAD]);
        if (taken >= taking->want && !within)
            break;
        if (!(plain.owner ? plain_may_take(&plain, row, taking->other)
                          : may_take(draw, i, row, taking->other)) ||
            found++ < taking->skip) {
            keep(taking->left, &kept, row);
            continue;
        }
        if (taking->quotas) {
            struct class *class = class_of(taking->quotas, part->labels[row]);

            if (class->quota == 0) {
                keep(taking->left, &kept, row);
                continue;
            }
            class->quota--;
        }
        if (taking->rows)
            taking->rows[taken] = (uint32_t)(part->first + row);
        group = part->groups ? part->groups[row] : group;
        taken++;
    }
    if (taking->left) {
        memmove(taking->left + kept, taking->left + k, (n - k) * sizeof *taking->left);
        state->random_n = kept + n - k;
    }
    return taken;
}

static enum sl_status
check_classes(const struct sl_split_rule *rule, const struct sl_split_part *part,
              struct sl_error *err)
{
    bool asks = rule->classes.n > 0 || rule->stratified || rule->contamination > 0;

    if (asks && !part->labelled)
        return sl_split_fail_unlabelled(rule, part, err);
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

/* The rows that match at all, whoever has them: what a fraction is of. */
static size_t
matching(const struct draw *draw, size_t i)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    struct plain plain = plain_of(draw, i);
    size_t n = 0;

    if (plain.owner && !plain.labels)
        return part->n;
    for (size_t row = 0; plain.owner && row < part->n; row++)
        n += plain.labels[row] == plain.label;
    for (size_t row = 0; !plain.owner && row < part->n; row++)
        n += !(part->left_out && part->left_out[row]) && has_class(rule, part, row) &&
             has_value(rule, part, row) &&
             in_fold(rule, part, &draw->states[rule->part], row);
    return n;
}

/* How many rows split i is to take; left: how many it can. */
static enum sl_status
count_of(const struct draw *draw, size_t i, size_t left, size_t *want,
         struct sl_error *err)
{
    struct sl_split_rule rule = draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule.part];

    if (rule.fraction > 0) {
        size_t n = matching(draw, i);

        rule.count = (size_t)llround(rule.fraction * (double)n);
        if (rule.count == 0)
            return sl_fail(err, SL_ERR_CONFIG,
                           "split '%s' is empty: %g of %zu rows rounds to none",
                           rule.name, rule.fraction, n);
        if (rule.count > left)
            return sl_fail(
                err, SL_ERR_CONFIG,
                "split '%s' asks for %g of %zu rows of '%s', %zu; %zu are left "
                "for it",
                rule.name, rule.fraction, n, part->name, rule.count, left);
    }
    SL_TRY(sl_split_check_count(&rule, part, left, err));
    *want = rule.count ? rule.count : left;
    return SL_OK;
}

static enum sl_status
count_classes(const struct draw *draw, size_t i, struct classes *classes,
              struct sl_error *err)
{
    const struct sl_split_part *part = &draw->parts[draw->rules[i].part];

    for (size_t row = 0; row < part->n; row++)
        if (may_take(draw, i, row, false))
            SL_TRY(count_class(classes, part->labels[row], err));
    return SL_OK;
}

/* Rows of other classes behind the split's own, so that they are the share that was asked
 * for: m of n + m. */
static enum sl_status
contaminate(const struct draw *draw, size_t i, const uint32_t *order,
            struct sl_split *split, struct sl_error *err)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    double share = rule->contamination;
    struct taking taking = {.want = SIZE_MAX, .other = true};
    size_t m = (size_t)llround((double)split->n * share / (1 - share)), left;
    uint32_t *rows;

    left = take(draw, i, &taking); /* in the file's order, which is faster */
    set_order(&taking, rule, &draw->parts[rule->part], &draw->states[rule->part], order);
    if (m > left)
        return sl_fail(
            err, SL_ERR_CONFIG,
            "split '%s' of %zu rows asks for a contamination of %g, %zu rows of "
            "other classes; %zu are left",
            rule->name, split->n, share, m, left);
    SL_TRY(sl_split_array(draw->arena, split->n + m, sizeof *rows, &rows, err));
    memcpy(rows, split->rows, split->n * sizeof *rows);
    taking.want = m;
    taking.rows = rows + split->n;
    if (m > 0)
        m = take(draw, i, &taking);
    split->rows = rows;
    split->n += m;
    return SL_OK;
}

static enum sl_status
choose(struct draw *draw, size_t i, struct sl_split *split, struct sl_error *err)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    struct sl_split_state *state = &draw->states[rule->part];
    struct taking taking = {.skip = rule->skip, .want = SIZE_MAX};
    const uint32_t *order;
    struct classes classes = {0};
    enum sl_status status;
    size_t left;
    uint32_t *rows;

    SL_TRY(check_classes(rule, part, err));
    SL_TRY(sl_split_order(rule, part, state, &draw->scratch, &order, err));
    if (rule->fold != SL_FOLD_ANY && !state->fold)
        SL_TRY(sl_split_folds(part, state, &draw->scratch, err));
    left = take(draw, i, &taking); /* in the file's order, which is faster */
    set_order(&taking, rule, part, state, order);
    SL_TRY(count_of(draw, i, left, &taking.want, err));
    /* The last group may go beyond the count. */
    SL_TRY(sl_split_array(draw->arena, part->groups ? left : taking.want, sizeof *rows,
                          &rows, err));
    taking.rows = rows;
    status = rule->stratified ? count_classes(draw, i, &classes, err) : SL_OK;
    if (status == SL_OK && rule->stratified) {
        set_quotas(&classes, taking.want, left);
        taking.quotas = &classes;
    }
    if (status == SL_OK)
        *split = (struct sl_split){rule->name, take(draw, i, &taking), rows};
    free(classes.at);
    if (status == SL_OK && rule->contamination > 0)
        status = contaminate(draw, i, order, split, err);
    return status;
}

static enum sl_status
listed(const struct draw *draw, size_t i, struct sl_split *split, struct sl_error *err)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    uint32_t *rows;
    size_t n = 0;

    SL_TRY(sl_split_array(draw->arena, rule->list_count, sizeof *rows, &rows, err));
    for (size_t k = 0; k < rule->list_count; k++) {
        uint32_t row = rule->list[k];

        if (row >= part->n)
            return sl_fail(err, SL_ERR_CONFIG,
                           "split '%s' lists row %" PRIu32 ", '%s' has rows 0 to %zu",
                           rule->name, row, part->name, part->n - 1);
        if (!(part->left_out && part->left_out[row]) && has_class(rule, part, row))
            rows[n++] = (uint32_t)(part->first + row);
    }
    *split = (struct sl_split){rule->name, n, rows};
    return sl_split_check_count(rule, part, n, err);
}

/* Enters the rows of split i into the owners; a row has one. */
static enum sl_status
claim(struct draw *draw, size_t i, const struct sl_split *split, struct sl_error *err)
{
    const struct sl_split_rule *rule = &draw->rules[i];
    const struct sl_split_part *part = &draw->parts[rule->part];
    struct sl_split_state *state = &draw->states[rule->part];
    uint32_t rival = 0;
    size_t shared = 0;

    for (size_t k = 0; k < split->n; k++) {
        size_t row = split->rows[k] - part->first;
        uint16_t *of = &state->owner[row];

        if (k + AHEAD < split->n)
            __builtin_prefetch(&state->owner[split->rows[k + AHEAD] - part->first]);
        if (part->groups && state->group_owner[part->groups[row]] == 0)
            state->group_owner[part->groups[row]] = (uint32_t)i + 1;
        if (*of == 0)
            *of = (uint16_t)(i + 1);
        else if (rival == 0 || *of == rival) {
            rival = *of;
            shared++;
        }
    }
    if (rival == i + 1)
        return sl_fail(err, SL_ERR_CONFIG, "split '%s' lists %zu rows more than once",
                       rule->name, shared);
    if (shared > 0)
        return sl_split_fail_shared(&draw->rules[rival - 1], rule, part, shared, err);
    return SL_OK;
}

static enum sl_status
draw_all(struct draw *draw, size_t n, size_t part_count, struct sl_split *splits,
         struct sl_error *err)
{
    draw->states = sl_arena_alloc(&draw->scratch, part_count * sizeof *draw->states);
    for (size_t p = 0; p < part_count; p++) {
        const struct sl_split_part *part = &draw->parts[p];
        struct sl_split_state *state = &draw->states[p];

        SL_TRY(sl_split_array(&draw->scratch, part->n, sizeof *state->owner,
                              &state->owner, err));
        if (part->groups)
            SL_TRY(sl_split_array(&draw->scratch, part->group_count,
                                  sizeof *state->group_owner, &state->group_owner, err));
    }
    for (size_t i = 0; i < n; i++) {
        SL_TRY(draw->rules[i].list_count ? listed(draw, i, &splits[i], err)
                                         : choose(draw, i, &splits[i], err));
        SL_TRY(claim(draw, i, &splits[i], err));
    }
    return SL_OK;
}

enum sl_status
sl_split_rows(const struct sl_split_rule *rules, size_t n,
              const struct sl_split_part *parts, size_t part_count,
              struct sl_arena *arena, struct sl_split *splits, struct sl_error *err)
{
    struct draw draw = {.rules = rules, .parts = parts, .arena = arena};
    enum sl_status status;

    if (n > SL_SPLIT_RULES_MOST)
        return sl_fail(err, SL_ERR_CONFIG,
                       "there are %zu splits; at most %d can be drawn", n,
                       SL_SPLIT_RULES_MOST);
    sl_arena_init_in(&draw.scratch, arena->folder);
    status = draw_all(&draw, n, part_count, splits, err);
    sl_arena_release(&draw.scratch);
    return status;
}
