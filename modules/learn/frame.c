/* SPDX-License-Identifier: MIT */
#include "modules/learn/frame.h"

#include <inttypes.h>
#include <string.h>

#include "modules/learn/frame_audit.h"
#include "modules/learn/frame_splits.h"

static const char *const missing_words[] = {"error", "drop", "keep", NULL};

static const struct sl_field file_fields[] = {
    SL_FIELD(struct sl_frame_file, file, struct sl_file, SL_TYPE_FILE,
             .flags = SL_REQUIRED | SL_DATA, .help = "the file"),
    SL_FIELD(struct sl_frame_file, labels, struct sl_file, SL_TYPE_FILE, .flags = SL_DATA,
             .help = "a file with the labels of its rows, where they are apart"),
    SL_FIELD_END,
};

#define CONFIG struct sl_frame_config
const struct sl_field sl_frame_fields[] = {
    SL_FIELD(CONFIG, file, struct sl_file, SL_TYPE_FILE, .flags = SL_DATA,
             .help =
                 "sought in $SLUICE_DATA_DIR, beside this file, in the current folder"),
    SL_FIELD(CONFIG, labels, struct sl_file, SL_TYPE_FILE, .flags = SL_DATA,
             .help = "a file with the labels of its rows, where they are apart"),
    SL_FIELD(CONFIG, files, struct sl_record_map, SL_TYPE_RECORD_MAP,
             .fields = file_fields, .size = sizeof(struct sl_frame_file),
             .help =
                 "in place of file: several by names, their rows one behind the other"),
    SL_FIELD(CONFIG, columns, struct sl_string_list, SL_TYPE_STRING_LIST,
             .help = "those that are taken: names, patterns (v*), ranges (v1..v28); "
                     "default: all"),
    SL_FIELD(CONFIG, exclude, struct sl_string_list, SL_TYPE_STRING_LIST,
             .help = "columns that are not, likewise"),
    SL_WORD(CONFIG, missing, SL_MISSING_ERROR, missing_words,
            "rows that lack a value: an error, in no split, or kept for 'impute'"),
    SL_FIELD(CONFIG, scale, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE, .high = 1e300,
             .number = 1, .help = "what every value is divided by"),
    SL_FIELD(CONFIG, splits, struct sl_record_map, SL_TYPE_RECORD_MAP,
             .flags = SL_REQUIRED | SL_CHOOSES, .fields = sl_frame_split_fields,
             .size = sizeof(struct sl_frame_split),
             .help =
                 "splits by name, in the order in which they choose; no two share a row"),
    SL_FIELD(CONFIG, split_by, const char *, SL_TYPE_STRING,
             .help = "a column whose values say which split a row is in"),
    SL_FIELD(CONFIG, group_by, const char *, SL_TYPE_STRING,
             .help = "a column; rows with the same value go into the same split or fold"),
    SL_FIELD(CONFIG, order_by, const char *, SL_TYPE_STRING,
             .help = "a column of numbers or dates that 'choose: first' goes by"),
    SL_FIELD(CONFIG, folds, int64_t, SL_TYPE_INT, .flags = SL_CHOOSES, .low = 0,
             .high = 255, .help = "how many parts of equal size for cross-validation"),
    SL_FIELD(CONFIG, fold, int64_t, SL_TYPE_INT, .flags = SL_CHOOSES, .low = 0,
             .high = 254, .help = "which of them is this run's, from 0: for a sweep"),
    SL_FIELD_END,
};

/* ---- before there is data ----------------------------------------------------------------- */

void
sl_frame_check_labels(const struct sl_frame_config *config, const struct sl_check *check,
                      const char *where)
{
    const struct sl_frame_file *files = config->files.at;
    bool named = config->labels.path != NULL;

    for (size_t i = 0; i < config->files.n; i++)
        named |= files[i].labels.path != NULL;
    if (named)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "'labels' is for .npy files; here %s", where);
}

void
sl_frame_check(const void *config_, const struct sl_check *check)
{
    const struct sl_frame_config *config = config_;
    bool both = config->file.path && config->files.n;

    if (both || (!config->file.path && !config->files.n))
        sl_report_add(check->report, SL_ERROR, check->mark,
                      both ? "there are 'file' and 'files'; one of them names the data"
                           : "required key 'file' is missing (a file name)");
    if (config->labels.path && config->files.n)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "'labels' goes with 'file'; each of 'files' names its own");
    sl_frame_splits_check(config, check);
}

void
sl_frame_schema(const void *config_, struct sl_arena *arena, struct sl_schema *schema)
{
    const struct sl_frame_config *config = config_;
    size_t *rows = sl_arena_alloc(arena, config->splits.n * sizeof *rows);
    const struct sl_frame_split *splits = config->splits.at;

    for (size_t i = 0; i < config->splits.n; i++)
        rows[i] =
            splits[i].contamination > 0 || config->group_by ? 0 : (size_t)splits[i].count;
    *schema = (struct sl_schema){
        .split_count = config->splits.n, .splits = config->splits.names, .rows = rows};
}

