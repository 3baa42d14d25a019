/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_FIELD_H
#define SL_CONFIG_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/text.h"
#include "runner/config/node.h"
#include "runner/config/report.h"
#include "runner/config/table.h"

/*
 * Field tables: what a configuration may hold, bound to the members of a struct. The one
 * source for parsing, defaults, ranges, `sluice describe`, keys and the record.
 */
enum sl_field_type {
    SL_TYPE_END,
    SL_TYPE_BOOL,         /* bool */
    SL_TYPE_INT,          /* int64_t, decimal */
    SL_TYPE_SEED,         /* uint64_t, decimal */
    SL_TYPE_DOUBLE,       /* double, finite */
    SL_TYPE_STRING,       /* const char * */
    SL_TYPE_WORD,         /* int, an index into words */
    SL_TYPE_FILE,         /* struct sl_file */
    SL_TYPE_INT_LIST,     /* struct sl_int_list */
    SL_TYPE_DOUBLE_LIST,  /* struct sl_double_list */
    SL_TYPE_STRING_LIST,  /* struct sl_string_list */
    SL_TYPE_WORD_OR_INTS, /* struct sl_word_or_ints: `even` or `[0, 3]` */
    SL_TYPE_MATRIX,       /* struct sl_matrix: a list of equal lists of numbers */
    SL_TYPE_INT_MAP,      /* struct sl_int_map: integers by names of the user's making */
    SL_TYPE_CHOICE,       /* struct sl_choice: `relu` or `{adam: {lr: 1e-3}}` */
    SL_TYPE_CHOICE_LIST,  /* struct sl_choice_list */
    SL_TYPE_RECORD,       /* a struct with a table of its own */
    SL_TYPE_RECORD_LIST,  /* struct sl_record_list */
    SL_TYPE_RECORD_MAP,   /* struct sl_record_map: names of the user's making */
    SL_TYPE_INCLUDE,      /* the rows of another table, among these keys */
};

/* A file that a step reads. path is as the user wrote it, sought beside the file that
 * names it, then in the current folder; with SL_DATA in $SLUICE_DATA_DIR before those.
 * found is where it is, or NULL. */
struct sl_file {
    const char *path, *found;
    struct sl_mark mark;
};
struct sl_int_list {
    size_t n;
    const int64_t *at;
};
struct sl_double_list {
    size_t n;
    const double *at;
};
struct sl_string_list {
    size_t n;
    const char *const *at;
    const struct sl_mark *marks;
};
/* word indexes words; -1: the list it is. */
struct sl_word_or_ints {
    int word;
    struct sl_int_list list;
    struct sl_mark mark;
};
struct sl_matrix {
    size_t rows, columns;
    const double *at; /* rows x columns; NULL: none given */
    struct sl_mark mark;
};
struct sl_int_map {
    size_t n;
    const char *const *names;
    const int64_t *at;
    const struct sl_mark *marks; /* of the integers */
};
struct sl_choice {
    const struct sl_row *row; /* NULL: none chosen */
    const void *config;       /* row->as[0]->config_size bytes */
    struct sl_mark mark;
};
struct sl_choice_list {
    size_t n;
    const struct sl_choice *at;
};
/* n records of field->size bytes each, one behind the other. */
struct sl_record_list {
    size_t n;
    const void *at;
    const struct sl_mark *marks;
};
struct sl_record_map {
    size_t n;
    const char *const *names;
    const void *at;
    const struct sl_mark *marks; /* of the names */
};

enum sl_field_flag {
    SL_REQUIRED = 1,
    SL_HORIZON = 2,   /* how long a training goes on: not in its trajectory's key */
    SL_UNKEYED = 4,   /* decides nothing about the result: in no key (titles, sources) */
    SL_SPLITS = 8,    /* a STRING or STRING_LIST that names splits of the data set */
    SL_POSITIVE = 16, /* low is excluded */
    SL_SINGLE = 32,   /* of lists: one value may stand for a list of one */
    SL_DATA = 64,     /* a FILE with data */
    SL_CHOOSES = 128, /* of a load module: which rows go where, not what they are */
    SL_UNSET = 256,   /* a number without a default: what it is then, its help says */
    SL_SELECTS = 512  /* with SL_SPLITS: the rows of that split decide what is kept */
};

struct sl_field {
    const char *key;
    enum sl_field_type type;
    unsigned flags;
    size_t offset;
    double low, high;              /* numbers, and the elements of lists */
    double number;                 /* default of BOOL, INT, SEED, DOUBLE, WORD */
    const char *text;              /* default of the rest, as YAML; of STRING and FILE,
                                      the text itself; NULL: none */
    const char *const *words;      /* WORD...: NULL-terminated */
    enum sl_table_id table;        /* CHOICE */
    const struct sl_field *fields; /* RECORD..., INCLUDE */
    size_t size;                   /* RECORD...: of one record */
    const char *unit, *help;
};

/* The offset of a member, and a compile error if its type is not the one expected. */
#define SL_MEMBER(S, m, T) (_Generic(((S *)0)->m, T : offsetof(S, m)))

#define SL_BOOL(S, m, preset, text_)                                                     \
    {                                                                                    \
        .key = #m, .type = SL_TYPE_BOOL, .offset = SL_MEMBER(S, m, bool),                \
        .number = (preset), .help = (text_)                                              \
    }
