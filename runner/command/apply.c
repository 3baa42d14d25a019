/* SPDX-License-Identifier: MIT */
/* sluice apply RUN [DATA]: what a run's model and rule say of new rows. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/command/apply_sink.h"
#include "runner/command/apply_stream.h"
#include "runner/command/results.h"
#include "runner/parallel/pool.h"
#include "runner/pipeline/row_fields.h"
#include "runner/tensor/linalg.h"

/* Rows that were read together. */
struct piece {
    struct applying *of;
    double *x;
    size_t n;
    enum sl_status status; /* of reading them, and what is wrong */
    struct sl_error wrong;
    struct sl_region region;
};

/* A call, while it is at work. Arrays are for a piece of rows, but for those of a rule that
 * decides about all rows together. */
struct applying {
    struct sl_call *call;
    struct sl_arena arena; /* what is as long as the data stands in files beside it */
    struct sl_apply apply;
    struct sl_reader reader;
    struct sl_sink sink;
    size_t most, columns, flagged; /* rows of a piece, ... */
    bool explain;
    struct piece pieces[2];
    double *scores, *p, *parts;
    bool *decided;
};

/* ---- pieces ------------------------------------------------------------------------------ */

/* Two of them where the next is read while one is worked on. */
static bool
allocate_pieces(struct applying *a)
{
    struct piece *one = &a->pieces[0], *other = &a->pieces[1];
    size_t row = a->apply.shape.d * sizeof(double);

    one->of = other->of = a;
    one->x = other->x = sl_arena_array(a->call->arena, a->most, row);
    if (sl_pool_threads(a->apply.call->pool) > 1)
        other->x = sl_arena_array(a->call->arena, a->most, row);
    return one->x && other->x;
}

static enum sl_status
allocate(struct applying *a, struct sl_error *err)
{
    struct sl_arena *arena = a->call->arena;

    a->most = sl_apply_rows(&a->apply);
    a->scores = sl_arena_array(arena, a->most, sizeof *a->scores);
    a->p = sl_arena_array(arena, a->most, sizeof *a->p);
    a->decided = sl_arena_array(arena, a->most, sizeof *a->decided);
    if (a->explain)
        a->parts = sl_arena_array(arena, a->most, a->columns * sizeof *a->parts);
    if (!allocate_pieces(a) || !a->scores || !a->p || !a->decided ||
        (a->explain && !a->parts))
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", a->most);
    return SL_OK;
}

static enum sl_status
check_stop(const struct applying *a, struct sl_error *err)
{
    if (atomic_load(a->call->stop))
        return sl_fail(err, SL_ERR_CANCELLED, "stopped");
    return SL_OK;
}

static void
read_piece(void *context, size_t tile)
{
    struct piece *piece = context;
    struct applying *a = piece->of;

    (void)tile;
    piece->status =
        sl_reader_next(&a->reader, a->most, piece->x, &piece->n, &piece->wrong);
}

typedef enum sl_status use_piece(struct applying *a, const struct piece *piece,
                                 void *context, struct sl_error *err);

/* One after the other: while one is used, whoever has nothing to do reads the next. */
static enum sl_status
each_piece(struct applying *a, use_piece *use, void *context, struct sl_error *err)
{
    struct sl_pool *pool = a->apply.call->pool;
    struct piece *piece = &a->pieces[0], *next = &a->pieces[1], *done;
    bool more = true;

    for (read_piece(piece, 0); more; piece = next, next = done) {
        enum sl_status status;

        SL_TRY(check_stop(a, err));
        if (piece->status) {
            *err = piece->wrong;
            return piece->status;
        }
        more = piece->n == a->most;
        if (more)
            sl_pool_offer(pool, &next->region, 1, read_piece, next);
        status = use(a, piece, context, err);
        if (more)
            sl_pool_collect(pool, &next->region);
        SL_TRY(status);
        done = piece;
    }
    return SL_OK;
}

/* ---- rows that are decided about one by one -------------------------------------------- */

