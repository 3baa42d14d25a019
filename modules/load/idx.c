/* SPDX-License-Identifier: MIT */
/*
 * Images in IDX files, MNIST's format: data sets by name, and splits of their parts.
 *
 * Every part that a split draws from is read whole, straight into the rows of the data
 * set; splits are lists of row ids. A row of a part without labels, in a data set where
 * others have them, is labelled -1.
 */
#include <inttypes.h>
#include <string.h>

#include "modules/learn/first_rows.h"
#include "modules/learn/images.h"
#include "modules/learn/split.h"
#include "runner/pipeline/stage.h"
#include "runner/store/catalog.h"

#define SPLITS_MAX 1000

struct split {
    const char *from;
    struct sl_int_list classes;
    int64_t count, skip;
    int choose;
};

struct config {
    struct sl_record_map datasets, splits;
    double scale;
};

enum { FIRST, RANDOM };
static const char *const choices[] = {"first", "random", NULL};

static const struct sl_field split_fields[] = {
    SL_FIELD(struct split, from, const char *, SL_TYPE_STRING, .flags = SL_REQUIRED,
             .help = "the part it is drawn from: mnist/train"),
    SL_FIELD(struct split, classes, struct sl_int_list, SL_TYPE_INT_LIST, .low = 0,
             .high = INT32_MAX, .help = "rows of these labels alone; default: all"),
    SL_INT(struct split, count, 0, 0, UINT32_MAX, "how many rows; 0: all that are left"),
    SL_WORD(struct split, choose, FIRST, choices,
            "in the order of the file, or at random apart from the other random splits"),
    SL_INT(struct split, skip, 0, 0, UINT32_MAX,
           "pass over so many matching rows first (choose: first)"),
    SL_FIELD_END,
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, datasets, struct sl_record_map, SL_TYPE_RECORD_MAP,
             .flags = SL_REQUIRED, .fields = sl_data_set_fields,
             .size = sizeof(struct sl_data_set),
             .help = "data sets by name; configs/data/ describes some"),
    SL_FIELD(struct config, splits, struct sl_record_map, SL_TYPE_RECORD_MAP,
             .flags = SL_REQUIRED, .fields = split_fields, .size = sizeof(struct split),
             .help = "splits by name; no two share a row"),
    {.key = "scale",
     .type = SL_TYPE_DOUBLE,
     .flags = SL_POSITIVE,
     .offset = SL_MEMBER(struct config, scale, double),
     .high = 1e300,
     .number = 255,
     .help = "what a pixel is divided by"},
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n d", .help = "the images and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_FIRST_ROWS_RESULT("the splits name them"),
    SL_RESULT_END,
};

/* ---- parts -------------------------------------------------------------------------- */

/* A part that a split draws from. */
struct part {
    const char *name;    /* "mnist/train" */
    const char *dataset; /* "mnist" */
    const struct sl_data_set *set;
    const struct sl_data_part *files;
    const char *images_path, *labels_path; /* labels_path NULL: there are none */
};

/* The parts in use, in the order in which the splits name them, and the splits. */
struct sources {
    size_t n;
    struct part *parts;
    struct sl_split_part *drawn; /* n, what split.h sees of them */
    size_t rule_count;
    struct sl_split_rule *rules;
    size_t *split_of; /* by rule: the index of its split */
};

/* "mnist/train": the data set and the part, or false. */
static bool
find_part(const struct config *config, const char *from, struct part *part)
{
    const char *slash = strrchr(from, '/');
    const struct sl_data_set *sets = config->datasets.at;

    for (size_t i = 0; slash && i < config->datasets.n; i++) {
        const char *name = config->datasets.names[i];

        if (strlen(name) != (size_t)(slash - from) ||
            strncmp(name, from, strlen(name)) != 0)
            continue;
        *part = (struct part){.name = from, .dataset = name, .set = &sets[i]};
        part->files = sl_data_set_part(&sets[i], slash + 1);
        return part->files != NULL;
    }
    return false;
}

/* The index of a part, entered if it is new; false if there is no such part. */
static bool
enter_part(struct sources *sources, const struct config *config, const char *from,
           size_t *index)
{
    struct part *part = &sources->parts[sources->n];

    for (*index = 0; *index < sources->n; (*index)++) {
        if (strcmp(sources->parts[*index].name, from) == 0)
            return true;
    }
    if (!find_part(config, from, part))
        return false;
    sources->drawn[sources->n++] = (struct sl_split_part){
        .name = from,
        .n = part->files->shape.n > 0 ? (size_t)part->files->shape.at[0] : 0,
        .labelled = part->files->labels.file != NULL,
    };
    return true;
}

