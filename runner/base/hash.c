/* SPDX-License-Identifier: MIT */
#include "runner/base/hash.h"

/* The plain functions of libcrypto: its newer interface takes microseconds to find them by
 * name, for each of the hundreds of short hashes that a start makes of keys and streams. */
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/arena.h"
#include "runner/base/file.h"

void
sl_hash_init(struct sl_hash *hash)
{
    hash->context = malloc(sizeof(SHA256_CTX));
    if (hash->context == NULL)
        sl_memory_exhausted();
    SHA256_Init(hash->context);
}

void
sl_hash_release(struct sl_hash *hash)
{
    free(hash->context);
    hash->context = NULL;
}

void
sl_hash_bytes(struct sl_hash *hash, const void *bytes, size_t count)
{
    SHA256_Update(hash->context, bytes, count);
}

void
sl_hash_text(struct sl_hash *hash, const char *text)
{
    if (text == NULL) {
        sl_hash_u64(hash, UINT64_MAX);
        return;
    }
    sl_hash_u64(hash, strlen(text));
    sl_hash_bytes(hash, text, strlen(text));
}

void
sl_hash_u64(struct sl_hash *hash, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    sl_hash_bytes(hash, bytes, sizeof bytes);
}

void
sl_hash_digest(struct sl_hash *hash, const struct sl_digest *digest)
{
    sl_hash_bytes(hash, digest->bytes, sizeof digest->bytes);
}

/* A copy is finished, since finishing ends a context. */
struct sl_digest
sl_hash_end(struct sl_hash *hash)
{
    SHA256_CTX copy = *(const SHA256_CTX *)hash->context;
    struct sl_digest digest;

    SHA256_Final(digest.bytes, &copy);
    return digest;
}

struct sl_digest
sl_digest_of(const void *bytes, size_t count)
{
    struct sl_hash hash;
    struct sl_digest digest;

    sl_hash_init(&hash);
    sl_hash_bytes(&hash, bytes, count);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    return digest;
}

bool
sl_digest_equal(const struct sl_digest *a, const struct sl_digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static const char digits[] = "0123456789abcdef";

void
sl_digest_hex(const struct sl_digest *digest, char hex[SL_DIGEST_HEX])
{
    for (size_t i = 0; i < sizeof digest->bytes; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    hex[SL_DIGEST_HEX - 1] = '\0';
}

/* Of a hexadecimal digit in either case, else -1. */
static int
digit_value(char digit)
{
    if (digit >= 'A' && digit <= 'F')
        digit = (char)(digit - 'A' + 'a');
    for (int i = 0; i < 16; i++)
        if (digits[i] == digit)
            return i;
    return -1;
}

bool
sl_digest_parse(const char *hex, struct sl_digest *digest)
{
    if (strlen(hex) != SL_DIGEST_HEX - 1)
        return false;
    for (size_t i = 0; i < sizeof digest->bytes; i++) {
        int high = digit_value(hex[2 * i]), low = digit_value(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        digest->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Hashes what is left of the file; -1 and errno if it cannot be read. */
static int
hash_rest(struct sl_hash *hash, int fd)
{
    char buffer[64 << 10];
    ssize_t count;

    for (;;) {
        count = read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return (int)count;
        sl_hash_bytes(hash, buffer, (size_t)count);
    }
}

enum sl_status
sl_digest_file(const char *path, struct sl_digest *digest, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    struct sl_hash hash;
    int fd;

    SL_TRY(sl_file_open(path, &fd, err));
    sl_hash_init(&hash);
    if (hash_rest(&hash, fd) < 0)
        status = sl_fail_errno(err, "can't read '%s'", path);
    else
        *digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    close(fd);
    return status;
}
