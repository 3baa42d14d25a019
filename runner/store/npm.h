/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_NPM_H
#define SL_STORE_NPM_H

#include "runner/base/arena.h"
#include "runner/base/error.h"

/*
 * Brings a package of the npm registry into FOLDER/package and unpacks what lies in its
 * folder `inside`: `npm pack` and `tar` as child processes, without a shell and without
 * any script of the package. FOLDER must be there. SL_ERR_IO says that npm is missing, or
 * what it said.
 */
enum sl_status sl_npm_bring(const char *package, const char *inside, const char *folder,
                            struct sl_arena *arena, struct sl_error *err);

/* Removes a folder with all that is in it; no error if there is none. */
enum sl_status sl_folder_remove(const char *folder, struct sl_error *err);

#endif
