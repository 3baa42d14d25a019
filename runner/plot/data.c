/* SPDX-License-Identifier: MIT */
#include "runner/plot/data.h"

#include <math.h>
#include <string.h>

#include "runner/plot/block.h"
#include "runner/plot/gnuplot.h"
#include "runner/plot/header.h"

/* Where the parts go. */
struct writer {
    const struct sl_subject *subject;
    struct sl_text *variables, *blocks;
    struct sl_error *err;
};

static void
set_text(struct sl_text *out, const char *variable, const char *suffix, const char *text)
{
    sl_text_format(out, "%s%s = ", variable, suffix);
    sl_gnuplot_quote(out, text ? text : "");
    sl_text_append(out, "\n");
}

static void
set_number(struct sl_text *out, const char *variable, double value)
{
    sl_text_format(out, "%s = ", variable);
    sl_block_number(out, value);
    sl_text_append(out, "\n");
}

/* The stage of that kind nearest before the subject's, or the first there is. */
static const struct sl_stage_record *
stage_of(const struct sl_subject *subject, const char *kind)
{
    const struct sl_stage_record *found = NULL;

    if (strcmp(subject->stage->kind, kind) == 0)
        return subject->stage;
    for (size_t i = 0; i < subject->run->n; i++) {
        const struct sl_stage_record *stage = &subject->run->stages[i];

        if (strcmp(stage->kind, kind) != 0)
            continue;
        if (!found || stage < subject->stage)
            found = stage;
    }
    return found;
}

static const struct sl_bundle *
bundle_of(const struct sl_stage_record *stage, enum sl_need_type type)
{
    return type == SL_NEED_METRIC   ? &stage->metrics
           : type == SL_NEED_SERIES ? &stage->series
                                    : &stage->tensors;
}

static enum sl_status
missing(const struct writer *w, const struct sl_need *need,
        const struct sl_stage_record *stage)
{
    if (!stage)
        return sl_fail(w->err, SL_ERR_SHAPE, "the run has no stage of kind '%s'",
                       need->kind);
    return sl_fail(w->err, SL_ERR_SHAPE, "stage '%s' did not record the %s '%s'",
                   stage->name, sl_need_word(need->type), need->name);
}

/* ---- inputs: "normal=test anomalous=kmnist" ------------------------------------------ */

static void
write_input(const struct writer *w, const struct sl_need *need,
            const struct sl_stage_record *stage)
{
    size_t length = strlen(need->name);
    const char *word = stage && stage->inputs ? stage->inputs : "";
    struct sl_text value = {0};

    while (*word) {
        size_t end = strcspn(word, " ");

        if (strncmp(word, need->name, length) == 0 && word[length] == '=')
            sl_text_append_bytes(&value, word + length + 1, end - length - 1);
        word += end + strspn(word + end, " ");
    }
    set_text(w->variables, need->alias, "", value.count ? value.bytes : need->name);
    sl_text_release(&value);
}

/* ---- metrics ------------------------------------------------------------------------- */

static double
metric_of(const struct sl_item *item)
{
    return item ? sl_tensor_at(&item->tensor, 0) : (double)NAN;
}

static enum sl_status
write_metric(const struct writer *w, const struct sl_need *need,
             const struct sl_stage_record *stage)
{
    const struct sl_item *item =
        stage ? sl_bundle_find(&stage->metrics, need->name) : NULL;

    if (!item && !need->optional)
        return missing(w, need, stage);
    set_number(w->variables, need->alias, metric_of(item));
    set_text(w->variables, need->alias, "_unit", item ? item->unit : NULL);
    return SL_OK;
}

/* ---- blocks -------------------------------------------------------------------------- */

static void
write_shape(const struct writer *w, const char *variable, const struct sl_item *item)
{
    struct sl_text shape = {0};

    sl_text_append(&shape, item && item->tensor.rank == 0 ? "1" : "");
    for (unsigned d = 0; item && d < item->tensor.rank; d++)
        sl_text_format(&shape, "%s%zu", d ? " " : "", item->tensor.shape[d]);
    set_text(w->variables, variable, "_shape", shape.bytes);
    sl_text_release(&shape);
}

static enum sl_status
write_block(const struct writer *w, const struct sl_need *need, const char *name,
            const char *variable, const struct sl_item *item)
{
    write_shape(w, variable, item);
    set_text(w->variables, variable, "_unit", item ? item->unit : NULL);
    if (need->type == SL_NEED_SERIES)
        set_text(w->variables, variable, "_axis", item ? item->axis : NULL);
    if (!item)
        return SL_OK;
    if (need->type == SL_NEED_TENSOR)
        return sl_block_tensor(w->blocks, name, &item->tensor, need, w->err);
    sl_block_series(w->blocks, name, item);
    return SL_OK;
}

static enum sl_status
write_one(const struct writer *w, const struct sl_need *need,
          const struct sl_stage_record *stage)
{
    const struct sl_item *item =
        stage ? sl_bundle_find(bundle_of(stage, need->type), need->name) : NULL;
    struct sl_text name = {0};
    enum sl_status status;

    if (!item && !need->optional)
        return missing(w, need, stage);
    sl_text_format(&name, "%s/%s", need->kind, need->name);
    status = write_block(w, need, name.bytes, need->alias, item);
    sl_text_release(&name);
    return status;
}

