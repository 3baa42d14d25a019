/* SPDX-License-Identifier: MIT */
/*
 * Several models as one: members of one kind or of many, and copies of each, which differ in
 * the random numbers that they draw. A row's score is the mean of what its members say of
 * it, or the largest of that, once it is in one unit,
 *
 *     z = (s - mean) / std,
 *
 * mean and deviation (n - 1) being those of the member's scores of normal rows that it has
 * not seen (of scores averaged so: Aggarwal and Sathe 2015). They are found by
 * cross-validation (Stone 1974): the training rows are parted in `folds`, at random, the
 * same for all members; each fold is scored by a member that learned from the others. The
 * models that are kept learn from all rows. A member whose scores do not vary counts by
 * s - mean.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/moments.h"
#include "modules/learn/scorer.h"
#include "modules/learn/train_rows.h"
#include "runner/pipeline/submodel.h"

struct member {
    struct sl_choice model;
    const char *score;
};

struct config {
    struct sl_record_list members;
    int64_t copies, folds;
    struct sl_choice_list preprocess;
};

static const struct sl_field member_fields[] = {
    SL_FIELD(struct member, model, struct sl_choice, SL_TYPE_CHOICE, .table = SL_TRAIN,
             .flags = SL_REQUIRED, .help = "what is trained"),
    SL_STRING(struct member, score, NULL, "which of its scores; by default its first"),
    SL_FIELD_END,
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, members, struct sl_record_list, SL_TYPE_RECORD_LIST,
             .flags = SL_REQUIRED, .fields = member_fields, .size = sizeof(struct member),
             .help = "models that are asked together"),
    SL_INT(struct config, copies, 1, 1, 1000,
           "of each member, with random numbers of their own"),
    SL_INT(
        struct config, folds, 5, 0, 1000,
        "of the training rows, scored in turn by members that did not learn from them, "
        "to find a member's unit; 0: its own scores of the rows it learned from do"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model", .type = SL_PORT_MODEL, .help = "the members and their units"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"models", SL_RESULT_METRIC, NULL, "members, their copies counted"},
    {"trainings", SL_RESULT_METRIC, NULL, "of those, and of what the units took"},
    SL_RESULT_END,
};

/* ---- members -------------------------------------------------------------------------- */

static size_t
count(const struct config *c)
{
    return c->members.n * (size_t)c->copies;
}

/* The i-th of all: the copies of a member follow each other. */
static const struct member *
member_at(const struct config *c, size_t i)
{
    return (const struct member *)c->members.at + i / (size_t)c->copies;
}

static const struct sl_module *
module_of(const struct member *member)
{
    return (const struct sl_module *)member->model.row->as[0];
}

static struct sl_submodel
submodel_at(const struct config *c, size_t i, struct sl_arena *arena)
{
    size_t copies = (size_t)c->copies;

    return (struct sl_submodel){
        &member_at(c, i)->model,
        sl_arena_format(arena, "%zu-%zu", i / copies, i % copies)};
}

/* The score by its name, which was checked. */
static size_t
kind_of(const struct member *member)
{
    const struct sl_score_kind *scores = module_of(member)->model->scores;
    size_t kind = 0;

    while (member->score && scores[kind].name &&
           strcmp(scores[kind].name, member->score) != 0)
        kind++;
    return scores[kind].name ? kind : 0;
}

/* ---- the model ------------------------------------------------------------------------ */

struct ensemble {
    const struct config *config;
    const struct sl_model **members; /* count(config) */
    const double *units;             /* mean and std of each */
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    struct ensemble *e = SL_NEW(arena, struct ensemble);
    size_t n = count(model->config), shape[2] = {n, 2};

    e->config = model->config;
    SL_TRY(sl_model_parameter(model, "units", 2, shape, &e->units, err));
    e->members = sl_arena_alloc(arena, n * sizeof *e->members);
    for (size_t i = 0; i < n; i++) {
        struct sl_submodel member = submodel_at(e->config, i, arena);
        SL_TRY(sl_submodel_open(model, &member, arena, &e->members[i], err));
    }
    model->state = e;
    return SL_OK;
}

