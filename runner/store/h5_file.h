/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_H5_FILE_H
#define SL_STORE_H5_FILE_H

/* What the h5*.c files share and nobody else sees. */

#include <hdf5.h>

#include "runner/base/file.h"
#include "runner/store/h5.h"

/*
 * groups, datasets   creation lists, of a file that is written
 * links              access list that follows no link into another file
 * image              what is read; in a file that is written NULL, or where it grows
 * count              its bytes; SIZE_MAX in a file that is written
 * arena, room        of a large file that is written: whose memory image is, and its bytes
 */
struct sl_h5 {
    hid_t file, groups, datasets, links;
    char *parent; /* of the last path that was written, all of which is there; or NULL */
    char *last;   /* the data set that was written last and is still open; or NULL */
    hid_t set;    /* that one */
    void *image;
    size_t count;
    struct sl_arena *arena;
    size_t room;
};

/*
 * HDF5 keeps an error stack and the switch for printing it in every thread, and every call
 * into it empties the stack. So each function of h5.h calls sl_h5_quiet first, and whoever
 * sees a call fail calls sl_h5_fail before any other.
 */
void sl_h5_quiet(void);

/* SL_ERR_IO that ends in the innermost description on this thread's error stack. */
enum sl_status sl_h5_fail(struct sl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Closes an id of any kind; an invalid one is nothing to do. */
void sl_h5_close(hid_t id);

/* Closes the data set that was written last. */
void sl_h5_leave(struct sl_h5 *file);

hid_t sl_h5_stored_type(enum sl_dtype type);
hid_t sl_h5_memory_type(enum sl_dtype type);
/* Of a text that takes size bytes with its NUL; the caller closes it. */
hid_t sl_h5_text_type(size_t size);

/* Bytes from which on a tensor begins at a multiple of SL_H5_ALIGNED in its file, so that it
 * can be used where it stands. Files that hold one are mapped (runner/base/file.h). */
#define SL_H5_LARGE SL_FILE_MAPPED
#define SL_H5_ALIGNED 64

/* group may be "/". */
char *sl_h5_join(struct sl_arena *arena, const char *group, const char *name);

/* What goes into a dataset or an attribute. */
struct sl_h5_value {
    hid_t stored, memory, space;
    const void *bytes;
};

/* An attribute of the object at path. */
enum sl_status sl_h5_attach(struct sl_h5 *file, const char *path, const char *name,
                            const struct sl_h5_value *value, struct sl_error *err);
/* A dataset; groups on the way are made. */
enum sl_status sl_h5_put(struct sl_h5 *file, const char *path,
                         const struct sl_h5_value *value, struct sl_error *err);
enum sl_status sl_h5_put_tensor(struct sl_h5 *file, const char *path,
                                const struct sl_tensor *tensor, struct sl_error *err);

/* A dataset or an attribute that is open. */
struct sl_h5_stored {
    hid_t id, type, space;
    bool attribute;
};
/* Takes over id, which is valid. */
void sl_h5_stored_open(struct sl_h5_stored *value, hid_t id);
void sl_h5_stored_close(struct sl_h5_stored *value);
/*
 * Our data stand in the file as they are. Anything else (chunks that inflate, another
 * file's bytes, more than the file can hold) isn't ours, and is not to be allocated for.
 */
bool sl_h5_stands_in_file(struct sl_h5 *file, const struct sl_h5_stored *value);

/* Where the axis of an item of a group stands, without the axis' own name. */
char *sl_h5_axis_folder(struct sl_arena *arena, const char *group, const char *item);

/* Gives the dataset at path, which is item's, a dimension scale at scale_path. */
enum sl_status sl_h5_put_axis(struct sl_h5 *file, const char *path,
                              const char *scale_path, const struct sl_item *item,
                              struct sl_error *err);

#endif
