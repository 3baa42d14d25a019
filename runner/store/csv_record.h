/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_CSV_RECORD_H
#define SL_STORE_CSV_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A field, without quotes and the spaces around it. */
struct sl_csv_field {
    const char *at;
    size_t length;
};

/* Where fields are put: more than there is room for are only counted. bytes: of quoted
 * records, whose size they set. */
struct sl_csv_fields {
    size_t n, capacity;
    struct sl_csv_field *at;
    char *bytes;
    size_t used;
};

/* Bytes behind a text that have to be readable, whatever they hold. */
#define SL_CSV_SLACK 64

/*
 * Finds the records of a text and cuts them at their separators. Of a text without a quote,
 * which nearly every one is, both are one pass, 64 bytes at a time.
 */
struct sl_csv_cutter {
    const char *end;
    char separator;
    bool quotes;
    const char *block; /* where marks are of: separators and line ends that are ahead */
    uint64_t marks;
};

/* The LF outside of quotes that ends the record at `at`, or end. */
const char *sl_csv_record_end(const char *at, const char *end);

void sl_csv_cutter_init(struct sl_csv_cutter *cutter, const char *text, size_t length,
                        char separator);
/* The end of the record that begins at `at`, which is asked for once, in order. */
const char *sl_csv_cutter_find(struct sl_csv_cutter *cutter, const char *at,
                               struct sl_csv_fields *fields);
/* The fields of the record that was found last. NULL, or what is wrong. */
const char *sl_csv_cutter_cut(const struct sl_csv_cutter *cutter, const char *at,
                              size_t length, struct sl_csv_fields *fields);

#endif