enum { MEAN, LARGEST };
static const struct sl_score_kind scores[] = {
    [MEAN] = {"mean", "standard deviations", "of the members' standardised scores"},
    [LARGEST] = {"largest", "standard deviations", "of the members' standardised scores"},
    SL_SCORE_END,
};

static double
in_unit(const double *unit, double s)
{
    return (s - unit[0]) / (unit[1] > 0 ? unit[1] : 1);
}

static void
take(size_t kind, size_t n, const double *z, double *out)
{
    for (size_t i = 0; i < n; i++)
        if (kind == MEAN)
            out[i] += z[i];
        else
            out[i] = z[i] > out[i] || isnan(z[i]) ? z[i] : out[i];
}

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct ensemble *e = model->state;
    size_t n = count(e->config);
    double *z = sl_arena_array(sl_step_arena(step), rows->n, sizeof *z);

    if (!z)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu scores", rows->n);
    for (size_t i = 0; i < rows->n; i++)
        out[i] = kind == MEAN ? 0 : -(double)INFINITY;
    for (size_t k = 0; k < n; k++) {
        const struct sl_model *m = e->members[k];
        SL_TRY(m->module->model->score(m, step, rows, kind_of(member_at(e->config, k)), z,
                                       err));
        for (size_t i = 0; i < rows->n; i++)
            z[i] = in_unit(e->units + 2 * k, z[i]);
        take(kind, rows->n, z, out);
    }
    for (size_t i = 0; i < rows->n && kind == MEAN; i++)
        out[i] /= (double)n;
    return SL_OK;
}

static const struct sl_model_class ensemble_class = {
    .scores = scores,
    .open = open,
    .score = score,
};

/* ---- training ------------------------------------------------------------------------- */

struct training {
    struct sl_step *step;
    const struct config *config;
    const struct sl_dataset *data;
    const struct sl_split *all;
    uint32_t *fold;            /* all->n, of each row; the order of the split */
    uint32_t *learned, *asked; /* all->n, ids: room for the rows of a fold */
    double *scores;            /* all->n: of the rows asked */
    struct sl_bundle parameters;
    double *units; /* 2 count(config) */
    size_t done;   /* trainings */
};

static enum sl_status
begin(struct training *t, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(t->step);
    size_t least = t->config->folds > 0 ? (size_t)t->config->folds : 2, n;

    t->data = sl_input_dataset(t->step, "data");
    t->all = sl_dataset_split(t->data, SL_TRAIN_ROWS);
    if (!t->all)
        return sl_fail(err, SL_ERR_SHAPE,
                       "there is no split '" SL_TRAIN_ROWS "' to learn from");
    n = t->all->n;
    if (n < least)
        return sl_fail(err, SL_ERR_SHAPE,
                       "split '" SL_TRAIN_ROWS "' has %zu row%s, at least %zu are needed",
                       n, n == 1 ? "" : "s", least);
    t->fold = sl_arena_array(arena, n, sizeof *t->fold);
    t->learned = sl_arena_array(arena, n, sizeof *t->learned);
    t->asked = sl_arena_array(arena, n, sizeof *t->asked);
    t->scores = sl_arena_array(arena, n, sizeof *t->scores);
    if (!t->fold || !t->learned || !t->asked || !t->scores)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the scores of %zu rows", n);
    t->units = sl_arena_alloc(arena, 2 * count(t->config) * sizeof *t->units);
    sl_bundle_init(&t->parameters, arena);
    return SL_OK;
}

/* Folds of equal size, but for one row. */
static void
part_rows(struct training *t)
{
    struct sl_stream stream = sl_step_stream(t->step, "folds");

    for (size_t i = 0; i < t->all->n; i++)
        t->fold[i] = (uint32_t)(i % (size_t)t->config->folds);
    sl_stream_shuffle(&stream, t->fold, t->all->n);
}

/* What a training is told, and what it scores once it is done. */
struct lesson {
    const struct member *member;
    const char *name;
    size_t learned, asked; /* rows of t->learned and t->asked */
};

