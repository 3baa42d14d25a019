/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_DOWNLOAD_H
#define SL_STORE_DOWNLOAD_H

#include <stdatomic.h>
#include <stdint.h>

#include "runner/base/error.h"

/*
 * One file from an address, by libcurl. The library is opened with dlopen, by whoever
 * downloads: linked, it and the thirty libraries behind it would cost every start of the
 * program some ten milliseconds.
 */
struct sl_curl;

/* SL_ERR_IO where there is no libcurl, with the way to have it. Not while other threads
 * run. */
enum sl_status sl_curl_open(struct sl_curl **curl, struct sl_error *err);
void sl_curl_close(struct sl_curl *curl);

struct sl_download {
    const char *url;  /* https, http or file; redirections go to the first two only */
    const char *path; /* of the unfinished file: what it holds is gone on from */
    uint64_t limit;   /* bytes, at most; 0: no limit */
    /* A source that does not connect, or sends nothing for so long, is given up. */
    unsigned connect_ms, stall_ms;
    /* May be NULL. total 0: not known. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
    const atomic_int *stop; /* may be NULL; not 0: give up */
};

/*
 * SL_OK: path holds the whole file. Else what came so far stays in it, for the next time.
 * SL_ERR_IO says whether the source did not answer, answered with an error, or broke off,
 * or that path can't be written; SL_ERR_CANCELLED: *stop was set.
 */
enum sl_status sl_download(struct sl_curl *curl, const struct sl_download *download,
                           struct sl_error *err);

#endif
