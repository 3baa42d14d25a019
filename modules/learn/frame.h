/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_FRAME_H
#define SL_LEARN_FRAME_H

#include "modules/learn/first_rows.h"
#include "modules/learn/split.h"
#include "runner/pipeline/stage.h"

/*
 * Rows that users have in files, on their way to a data set: which columns are taken, what
 * becomes of missing values, which row goes into which split, and what is odd about them.
 * All load modules that read files of rows share this; each brings a reader for its format.
 */

/* A file, or a pair of files, whose rows stand behind those of the others. */
struct sl_frame_file {
    struct sl_file file, labels; /* labels: of readers that take them from a file apart */
};

enum sl_missing { SL_MISSING_ERROR, SL_MISSING_DROP, SL_MISSING_KEEP };

/* What the modules' configurations share, to be SL_INCLUDEd. */
struct sl_frame_config {
    struct sl_file file, labels;
    struct sl_record_map files; /* struct sl_frame_file */
    struct sl_string_list columns, exclude;
    int missing; /* enum sl_missing */
    double scale;
    struct sl_record_map splits;
    const char *split_by, *group_by, *order_by;
    int64_t folds, fold;
};
extern const struct sl_field sl_frame_fields[];

/* Rows first to first + n - 1 of the frame. */
struct sl_frame_part {
    const char *name;               /* of `files`, else the file's */
    const char *path, *labels_path; /* labels_path NULL: none is named */
    size_t first, n;                /* set by the reader's open */
    void *source;                   /* the reader's */
};

/* A column of the file. */
struct sl_frame_column {
    const char *name;
    size_t width;             /* columns of x that it takes; 0: it is not taken */
    size_t place;             /* the first of them */
    const char *const *words; /* width of them where it becomes one column for each */
    bool unnamed;             /* the file has names for columns, and none for it */
};

struct sl_frame {
    const struct sl_frame_config *config;
    const void *reader_config;
    struct sl_arena *arena;
    bool looking; /* nothing is read: rows need not be counted, nor words listed */
    struct sl_pool *pool;
    size_t part_count;
    struct sl_frame_part *parts;

    /* Set by the reader's open. */
    size_t n, count; /* rows of all parts; columns of a row in the file */
    struct sl_frame_column *columns;
    enum sl_dtype type;
    size_t height, width; /* of images */
    double unit;          /* what values are divided by besides `scale`; 0: by 1 */
    bool labelled;
    bool numbered;         /* columns are named by their numbers from 0 */
    const char *normal_in; /* the column where labels that are normal became 0, or NULL */
    struct sl_table_texts texts;    /* of tables in text files */
    size_t first_row, first_column; /* what the file's readers call the first: 0 or 1 */

    size_t d; /* columns of x */
};

/* Codes below count, for the rows' values in a column; words[code] is the value. */
struct sl_frame_codes {
    uint32_t *at; /* n */
    size_t count;
    const char *const *words;
};

typedef void sl_frame_visit(void *context, const char *path, const char *sha256);

struct sl_frame_reader {
    /* Opens the parts in order and says what is in them. Two that do not fit together are
     * SL_ERR_SHAPE. */
    enum sl_status (*open)(struct sl_frame *frame, struct sl_error *err);
    /* Rows of all parts; x: n x d of frame->type, missing values NaN; labels: n, or NULL. */
    enum sl_status (*read)(struct sl_frame *frame, void *x, int32_t *labels,
                           struct sl_error *err);
    /* What rows have in a column that need not be taken: as codes (NULL: those of its
     * numbers), or as numbers (dates as seconds). */
    enum sl_status (*codes)(struct sl_frame *frame, const char *column,
                            struct sl_frame_codes *codes, struct sl_error *err);
    enum sl_status (*numbers)(struct sl_frame *frame, const char *column, double *at,
                              struct sl_error *err);
    /* Also after a failed open. */
    void (*close)(struct sl_frame *frame);
};

/* What load modules do. The first two are a module's own check and schema, whose
 * configuration begins with the frame's. */
