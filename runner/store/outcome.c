/* SPDX-License-Identifier: MIT */
#include "runner/store/outcome.h"

#include <stdint.h>
#include <string.h>

#include "runner/store/features.h"
#include "runner/store/h5.h"

void
sl_outcome_init(struct sl_outcome *outcome, struct sl_arena *arena)
{
    *outcome = (struct sl_outcome){.arena = arena};
    sl_bundle_init(&outcome->outputs, arena);
    sl_bundle_init(&outcome->metrics, arena);
    sl_bundle_init(&outcome->series, arena);
    sl_bundle_init(&outcome->tensors, arena);
    sl_bundle_init(&outcome->model.parameters, arena);
    sl_bundle_init(&outcome->model.preprocess, arena);
}

/* ---- models ------------------------------------------------------------------------ */

/* Where a model stands in a file: its own, or an outcome's. */
struct model_place {
    const char *group, *config, *parameters, *features, *preprocess, *rows;
};
static const struct model_place alone = {"/",         "/config",     "/parameters",
                                         "/features", "/preprocess", "/rows"};
static const struct model_place within = {
    "/model",          "/model/config",     "/model/parameters",
    "/model/features", "/model/preprocess", "/model/rows"};

/* Rows that are not described leave nothing. */
static enum sl_status
write_features(struct sl_h5 *file, const char *path, const struct sl_features *features,
               struct sl_error *err)
{
    struct sl_arena scratch;
    enum sl_status status;
    const char *text;

    if (features == NULL)
        return SL_OK;
    sl_arena_init(&scratch);
    status = sl_features_write(features, &scratch, &text, err);
    if (status == SL_OK)
        status = sl_h5_text(file, path, text, err);
    sl_arena_release(&scratch);
    return status;
}

static enum sl_status
read_features(struct sl_h5 *file, const char *path, struct sl_arena *arena,
              const struct sl_features **features, struct sl_error *err)
{
    const char *text;

    *features = NULL;
    if (!sl_h5_has(file, path))
        return SL_OK;
    SL_TRY(sl_h5_read_text(file, path, arena, &text, err));
    return text ? sl_features_read(text, arena, features, err) : SL_OK;
}

static enum sl_status
write_means(struct sl_h5 *file, const char *path, const struct sl_stored_model *model,
            struct sl_error *err)
{
    struct sl_item item = {
        .name = "means",
        .tensor = sl_tensor_vector(SL_F64, (void *)(uintptr_t)model->means, model->d),
        .help = "mean of each column of the training rows, as the rows have it",
    };
    struct sl_bundle rows = {.items = &item, .n = 1};

    return model->means ? sl_h5_bundle(file, path, &rows, err) : SL_OK;
}

static enum sl_status
read_means(struct sl_h5 *file, const char *path, struct sl_arena *arena,
           struct sl_stored_model *model, struct sl_error *err)
{
    struct sl_bundle rows;
    const struct sl_item *item;

    sl_bundle_init(&rows, arena);
    SL_TRY(sl_h5_read_bundle(file, path, &rows, err));
    item = sl_bundle_find(&rows, "means");
    if (item &&
        (item->tensor.type != SL_F64 || sl_tensor_count(&item->tensor) != model->d))
        return sl_fail(err, SL_ERR_IO, "the means of the rows are not %zu numbers",
                       model->d);
    model->means = item ? item->tensor.data : NULL;
    return SL_OK;
}

static enum sl_status
write_model(struct sl_h5 *file, const struct model_place *place,
            const struct sl_stored_model *model, struct sl_error *err)
{
    SL_TRY(sl_h5_group(file, place->group, err));
    SL_TRY(sl_h5_set_text(file, place->group, "module", model->module, err));
    SL_TRY(sl_h5_set_u64(file, place->group, "d", model->d, err));
    SL_TRY(sl_h5_set_u64(file, place->group, "height", model->height, err));
    SL_TRY(sl_h5_set_u64(file, place->group, "width", model->width, err));
    SL_TRY(sl_h5_set_double(file, place->group, "scale", model->scale, err));
    if (model->float32)
        SL_TRY(sl_h5_set_text(file, place->group, "type", sl_dtype_name(SL_F32), err));
    SL_TRY(sl_h5_text(file, place->config, model->config, err));
    SL_TRY(write_features(file, place->features, model->features, err));
    if (model->preprocess.n)
        SL_TRY(sl_h5_bundle(file, place->preprocess, &model->preprocess, err));
    SL_TRY(write_means(file, place->rows, model, err));
    return sl_h5_bundle(file, place->parameters, &model->parameters, err);
}

static enum sl_status
get_size(struct sl_h5 *file, const char *path, const char *name, size_t *size,
         struct sl_error *err)
{
    uint64_t value;

    SL_TRY(sl_h5_get_u64(file, path, name, &value, err));
    *size = (size_t)value;
    return SL_OK;
}

/* model's bundles have been initialised. */
static enum sl_status
read_model(struct sl_h5 *file, const struct model_place *place, struct sl_arena *arena,
           struct sl_stored_model *model, struct sl_error *err)
{
    const char *type;

