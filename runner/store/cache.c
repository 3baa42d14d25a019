/* SPDX-License-Identifier: MIT */
#include "runner/store/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/store/sealed.h"

static char *
key_path(struct sl_arena *arena, const struct sl_cache *cache, const char *folder,
         const struct sl_digest *key, const char *suffix)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(key, hex);
    return sl_arena_format(arena, "%s/%s/%s%s", cache->folder, folder, hex, suffix);
}

bool
sl_cache_has(const struct sl_cache *cache, const struct sl_digest *key)
{
    struct sl_arena scratch;
    bool has;

    sl_arena_init(&scratch);
    has = access(key_path(&scratch, cache, "steps", key, ".h5"), R_OK) == 0;
    sl_arena_release(&scratch);
    return has;
}

/* ---- the rows of data sets --------------------------------------------------------- */

/* A data file: n x d values, zeros up to a multiple of four bytes, n labels. */
struct layout {
    size_t labels, total; /* bytes; labels: where they begin */
};

static enum sl_status
lay_out(struct layout *layout, const struct sl_dataset *data, bool labelled,
        struct sl_error *err)
{
    size_t values, labels;

    if (data->n == 0 || data->d == 0)
        return sl_fail(err, SL_ERR_SHAPE, "a data set of %zu x %zu values holds nothing",
                       data->n, data->d);
    if (__builtin_mul_overflow(data->n, data->d, &values) ||
        __builtin_mul_overflow(values, sl_dtype_size(data->type), &values) ||
        __builtin_add_overflow(values, 3, &layout->labels) ||
        __builtin_mul_overflow(data->n, sizeof(int32_t), &labels) ||
        __builtin_add_overflow(layout->labels, labels, &layout->total))
        return sl_fail(err, SL_ERR_SHAPE, "a data set of %zu x %zu values is too large",
                       data->n, data->d);
    layout->labels &= ~(size_t)3;
    layout->total = labelled ? layout->labels + labels : values;
    return SL_OK;
}

/* *base stays NULL if the file has another size. */
static enum sl_status
map_open(int fd, const char *path, size_t size, const char **base, struct sl_error *err)
{
    struct stat info;
    void *mapping;

    if (fstat(fd, &info) < 0)
        return sl_fail_errno(err, "can't read '%s'", path);
    if ((uintmax_t)info.st_size != size)
        return SL_OK;
    mapping = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED)
        return sl_fail_errno(err, "can't map '%s'", path);
    *base = mapping;
    return SL_OK;
}

/* Points x and labels at the file, for as long as the process lives. *fits is false if it
 * is missing or has another size. */
static enum sl_status
map_rows(const char *path, struct sl_dataset *data, bool labelled, bool *fits,
         struct sl_error *err)
{
    struct layout layout = {0};
    const char *base = NULL;
    enum sl_status status;
    int fd;

    *fits = false;
    SL_TRY(lay_out(&layout, data, labelled, err));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return SL_OK;
    if (fd < 0)
        return sl_fail_errno(err, "can't open '%s'", path);
    status = map_open(fd, path, layout.total, &base, err);
    close(fd);
    *fits = base != NULL;
    if (*fits) {
        data->x = base;
        data->labels = labelled ? (const int32_t *)(base + layout.labels) : NULL;
    }
    return status;
}

enum sl_status
sl_cache_data_open(const struct sl_cache *cache, size_t n, size_t d, enum sl_dtype type,
                   bool labelled, struct sl_data_draft *draft, struct sl_error *err)
{
    struct sl_dataset shape = {.n = n, .d = d, .type = type};
    struct sl_arena scratch;
    struct layout layout = {0};
    enum sl_status status;

    *draft = (struct sl_data_draft){.n = n, .d = d, .type = type};
    SL_TRY(lay_out(&layout, &shape, labelled, err));
    sl_arena_init(&scratch);
    status =
        sl_draft_open(&draft->draft, sl_arena_format(&scratch, "%s/data", cache->folder),
                      layout.total, err);
    sl_arena_release(&scratch);
    if (status != SL_OK)
        return status;
    draft->x = draft->draft.bytes;
    if (labelled)
        draft->labels = (int32_t *)((char *)draft->x + layout.labels);
    return SL_OK;
}

enum sl_status
sl_cache_data_map(const struct sl_cache *cache, const struct sl_digest *key,
                  bool labelled, struct sl_dataset *data, bool *found,
                  struct sl_error *err)
{
    struct sl_arena scratch;
    enum sl_status status;

    sl_arena_init(&scratch);
    status = map_rows(key_path(&scratch, cache, "data", key, ".bin"), data, labelled,
                      found, err);
    if (*found) {
        sl_cache_touch(cache, key_path(&scratch, cache, "data", key, ".bin"));
        data->content = *key;
    }
    sl_arena_release(&scratch);
    return status;
}