/* ---- opening --------------------------------------------------------------------------------- */

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static enum sl_status
add_part(struct sl_frame *frame, const char *name, const struct sl_file *file,
         const struct sl_file *labels, struct sl_error *err)
{
    const struct sl_file *missing = !file->found                     ? file
                                    : labels->path && !labels->found ? labels
                                                                     : NULL;
    if (missing)
        return sl_fail(err, SL_ERR_IO,
                       "file '%s' is not there; it is sought in $SLUICE_DATA_DIR, beside "
                       "the file that names it, and in the current folder",
                       missing->path);
    frame->parts[frame->part_count++] = (struct sl_frame_part){
        .name = name ? name : base_name(file->path),
        .path = file->found,
        .labels_path = labels->found,
    };
    return SL_OK;
}

static enum sl_status
init(struct sl_frame *frame, const struct sl_frame_config *config,
     const void *reader_config, struct sl_arena *arena, struct sl_error *err)
{
    const struct sl_frame_file *files = config->files.at;

    *frame = (struct sl_frame){
        .config = config, .reader_config = reader_config, .arena = arena};
    frame->parts = sl_arena_alloc(arena, (config->files.n + 1) * sizeof *frame->parts);
    if (!config->files.n)
        return add_part(frame, NULL, &config->file, &config->labels, err);
    for (size_t i = 0; i < config->files.n; i++)
        SL_TRY(add_part(frame, config->files.names[i], &files[i].file, &files[i].labels,
                        err));
    return SL_OK;
}

/* Where the parts' rows stand, once each is known. */
static enum sl_status
open(struct sl_frame *frame, const struct sl_frame_reader *reader, struct sl_error *err)
{
    SL_TRY(reader->open(frame, err));
    if (frame->looking)
        return SL_OK;
    frame->n = 0;
    for (size_t p = 0; p < frame->part_count; p++) {
        frame->parts[p].first = frame->n;
        frame->n += frame->parts[p].n;
    }
    if (frame->n >= UINT32_MAX)
        return sl_fail(err, SL_ERR_SHAPE,
                       "there are %zu rows; at most %" PRIu32 " can be used", frame->n,
                       UINT32_MAX - 1);
    return frame->n
               ? SL_OK
               : sl_fail(err, SL_ERR_SHAPE, "'%s' has no rows", frame->parts[0].path);
}

enum sl_status
sl_frame_look(const struct sl_frame_config *config, const void *reader_config,
              const struct sl_frame_reader *reader, struct sl_arena *arena,
              struct sl_error *err)
{
    struct sl_frame frame;
    enum sl_status status;

    SL_TRY(init(&frame, config, reader_config, arena, err));
    frame.looking = true;
    status = open(&frame, reader, err);
    reader->close(&frame);
    return status;
}

/* ---- loading ----------------------------------------------------------------------------------- */

/* What is known of the columns that are taken. */
static const struct sl_features *
features_of(const struct sl_frame *frame, bool missing)
{
    struct sl_features *features = SL_NEW(frame->arena, struct sl_features);
    struct sl_feature *at = sl_arena_alloc(frame->arena, frame->count * sizeof *at);

    if (frame->height)
        return NULL;
    for (size_t j = 0; j < frame->count; j++) {
        const struct sl_frame_column *c = &frame->columns[j];

        if (c->width)
            at[features->n++] =
                (struct sl_feature){c->name, c->words ? c->width : 0, c->words};
    }
    features->at = at;
    features->missing = missing;
    features->texts = frame->texts;
    if (frame->numbered && features->n < frame->count)
        features->array_width = frame->count;
    return features;
}

static enum sl_status
read_rows(struct sl_step *step, struct sl_frame *frame,
          const struct sl_frame_reader *reader, struct sl_dataset *data,
          struct sl_error *err)
{
    struct sl_rows_room room;

    SL_TRY(
        sl_rows_open(step, frame->n, frame->d, frame->type, frame->labelled, &room, err));
    if (!room.filled)
        SL_TRY(reader->read(frame, room.x, room.labels, err));
    *data = (struct sl_dataset){
        .n = frame->n,
        .d = frame->d,
        .type = frame->type,
        .x = room.x,
        .labels = room.labels,
        .scale = frame->config->scale * (frame->unit > 0 ? frame->unit : 1),
        .height = frame->height,
        .width = frame->width,
        .features = features_of(frame, false),
    };
    return SL_OK;
}

static enum sl_status
load(struct sl_step *step, struct sl_frame *frame, const struct sl_frame_reader *reader,
     struct sl_error *err)
{
    struct sl_dataset data;
    struct sl_frame_gaps gaps;

    SL_TRY(open(frame, reader, err));
    SL_TRY(read_rows(step, frame, reader, &data, err));
    SL_TRY(sl_frame_find_gaps(frame, &data, &gaps, err));
    data.features = features_of(frame, gaps.kept > 0);
    SL_TRY(sl_frame_split(step, frame, reader, data.labels, gaps.left_out, &data, err));
    SL_TRY(sl_frame_audit(step, frame, &data, &gaps, err));
    return sl_output_dataset(step, &data, err);
}

enum sl_status
sl_frame_load(struct sl_step *step, const struct sl_frame_config *config,
              const void *reader_config, const struct sl_frame_reader *reader,
              struct sl_error *err)
{
    struct sl_frame frame;
    enum sl_status status;

    SL_TRY(init(&frame, config, reader_config, sl_step_arena(step), err));
    frame.pool = sl_step_pool(step);
    status = load(step, &frame, reader, err);
    reader->close(&frame);
    return status;
}