/* Rules and parts of all splits; those whose part is unknown are left out, which `check`
 * tells. */
static void
list_sources(const struct config *config, struct sl_arena *arena, struct sources *sources)
{
    const struct split *splits = config->splits.at;
    size_t n = config->splits.n < SPLITS_MAX ? config->splits.n : SPLITS_MAX;

    *sources = (struct sources){
        .parts = sl_arena_alloc(arena, n * sizeof *sources->parts),
        .drawn = sl_arena_alloc(arena, n * sizeof *sources->drawn),
        .rules = sl_arena_alloc(arena, n * sizeof *sources->rules),
        .split_of = sl_arena_alloc(arena, n * sizeof *sources->split_of),
    };
    for (size_t i = 0; i < n; i++) {
        struct sl_split_rule *rule = &sources->rules[sources->rule_count];

        *rule = (struct sl_split_rule){
            .name = config->splits.names[i],
            .classes = splits[i].classes,
            .count = (size_t)splits[i].count,
            .skip = splits[i].choose == FIRST ? (size_t)splits[i].skip : 0,
            .random = splits[i].choose == RANDOM,
        };
        if (splits[i].from && enter_part(sources, config, splits[i].from, &rule->part))
            sources->split_of[sources->rule_count++] = i;
    }
}

/* ---- check and schema --------------------------------------------------------------- */

static struct sl_mark
split_mark(const struct sl_check *check, const char *split, const char *key)
{
    const struct sl_node *splits = sl_node_get(check->node, "splits");
    const struct sl_node *node = sl_node_get(splits, split);
    const struct sl_node *value = sl_node_get(node, key);

    if (value)
        return value->mark;
    return node ? node->key_mark : check->mark;
}

static void
tell_unknown_part(const struct config *config, const struct sl_check *check, size_t i)
{
    const struct split *split = (const struct split *)config->splits.at + i;
    const struct sl_data_set *sets = config->datasets.at;
    struct sl_text known = {0};

    for (size_t s = 0; s < config->datasets.n; s++) {
        for (size_t p = 0; p < sets[s].parts.n; p++)
            sl_text_format(&known, "%s%s/%s", known.count ? ", " : "",
                           config->datasets.names[s], sets[s].parts.names[p]);
    }
    sl_report_add(
        check->report, SL_ERROR, split_mark(check, config->splits.names[i], "from"),
        "no part '%s'; there are: %s", split->from, known.count ? known.bytes : "none");
    sl_text_release(&known);
}

static void
check_split(const struct config *config, const struct sl_check *check, size_t i)
{
    const struct split *split = (const struct split *)config->splits.at + i;
    const char *name = config->splits.names[i];
    struct part part;

    if (strlen(name) >= SL_SPLIT_NAME_MAX)
        sl_report_add(check->report, SL_ERROR, config->splits.marks[i],
                      "the name of a split has at most %d letters",
                      SL_SPLIT_NAME_MAX - 1);
    if (split->choose == RANDOM && split->skip > 0)
        sl_report_add(check->report, SL_ERROR, split_mark(check, name, "skip"),
                      "'skip' goes with 'choose: first'");
    if (!split->from)
        return;
    if (!find_part(config, split->from, &part)) {
        tell_unknown_part(config, check, i);
        return;
    }
    for (size_t k = 0; k < split->classes.n && part.set->classes > 0; k++) {
        if (split->classes.at[k] >= part.set->classes)
            sl_report_add(check->report, SL_ERROR, split_mark(check, name, "classes"),
                          "'%s' has no class %" PRId64 ", its classes are 0 to %" PRId64,
                          part.dataset, split->classes.at[k], part.set->classes - 1);
    }
}

