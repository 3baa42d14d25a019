/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_RUNFILE_H
#define SL_STORE_RUNFILE_H

#include "runner/base/hash.h"
#include "runner/tensor/tensor.h"

/*
 * run.h5: what stays of a run, the same bytes every time.
 *
 *     /config                 the resolved configuration, YAML
 *     /metrics/STAGE/NAME     float64 scalars
 *     /series/STAGE/NAME      1-D, each with its axis as a dimension scale
 *     /tensors/STAGE/NAME     the rest
 *     /outputs/STAGE/PORT     tensors that the stage handed to stages after it: with the
 *                             model all that new rows need to be decided about
 *     /axes/STAGE/NAME/AXIS   the axes
 *     /files                  a table: stage, file (its name alone) and sha256 of what was
 *                             in it, gzip undone; none where no file was read
 *     /stages/STAGE           attributes kind, module, key, inputs, and model (a path from
 *                             the results folder) where the stage yields one
 *     attributes of /         key, seed, state ("done" or "failed"), reason, name,
 *                             description, program, platform, and modules
 *                             where some came from outside: a line for each object
 */
struct sl_stage_record {
    const char *name, *kind, *module;
    const char *key;    /* of its step, hex */
    const char *model;  /* "models/<key16>.h5" or NULL */
    const char *inputs; /* what its ports are bound to, for a reader: "normal=test" */
    struct sl_bundle metrics, series, tensors, outputs;
};

struct sl_file_record {
    const char *stage, *file, *sha256;
};

struct sl_run_record {
    const char *key, *state, *reason; /* reason: of a failure, else NULL */
    const char *name, *description, *program, *platform, *config;
    const char *modules; /* from outside; NULL: none */
    uint64_t seed;
    size_t file_count;
    const struct sl_file_record *files;
    size_t n;
    struct sl_stage_record *stages; /* in the order of the configuration */
};

/* Bytes of tensors that the file of the stages so far has. */
size_t sl_run_bytes(const struct sl_run_record *run);

/*
 * A file that can be written while its run is under way: it begins with the head of the
 * record, gets stages as they are there, and the others at its end. One whose sl_run_bytes
 * come to SL_FILE_MAPPED or more begins with all its stages known. The arena is that of the
 * bytes. All zeros: it has not begun. It is freed whatever was returned.
 */
struct sl_run_file {
    struct sl_h5 *h5;
    size_t stages; /* that are in it */
};

enum sl_status sl_run_begin(struct sl_run_file *file, const struct sl_run_record *run,
                            struct sl_arena *arena, struct sl_error *err);
enum sl_status sl_run_add(struct sl_run_file *file, const struct sl_run_record *run,
                          size_t stages, struct sl_error *err);
enum sl_status sl_run_end(struct sl_run_file *file, const struct sl_run_record *run,
                          struct sl_arena *arena, char **bytes, size_t *count,
                          struct sl_error *err);
void sl_run_free(struct sl_run_file *file);

/* All of that at once. */
enum sl_status sl_run_write(const struct sl_run_record *run, struct sl_arena *arena,
                            char **bytes, size_t *count, struct sl_error *err);
/* path: a run.h5. Texts that were not written read as "", reason and model as NULL, and
 * results that are not there as empty bundles. */
enum sl_status sl_run_read(const char *path, struct sl_arena *arena,
                           struct sl_run_record *run, struct sl_error *err);
/* Reads the root attributes key and state alone; SL_ERR_IO if it is no run file. */
enum sl_status sl_run_peek(const char *path, struct sl_arena *arena, const char **key,
                           const char **state, struct sl_error *err);

#endif
