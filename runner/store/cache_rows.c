/* SPDX-License-Identifier: MIT */
#include "runner/store/cache_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/parallel/profile.h"
#include "runner/store/sealed.h"

/* ---- what was checked ---------------------------------------------------------------- */

void
sl_cache_checked_init(struct sl_cache_checked *checked)
{
    pthread_mutex_init(&checked->lock, NULL);
    checked->first = NULL;
    sl_arena_init(&checked->arena);
}

void
sl_cache_checked_release(struct sl_cache_checked *checked)
{
    sl_arena_release(&checked->arena);
    pthread_mutex_destroy(&checked->lock);
}

static bool
was_checked(struct sl_cache_checked *checked, const struct stat *info)
{
    const struct sl_checked_file *file;

    if (checked == NULL)
        return false;
    pthread_mutex_lock(&checked->lock);
    file = checked->first;
    while (file && (file->device != info->st_dev || file->inode != info->st_ino))
        file = file->next;
    pthread_mutex_unlock(&checked->lock);
    return file != NULL;
}

/* Of a file that stays mapped, so that no other one gets its inode. */
static void
note_checked(struct sl_cache_checked *checked, const struct stat *info)
{
    struct sl_checked_file *file;

    if (checked == NULL)
        return;
    pthread_mutex_lock(&checked->lock);
    file = SL_NEW(&checked->arena, struct sl_checked_file);
    *file = (struct sl_checked_file){info->st_dev, info->st_ino, checked->first};
    checked->first = file;
    pthread_mutex_unlock(&checked->lock);
}

/* ---- files --------------------------------------------------------------------------- */

#define SEAL (sizeof(struct sl_digest))

/* A data file: n x d values, where there are labels zeros up to a multiple of four bytes
 * and n labels, and the SHA-256 of all that. */
struct layout {
    size_t labels, seal, total; /* bytes; labels, seal: where they begin */
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
        __builtin_add_overflow(layout->labels, labels, &layout->seal) ||
        __builtin_add_overflow(layout->seal, SEAL, &layout->total))
        return sl_fail(err, SL_ERR_SHAPE, "a data set of %zu x %zu values is too large",
                       data->n, data->d);
    layout->labels &= ~(size_t)3;
    layout->seal = labelled ? layout->labels + labels : values;
    layout->total = layout->seal + SEAL;
    return SL_OK;
}

static struct sl_digest
digest_of(const struct sl_cache *cache, const void *base, size_t count)
{
    struct sl_profile_span span;
    struct sl_digest digest;

    sl_profile_begin(cache->profile, &span, SL_OPERATION_HASH, "rows");
    digest = sl_digest_of(base, count);
    sl_profile_end(&span, (struct sl_amount){.bytes = (double)count});
    return digest;
}

static bool
seal_holds(const struct sl_cache *cache, const char *base, const struct layout *layout)
{
    struct sl_digest is = digest_of(cache, base, layout->seal);

    return memcmp(is.bytes, base + layout->seal, SEAL) == 0;
}

/* Whether a file is mapped, and if not why; NULL: there is none. */
struct mapped {
    const char *base, *wrong;
};

/* A file that this process wrote or checked is taken as it is; so is one that is only
 * looked at, since nothing is computed from it. written: what this process has just sealed,
 * or NULL; under its name there may be another's by now. */
static enum sl_status
map_open(const struct sl_cache *cache, int fd, const char *path,
         const struct layout *layout, const struct stat *written, struct mapped *mapped,
         struct sl_error *err)
{
    struct stat info;
    void *base;

