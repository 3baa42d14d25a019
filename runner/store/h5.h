/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_H5_H
#define SL_STORE_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/store/table.h"
#include "runner/tensor/tensor.h"

/*
 * HDF5 files of our own, built and read in memory, so that every byte on disk is written
 * by sl_publish and a full disk is an errno. The same calls give the same bytes: no times,
 * no padding, no dependence on threads. The only user of <hdf5.h>.
 *
 * Paths are absolute ("/metrics/train"); groups on the way are made. Texts are UTF-8, of
 * fixed length with a NUL at the end. Errors are SL_ERR_IO with HDF5's own words.
 *
 * A handle belongs to one thread at a time; different handles may be used at once, and
 * wait for each other inside the library.
 */
struct sl_h5;

/* SL_ERR_CONFIG where the library can't be used from several threads. */
enum sl_status sl_h5_check(struct sl_error *err);
/* What would be done by the first who uses it, and takes a millisecond, and another one for a
 * first file: a run begins with it on a thread of its own. Others may use it meanwhile: they
 * wait inside the library until it has started. */
enum sl_status sl_h5_start(struct sl_error *err);

/* An empty file, to be written. */
enum sl_status sl_h5_new(struct sl_h5 **file, struct sl_error *err);
/* One that sl_h5_image is to put into this arena: about so many bytes will go in. A large one
 * grows where it is to stay, which is a file for an arena that has a folder. */
enum sl_status sl_h5_new_in(struct sl_h5 **file, struct sl_arena *arena, size_t bytes,
                            struct sl_error *err);
/* A file to be read from its bytes, which must stay until sl_h5_free, and, where they have
 * SL_FILE_MAPPED or more, as long as the tensors that were read: large ones are left where
 * they stand. */
enum sl_status sl_h5_open(struct sl_h5 **file, const void *bytes, size_t count,
                          struct sl_error *err);
void sl_h5_free(struct sl_h5 *file);

/* A group that is there already is fine. */
enum sl_status sl_h5_group(struct sl_h5 *file, const char *path, struct sl_error *err);
/* A dataset with one text. text NULL: nothing is written, and read back as NULL. */
enum sl_status sl_h5_text(struct sl_h5 *file, const char *path, const char *text,
                          struct sl_error *err);
/* Attributes of the object at path, which is there. A text NULL is left out and read back as
 * NULL; one of more than 60,000 bytes is cut to that, between characters. */
enum sl_status sl_h5_set_text(struct sl_h5 *file, const char *path, const char *name,
                              const char *text, struct sl_error *err);
enum sl_status sl_h5_set_u64(struct sl_h5 *file, const char *path, const char *name,
                             uint64_t value, struct sl_error *err);
enum sl_status sl_h5_set_double(struct sl_h5 *file, const char *path, const char *name,
                                double value, struct sl_error *err);

/*
 * Every item as a contiguous dataset of its own type and shape in the group; unit and help
 * become the attributes "unit" and "description", an interval "low", "high" and "interval"
 * (its method), and the reason of a NaN "undefined". A name must not hold a slash. Series
 * (rank 1, with axis and at) get their axis as a dimension scale, /axes/... beside the
 * group's path: the item "loss" of /series/train with the axis "epoch" has the scale
 * /axes/train/loss/epoch. So of the groups whose paths differ in their first step alone one
 * may have an axis for an item of that name. An empty bundle writes nothing.
 */
enum sl_status sl_h5_bundle(struct sl_h5 *file, const char *group,
                            const struct sl_bundle *bundle, struct sl_error *err);

/*
 * A table as a compound dataset: a row is an element, packed, its members are the columns
 * in their order, with texts of the length of the longest. The units become the attribute
 * "units", a line "COLUMN=UNIT" each. A table without columns writes nothing. HDF5 has
 * 64 KiB for the description of a row.
 */
enum sl_status sl_h5_table(struct sl_h5 *file, const char *path,
                           const struct sl_table *table, struct sl_error *err);

/* The same of numbers alone that stand in memory as they do in the file, row by row, eight
 * bytes each: the columns say their names, types and units. */
enum sl_status sl_h5_records(struct sl_h5 *file, const char *path,
                             const struct sl_table *table, const void *rows,
                             struct sl_error *err);

/* The finished file; the handle can only be freed after that. arena: that of sl_h5_new_in,
 * if there was one. */
enum sl_status sl_h5_image(struct sl_h5 *file, struct sl_arena *arena, char **bytes,
                           size_t *count, struct sl_error *err);

/*
 * Reading, of files that may have been written by anybody: what isn't laid out as here
 * (chunks, virtual datasets, links into other files, more data than the file has bytes) is
 * an error. A group, text or text attribute that is not there reads as empty or NULL, a
 * number that is not there is an error; items come in the order in which they were written.
 */
bool sl_h5_has(struct sl_h5 *file, const char *path);
enum sl_status sl_h5_read_bundle(struct sl_h5 *file, const char *group,
                                 struct sl_bundle *bundle, struct sl_error *err);
enum sl_status sl_h5_read_text(struct sl_h5 *file, const char *path,
                               struct sl_arena *arena, const char **text,
                               struct sl_error *err);
enum sl_status sl_h5_get_text(struct sl_h5 *file, const char *path, const char *name,
                              struct sl_arena *arena, const char **text,
                              struct sl_error *err);
enum sl_status sl_h5_get_u64(struct sl_h5 *file, const char *path, const char *name,
                             uint64_t *value, struct sl_error *err);
enum sl_status sl_h5_get_double(struct sl_h5 *file, const char *path, const char *name,
                                double *value, struct sl_error *err);
/* A table that is not there reads as one without columns. */
enum sl_status sl_h5_read_table(struct sl_h5 *file, const char *path,
                                struct sl_arena *arena, struct sl_table *table,
                                struct sl_error *err);
/* The names in a group, none if it is not there, in the order in which they were written. */
enum sl_status sl_h5_names(struct sl_h5 *file, const char *group, struct sl_arena *arena,
                           const char ***names, size_t *n, struct sl_error *err);

#endif