enum sl_status
sl_cache_data_commit(const struct sl_cache *cache, const struct sl_digest *key,
                     struct sl_data_draft *draft, struct sl_dataset *data,
                     struct sl_error *err)
{
    bool labelled = draft->labels != NULL, fits;
    struct sl_arena scratch;
    enum sl_status status;
    const char *path;

    if (data->n != draft->n || data->d != draft->d || data->type != draft->type) {
        sl_draft_release(&draft->draft);
        return sl_fail(err, SL_ERR_SHAPE,
                       "%zu x %zu %s are not the %zu x %zu %s that there is room for",
                       data->n, data->d, sl_dtype_name(data->type), draft->n, draft->d,
                       sl_dtype_name(draft->type));
    }
    sl_arena_init(&scratch);
    path = key_path(&scratch, cache, "data", key, ".bin");
    status = sl_draft_commit(&draft->draft, path, err);
    data->content = *key;
    if (status == SL_OK)
        status = map_rows(path, data, labelled, &fits, err);
    if (status == SL_OK && !fits)
        status = sl_fail(err, SL_ERR_IO, "'%s' changed as soon as it was written", path);
    sl_arena_release(&scratch);
    return status;
}

/* ---- outcomes ---------------------------------------------------------------------- */

/* An outcome whose rows are gone is no outcome: both files go, so that sl_cache_has and
 * whoever reads next see that. */
static enum sl_status
join_rows(const struct sl_cache *cache, const char *path, struct sl_outcome *outcome,
          bool *found, struct sl_error *err)
{
    struct sl_arena scratch;
    const char *rows;
    enum sl_status status;

    if (outcome->dataset == NULL)
        return SL_OK;
    sl_arena_init(&scratch);
    rows = key_path(&scratch, cache, "data", &outcome->dataset->content, ".bin");
    status = map_rows(rows, outcome->dataset, outcome->labelled, found, err);
    if (*found)
        sl_cache_touch(cache, rows);
    if (status == SL_OK && !*found) {
        sl_sealed_discard(cache, rows,
                          "its rows are missing or not as many as they were");
        unlink(path);
    }
    sl_arena_release(&scratch);
    return status;
}

/* What is whole and can't be read, say because another version of sluice wrote it, counts
 * as damaged. */
static enum sl_status
decode(const struct sl_cache *cache, const char *path, const char *bytes, size_t count,
       struct sl_outcome *outcome, bool *found, struct sl_error *err)
{
    struct sl_error failed;

    if (sl_outcome_read(bytes, count, outcome, &failed) == SL_OK)
        return SL_OK;
    if (failed.status == SL_ERR_MEMORY) {
        *err = failed;
        return failed.status;
    }
    *found = false;
    sl_sealed_discard(cache, path, failed.text);
    return SL_OK;
}

void
sl_cache_forget(const struct sl_cache *cache, const struct sl_digest *key)
{
    struct sl_arena scratch;

    sl_arena_init(&scratch);
    (void)unlink(key_path(&scratch, cache, "steps", key, ".h5"));
    sl_arena_release(&scratch);
}

enum sl_status
sl_cache_read(const struct sl_cache *cache, const struct sl_digest *key,
              struct sl_outcome *outcome, bool *found, struct sl_error *err)
{
    struct sl_arena scratch;
    const char *path;
    enum sl_status status;
    char *bytes;
    size_t count;

    sl_arena_init(&scratch);
    path = key_path(&scratch, cache, "steps", key, ".h5");
    status = sl_sealed_read(cache, path, &scratch, &bytes, &count, found, err);
    if (status == SL_OK && *found)
        status = decode(cache, path, bytes, count, outcome, found, err);
    if (status == SL_OK && *found)
        status = join_rows(cache, path, outcome, found, err);
    if (status != SL_OK || !*found)
        sl_outcome_init(outcome, outcome->arena);
    sl_arena_release(&scratch);
    return status;
}

/* "train autoencoder", "reconstruction of split test": the second line of what went into
 * the key, behind its colon. */
static const char *
label_of(const struct sl_outcome *outcome, struct sl_arena *arena)
{
    const char *line = outcome->origin ? strchr(outcome->origin, '\n') : NULL;
    const char *text = line ? strstr(line, ": ") : NULL;

    return text ? sl_arena_copy(arena, text + 2, strcspn(text + 2, "\n")) : NULL;
}

enum sl_status
sl_cache_write(const struct sl_cache *cache, const struct sl_digest *key,
               const struct sl_outcome *outcome, struct sl_error *err)
{
    struct sl_arena scratch;
    enum sl_status status;
    char *bytes;
    size_t count;

    sl_arena_init(&scratch);
    status = sl_outcome_write(outcome, &scratch, &bytes, &count, err);
    if (status == SL_OK)
        status = sl_sealed_write(key_path(&scratch, cache, "steps", key, ".h5"), bytes,
                                 count, label_of(outcome, &scratch), err);
    sl_arena_release(&scratch);
    return status;
}