/* Adds what the member learned to parameters, and fills t->scores. */
static enum sl_status
teach(struct training *t, const struct lesson *lesson, struct sl_bundle *parameters,
      struct sl_error *err)
{
    struct sl_submodel member = {&lesson->member->model, lesson->name};
    struct sl_split learned = {SL_TRAIN_ROWS, lesson->learned, t->learned};
    struct sl_rows asked = {t->data, t->asked, lesson->asked};
    struct sl_model outer = {.d = t->data->d,
                             .height = t->data->height,
                             .width = t->data->width,
                             .scale = t->data->scale,
                             .parameters = parameters};
    const struct sl_model *model;

    if (sl_cancelled(t->step))
        return sl_fail(err, SL_ERR_CANCELLED, "stopped after %zu trainings", t->done);
    SL_TRY(sl_submodel_train(t->step, &member, &learned, parameters, err));
    t->done++;
    if (asked.n == 0)
        return SL_OK;
    SL_TRY(sl_submodel_open(&outer, &member, sl_step_arena(t->step), &model, err));
    return model->module->model->score(model, t->step, &asked, kind_of(lesson->member),
                                       t->scores, err);
}

/* Rows keep the order of the split. */
static void
take_fold(struct training *t, size_t fold, struct lesson *lesson)
{
    lesson->learned = lesson->asked = 0;
    for (size_t i = 0; i < t->all->n; i++)
        if (t->fold[i] == fold)
            t->asked[lesson->asked++] = t->all->rows[i];
        else
            t->learned[lesson->learned++] = t->all->rows[i];
}

/* The scores of all rows, each by a model that did not learn from it. */
static enum sl_status
cross_validate(struct training *t, size_t m, double *found, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(t->step);
    struct lesson lesson = {
        .member = (const struct member *)t->config->members.at + m,
    };

    for (size_t fold = 0; fold < (size_t)t->config->folds; fold++) {
        struct sl_bundle forgotten;
        size_t k = 0;

        sl_bundle_init(&forgotten, arena);
        lesson.name = sl_arena_format(arena, "%zu-without-%zu", m, fold);
        take_fold(t, fold, &lesson);
        SL_TRY(teach(t, &lesson, &forgotten, err));
        for (size_t i = 0; i < t->all->n; i++)
            if (t->fold[i] == fold)
                found[i] = t->scores[k++];
    }
    return SL_OK;
}

static enum sl_status
measure(const struct training *t, size_t m, const double *found, double *unit,
        struct sl_error *err)
{
    const struct member *member = (const struct member *)t->config->members.at + m;
    struct sl_moments moments = sl_moments_of(found, t->all->n);

    for (size_t i = 0; i < t->all->n; i++)
        if (!isfinite(found[i]))
            return sl_fail(err, SL_ERR_NUMERIC,
                           "member %zu, '%s': row %lu (counted from 0) of split "
                           "'" SL_TRAIN_ROWS
                           "' scores %g; there is no unit to measure by",
                           m, module_of(member)->entry.name,
                           (unsigned long)t->all->rows[i], found[i]);
    unit[0] = moments.mean;
    unit[1] = moments.std;
    return SL_OK;
}

/* What is kept of a member, which comes first: it names rows by their places in the split. */
static enum sl_status
train_copies(struct training *t, size_t m, struct sl_error *err)
{
    size_t copies = (size_t)t->config->copies, n = t->all->n;
    bool apart = t->config->folds > 0;

    memcpy(t->learned, t->all->rows, n * sizeof *t->learned);
    memcpy(t->asked, t->all->rows, n * sizeof *t->asked);
    for (size_t i = m * copies; i < (m + 1) * copies; i++) {
        struct lesson lesson = {member_at(t->config, i), NULL, n, apart ? 0 : n};

        lesson.name = submodel_at(t->config, i, sl_step_arena(t->step)).name;
        SL_TRY(teach(t, &lesson, &t->parameters, err));
        if (!apart)
            SL_TRY(measure(t, m, t->scores, t->units + 2 * i, err));
    }
    return SL_OK;
}