/* A family's names are of the user's making, so they are text and its blocks are
 * numbered. */
static enum sl_status
write_member(const struct writer *w, const struct sl_need *need,
             const struct sl_item *item, size_t number, struct sl_text *names)
{
    struct sl_text name = {0}, variable = {0};
    enum sl_status status;

    sl_text_append(names, number > 1 ? ", " : "");
    sl_gnuplot_quote(names, item->name + strlen(need->name) - 1);
    sl_text_format(&name, "%s/%zu", need->alias, number);
    sl_text_format(&variable, "%s_%zu", need->alias, number);
    status = write_block(w, need, name.bytes, variable.bytes, item);
    sl_text_release(&name);
    sl_text_release(&variable);
    return status;
}

static enum sl_status
write_family(const struct writer *w, const struct sl_need *need,
             const struct sl_stage_record *stage)
{
    const struct sl_bundle *bundle = stage ? bundle_of(stage, need->type) : NULL;
    struct sl_text names = {0};
    size_t count = 0, stem = strlen(need->name) - 1;
    enum sl_status status = SL_OK;

    for (size_t i = 0; bundle && status == SL_OK && i < bundle->n; i++)
        if (strncmp(bundle->items[i].name, need->name, stem) == 0)
            status = write_member(w, need, &bundle->items[i], ++count, &names);
    if (status == SL_OK && count == 0 && !need->optional)
        status = missing(w, need, stage);
    sl_text_format(w->variables, "%s_count = %zu\n", need->alias, count);
    if (count)
        sl_text_format(w->variables, "array %s_names[%zu] = [%s]\n", need->alias, count,
                       names.bytes);
    sl_text_release(&names);
    return status;
}

/* ---- every stage of a kind ----------------------------------------------------------- */

/* What is collected along the stages: of metrics, values make up the array. */
struct tally {
    size_t count, found;
    struct sl_text names, values;
};

static enum sl_status
tally_stage(const struct writer *w, const struct sl_need *need,
            const struct sl_stage_record *stage, struct tally *tally)
{
    const struct sl_item *item = sl_bundle_find(bundle_of(stage, need->type), need->name);
    struct sl_text name = {0}, variable = {0};
    enum sl_status status = SL_OK;

    sl_text_append(&tally->names, tally->count ? ", " : "");
    sl_text_append(&tally->values, tally->count ? ", " : "");
    sl_gnuplot_quote(&tally->names, stage->name);
    sl_text_format(&name, "%s/%zu", need->alias, ++tally->count);
    sl_text_format(&variable, "%s_%zu", need->alias, tally->count);
    tally->found += item != NULL;
    if (need->type == SL_NEED_METRIC)
        sl_block_number(&tally->values, metric_of(item));
    else
        status = write_block(w, need, name.bytes, variable.bytes, item);
    sl_text_release(&name);
    sl_text_release(&variable);
    return status;
}

static void
write_tally(const struct writer *w, const struct sl_need *need, const struct tally *tally)
{
    sl_text_format(w->variables, "%s_count = %zu\n", need->alias, tally->count);
    if (tally->count == 0)
        return;
    sl_text_format(w->variables, "array %s_names[%zu] = [%s]\n", need->alias,
                   tally->count, tally->names.bytes);
    if (need->type == SL_NEED_METRIC)
        sl_text_format(w->variables, "array %s[%zu] = [%s]\n", need->alias, tally->count,
                       tally->values.bytes);
}

static enum sl_status
write_every(const struct writer *w, const struct sl_need *need)
{
    const struct sl_run_record *run = w->subject->run;
    const struct sl_stage_record *last = NULL;
    struct tally tally = {0};
    enum sl_status status = SL_OK;

    for (size_t i = 0; status == SL_OK && i < run->n; i++) {
        if (strcmp(run->stages[i].kind, need->kind) != 0)
            continue;
        last = &run->stages[i];
        status = tally_stage(w, need, last, &tally);
    }
    if (status == SL_OK && tally.found == 0 && !need->optional)
        status = missing(w, need, last);
    write_tally(w, need, &tally);
    sl_text_release(&tally.names);
    sl_text_release(&tally.values);
    return status;
}

static enum sl_status
write_need(const struct writer *w, const struct sl_need *need)
{
    const struct sl_stage_record *stage = stage_of(w->subject, need->kind);

    if (need->every)
        return write_every(w, need);
    switch (need->type) {
    case SL_NEED_METRIC:
        return write_metric(w, need, stage);
    case SL_NEED_INPUT:
        write_input(w, need, stage);
        return SL_OK;
    case SL_NEED_SERIES:
    case SL_NEED_TENSOR:
        break;
    }
    return need->family ? write_family(w, need, stage) : write_one(w, need, stage);
}

enum sl_status
sl_subject_write(const struct sl_subject *subject, struct sl_text *variables,
                 struct sl_text *blocks, struct sl_error *err)
{
    struct writer w = {subject, variables, blocks, err};

    set_text(variables, "experiment", "", subject->run->name);
    set_text(variables, "stage", "", subject->stage->name);
    sl_text_format(variables, "seed = '%llu'\n", (unsigned long long)subject->run->seed);
    for (size_t i = 0; i < subject->figure->n; i++)
        SL_TRY(write_need(&w, &subject->figure->needs[i]));
    return SL_OK;
}