/* The width and height of what the parts in use agree on. */
static void
check_shapes(const struct sources *sources, const struct sl_check *check)
{
    const struct part *first = &sources->parts[0];

    for (size_t p = 1; p < sources->n; p++) {
        const struct sl_int_list *a = &first->files->shape;
        const struct sl_int_list *b = &sources->parts[p].files->shape;

        if (a->n == 3 && b->n == 3 && (a->at[1] != b->at[1] || a->at[2] != b->at[2]))
            sl_report_add(check->report, SL_ERROR, check->mark,
                          "images of '%s' are %" PRId64 " x %" PRId64
                          ", those of '%s' %" PRId64 " x %" PRId64,
                          first->name, a->at[1], a->at[2], sources->parts[p].name,
                          b->at[1], b->at[2]);
    }
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    const struct sl_data_set *sets = c->datasets.at;
    const struct sl_node *nodes = sl_node_get(check->node, "datasets");
    struct sources sources;
    size_t rows;

    for (size_t i = 0; i < c->datasets.n; i++)
        sl_data_set_check(c->datasets.names[i], &sets[i],
                          sl_node_get(nodes, c->datasets.names[i]), check->report);
    if (c->splits.n == 0)
        sl_report_add(check->report, SL_ERROR, check->mark, "there are no splits");
    if (c->splits.n > SPLITS_MAX)
        sl_report_add(check->report, SL_ERROR, check->mark, "more than %d splits",
                      SPLITS_MAX);
    for (size_t i = 0; i < c->splits.n; i++)
        check_split(c, check, i);
    list_sources(c, check->arena, &sources);
    check_shapes(&sources, check);
    for (size_t i = 0; i < sources.rule_count; i++) {
        struct sl_error problem;

        if (sl_split_expect(sources.rules, i, sources.drawn, &rows, &problem))
            sl_report_add(check->report, SL_ERROR,
                          split_mark(check, sources.rules[i].name, "count"), "%s",
                          problem.text);
    }
}

/* Images are alike in all parts (check_shapes), so any one's size is theirs. */
static void
schema_of_images(const struct sources *sources, struct sl_schema *schema)
{
    schema->labels = SL_LABELS_NONE;
    for (size_t p = 0; p < sources->n; p++) {
        const struct sl_int_list *shape = &sources->parts[p].files->shape;

        if (sources->parts[p].files->labels.file)
            schema->labels = SL_LABELS_THERE;
        if (shape->n == 3) {
            schema->height = (size_t)shape->at[1];
            schema->width = (size_t)shape->at[2];
            schema->d = schema->height * schema->width;
        }
    }
}

/* A split whose part is unknown is listed as well: one mistake is told once. */
static void
schema(const void *config, struct sl_arena *arena, struct sl_schema *schema)
{
    const struct config *c = config;
    size_t *rows = sl_arena_alloc(arena, c->splits.n * sizeof *rows);
    struct sources sources;
    struct sl_error unused;

    list_sources(c, arena, &sources);
    *schema = (struct sl_schema){
        .split_count = c->splits.n,
        .splits = c->splits.names,
        .rows = rows,
        .whole = true,
    };
    for (size_t i = 0; i < sources.rule_count; i++)
        sl_split_expect(sources.rules, i, sources.drawn, &rows[sources.split_of[i]],
                        &unused);
    schema_of_images(&sources, schema);
}

/* ---- files -------------------------------------------------------------------------- */

static enum sl_status
find_file(const struct part *part, const struct sl_data_file *file,
          struct sl_arena *arena, const char **path, struct sl_error *err)
{
    const char *looked;

    *path = sl_catalog_find(part->dataset, part->set, file->file, arena, &looked);
    if (*path)
        return SL_OK;
    return sl_fail(
        err, SL_ERR_IO,
        "data set '%s' has no file '%s' in %s; 'sluice data fetch %s' brings it",
        part->dataset, file->file, looked, part->dataset);
}

static enum sl_status
find_files(struct sources *sources, struct sl_arena *arena, struct sl_error *err)
{
    for (size_t p = 0; p < sources->n; p++) {
        struct part *part = &sources->parts[p];

        SL_TRY(find_file(part, &part->files->images, arena, &part->images_path, err));
        if (part->files->labels.file)
            SL_TRY(find_file(part, &part->files->labels, arena, &part->labels_path, err));
    }
    return SL_OK;
}

/* What is stated, or what the plan saw. */
static const char *
sha256_of(struct sl_step *step, const struct sl_data_file *file, const char *path)
{
    return file->sha256 || !step || !path ? file->sha256 : sl_step_sha256(step, path);
}

/* What images.h sees of the parts. step NULL: none reads them yet. */
static struct sl_images *
list_images(const struct sources *sources, struct sl_step *step, struct sl_arena *arena)
{
    struct sl_images *images = sl_arena_alloc(arena, sources->n * sizeof *images);

    for (size_t p = 0; p < sources->n; p++) {
        const struct part *part = &sources->parts[p];
        const struct sl_data_part *files = part->files;

        images[p] = (struct sl_images){
            .name = part->name,
            .images_path = part->images_path,
            .labels_path = part->labels_path,
            .images_sha256 = sha256_of(step, &files->images, part->images_path),
            .labels_sha256 = sha256_of(step, &files->labels, part->labels_path),
            .shape = files->shape,
            .classes = part->set->classes,
        };
    }
    return images;
}

