/* SPDX-License-Identifier: MIT */
#include "runner/store/content.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "runner/base/file.h"

/* Read, inflated and hashed in pieces that stay in the second-level cache. */
#define PIECE ((size_t)128 * 1024)
#define DEFLATE_RATIO 1032

struct sl_content {
    const char *path;
    int fd;
    bool gzip, ended; /* ended: the gzip member is complete */
    bool unhashed;
    uint64_t size;   /* of the file */
    uint64_t offset; /* in the file, behind what the buffer holds */
    size_t at, filled;
    struct sl_hash hash;
    z_stream z;
    unsigned char buffer[PIECE];
};

static enum sl_status
refill(struct sl_content *c, struct sl_error *err)
{
    ssize_t got;

    do {
        got = read(c->fd, c->buffer, PIECE);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return sl_fail_errno(err, "cannot read '%s'", c->path);
    c->at = 0;
    c->filled = (size_t)got;
    c->offset += (size_t)got;
    return SL_OK;
}

static enum sl_status
open_file(struct sl_content *c, struct sl_error *err)
{
    struct stat info;

    SL_TRY(sl_file_open(c->path, &c->fd, err));
    if (fstat(c->fd, &info))
        return sl_fail_errno(err, "cannot read '%s'", c->path);
    c->size = (uint64_t)info.st_size;
    return SL_OK;
}

static enum sl_status
sniff(struct sl_content *c, struct sl_error *err)
{
    SL_TRY(refill(c, err));
    if (c->filled < 2 || c->buffer[0] != 0x1f || c->buffer[1] != 0x8b)
        return SL_OK;
    /* 16: a gzip header and trailer are expected, and checked, by zlib. */
    if (inflateInit2(&c->z, 16 + MAX_WBITS) != Z_OK)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", c->path);
    c->gzip = true;
    return SL_OK;
}

enum sl_status
sl_content_open(struct sl_content **content, const char *path, struct sl_error *err)
{
    struct sl_content *c = calloc(1, sizeof *c);
    enum sl_status status;

    if (!c)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", path);
    c->path = path;
    sl_hash_init(&c->hash);
    c->fd = -1;
    status = open_file(c, err);
    if (!status)
        status = sniff(c, err);
    if (status) {
        sl_content_close(c);
        c = NULL;
    }
    *content = c;
    return status;
}

void
sl_content_close(struct sl_content *content)
{
    if (!content)
        return;
    if (content->gzip)
        inflateEnd(&content->z);
    if (content->fd >= 0)
        close(content->fd);
    sl_hash_release(&content->hash);
    free(content);
}

void
sl_content_leave_hash(struct sl_content *content)
{
    content->unhashed = true;
}

static enum sl_status
read_plain(struct sl_content *c, unsigned char *bytes, size_t count, size_t *got,
           struct sl_error *err)
{
    size_t held = c->filled - c->at;
    ssize_t n;

    if (held > 0) {
        *got = held < count ? held : count;
        memcpy(bytes, c->buffer + c->at, *got);
        c->at += *got;
        return SL_OK;
    }
    do {
        n = read(c->fd, bytes, count);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return sl_fail_errno(err, "cannot read '%s'", c->path);
    *got = (size_t)n;
    return SL_OK;
}

static uint64_t
position(const struct sl_content *c)
{
    return c->offset - (c->filled - c->at);
}

/* Nothing may stand behind the member: what gzip(1) would append or ignore in silence is
 * no file that a description can have meant. */
static enum sl_status
expect_end(struct sl_content *c, struct sl_error *err)
{
    unsigned long long end = position(c);

    if (c->at == c->filled)
        SL_TRY(refill(c, err));
    if (c->at == c->filled)
        return SL_OK;
    if (c->buffer[c->at] == 0x1f)
        return sl_fail(err, SL_ERR_IO,
                       "'%s': a second gzip member begins at byte %llu; one is expected",
                       c->path, end);
    return sl_fail(err, SL_ERR_IO,
                   "'%s': the gzip data ends at byte %llu and garbage follows", c->path,
                   end);
}

static enum sl_status
inflate_once(struct sl_content *c, struct sl_error *err)
{
    int result;

    if (c->at == c->filled)
        SL_TRY(refill(c, err));
    if (c->at == c->filled)
        return sl_fail(err, SL_ERR_IO,
                       "'%s': the gzip data is truncated: it breaks off at byte %llu",
                       c->path, (unsigned long long)c->offset);
    c->z.next_in = c->buffer + c->at;
    c->z.avail_in = (uInt)(c->filled - c->at);
    result = inflate(&c->z, Z_NO_FLUSH);
    c->at = c->filled - c->z.avail_in;
    if (result == Z_STREAM_END) {
        c->ended = true;
        return expect_end(c, err);
    }
    if (result == Z_MEM_ERROR)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", c->path);
    if (result != Z_OK)
        return sl_fail(err, SL_ERR_IO, "'%s': damaged gzip data before byte %llu: %s",
                       c->path, (unsigned long long)position(c),
                       c->z.msg ? c->z.msg : "not a stream that deflate makes");
    return SL_OK;
}

static enum sl_status
read_gzip(struct sl_content *c, unsigned char *bytes, size_t count, size_t *got,
          struct sl_error *err)
{
    c->z.next_out = bytes;
    c->z.avail_out = (uInt)count;
    while (!c->ended && c->z.avail_out > 0)
        SL_TRY(inflate_once(c, err));
    *got = count - c->z.avail_out;
    return SL_OK;
}

enum sl_status
sl_content_read(struct sl_content *content, void *bytes, size_t count, size_t *got,
                struct sl_error *err)
{
    unsigned char *out = bytes;

    *got = 0;
    while (*got < count) {
        size_t wanted = count - *got < PIECE ? count - *got : PIECE, n = 0;

        SL_TRY((content->gzip ? read_gzip : read_plain)(content, out, wanted, &n, err));
        if (n == 0)
            break;
        if (!content->unhashed)
            sl_hash_bytes(&content->hash, out, n);
        out += n;
        *got += n;
    }
    return SL_OK;
}

uint64_t
sl_content_bound(const struct sl_content *content, bool *exact)
{
    *exact = !content->gzip;
    return content->gzip ? content->size * DEFLATE_RATIO : content->size;
}

enum sl_status
sl_content_verify(struct sl_content *content, const char *sha256, struct sl_error *err)
{
    struct sl_digest actual = sl_hash_end(&content->hash), expected;
    char hex[SL_DIGEST_HEX];

    assert(!content->unhashed);
    if (sl_digest_parse(sha256, &expected) && sl_digest_equal(&actual, &expected))
        return SL_OK;
    sl_digest_hex(&actual, hex);
    return sl_fail(err, SL_ERR_IO,
                   "'%s': its content has SHA-256 %s, expected %s; the file is not used",
                   content->path, hex, sha256);
}

static enum sl_status
read_whole(struct sl_content *content, struct sl_error *err)
{
    unsigned char piece[16 * 1024];
    size_t got;

    do {
        SL_TRY(sl_content_read(content, piece, sizeof piece, &got, err));
    } while (got == sizeof piece);
    return SL_OK;
}

enum sl_status
sl_content_digest(const char *path, struct sl_digest *digest, struct sl_error *err)
{
    struct sl_content *content;
    enum sl_status status;

    SL_TRY(sl_content_open(&content, path, err));
    status = read_whole(content, err);
    *digest = sl_hash_end(&content->hash);
    sl_content_close(content);
    return status;
}

enum sl_status
sl_content_check(const char *path, const char *sha256, struct sl_error *err)
{
    struct sl_content *content;
    enum sl_status status;

    SL_TRY(sl_content_open(&content, path, err));
    status = read_whole(content, err);
    if (!status && sha256)
        status = sl_content_verify(content, sha256, err);
    sl_content_close(content);
    return status;
}