#define SL_INT(S, m, preset, low_, high_, text_)                                         \
    {                                                                                    \
        .key = #m, .type = SL_TYPE_INT, .offset = SL_MEMBER(S, m, int64_t),              \
        .low = (low_), .high = (high_), .number = (preset), .help = (text_)              \
    }
#define SL_DOUBLE(S, m, preset, low_, high_, text_)                                      \
    {                                                                                    \
        .key = #m, .type = SL_TYPE_DOUBLE, .offset = SL_MEMBER(S, m, double),            \
        .low = (low_), .high = (high_), .number = (preset), .help = (text_)              \
    }
#define SL_STRING(S, m, preset, text_)                                                   \
    {                                                                                    \
        .key = #m, .type = SL_TYPE_STRING, .offset = SL_MEMBER(S, m, const char *),      \
        .text = (preset), .help = (text_)                                                \
    }
#define SL_WORD(S, m, preset, words_, text_)                                             \
    {                                                                                    \
        .key = #m, .type = SL_TYPE_WORD, .offset = SL_MEMBER(S, m, int),                 \
        .number = (preset), .words = (words_), .help = (text_)                           \
    }
#define SL_CHOICE(S, m, preset, table_, text_)                                           \
    {                                                                                    \
        .key = #m, .type = SL_TYPE_CHOICE, .offset = SL_MEMBER(S, m, struct sl_choice),  \
        .text = (preset), .table = (table_), .help = (text_)                             \
    }
/* The members above without a default; flags in the middle: SL_REQUIRED, ... */
#define SL_FIELD(S, m, T, type_, ...)                                                    \
    {                                                                                    \
        .key = #m, .type = (type_), .offset = SL_MEMBER(S, m, T), __VA_ARGS__            \
    }
#define SL_INCLUDE(S, m, T, table_)                                                      \
    {                                                                                    \
        .key = "", .type = SL_TYPE_INCLUDE, .offset = SL_MEMBER(S, m, T),                \
        .fields = (table_)                                                               \
    }
#define SL_FIELD_END                                                                     \
    {                                                                                    \
        .type = SL_TYPE_END                                                              \
    }

struct sl_binder {
    struct sl_arena *arena; /* the bound values live here */
    struct sl_report *report;
    const struct sl_registry *registry;
};

/* Fills config (size bytes of zeros) from a mapping: checks every key, type and range,
 * and sets the defaults. skip: keys that belong to somebody else, NULL-terminated, or
 * NULL. map may be NULL: an empty mapping. Required keys are missed at mark. A record that
 * is not required and not there has its defaults, and misses nothing; it is known by the
 * string, file or choice that it requires. `key: null` takes
 * away a string, file or choice that has no default. False if something is not right,
 * which the report says: such a value keeps its zeros, and such an element of a list is
 * left out. */
bool sl_fields_bind(const struct sl_binder *binder, const struct sl_field *fields,
                    const struct sl_node *map, struct sl_mark mark,
                    const char *const *skip, void *config);

/* What sl_fields_print leaves out. */
enum sl_print { SL_PRINT_ALL, SL_PRINT_KEYED, SL_PRINT_TRAJECTORY, SL_PRINT_ROWS };

/* The bound values with the defaults filled in, as YAML in table order, one text for one
 * meaning: it is hashed into keys (KEYED: without SL_UNKEYED; TRAJECTORY: without horizons
 * as well, unless something chosen beside them reads them; ROWS: without what only
 * chooses among the rows of a data set) and stands in the record. For
 * keys a file is the word "file" where its path would be: the caller hashes its content,
 * in the order of sl_fields_files. Lines, each indented by indent. */
void sl_fields_print(const struct sl_field *fields, const void *config,
                     enum sl_print print, unsigned indent, struct sl_text *out);

/* Calls visit for every SL_TYPE_FILE value that is set, nested ones included. */
void sl_fields_files(const struct sl_field *fields, const void *config,
                     void (*visit)(void *context, const struct sl_file *file),
                     void *context);

/* Whether something that is chosen in the configuration, however deep, goes by the horizons
 * beside it. */
bool sl_fields_read_horizon(const struct sl_field *fields, const void *config);
/* Calls visit for the row of everything that was chosen by name, nested ones included. */
void sl_fields_choices(const struct sl_field *fields, const void *config,
                       void (*visit)(void *context, const struct sl_row *row),
                       void *context);

/* The row of that key, included tables searched too; NULL if there is none. */
const struct sl_field *sl_field_find(const struct sl_field *fields, const char *key);

/* The error for a key that none of the n words is, with the one that was meant, if it is
 * near. */
void sl_report_unknown_key(struct sl_report *report, const struct sl_node *node,
                           const char *const *words, size_t n);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,99}: names of the user's making, which become file names. */
bool sl_name_is_valid(const char *name);
#define SL_NAME_RULE "[A-Za-z0-9][A-Za-z0-9._-]{0,99}"

/* A table a person reads: key, type, default, range or words, help. */
void sl_fields_describe(const struct sl_registry *registry, const struct sl_field *fields,
                        unsigned indent, struct sl_text *out);

#endif