    SL_TRY(sl_h5_get_text(file, place->group, "module", arena, &model->module, err));
    if (model->module == NULL)
        return sl_fail(err, SL_ERR_IO, "the file holds no model of sluice");
    SL_TRY(get_size(file, place->group, "d", &model->d, err));
    SL_TRY(get_size(file, place->group, "height", &model->height, err));
    SL_TRY(get_size(file, place->group, "width", &model->width, err));
    SL_TRY(sl_h5_get_double(file, place->group, "scale", &model->scale, err));
    SL_TRY(sl_h5_get_text(file, place->group, "type", arena, &type, err));
    model->float32 = type && strcmp(type, sl_dtype_name(SL_F32)) == 0;
    SL_TRY(sl_h5_read_text(file, place->config, arena, &model->config, err));
    SL_TRY(read_features(file, place->features, arena, &model->features, err));
    if (sl_h5_has(file, place->preprocess))
        SL_TRY(sl_h5_read_bundle(file, place->preprocess, &model->preprocess, err));
    SL_TRY(read_means(file, place->rows, arena, model, err));
    return sl_h5_read_bundle(file, place->parameters, &model->parameters, err);
}

enum sl_status
sl_model_write(const struct sl_stored_model *model, struct sl_arena *arena, char **bytes,
               size_t *count, struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;

    SL_TRY(sl_h5_new_in(&file, arena, sl_bundle_bytes(&model->parameters), err));
    status = write_model(file, &alone, model, err);
    if (status == SL_OK)
        status = sl_h5_image(file, arena, bytes, count, err);
    sl_h5_free(file);
    return status;
}

enum sl_status
sl_model_read(const void *bytes, size_t count, struct sl_arena *arena,
              struct sl_stored_model *model, struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;

    *model = (struct sl_stored_model){0};
    sl_bundle_init(&model->parameters, arena);
    sl_bundle_init(&model->preprocess, arena);
    SL_TRY(sl_h5_open(&file, bytes, count, err));
    status = read_model(file, &alone, arena, model, err);
    sl_h5_free(file);
    return status;
}

/* ---- data sets --------------------------------------------------------------------- */

static enum sl_status
write_splits(struct sl_h5 *file, const struct sl_dataset *data, struct sl_error *err)
{
    struct sl_arena scratch;
    struct sl_bundle splits = {.n = data->split_count};
    enum sl_status status;

    sl_arena_init(&scratch);
    splits.items = sl_arena_alloc(&scratch, splits.n * sizeof *splits.items);
    for (size_t i = 0; i < splits.n; i++) {
        void *rows = (void *)(uintptr_t)data->splits[i].rows;

        splits.items[i].name = data->splits[i].name;
        splits.items[i].tensor = sl_tensor_vector(SL_U32, rows, data->splits[i].n);
    }
    status = sl_h5_bundle(file, "/dataset/splits", &splits, err);
    sl_arena_release(&scratch);
    return status;
}

static enum sl_status
write_dataset(struct sl_h5 *file, const struct sl_dataset *data, struct sl_error *err)
{
    char content[SL_DIGEST_HEX];

    sl_digest_hex(&data->content, content);
    SL_TRY(sl_h5_group(file, "/dataset", err));
    SL_TRY(sl_h5_set_text(file, "/dataset", "content", content, err));
    SL_TRY(sl_h5_set_u64(file, "/dataset", "n", data->n, err));
    SL_TRY(sl_h5_set_u64(file, "/dataset", "d", data->d, err));
    SL_TRY(sl_h5_set_text(file, "/dataset", "type", sl_dtype_name(data->type), err));
    SL_TRY(sl_h5_set_u64(file, "/dataset", "labelled", data->labels != NULL, err));
    SL_TRY(sl_h5_set_double(file, "/dataset", "scale", data->scale, err));
    SL_TRY(sl_h5_set_u64(file, "/dataset", "height", data->height, err));
    SL_TRY(sl_h5_set_u64(file, "/dataset", "width", data->width, err));
    SL_TRY(write_features(file, "/dataset/features", data->features, err));
    return write_splits(file, data, err);
}

static enum sl_status
read_splits(struct sl_h5 *file, struct sl_arena *arena, struct sl_dataset *data,
            struct sl_error *err)
{
    struct sl_bundle bundle;
    struct sl_split *splits;

    sl_bundle_init(&bundle, arena);
    SL_TRY(sl_h5_read_bundle(file, "/dataset/splits", &bundle, err));
    splits = sl_arena_alloc(arena, bundle.n * sizeof *splits);
    for (size_t i = 0; i < bundle.n; i++) {
        const struct sl_item *item = &bundle.items[i];

        if (item->tensor.type != SL_U32 || item->tensor.rank != 1)
            return sl_fail(err, SL_ERR_IO, "split '%s' is no list of rows", item->name);
        splits[i] =
            (struct sl_split){item->name, item->tensor.shape[0], item->tensor.data};
    }
    data->splits = splits;
    data->split_count = bundle.n;
    return SL_OK;
}

