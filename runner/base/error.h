/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_ERROR_H
#define SL_BASE_ERROR_H

#include <stdint.h>

/*
 * What kind of thing went wrong, which is to say what the user does next.
 *
 * SL_ERR_CONFIG     edit the file or the command line; the error has a mark
 * SL_ERR_SHAPE      two things that must fit together do not
 * SL_ERR_NUMERIC    a number left its range (a loss that is NaN); recorded as a failure
 * SL_ERR_IO         a file, a disk or a child process; done again by itself at the next run
 * SL_ERR_MEMORY     no memory; done again by itself at the next run
 * SL_ERR_CANCELLED  somebody asked to stop; done again by itself at the next run
 */
enum sl_status {
    SL_OK = 0,
    SL_ERR_CONFIG,
    SL_ERR_SHAPE,
    SL_ERR_NUMERIC,
    SL_ERR_IO,
    SL_ERR_MEMORY,
    SL_ERR_CANCELLED,
};

/* A place in a source text. line and column count from 1; line 0 means "no place".
 * column counts characters (code points), as editors do. */
struct sl_mark {
    const char *file;
    uint32_t line, column;
};

/*
 * One error, on the stack of whoever starts the work. The last parameter of every call
 * that can fail; never read by the callee; untouched on success, set once on failure.
 * text is lower case, has no full stop, quotes values and says the fact before the remedy.
 */
struct sl_error {
    enum sl_status status;
    struct sl_mark mark;
    char text[1000];
};

/* Sets *err and returns status, so that "return sl_fail(...)" reads as one thought. */
enum sl_status sl_fail(struct sl_error *err, enum sl_status status, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

/* SL_ERR_CONFIG at a place. */
enum sl_status sl_fail_at(struct sl_error *err, struct sl_mark mark, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));

/* SL_ERR_IO that ends in ": " and the text of errno, which it reads first. */
enum sl_status sl_fail_errno(struct sl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text that is there; returns the status that is there. */
enum sl_status sl_error_context(struct sl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns from the calling function when call fails. Not for functions that hold a file,
 * an HDF5 id or a lock: those have one "out:" label. */
#define SL_TRY(call)                                                                     \
    do {                                                                                 \
        enum sl_status sl_try_status_ = (call);                                          \
        if (sl_try_status_ != SL_OK)                                                     \
            return sl_try_status_;                                                       \
    } while (0)

#endif
