/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_HASH_H
#define SL_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/error.h"

/* SHA-256 (FIPS 180-4), by libcrypto. */
struct sl_digest {
    uint8_t bytes[32];
};

struct sl_hash {
    void *context;
};

void sl_hash_init(struct sl_hash *hash);
void sl_hash_release(struct sl_hash *hash);
void sl_hash_bytes(struct sl_hash *hash, const void *bytes, size_t count);
/* A text and its length, so that ("ab", "c") and ("a", "bc") differ. NULL is allowed and
 * differs from "". */
void sl_hash_text(struct sl_hash *hash, const char *text);
void sl_hash_u64(struct sl_hash *hash, uint64_t value);
void sl_hash_digest(struct sl_hash *hash, const struct sl_digest *digest);
/* The hash goes on after it; call release when done. */
struct sl_digest sl_hash_end(struct sl_hash *hash);

struct sl_digest sl_digest_of(const void *bytes, size_t count);
bool sl_digest_equal(const struct sl_digest *a, const struct sl_digest *b);

#define SL_DIGEST_HEX 65
/* Lower case, NUL-terminated. */
void sl_digest_hex(const struct sl_digest *digest, char hex[SL_DIGEST_HEX]);
bool sl_digest_parse(const char *hex, struct sl_digest *digest);

/* The digest of a file's bytes as they stand on disk. SL_ERR_IO names the path. */
enum sl_status sl_digest_file(const char *path, struct sl_digest *digest,
                              struct sl_error *err);

#endif