static enum sl_status
write_rows(struct applying *a, const struct piece *piece, const struct sl_decisions *d,
           struct sl_error *err)
{
    struct sl_sink_rows rows = {d->n, d->scores, d->p, d->flagged, a->parts};

    if (a->explain)
        SL_TRY(sl_apply_explain(&a->apply, d->n, piece->x, d->scores, a->parts, err));
    for (size_t i = 0; i < d->n; i++)
        a->flagged += d->flagged[i];
    return sl_sink_write(&a->sink, &rows, err);
}

static enum sl_status
decide_apart(struct applying *a, const struct piece *piece, void *context,
             struct sl_error *err)
{
    struct sl_decisions d = {piece->n, a->scores, a->p, a->decided};

    (void)context;
    SL_TRY(sl_apply_score(&a->apply, a->sink.n, d.n, piece->x, a->scores, err));
    SL_TRY(sl_apply_decide(&a->apply, &d, err));
    return write_rows(a, piece, &d, err);
}

/* ---- rows that are decided about together ----------------------------------------------- */

/* All scores, of rows that are read once for them and, explained, once more. */
static enum sl_status
score_piece(struct applying *a, const struct piece *piece, void *context,
            struct sl_error *err)
{
    struct sl_spool *scores = context;
    size_t first = scores->count / sizeof *a->scores;

    SL_TRY(sl_apply_score(&a->apply, first, piece->n, piece->x, a->scores, err));
    return sl_spool_write(scores, a->scores, piece->n * sizeof *a->scores, err);
}

static enum sl_status
write_all(struct applying *a, const struct sl_decisions *all, struct sl_error *err)
{
    if (a->explain) {
        sl_reader_close(&a->reader);
        SL_TRY(sl_reader_open(&a->reader, a->call->registry, err));
    }
    for (size_t first = 0; first < all->n; first += a->most) {
        size_t n = all->n - first < a->most ? all->n - first : a->most, got = n;
        struct sl_decisions d = {n, all->scores + first, all->p + first,
                                 all->flagged + first};

        if (a->explain)
            SL_TRY(sl_reader_next(&a->reader, n, a->pieces->x, &got, err));
        if (got != n)
            return sl_fail(err, SL_ERR_IO, "'%s' changed while it was read",
                           a->reader.path);
        SL_TRY(write_rows(a, a->pieces, &d, err));
    }
    return SL_OK;
}

static enum sl_status
apply_together(struct applying *a, struct sl_error *err)
{
    struct sl_decisions all = {0};
    struct sl_spool spool;
    void *scores = NULL;
    enum sl_status status;

    sl_spool_init(&spool, a->arena.folder);
    status = each_piece(a, score_piece, &spool, err);
    if (status == SL_OK)
        status = sl_spool_end(&spool, &a->arena, &scores, err);
    all.n = spool.count / sizeof(double);
    sl_spool_release(&spool);
    SL_TRY(status);
    all.scores = scores;
    all.p = sl_arena_rows(&a->arena, all.n, sizeof *all.p);
    all.flagged = sl_arena_rows(&a->arena, all.n, sizeof *all.flagged);
    if (!all.p || !all.flagged)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", all.n);
    SL_TRY(sl_apply_decide(&a->apply, &all, err));
    return write_all(a, &all, err);
}

/* ---- a file ----------------------------------------------------------------------------- */

/* A file or a pipe gets a name as the data had it, a terminal as it is shown. */
static const char *
part_name(struct applying *a, size_t j)
{
    const struct sl_row_shape *shape = &a->apply.shape;
    const char *name =
        shape->n ? shape->columns[j].name : sl_row_shape_name(shape, j, a->call->arena);
    struct sl_text shown = {0};

    if (sl_call_option(a->call, "to") || !isatty(STDOUT_FILENO))
        return name;
    sl_report_show(name, &shown);
    name = sl_arena_string(a->call->arena, shown.bytes ? shown.bytes : "");
    sl_text_release(&shown);
    return name;
}

static const char *const *
part_names(struct applying *a)
{
    const char **names = sl_arena_alloc(a->call->arena, a->columns * sizeof *names);

    for (size_t j = 0; j < a->columns; j++)
        names[j] = part_name(a, j);
    return names;
}

