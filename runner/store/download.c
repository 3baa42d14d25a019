/* SPDX-License-Identifier: MIT */
#include "runner/store/download.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is used of the library. */
struct sl_curl {
    CURL *handle;
    CURLcode (*start)(long flags);
    void (*end)(void);
    CURL *(*new)(void);
    void (*free)(CURL *handle);
    void (*reset)(CURL *handle);
    CURLcode (*set)(CURL *handle, CURLoption option, ...);
    CURLcode (*get)(CURL *handle, CURLINFO info, ...);
    CURLcode (*perform)(CURL *handle);
    const char *(*say)(CURLcode code);
};

static enum sl_status
find_functions(struct sl_curl *curl, void *library, struct sl_error *err)
{
    const struct {
        const char *name;
        void *function; /* the address of a function pointer */
    } wanted[] = {
        {"curl_global_init", &curl->start}, {"curl_global_cleanup", &curl->end},
        {"curl_easy_init", &curl->new},     {"curl_easy_cleanup", &curl->free},
        {"curl_easy_reset", &curl->reset},  {"curl_easy_setopt", &curl->set},
        {"curl_easy_getinfo", &curl->get},  {"curl_easy_perform", &curl->perform},
        {"curl_easy_strerror", &curl->say},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *found = dlsym(library, wanted[i].name);

        if (!found)
            return sl_fail(err, SL_ERR_IO, "libcurl.so.4 has no '%s'", wanted[i].name);
        memcpy(wanted[i].function, &found, sizeof found);
    }
    return SL_OK;
}

enum sl_status
sl_curl_open(struct sl_curl **curl, struct sl_error *err)
{
    /* Never closed: not all of the libraries behind it stand being unloaded. */
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    struct sl_curl *c;

    if (!library)
        return sl_fail(err, SL_ERR_IO,
                       "downloads need libcurl.so.4 (apt-get install libcurl4): %s",
                       dlerror());
    c = calloc(1, sizeof *c);
    if (!c)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a download");
    if (find_functions(c, library, err)) {
        free(c);
        return err->status;
    }
    if (c->start(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        c->handle = c->new ();
    if (!c->handle) {
        free(c);
        return sl_fail(err, SL_ERR_IO, "libcurl.so.4 does not start");
    }
    *curl = c;
    return SL_OK;
}

void
sl_curl_close(struct sl_curl *curl)
{
    if (!curl)
        return;
    curl->free(curl->handle);
    curl->end();
    free(curl);
}

/* A download under way. */
struct transfer {
    const struct sl_download *download;
    int fd;
    uint64_t begin, done; /* bytes that were there; that are there */
    int write_errno;
    bool too_long;
    char words[CURL_ERROR_SIZE];
};

static size_t
take(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *t = context;
    uint64_t limit = t->download->limit;
    size_t left = size * count;

    if (limit > 0 && t->done + left > limit) {
        t->too_long = true;
        return 0;
    }
    while (left > 0) {
        ssize_t n = write(t->fd, bytes, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            t->write_errno = errno;
            return 0;
        }
        bytes += n;
        left -= (size_t)n;
        t->done += (uint64_t)n;
    }
    return size * count;
}

static bool
stopped(const struct sl_download *download)
{
    return download->stop && atomic_load(download->stop) != 0;
}

static int
watch(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    struct transfer *t = context;
    const struct sl_download *d = t->download;

    (void)up_total;
    (void)up;
    if (d->progress && now > 0)
        d->progress(d->context, t->begin + (uint64_t)now,
                    total > 0 ? t->begin + (uint64_t)total : 0);
    return stopped(d);
}

static void
prepare(struct sl_curl *c, struct transfer *t)
{
    const struct sl_download *d = t->download;
    long stall_s = (long)(d->stall_ms + 999) / 1000;

    c->reset(c->handle);
    c->set(c->handle, CURLOPT_URL, d->url);
    c->set(c->handle, CURLOPT_PROTOCOLS_STR, "http,https,file");
    c->set(c->handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    c->set(c->handle, CURLOPT_FOLLOWLOCATION, 1L);
    c->set(c->handle, CURLOPT_MAXREDIRS, 5L);
    c->set(c->handle, CURLOPT_FAILONERROR, 1L);
    c->set(c->handle, CURLOPT_NOSIGNAL, 1L);
    c->set(c->handle, CURLOPT_USERAGENT, "sluice");
    c->set(c->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)d->connect_ms);
    c->set(c->handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    c->set(c->handle, CURLOPT_LOW_SPEED_TIME, stall_s);
    c->set(c->handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, stall_s);
    c->set(c->handle, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->begin);
    c->set(c->handle, CURLOPT_ERRORBUFFER, t->words);
    c->set(c->handle, CURLOPT_WRITEFUNCTION, take);
    c->set(c->handle, CURLOPT_WRITEDATA, t);
    c->set(c->handle, CURLOPT_NOPROGRESS, 0L);
    c->set(c->handle, CURLOPT_XFERINFOFUNCTION, watch);
    c->set(c->handle, CURLOPT_XFERINFODATA, t);
}

static enum sl_status
explain(struct sl_curl *c, const struct transfer *t, CURLcode code, struct sl_error *err)
{
    const struct sl_download *d = t->download;
    const char *words = *t->words ? t->words : c->say(code);
    long answer = 0;

    if (stopped(d))
        return sl_fail(err, SL_ERR_CANCELLED, "download of %s was interrupted", d->url);
    if (t->too_long)
        return sl_fail(err, SL_ERR_IO, "%s sends more than %llu bytes", d->url,
                       (unsigned long long)d->limit);
    errno = t->write_errno;
    if (errno)
        return sl_fail_errno(err, "cannot write '%s'", d->path);
    c->get(c->handle, CURLINFO_RESPONSE_CODE, &answer);
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return sl_fail(err, SL_ERR_IO, "source %s answered with error %ld", d->url,
                       answer);
    if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || t->done > t->begin)
        return sl_fail(err, SL_ERR_IO, "source %s broke off after %llu bytes: %s", d->url,
                       (unsigned long long)t->done, words);
    return sl_fail(err, SL_ERR_IO, "source %s did not answer: %s", d->url, words);
}

/* The source can't go on from where the file ends. */
static bool
must_begin_again(const struct transfer *t, CURLcode code)
{
    return t->done == t->begin &&
           (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME);
}

static enum sl_status
transfer(struct sl_curl *c, struct transfer *t, struct sl_error *err)
{
    off_t end = lseek(t->fd, 0, SEEK_END);
    CURLcode code;

    if (end < 0)
        return sl_fail_errno(err, "cannot read '%s'", t->download->path);
    t->begin = t->done = (uint64_t)end;
    prepare(c, t);
    code = c->perform(c->handle);
    if (must_begin_again(t, code)) {
        if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET) < 0)
            return sl_fail_errno(err, "cannot write '%s'", t->download->path);
        t->begin = t->done = 0;
        prepare(c, t);
        code = c->perform(c->handle);
    }
    return code == CURLE_OK ? SL_OK : explain(c, t, code, err);
}

enum sl_status
sl_download(struct sl_curl *curl, const struct sl_download *download,
            struct sl_error *err)
{
    struct transfer t = {.download = download};
    enum sl_status status;

    t.fd = open(download->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (t.fd < 0)
        return sl_fail_errno(err, "cannot write '%s'", download->path);
    status = transfer(curl, &t, err);
    if (close(t.fd) && !status)
        return sl_fail_errno(err, "cannot write '%s'", download->path);
    if (status && t.done == 0)
        unlink(download->path);
    return status;
}
