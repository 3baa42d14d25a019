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

/* Letters that the records of a text have to be looked through for. */
struct sl_csv_letters {
    bool quotes, nuls, returns;
};

/* As well as those that are marked. */
void sl_csv_letters_mark(struct sl_csv_letters *letters, const char *text, size_t length);
/* NULL, or why a line or a record is refused, whatever its fields are: a NUL, a CR outside of
 * quotes that is not its last letter. quoted: it begins inside of quotes. length: without its
 * LF. */
const char *sl_csv_refused(const struct sl_csv_letters *letters, const char *line,
                           size_t length, bool quoted);

/*
 * Finds the records of a text and cuts them at their separators. Of a text without a quote,
 * which nearly every one is, both are one pass, 64 bytes at a time.
 */
struct sl_csv_cutter {
    const char *end;
    char separator;
    struct sl_csv_letters letters;
    const char *block; /* where marks are of: separators and line ends that are ahead */
    uint64_t marks;
};

/* Behind the empty lines, or of spaces, that a text begins with. */
const char *sl_csv_skip_blank(const char *at, const char *end);
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
/* The fields of a line without a quote. length: without its LF. */
void sl_csv_cut_line(const char *line, size_t length, char separator,
                     struct sl_csv_fields *fields);

#endif