static enum sl_status
open_sink(struct applying *a, struct sl_error *err)
{
    const char *to = sl_call_option(a->call, "to");

    a->sink = (struct sl_sink){
        .path = to,
        .parts = a->explain ? a->columns : 0,
        .names = a->explain ? part_names(a) : NULL,
        .run = a->apply.call->file,
        .run_key = a->apply.run.key,
        .score = a->apply.model->module->model->scores[a->apply.kind].name,
        .arena = &a->arena,
    };
    if (to)
        SL_TRY(sl_sink_format_of(to, &a->sink.format, err));
    return sl_sink_open(&a->sink, err);
}

static bool
decides_together(const struct applying *a)
{
    return a->apply.detect && a->apply.detect->module->decides_together;
}

static enum sl_status
apply_file(struct applying *a, struct sl_error *err)
{
    a->reader = (struct sl_reader){.path = a->call->words[1],
                                   .array = sl_call_option(a->call, "array"),
                                   .shape = &a->apply.shape,
                                   .arena = &a->arena};
    if (!a->reader.array)
        a->reader.array = a->apply.array;
    SL_TRY(sl_reader_open(&a->reader, a->call->registry, err));
    if (a->reader.note)
        sl_report_line(stderr, "sluice: %s: %s", a->reader.path, a->reader.note);
    SL_TRY(allocate(a, err));
    SL_TRY(open_sink(a, err));
    SL_TRY(decides_together(a) ? apply_together(a, err)
                               : each_piece(a, decide_apart, NULL, err));
    SL_TRY(sl_sink_finish(&a->sink, err));
    if (sl_call_option(a->call, "quiet"))
        return SL_OK;
    if (a->apply.detect)
        fprintf(stderr, "sluice: %zu rows, %zu flagged by '%s'\n", a->sink.n, a->flagged,
                a->apply.detect->name);
    else
        fprintf(stderr,
                "sluice: %zu rows; the run has no detect stage, so none is "
                "flagged\n",
                a->sink.n);
    return SL_OK;
}

/* ---- the command -------------------------------------------------------------------------- */

static enum sl_status
stream(struct applying *a, int *exit_status, struct sl_error *err)
{
    size_t rows = 0, bad = 0;

    if (decides_together(a))
        return sl_fail(err, SL_ERR_CONFIG,
                       "module '%s' decides about all rows together, and those of a "
                       "stream come one by one; give a file, or a run with another rule",
                       a->apply.detect->module->entry.name);
    SL_TRY(
        sl_apply_stream(&a->apply, a->explain ? part_names(a) : NULL, &rows, &bad, err));
    if (bad)
        *exit_status = 1;
    return SL_OK;
}

static enum sl_status
check_words(const struct sl_call *call, struct sl_error *err)
{
    bool streams = sl_call_option(call, "stream") != NULL;
    enum sl_sink_format ignored;

    if (streams && call->n == 2)
        return sl_fail(err, SL_ERR_CONFIG,
                       "--stream reads standard input; it goes without '%s'",
                       call->words[1]);
    if (streams && sl_call_option(call, "to"))
        return sl_fail(err, SL_ERR_CONFIG,
                       "--stream writes to standard output; it goes "
                       "without --to");
    if (!streams && call->n == 1)
        return sl_fail(err, SL_ERR_CONFIG,
                       "apply takes a file of rows, or --stream for standard input");
    if (sl_call_option(call, "to"))
        return sl_sink_format_of(sl_call_option(call, "to"), &ignored, err);
    return SL_OK;
}

