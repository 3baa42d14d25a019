/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_H5_ARRAY_H
#define SL_STORE_H5_ARRAY_H

#include "runner/store/limited.h"
#include "runner/tensor/tensor.h"

/*
 * A data set in an HDF5 file that others wrote, read in a limited child process: of 3,000
 * files with a few changed bytes 17 crashed the library and 5 hung it.
 *
 * Whole numbers and floats of up to 8 bytes are read, and h5py's booleans as 0 and 1, in
 * either byte order, contiguous or in chunks, deflated or shuffled. Refused are: links out of the file or within it, on the
 * way as well; data in other files (external storage, virtual data sets); filters from
 * plugins; and more data than the file could hold.
 *
 * Errors are SL_ERR_IO and name the file and the data set.
 */
struct sl_h5_array {
    const char *path, *name; /* the caller's; name: "/group/x" */
    enum sl_dtype type;      /* as the narrowest of ours that holds it */
    unsigned rank;           /* 1 to SL_MAX_RANK */
    size_t shape[SL_MAX_RANK];
    size_t count; /* of all elements, above 0 */
    struct sl_limited child;
};

/* Starts the child, which says what there is. */
enum sl_status sl_h5_array_open(struct sl_h5_array *array, const char *path,
                                const char *name, struct sl_error *err);
/* The next count elements, in C order. */
enum sl_status sl_h5_array_read(struct sl_h5_array *array, void *elements, size_t count,
                                struct sl_error *err);
/* Does nothing on {0}. */
void sl_h5_array_close(struct sl_h5_array *array);

#endif
