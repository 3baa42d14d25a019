/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_LOCK_H
#define SL_BASE_LOCK_H

#include "runner/base/error.h"

/* A folder that one process at a time writes to. The lock dies with its process. */
struct sl_lock {
    int fd;        /* -1: none held */
    unsigned made; /* folders of the path, its last ones, that were not there before */
};

/* Locks FOLDER/.lock, which is made if it is missing, as is the folder; the caller puts the
 * names of new folders on disk (sl_folder_sync_made). SL_ERR_IO tells who holds it. */
enum sl_status sl_lock_take(struct sl_lock *lock, const char *folder,
                            struct sl_error *err);
void sl_lock_release(struct sl_lock *lock);

#endif