static bool
parse_dtype(const char *name, enum sl_dtype *type)
{
    static const enum sl_dtype all[] = {SL_F32, SL_F64, SL_U8, SL_I32, SL_U32, SL_I64};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(name, sl_dtype_name(all[i])) == 0) {
            *type = all[i];
            return true;
        }
    return false;
}

static enum sl_status
read_dataset_texts(struct sl_h5 *file, struct sl_arena *arena, struct sl_dataset *data,
                   struct sl_error *err)
{
    const char *content, *type;

    SL_TRY(sl_h5_get_text(file, "/dataset", "content", arena, &content, err));
    SL_TRY(sl_h5_get_text(file, "/dataset", "type", arena, &type, err));
    if (content == NULL || !sl_digest_parse(content, &data->content) || type == NULL ||
        !parse_dtype(type, &data->type))
        return sl_fail(err, SL_ERR_IO, "the description of a data set is incomplete");
    return SL_OK;
}

static enum sl_status
read_dataset(struct sl_h5 *file, struct sl_outcome *outcome, struct sl_error *err)
{
    struct sl_dataset *data = SL_NEW(outcome->arena, struct sl_dataset);
    uint64_t labelled;

    SL_TRY(read_dataset_texts(file, outcome->arena, data, err));
    SL_TRY(get_size(file, "/dataset", "n", &data->n, err));
    SL_TRY(get_size(file, "/dataset", "d", &data->d, err));
    SL_TRY(sl_h5_get_u64(file, "/dataset", "labelled", &labelled, err));
    SL_TRY(sl_h5_get_double(file, "/dataset", "scale", &data->scale, err));
    SL_TRY(get_size(file, "/dataset", "height", &data->height, err));
    SL_TRY(get_size(file, "/dataset", "width", &data->width, err));
    SL_TRY(
        read_features(file, "/dataset/features", outcome->arena, &data->features, err));
    SL_TRY(read_splits(file, outcome->arena, data, err));
    outcome->dataset = data;
    outcome->labelled = labelled != 0;
    return SL_OK;
}

/* ---- outcomes ---------------------------------------------------------------------- */

static enum sl_status
write_parts(struct sl_h5 *file, const struct sl_outcome *outcome, struct sl_error *err)
{
    if (outcome->origin)
        SL_TRY(sl_h5_text(file, "/origin", outcome->origin, err));
    SL_TRY(sl_h5_bundle(file, "/outputs", &outcome->outputs, err));
    SL_TRY(sl_h5_bundle(file, "/metrics", &outcome->metrics, err));
    SL_TRY(sl_h5_bundle(file, "/series", &outcome->series, err));
    SL_TRY(sl_h5_bundle(file, "/tensors", &outcome->tensors, err));
    if (outcome->model.module != NULL)
        SL_TRY(write_model(file, &within, &outcome->model, err));
    if (outcome->dataset != NULL)
        SL_TRY(write_dataset(file, outcome->dataset, err));
    return SL_OK;
}

static enum sl_status
read_parts(struct sl_h5 *file, struct sl_outcome *outcome, struct sl_error *err)
{
    if (sl_h5_has(file, "/origin"))
        SL_TRY(sl_h5_read_text(file, "/origin", outcome->arena, &outcome->origin, err));
    SL_TRY(sl_h5_read_bundle(file, "/outputs", &outcome->outputs, err));
    SL_TRY(sl_h5_read_bundle(file, "/metrics", &outcome->metrics, err));
    SL_TRY(sl_h5_read_bundle(file, "/series", &outcome->series, err));
    SL_TRY(sl_h5_read_bundle(file, "/tensors", &outcome->tensors, err));
    if (sl_h5_has(file, "/model"))
        SL_TRY(read_model(file, &within, outcome->arena, &outcome->model, err));
    if (sl_h5_has(file, "/dataset"))
        SL_TRY(read_dataset(file, outcome, err));
    return SL_OK;
}

/* Of what may be large. */
static size_t
bytes_of(const struct sl_outcome *outcome)
{
    const struct sl_dataset *data = outcome->dataset;
    size_t bytes = sl_bundle_bytes(&outcome->outputs) +
                   sl_bundle_bytes(&outcome->tensors) +
                   sl_bundle_bytes(&outcome->model.parameters);

    for (size_t i = 0; data != NULL && i < data->split_count; i++)
        bytes += data->splits[i].n * sizeof *data->splits[i].rows;
    return bytes;
}

enum sl_status
sl_outcome_write(const struct sl_outcome *outcome, struct sl_arena *arena, char **bytes,
                 size_t *count, struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;

    SL_TRY(sl_h5_new_in(&file, arena, bytes_of(outcome), err));
    status = write_parts(file, outcome, err);
    if (status == SL_OK)
        status = sl_h5_image(file, arena, bytes, count, err);
    sl_h5_free(file);
    return status;
}

enum sl_status
sl_outcome_read(const void *bytes, size_t count, struct sl_outcome *outcome,
                struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;

    SL_TRY(sl_h5_open(&file, bytes, count, err));
    status = read_parts(file, outcome, err);
    sl_h5_free(file);
    return status;
}
