/* SPDX-License-Identifier: MIT */
#include "modules/learn/frame_arrays.h"
#include "modules/learn/frame_splits.h"

#include <string.h>

#include "modules/learn/row_list.h"

static const char *const choices[] = {"random", "first", NULL};
static const char *const folds[] = {"any", "this", "others", NULL};

#define SPLIT struct sl_frame_split
const struct sl_field sl_frame_split_fields[] = {
    SL_FIELD(SPLIT, from, const char *, SL_TYPE_STRING,
             .help = "one of `files` that it is drawn from; default: all rows"),
    SL_FIELD(SPLIT, classes, struct sl_int_list, SL_TYPE_INT_LIST, .low = INT32_MIN,
             .high = INT32_MAX, .help = "rows of these labels alone; default: all"),
    SL_INT(SPLIT, count, 0, 0, UINT32_MAX,
           "how many rows; 0, and no fraction: all that are left"),
    SL_DOUBLE(SPLIT, fraction, 0, 0, 1, "what share of the rows that match"),
    SL_WORD(
        SPLIT, choose, SL_CHOOSE_RANDOM, choices,
        "of the rows that no split before has: at random, or the first in the order of "
        "the file (or of order_by)"),
    SL_INT(SPLIT, skip, 0, 0, UINT32_MAX,
           "pass over so many matching rows first, whoever has them (choose: first)"),
    SL_BOOL(SPLIT, stratify, false, "take the same share of every class"),
    SL_DOUBLE(SPLIT, contamination, 0, 0, 0.99,
              "what share of the split is to be rows of other classes than `classes`"),
    SL_WORD(SPLIT, fold, SL_FOLD_ANY, folds, "rows of this fold, or of all the others"),
    SL_FIELD(SPLIT, values, struct sl_string_list, SL_TYPE_STRING_LIST,
             .help = "rows that have one of these in the column split_by"),
    SL_FIELD(SPLIT, rows, struct sl_file, SL_TYPE_FILE, .flags = SL_DATA,
             .help =
                 "a file with the numbers of its rows, counted from 0: text, or .npy"),
    SL_FIELD_END,
};

/* ---- check ------------------------------------------------------------------------------ */

struct sl_mark
sl_frame_split_mark(const struct sl_check *check, const char *split, const char *key)
{
    const struct sl_node *node = sl_node_get(sl_node_get(check->node, "splits"), split);
    const struct sl_node *value = sl_node_get(node, key);

    if (value)
        return value->mark;
    return node ? node->key_mark : check->mark;
}

static bool
is_file(const struct sl_frame_config *config, const char *name)
{
    for (size_t i = 0; i < config->files.n; i++)
        if (strcmp(config->files.names[i], name) == 0)
            return true;
    return false;
}

static void
check_split(const struct sl_frame_config *config, const struct sl_check *check, size_t i)
{
    const struct sl_frame_split *s = (const struct sl_frame_split *)config->splits.at + i;
    const char *name = config->splits.names[i];
    const struct {
        bool wrong;
        const char *key, *text;
    } faults[] = {
        {strlen(name) >= SL_SPLIT_NAME_MAX, "", "the name of a split is too long"},
        {s->choose == SL_CHOOSE_RANDOM && s->skip > 0, "skip",
         "'skip' goes with 'choose: first'"},
        {s->count > 0 && s->fraction > 0, "fraction",
         "a split has a 'count' or a 'fraction'"},
        {s->contamination > 0 && s->classes.n == 0, "contamination",
         "'contamination' is of rows of other classes; say its own with 'classes'"},
        {s->fold != SL_FOLD_ANY && config->folds == 0, "fold",
         "say how many folds there are with 'folds' beside 'splits'"},
        {s->values.n > 0 && !config->split_by, "values",
         "say which column has them with 'split_by' beside 'splits'"},
        {s->from && !is_file(config, s->from), "from",
         "'files' has no entry of that name"},
        {s->rows.path && (s->count > 0 || s->fraction > 0 || s->fold || s->values.n),
         "rows", "'rows' says all there is to say about which rows"},
    };

    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++)
        if (faults[k].wrong)
            sl_report_add(check->report, SL_ERROR,
                          sl_frame_split_mark(check, name, faults[k].key), "%s",
                          faults[k].text);
}

