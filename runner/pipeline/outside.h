/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_OUTSIDE_H
#define SL_PIPELINE_OUTSIDE_H

#include <stdbool.h>
#include <sys/types.h>

#include "runner/config/compose.h"
#include "runner/pipeline/exports.h"

/*
 * Modules from outside the tree: shared objects whose rows stand behind the built-in ones
 * in a registry that is handed down, so that everyone who looks up names finds them. For
 * the main thread, before any other is started. Objects stay loaded until the end.
 */
#define SL_OUTSIDE_ROWS 512
#define SL_OUTSIDE_OBJECTS 128

struct sl_outside_object {
    struct sl_origin origin;
    dev_t device;
    ino_t inode;
};

struct sl_outside {
    struct sl_arena *arena;
    struct sl_registry registry;
    struct sl_row *rows; /* of the registry, once there are any from outside */
    size_t capacity;
    const char *const *search; /* folders, NULL-terminated */
    size_t n;
    struct sl_outside_object *objects; /* SL_OUTSIDE_OBJECTS, in the order of loading */
};

/* program: argv[0]; the search path is $SLUICE_MODULE_PATH (with : between its folders),
 * then the installed folder. */
void sl_outside_init(struct sl_outside *outside, const struct sl_registry *builtin,
                     const char *program, struct sl_arena *arena);

/* Where FILE.so is: beside the file that names it (user; NULL: the command line), then in
 * the current folder, then on the search path; '.so' may be left out. NULL, and where it
 * was looked for, if it is nowhere. */
const char *sl_outside_find(const struct sl_outside *outside, const char *user,
                            const char *path, struct sl_text *looked);

/*
 * Loads the object at path, unless it is there already, and adds its rows. A child process
 * does the same first, so that an object that crashes its loader or points nowhere is
 * told. SL_ERR_IO: it can't be read or is no object; SL_ERR_CONFIG: it is for another
 * interface, is incomplete, brings a name that is there already, or its fields are wrong.
 * *note: something that was put right and should be told as a warning, or NULL.
 */
enum sl_status sl_outside_open(struct sl_outside *outside, const char *path,
                               const char **note, struct sl_error *err);

/* Where a row comes from, for a reader: "built in" or the object's path. */
const char *sl_row_source(const struct sl_row *row);

/* ---- in outside_check.c and outside_probe.c ------------------------------------------ */

/* Whether rows behind the first `before` of the registry can be worked with. */
enum sl_status sl_outside_check(const struct sl_registry *registry, size_t before,
                                struct sl_arena *arena, struct sl_error *err);

/* Calls fn(context, err) in a child process, and tells how that ended. what: "opening
 * 'x.so'", for messages. */
enum sl_status sl_probe(enum sl_status (*fn)(void *context, struct sl_error *err),
                        void *context, const char *what, struct sl_error *err);

#endif