/* Headers are looked at as well, so that most of what can be wrong with files is told
 * before any step runs. */
static enum sl_status
look_at_headers(const struct sources *sources, struct sl_arena *arena,
                struct sl_error *err)
{
    struct sl_images *images = list_images(sources, NULL, arena);
    size_t rows;
    enum sl_status status = sl_images_open(images, sources->n, &rows, err);

    sl_images_close(images, sources->n);
    return status;
}

static enum sl_status
files(const void *config, struct sl_arena *arena,
      void (*visit)(void *context, const char *path, const char *sha256), void *context,
      struct sl_error *err)
{
    struct sources sources;

    list_sources(config, arena, &sources);
    SL_TRY(find_files(&sources, arena, err));
    SL_TRY(look_at_headers(&sources, arena, err));
    for (size_t p = 0; p < sources.n; p++) {
        const struct part *part = &sources.parts[p];

        visit(context, part->images_path, part->files->images.sha256);
        if (part->labels_path)
            visit(context, part->labels_path, part->files->labels.sha256);
    }
    return SL_OK;
}

/* ---- run ---------------------------------------------------------------------------- */

static bool
any_labelled(const struct sources *sources)
{
    for (size_t p = 0; p < sources->n; p++) {
        if (sources->parts[p].labels_path)
            return true;
    }
    return false;
}

/* Reads the images into the data set's rows; *labels of them, or NULL. */
static enum sl_status
read_rows(struct sl_step *step, const struct sources *sources, struct sl_images *images,
          struct sl_dataset *data, const int32_t **labels, struct sl_error *err)
{
    struct sl_rows_room room;

    SL_TRY(sl_images_open(images, sources->n, &data->n, err));
    data->height = images->images.shape[1];
    data->width = images->images.shape[2];
    data->d = data->height * data->width;
    data->type = images->images.type;
    SL_TRY(sl_rows_open(step, data->n, data->d, data->type, any_labelled(sources), &room,
                        err));
    *labels = room.labels;
    if (room.filled)
        return SL_OK;
    return sl_images_read(images, sources->n, sl_step_pool(step), room.x, room.labels,
                          err);
}

static enum sl_status
draw_splits(struct sl_step *step, struct sources *sources, const struct sl_images *images,
            const int32_t *labels, struct sl_dataset *data, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(step);
    struct sl_split *splits = sl_arena_alloc(arena, sources->rule_count * sizeof *splits);

    for (size_t p = 0; p < sources->n; p++) {
        const char *purpose = sl_arena_format(arena, "split %s", images[p].name);

        sources->drawn[p] = (struct sl_split_part){
            .name = images[p].name,
            .first = images[p].first,
            .n = images[p].images.shape[0],
            .labelled = images[p].labels_path != NULL,
            .labels = labels ? labels + images[p].first : NULL,
            .stream = sl_step_split_stream(step, purpose),
        };
    }
    data->split_count = sources->rule_count;
    data->splits = splits;
    return sl_split_rows(sources->rules, sources->rule_count, sources->drawn, sources->n,
                         arena, splits, err);
}

static enum sl_status
record_first_rows(struct sl_step *step, const struct sl_images *images, size_t n,
                  struct sl_error *err)
{
    uint32_t *first = sl_arena_alloc(sl_step_arena(step), n * sizeof *first);

    for (size_t p = 0; p < n; p++)
        first[p] = (uint32_t)images[p].first;
    return sl_first_rows_record(step, first, n, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_dataset data = {.scale = c->scale};
    struct sources sources;
    struct sl_images *images;
    const int32_t *labels;
    enum sl_status status;

    list_sources(c, sl_step_arena(step), &sources);
    SL_TRY(find_files(&sources, sl_step_arena(step), err));
    images = list_images(&sources, step, sl_step_arena(step));
    status = read_rows(step, &sources, images, &data, &labels, err);
    sl_images_close(images, sources.n);
    if (status)
        return status;
    SL_TRY(draw_splits(step, &sources, images, labels, &data, err));
    SL_TRY(record_first_rows(step, images, sources.n, err));
    return sl_output_dataset(step, &data, err);
}

const struct sl_module load_idx = {
    .entry = {.name = "idx",
              .summary = "images in IDX files, as MNIST's",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .fixed_rows = true,
    .draws = SL_DRAWS_SPLITS,
    .check = check,
    .schema = schema,
    .files = files,
    .run = run,
};