static void
check_fractions(const struct sl_frame_config *config, const struct sl_check *check)
{
    const struct sl_frame_split *splits = config->splits.at;
    double sum = 0;

    for (size_t i = 0; i < config->splits.n; i++)
        if (!splits[i].from && !splits[i].classes.n && !splits[i].values.n &&
            splits[i].fold == SL_FOLD_ANY)
            sum += splits[i].fraction;
    if (sum > 1 + 1e-9)
        sl_report_add(check->report, SL_ERROR, sl_node_get(check->node, "splits")->mark,
                      "the fractions of the splits sum to %g", sum);
}

void
sl_frame_splits_check(const struct sl_frame_config *config, const struct sl_check *check)
{
    if (config->splits.n == 0)
        sl_report_add(check->report, SL_ERROR, check->mark, "there are no splits");
    for (size_t i = 0; i < config->splits.n; i++)
        check_split(config, check, i);
    if (config->splits.n)
        check_fractions(config, check);
    sl_frame_overlap_check(config, check);
    if (config->folds > 0 && config->fold >= config->folds) {
        const struct sl_node *node = sl_node_get(check->node, "fold");

        sl_report_add(check->report, SL_ERROR, node ? node->mark : check->mark,
                      "folds are numbered 0 to %lld", (long long)config->folds - 1);
    }
}

/* ---- drawing ------------------------------------------------------------------------------ */

struct drawing {
    struct sl_frame *frame;
    const struct sl_frame_reader *reader;
    struct sl_frame_codes values, groups;
    double *order;
};

static enum sl_status
read_codes(struct drawing *d, const char *column, struct sl_frame_codes *codes,
           struct sl_error *err)
{
    double *values;

    if (d->reader->codes)
        return d->reader->codes(d->frame, column, codes, err);
    values = sl_arena_rows(d->frame->arena, d->frame->n, sizeof *values);
    if (!values)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for '%s'", column);
    SL_TRY(d->reader->numbers(d->frame, column, values, err));
    return sl_frame_number_codes(d->frame, values, codes, err);
}

static enum sl_status
read_keys(struct drawing *d, struct sl_error *err)
{
    const struct sl_frame_config *c = d->frame->config;

    if (c->split_by)
        SL_TRY(read_codes(d, c->split_by, &d->values, err));
    if (c->group_by)
        SL_TRY(read_codes(d, c->group_by, &d->groups, err));
    if (!c->order_by)
        return SL_OK;
    d->order = sl_arena_rows(d->frame->arena, d->frame->n, sizeof *d->order);
    if (!d->order)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to order %zu rows", d->frame->n);
    return d->reader->numbers(d->frame, c->order_by, d->order, err);
}

static enum sl_status
find_values(const struct drawing *d, const struct sl_frame_split *split,
            struct sl_split_rule *rule, struct sl_error *err)
{
    uint32_t *codes = sl_arena_alloc(d->frame->arena, split->values.n * sizeof *codes);

    for (size_t i = 0; i < split->values.n; i++) {
        size_t k = 0;

        while (k < d->values.count &&
               strcmp(d->values.words[k], split->values.at[i]) != 0)
            k++;
        if (k == d->values.count)
            return sl_fail(err, SL_ERR_CONFIG, "split '%s': no row has '%s' in '%s'",
                           rule->name, split->values.at[i], d->frame->config->split_by);
        codes[i] = (uint32_t)k;
    }
    rule->values = codes;
    rule->value_count = split->values.n;
    return SL_OK;
}

/* Parts by name stand behind the one that is all rows. */
static size_t
part_of(const struct sl_frame *frame, const char *from)
{
    for (size_t p = 0; from && p < frame->part_count; p++)
        if (strcmp(frame->parts[p].name, from) == 0)
            return p + 1;
    return 0;
}