    if (fstat(fd, &info) < 0)
        return sl_fail_errno(err, "can't read '%s'", path);
    mapped->wrong = "it has another size than it was written with";
    if ((uintmax_t)info.st_size != layout->total)
        return SL_OK;
    base = mmap(NULL, layout->total, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return sl_fail_errno(err, "can't map '%s'", path);
    mapped->base = base;
    if (cache->looks || was_checked(cache->checked, &info))
        return SL_OK;
    if ((written && written->st_dev == info.st_dev && written->st_ino == info.st_ino) ||
        seal_holds(cache, base, layout)) {
        note_checked(cache->checked, &info);
        return SL_OK;
    }
    munmap(base, layout->total);
    *mapped = (struct mapped){.wrong = "its bytes are not those that were written"};
    return SL_OK;
}

/* Points x and labels at the file, for as long as the process lives. */
static enum sl_status
map_rows(const struct sl_cache *cache, const char *path, struct sl_dataset *data,
         bool labelled, const struct stat *written, struct mapped *mapped,
         struct sl_error *err)
{
    struct layout layout = {0};
    enum sl_status status;
    int fd;

    *mapped = (struct mapped){0};
    SL_TRY(lay_out(&layout, data, labelled, err));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return SL_OK;
    if (fd < 0)
        return sl_fail_errno(err, "can't open '%s'", path);
    status = map_open(cache, fd, path, &layout, written, mapped, err);
    close(fd);
    if (mapped->base) {
        data->x = mapped->base;
        data->labels = labelled ? (const int32_t *)(mapped->base + layout.labels) : NULL;
    }
    return status;
}

/* ---- rows ---------------------------------------------------------------------------- */

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
    struct mapped mapped;
    enum sl_status status;
    const char *path;

    sl_arena_init(&scratch);
    path = sl_cache_path(&scratch, cache, "data", key, ".bin");
    status = map_rows(cache, path, data, labelled, NULL, &mapped, err);
    *found = mapped.base != NULL;
    if (*found) {
        sl_cache_touch(cache, path);
        data->content = *key;
    } else if (status == SL_OK && mapped.wrong) {
        sl_sealed_discard(cache, path, mapped.wrong);
    }
    sl_arena_release(&scratch);
    return status;
}

/* Puts the draft's seal behind its rows. */
static void
seal(const struct sl_cache *cache, struct sl_data_draft *draft)
{
    size_t count = draft->draft.count - SEAL;
    struct sl_digest digest = digest_of(cache, draft->x, count);

    memcpy((char *)draft->x + count, digest.bytes, SEAL);
}

enum sl_status
sl_cache_data_commit(const struct sl_cache *cache, const struct sl_digest *key,
                     struct sl_data_draft *draft, struct sl_dataset *data,
                     struct sl_error *err)
{
    bool labelled = draft->labels != NULL;
    struct sl_arena scratch;
    struct mapped mapped;
    struct stat written;
    bool known;
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
    path = sl_cache_path(&scratch, cache, "data", key, ".bin");
    seal(cache, draft);
    known = fstat(draft->draft.fd, &written) == 0;
    status = sl_draft_commit(&draft->draft, path, err);
    data->content = *key;
    if (status == SL_OK)
        status =
            map_rows(cache, path, data, labelled, known ? &written : NULL, &mapped, err);
    if (status == SL_OK && !mapped.base)
        status = sl_fail(err, SL_ERR_IO, "'%s' changed as soon as it was written", path);
    sl_arena_release(&scratch);
    return status;
}

enum sl_status
sl_cache_rows_join(const struct sl_cache *cache, const char *path,
                   struct sl_outcome *outcome, bool *found, struct sl_error *err)
{
    struct sl_arena scratch;
    struct mapped mapped;
    const char *rows;
    enum sl_status status;

    if (outcome->dataset == NULL)
        return SL_OK;
    sl_arena_init(&scratch);
    rows = sl_cache_path(&scratch, cache, "data", &outcome->dataset->content, ".bin");
    status =
        map_rows(cache, rows, outcome->dataset, outcome->labelled, NULL, &mapped, err);
    *found = mapped.base != NULL;
    if (*found)
        sl_cache_touch(cache, rows);
    if (status == SL_OK && !*found) {
        sl_sealed_discard(cache, rows, mapped.wrong ? mapped.wrong : "it is missing");
        if (!cache->looks)
            unlink(path);
    }
    sl_arena_release(&scratch);
    return status;
}