/* The copies of a member share its unit, where that is found apart. */
static enum sl_status
train_member(struct training *t, size_t m, struct sl_error *err)
{
    size_t copies = (size_t)t->config->copies, n = t->all->n;
    double unit[2], *found = sl_arena_array(sl_step_arena(t->step), n, sizeof *found);

    if (!found)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu scores", n);
    SL_TRY(train_copies(t, m, err));
    if (t->config->folds == 0)
        return SL_OK;
    SL_TRY(cross_validate(t, m, found, err));
    SL_TRY(measure(t, m, found, unit, err));
    for (size_t i = m * copies; i < (m + 1) * copies; i++)
        memcpy(t->units + 2 * i, unit, sizeof unit);
    return SL_OK;
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct training t = {.step = step, .config = c};
    struct sl_item units;

    SL_TRY(begin(&t, err));
    if (c->folds > 0)
        part_rows(&t);
    for (size_t m = 0; m < c->members.n; m++)
        SL_TRY(train_member(&t, m, err));
    units = sl_parameter("units", 2, (size_t[]){count(c), 2}, t.units,
                         "mean and deviation of each member's scores");
    SL_TRY(sl_bundle_add(&t.parameters, &units, err));
    sl_metric(step, "models", (double)count(c));
    sl_metric(step, "trainings", (double)t.done);
    return sl_output_model(step, &t.parameters, err);
}

/* ---- what can be told before ---------------------------------------------------------- */

/* What a member sees that learns without a fold: fewer rows. */
static struct sl_schema
schema_of(const struct config *c, const struct sl_schema *schema, struct sl_arena *arena)
{
    struct sl_schema seen = *schema;
    size_t *rows = sl_arena_alloc(arena, schema->split_count * sizeof *rows);
    size_t folds = (size_t)c->folds;

    for (size_t i = 0; i < schema->split_count && schema->rows; i++) {
        rows[i] = schema->rows[i];
        if (folds > 1 && strcmp(schema->splits[i], SL_TRAIN_ROWS) == 0)
            rows[i] -= (rows[i] + folds - 1) / folds;
    }
    seen.rows = schema->rows ? rows : NULL;
    return seen;
}

static void
check_member(const struct member *member, const struct sl_node *node,
             const struct sl_check *check)
{
    const struct sl_module *module = module_of(member);
    size_t kind;

    if (!module->model || !module->model->score) {
        sl_report_add(check->report, SL_ERROR, member->model.mark,
                      "a model of '%s' has no score to be asked for", module->entry.name);
        return;
    }
    sl_score_check(module, sl_node_get(node, "score"), check->report, &kind);
    sl_submodel_check(&member->model, sl_node_get(node, "model"), check);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    const struct sl_node *node = sl_node_get(check->node, "members");
    const struct sl_node *at = node ? node->first : NULL;
    struct sl_check inner = *check;
    struct sl_schema schema;

    if (c->members.n == 0)
        sl_report_add(check->report, SL_ERROR, sl_check_mark(check, "members"),
                      "'members' is empty; it takes at least one model");
    if (c->folds == 1)
        sl_report_add(
            check->report, SL_ERROR, sl_check_mark(check, "folds"),
            "one fold leaves no rows to learn from; 'folds' takes 0, or 2 and more");
    if (c->folds > 0)
        sl_train_rows_check(check, "folds", (size_t)c->folds);
    else
        sl_train_rows_check(check, NULL, 2);
    if (check->schema) {
        schema = schema_of(c, check->schema, check->arena);
        inner.schema = &schema;
    }
    for (size_t i = 0; i < c->members.n; i++, at = at ? at->next : NULL)
        check_member((const struct member *)c->members.at + i, at, &inner);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    double copies = (double)c->copies, trainings = copies + (double)c->folds;

    for (size_t i = 0; i < c->members.n; i++) {
        const struct member *member = (const struct member *)c->members.at + i;
        struct sl_demand demand = {0};

        if (module_of(member)->estimate)
            module_of(member)->estimate(member->model.config, schema, &demand);
        estimate->bytes += demand.bytes * (size_t)trainings;
        estimate->work += demand.work * trainings;
        estimate->score += demand.score * copies;
    }
}

const struct sl_module train_ensemble = {
    .entry = {.name = "ensemble",
              .summary = "several models that score together, each in its own deviations",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &ensemble_class,
    .draws = SL_DRAWS,
    .check = check,
    .estimate = estimate,
    .run = run,
};