static enum sl_status
make_rule(const struct drawing *d, size_t i, struct sl_split_rule *rule,
          struct sl_error *err)
{
    const struct sl_frame_config *c = d->frame->config;
    const struct sl_frame_split *split = (const struct sl_frame_split *)c->splits.at + i;

    *rule = (struct sl_split_rule){
        .name = c->splits.names[i],
        .part = part_of(d->frame, split->from),
        .classes = split->classes,
        .count = (size_t)split->count,
        .skip = (size_t)split->skip,
        .random = split->choose == SL_CHOOSE_RANDOM,
        .fraction = split->fraction,
        .stratified = split->stratify,
        .contamination = split->contamination,
        .apart = true,
        .fold = split->fold,
    };
    SL_TRY(find_values(d, split, rule, err));
    if (!split->rows.path)
        return SL_OK;
    if (!split->rows.found)
        return sl_fail(err, SL_ERR_IO, "file '%s' is not there", split->rows.path);
    return sl_row_list_read(split->rows.found, d->frame->arena, &rule->list,
                            &rule->list_count, err);
}

/* A part as split.h sees it; all rows have no name of their own. */
static struct sl_split_part
make_part(struct sl_step *step, const struct drawing *d, size_t p, const int32_t *labels,
          const uint8_t *left_out)
{
    const struct sl_frame *frame = d->frame;
    const char *name = p ? frame->parts[p - 1].name : "all";
    size_t first = p ? frame->parts[p - 1].first : 0;
    const char *purpose = sl_arena_format(frame->arena, "split %s", name);

    return (struct sl_split_part){
        .name = p ? name : frame->parts[0].name,
        .first = first,
        .n = p ? frame->parts[p - 1].n : frame->n,
        .labelled = labels != NULL,
        .labels = labels ? labels + first : NULL,
        .stream = sl_step_split_stream(step, purpose),
        .left_out = left_out ? left_out + first : NULL,
        .values = d->values.at ? d->values.at + first : NULL,
        .groups = d->groups.at ? d->groups.at + first : NULL,
        .group_count = d->groups.count,
        .order = d->order ? d->order + first : NULL,
        .folds = (uint32_t)frame->config->folds,
        .fold = (uint32_t)frame->config->fold,
    };
}

/* Splits of all rows and splits of one file would each keep books of their own. */
static enum sl_status
check_parts(const struct sl_frame *frame, const struct sl_split_rule *rules, size_t n,
            struct sl_error *err)
{
    for (size_t i = 1; i < n; i++)
        if ((rules[i].part == 0) != (rules[0].part == 0))
            return sl_fail(err, SL_ERR_CONFIG,
                           "split '%s' is drawn from all files and split '%s' from one; "
                           "'from' is for all splits or for none",
                           rules[rules[i].part ? 0 : i].name,
                           rules[rules[i].part ? i : 0].name);
    (void)frame;
    return SL_OK;
}

enum sl_status
sl_frame_split(struct sl_step *step, struct sl_frame *frame,
               const struct sl_frame_reader *reader, const int32_t *labels,
               const uint8_t *left_out, struct sl_dataset *data, struct sl_error *err)
{
    size_t n = frame->config->splits.n, parts = frame->part_count + 1;
    struct drawing d = {.frame = frame, .reader = reader};
    struct sl_split_rule *rules = sl_arena_alloc(frame->arena, n * sizeof *rules);
    struct sl_split_part *drawn = sl_arena_alloc(frame->arena, parts * sizeof *drawn);
    struct sl_split *splits = sl_arena_alloc(frame->arena, n * sizeof *splits);

    SL_TRY(read_keys(&d, err));
    for (size_t i = 0; i < n; i++)
        SL_TRY(make_rule(&d, i, &rules[i], err));
    SL_TRY(check_parts(frame, rules, n, err));
    for (size_t p = 0; p < parts; p++) {
        drawn[p] = make_part(step, &d, p, labels, left_out);
        /* Nobody draws from it: no books for its rows. */
        if ((p == 0) != (rules[0].part == 0))
            drawn[p].n = 0;
    }
    data->splits = splits;
    data->split_count = n;
    return sl_split_rows(rules, n, drawn, parts, frame->arena, splits, err);
}