void sl_frame_check(const void *config, const struct sl_check *check);
void sl_frame_schema(const void *config, struct sl_arena *arena,
                     struct sl_schema *schema);
/* Tells of `labels`, for readers that find them in the file itself; where: how they are
 * named there. */
void sl_frame_check_labels(const struct sl_frame_config *config,
                           const struct sl_check *check, const char *where);
/* Opens the parts and closes them, so that most of what can be wrong with files is told
 * before any step runs. */
enum sl_status sl_frame_look(const struct sl_frame_config *config,
                             const void *reader_config,
                             const struct sl_frame_reader *reader, struct sl_arena *arena,
                             struct sl_error *err);
enum sl_status sl_frame_load(struct sl_step *step, const struct sl_frame_config *config,
                             const void *reader_config,
                             const struct sl_frame_reader *reader, struct sl_error *err);

/* `files` and `run` of a load module with that reader, whose configuration begins with the
 * frame's. The engine hashes the files that fields name. */
#define SL_FRAME_RUN(reader)                                                             \
    static enum sl_status run(struct sl_step *step, const void *config,                  \
                              struct sl_error *err)                                      \
    {                                                                                    \
        return sl_frame_load(step, config, config, &(reader), err);                      \
    }
#define SL_FRAME_FILES(reader)                                                           \
    static enum sl_status files(const void *config, struct sl_arena *arena,              \
                                sl_frame_visit *visit, void *context,                    \
                                struct sl_error *err)                                    \
    {                                                                                    \
        (void)visit;                                                                     \
        (void)context;                                                                   \
        return sl_frame_look(config, config, &(reader), arena, err);                     \
    }

/* What sl_frame_load records. */
#define SL_FRAME_RESULTS                                                                 \
    {"rows", SL_RESULT_METRIC, NULL, "rows that were read"},                             \
        {"columns", SL_RESULT_METRIC, NULL, "columns of a row"},                         \
        {"rows_missing", SL_RESULT_METRIC, NULL, "rows that lack a value"},              \
        {"rows_dropped", SL_RESULT_METRIC, NULL, "of those, in no split therefore"},     \
        {"rows_unused", SL_RESULT_METRIC, NULL, "rows that no split takes"},             \
        {"columns_constant", SL_RESULT_METRIC, NULL,                                     \
         "columns with one value in split train"},                                       \
        {"duplicates", SL_RESULT_METRIC, NULL,                                           \
         "rows of other splits that are equal to a row of split train"},                 \
        {"split_*", SL_RESULT_METRIC, NULL, "rows of a split"},                          \
        SL_FIRST_ROWS_RESULT("`files` names them"),                                      \
    {                                                                                    \
        "constant", SL_RESULT_TENSOR, NULL, "the constant columns, counted from 0"       \
    }

/* ---- for readers --------------------------------------------------------------------- */

/* Which columns are taken, by `columns` and `exclude`, and where; besides: names that are
 * not, NULL ones passed over. Sets width, place and d; widths that are above 1 before stay
 * if the column is taken. SL_ERR_CONFIG for a name or pattern that nothing matches. */
enum sl_status sl_frame_select(struct sl_frame *frame, const char *const *besides,
                               size_t n, struct sl_error *err);
/* SL_ERR_CONFIG for a column without a name that is taken unasked: neither `columns` are
 * listed, nor is it among those that are asked for otherwise (count marks). */
enum sl_status sl_frame_check_unnamed(const struct sl_frame *frame, const bool *asked,
                                      struct sl_error *err);
/* The column of that name, or SL_ERR_CONFIG with those that there are. */
enum sl_status sl_frame_find(const struct sl_frame *frame, const char *name,
                             size_t *column, struct sl_error *err);
/* Sets marks[j] to value for the columns that an item names: a name, a pattern or a range. */
enum sl_status sl_frame_mark(const struct sl_frame *frame, const char *item, bool value,
                             bool *marks, struct sl_error *err);
/* Whether name is the pattern, in which * stands for any letters and ? for one. */
bool sl_frame_matches(const char *pattern, const char *name);

#endif