/* Under whatever name. */
static bool
is_same_file(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* What is read would be gone. */
static enum sl_status
check_target(const struct sl_call *call, const char *run, struct sl_error *err)
{
    const char *to = sl_call_option(call, "to");

    if (to && call->n == 2 && is_same_file(to, call->words[1]))
        return sl_fail(err, SL_ERR_CONFIG, "--to '%s' is the file of rows; name another",
                       to);
    if (to && is_same_file(to, run))
        return sl_fail(err, SL_ERR_CONFIG, "--to '%s' is the run; name another file", to);
    return SL_OK;
}

static enum sl_status
work(struct applying *a, const struct sl_apply_call *what, int *exit_status,
     struct sl_error *err)
{
    SL_TRY(sl_apply_open(&a->apply, what, err));
    a->columns = sl_row_shape_count(&a->apply.shape);
    a->explain = sl_call_option(a->call, "explain") != NULL;
    if (a->explain && !sl_apply_explains_by(&a->apply))
        return sl_fail(err, SL_ERR_CONFIG,
                       "a model of '%s' can't say what a column adds to its score",
                       a->apply.model->module->entry.name);
    if (sl_call_option(a->call, "stream"))
        return stream(a, exit_status, err);
    return apply_file(a, err);
}

/* That of the file that is written, or of the run. */
static struct sl_text
folder_for_rows(const struct sl_call *call, const char *run)
{
    const char *to = sl_call_option(call, "to"), *path = to ? to : run;
    const char *slash = strrchr(path, '/');
    struct sl_text folder = {0};

    sl_text_append_bytes(&folder, slash ? path : "./",
                         slash ? (size_t)(slash - path) + 1 : 2);
    return folder;
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct applying a = {.call = call};
    struct sl_text folder = {0};
    struct sl_apply_call what = {
        .stage = sl_call_option(call, "stage"),
        .registry = call->registry,
        .arena = &a.arena,
        .stop = call->stop,
    };
    enum sl_status status;
    long threads;

    SL_TRY(check_words(call, err));
    SL_TRY(sl_call_number(call, "threads", 1, 1024, (long)sl_pool_default_threads(),
                          &threads, err));
    SL_TRY(sl_linalg_start(err));
    SL_TRY(sl_results_run(call->words[0], call->arena, &what.file, err));
    SL_TRY(check_target(call, what.file, err));
    SL_TRY(sl_pool_new(&what.pool, (unsigned)threads, err));
    folder = folder_for_rows(call, what.file);
    sl_arena_init_in(&a.arena, folder.bytes);
    status = work(&a, &what, exit_status, err);
    sl_reader_close(&a.reader);
    sl_sink_release(&a.sink);
    sl_apply_close(&a.apply);
    sl_pool_free(what.pool);
    sl_arena_release(&a.arena);
    sl_text_release(&folder);
    return status;
}

static const struct sl_option options[] = {
    {"to", "FILE", "write to FILE, which ends in .csv, .npy or .h5", false},
    {"stream", NULL, "rows from standard input, one line out for each, at once", false},
    {"explain", NULL, "what each column adds to the score", false},
    {"array", "NAME", "which array of a file has the rows; by default as loaded", false},
    {"stage", "NAME", "the detect stage that decides, where there are several", false},
    {"threads", "N", "threads to work with; by default the machine's", false},
    {"quiet", NULL, "say nothing about what was done", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_apply = {
    .name = "apply",
    .arguments = "RUN [DATA]",
    .summary = "score new rows, and decide about them",
    .help =
        "RUN is a run.h5, its folder, a results folder with one run, or NAME#3 for the\n"
        "run at point 3 of a sweep. DATA is a file of rows as they were loaded: CSV or\n"
        "TSV, with a header or without, NumPy's .npy or .npz, HDF5, IDX, or a PNG or a\n"
        "folder of them. Rows go in raw: what was fitted is the model's, and nothing is\n"
        "fitted again.\n"
        "\n"
        "One line goes out for each row: its number from 0, score, p-value and whether\n"
        "it is flagged, as CSV on standard output or to FILE. --explain adds what each\n"
        "column contributes: for a reconstruction the column's own error; elsewhere\n"
        "how much lower the score were with the column at its mean over the training\n"
        "rows; that of a column called row, score, p or flagged is contribution_NAME.\n"
        "--stream takes CSV, or JSON lines (an object by columns, or an array),\n"
        "and answers in kind; a row that can't be read is told, and the exit status is\n"
        "1 then.\n",
    .options = options,
    .least = 1,
    .most = 2,
    .run = run,
};
