/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/progress.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/config/report.h"

#define ACTIVE_MAX 8
#define NAME_WIDTH 22
#define BAR_WIDTH 24
#define BAR_WIDTH_MIN 4
#define NUMBERS_WIDTH 50 /* "  15 %  21,730 images/s  loss 0.01234  0:12 left" */
#define DRAW_SECONDS 0.1
#define LINE_SECONDS 10.0

struct active {
    char step[64];
    char unit[16];
    double done, total, loss;
    double start; /* when its first progress came, and how far it was then */
    double done_at_start;
    double told; /* when a plain line was last written about it */
};

/* The lock covers all of it. */
struct sl_progress {
    pthread_mutex_t lock;
    enum sl_progress_style style;
    const struct sl_journal *journal; /* or NULL */
    size_t runs, states[SL_RUN_STATES];
    double started;
    char best[200];
    char failure[200]; /* why the last one failed */
    size_t n;
    struct active active[ACTIVE_MAX];
    size_t drawn; /* lines on the screen that belong to the bars */
    double drawn_at;
};

enum sl_progress_style
sl_progress_default(void)
{
    const char *terminal = getenv("TERM");

    if (!isatty(STDERR_FILENO) || !terminal || strcmp(terminal, "dumb") == 0)
        return SL_PROGRESS_LINES;
    return SL_PROGRESS_BAR;
}

struct sl_progress *
sl_progress_new(enum sl_progress_style style, const struct sl_journal *journal)
{
    struct sl_progress *progress = calloc(1, sizeof *progress);

    if (!progress)
        return NULL;
    pthread_mutex_init(&progress->lock, NULL);
    progress->style = style;
    progress->journal = journal;
    progress->runs = 1;
    progress->started = sl_seconds();
    return progress;
}

/* 12345 -> "12,345" */
static void
append_count(struct sl_text *text, double value)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.0f", value);

    for (int i = 0; i < n; i++) {
        sl_text_append_bytes(text, &digits[i], 1);
        if ((n - i - 1) % 3 == 0 && i + 1 < n && digits[i] != '-')
            sl_text_append(text, ",");
    }
}

static void
append_duration(struct sl_text *text, double seconds)
{
    long s = lround(fmax(seconds, 0));

    if (s >= 3600)
        sl_text_format(text, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        sl_text_format(text, "%ld:%02ld", s / 60, s % 60);
}

/* "21,730 images/s  loss 0.0123  0:12 left" */
static void
append_numbers(struct sl_text *text, const struct active *a, double now)
{
    double spent = now - a->start;
    double rate = spent > 0.2 ? (a->done - a->done_at_start) / spent : 0;

    if (rate > 0) {
        append_count(text, rate);
        sl_text_format(text, " %s/s", a->unit);
    }
    if (!isnan(a->loss))
        sl_text_format(text, "  loss %.4g", a->loss);
    if (rate > 0 && a->total > a->done) {
        sl_text_append(text, "  ");
        append_duration(text, (a->total - a->done) / rate);
        sl_text_append(text, " left");
    }
}

/* The columns of the terminal but one, as some wrap a line that fills the last. */
static int
columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return INT_MAX;
    return size.ws_col - 1;
}

/* Shorter where the terminal is narrow, so that the numbers behind it are seen. */
static int
bar_width(void)
{
    int room = columns() - (NAME_WIDTH + 1) - NUMBERS_WIDTH;

    return room > BAR_WIDTH ? BAR_WIDTH : room < BAR_WIDTH_MIN ? BAR_WIDTH_MIN : room;
}

/* A line that wrapped would take two rows, and the bars would no longer be drawn over one
 * another. So what is beyond the last column is left out. */
static void
append_line(struct sl_text *text, const struct sl_text *line)
{
    int room = columns();
    size_t end = 0;

    for (; end < line->count; end++)
        if (((unsigned char)line->bytes[end] & 0xc0) != 0x80 && room-- == 0)
            break;
    sl_text_append(text, "\033[K");
    sl_text_append_bytes(text, line->bytes, end);
    sl_text_append(text, "\n");
}

static void
append_bar(struct sl_text *text, const char *name, double share)
{
    int width = bar_width();
    int full = (int)(share * width);

    sl_text_format(text, "%-*.*s ", NAME_WIDTH, NAME_WIDTH, name);
    for (int i = 0; i < width; i++)
        sl_text_append(text, i < full ? "━" : i == full ? "╸" : "─");
    sl_text_format(text, " %3.0f %%  ", 100 * share);
}

static void
append_active(struct sl_text *text, const struct active *a, double now)
{
    append_bar(text, a->step, a->total > 0 ? fmin(a->done / a->total, 1) : 0);
    append_numbers(text, a, now);
}

/* "118 of 1,000 runs, 3 failed, 12.3 runs/s  1:10 left  best ..." */
static void
append_runs(struct sl_text *text, const struct sl_progress *progress, double now)
{
    const size_t *n = progress->states;
    size_t fresh = n[SL_RUN_DONE] + n[SL_RUN_FAILED];
    size_t over = fresh + n[SL_RUN_RECORDED];
    double rate = (double)fresh / fmax(now - progress->started, 1e-3);

    append_count(text, (double)over);
    sl_text_append(text, " of ");
    append_count(text, (double)progress->runs);
    sl_text_append(text, " runs");
    if (n[SL_RUN_RECORDED])
        sl_text_format(text, ", %zu from before", n[SL_RUN_RECORDED]);
    if (n[SL_RUN_FAILED])
        sl_text_format(text, ", %zu failed", n[SL_RUN_FAILED]);
    if (n[SL_RUN_INTERRUPTED])
        sl_text_format(text, ", %zu interrupted", n[SL_RUN_INTERRUPTED]);
    else if (fresh && over < progress->runs) {
        sl_text_format(text, "  %.3g runs/s  ", rate);
        append_duration(text, (double)(progress->runs - over) / rate);
        sl_text_append(text, " left");
    }
}

static double
share_of_runs(const struct sl_progress *progress)
{
    size_t over = 0;

    for (size_t i = SL_RUN_WAITING + 1; i < SL_RUN_STATES; i++)
        over += progress->states[i];
    return (double)over / (double)progress->runs;
}

/* A line of its own where there is something to say; returns how many that are. */
static size_t
append_note(struct sl_text *text, const char *title, const char *note)
{
    struct sl_text line = {0};

    if (!*note)
        return 0;
    sl_text_format(&line, "%-*s %s", NAME_WIDTH, title, note);
    append_line(text, &line);
    sl_text_release(&line);
    return 1;
}

/* The cursor stands below the bars; before they are drawn anew it goes up to the first, and
 * to the left: a terminal echoes ^C where the cursor is. */
static void
draw(struct sl_progress *progress, double now)
{
    struct sl_text text = {0}, line = {0};
    size_t lines = 0;

    if (progress->drawn)
        sl_text_format(&text, "\r\033[%zuA", progress->drawn);
    if (progress->runs > 1) {
        append_bar(&line, "sweep", share_of_runs(progress));
        append_runs(&line, progress, now);
        append_line(&text, &line);
        lines = 1;
    }
    lines += append_note(&text, "best so far", progress->best);
    lines += append_note(&text, "last failure", progress->failure);
    for (size_t i = 0; i < progress->n; i++) {
        sl_text_clear(&line);
        append_active(&line, &progress->active[i], now);
        append_line(&text, &line);
    }
    sl_text_append(&text, "\033[J");
    fputs(text.bytes, stderr);
    fflush(stderr);
    sl_text_release(&text);
    sl_text_release(&line);
    progress->drawn = lines + progress->n;
    progress->drawn_at = now;
}

/* The bars of a sweep stay on the screen between steps that tell how far they are. */
static void
draw_sometimes(struct sl_progress *progress)
{
    double now = sl_seconds();

    if (progress->style == SL_PROGRESS_BAR && now - progress->drawn_at > DRAW_SECONDS)
        draw(progress, now);
}

static void
erase(struct sl_progress *progress)
{
    if (progress->drawn)
        fprintf(stderr, "\r\033[%zuA\033[J", progress->drawn);
    progress->drawn = 0;
}

static struct active *
find_active(struct sl_progress *progress, const char *step)
{
    for (size_t i = 0; i < progress->n; i++)
        if (strncmp(progress->active[i].step, step,
                    sizeof progress->active[i].step - 1) == 0)
            return &progress->active[i];
    return NULL;
}

static struct active *
add_active(struct sl_progress *progress, const char *step, double done, const char *unit,
           double now)
{
    struct active *a = &progress->active[progress->n];

    if (progress->n == ACTIVE_MAX)
        return NULL;
    progress->n++;
    *a = (struct active){.start = now, .done_at_start = done, .told = now};
    snprintf(a->step, sizeof a->step, "%s", step);
    snprintf(a->unit, sizeof a->unit, "%s", unit);
    return a;
}

static void
tell_line(struct active *a, double now)
{
    struct sl_text text = {0};

    sl_text_format(&text, "%-*s %3.0f %%  ", NAME_WIDTH, a->step,
                   100 * a->done / a->total);
    append_numbers(&text, a, now);
    fprintf(stderr, "%s\n", text.bytes);
    sl_text_release(&text);
    a->told = now;
}

void
sl_progress_tell(struct sl_progress *progress, const char *step, double done,
                 double total, const char *unit, double loss)
{
    double now;

    /* Whoever finds it busy has nothing to say that the next batch won't say again. */
    if (progress->style == SL_PROGRESS_QUIET ||
        pthread_mutex_trylock(&progress->lock) != 0)
        return;
    now = sl_seconds();
    struct active *a = find_active(progress, step);
    if (!a)
        a = add_active(progress, step, done, unit, now);
    if (a) {
        a->done = done;
        a->total = total;
        a->loss = loss;
    }
    if (progress->style == SL_PROGRESS_BAR && now - progress->drawn_at > DRAW_SECONDS)
        draw(progress, now);
    if (progress->style == SL_PROGRESS_LINES && a && now - a->told > LINE_SECONDS)
        tell_line(a, now);
    pthread_mutex_unlock(&progress->lock);
}

static void
remove_active(struct sl_progress *progress, const char *step)
{
    struct active *a = find_active(progress, step);

    if (a)
        *a = progress->active[--progress->n];
}

/* A step of a single run has a line that stays. */
static void
tell_step(struct sl_progress *progress, const char *step, const char *what,
          double seconds)
{
    erase(progress);
    fprintf(stderr, "%-*s %s", NAME_WIDTH, step, what);
    if (seconds >= 0.05)
        fprintf(stderr, "  %.1f s", seconds);
    fputc('\n', stderr);
    if (progress->style == SL_PROGRESS_BAR && progress->n)
        draw(progress, sl_seconds());
}

void
sl_progress_event(struct sl_progress *progress, const char *step, const char *what,
                  double seconds)
{
    if (progress->style == SL_PROGRESS_QUIET)
        return;
    pthread_mutex_lock(&progress->lock);
    remove_active(progress, step);
    if (progress->runs == 1)
        tell_step(progress, step, what, seconds);
    else
        draw_sometimes(progress);
    pthread_mutex_unlock(&progress->lock);
}

const char *
sl_run_state_word(enum sl_run_state state)
{
    static const char *const words[] = {"waiting", "recorded", "done", "failed",
                                        "interrupted"};
    return words[state];
}

void
sl_progress_runs(struct sl_progress *progress, size_t runs)
{
    pthread_mutex_lock(&progress->lock);
    progress->runs = runs;
    if (runs > 1)
        draw_sometimes(progress);
    pthread_mutex_unlock(&progress->lock);
}

void
sl_progress_best(struct sl_progress *progress, const char *text)
{
    pthread_mutex_lock(&progress->lock);
    snprintf(progress->best, sizeof progress->best, "%s", text);
    pthread_mutex_unlock(&progress->lock);
}

static void
keep_failure(struct sl_progress *progress, const char *reason)
{
    struct sl_text shown = {0};

    sl_report_show(reason, &shown);
    snprintf(progress->failure, sizeof progress->failure, "%s",
             shown.bytes ? shown.bytes : "");
    sl_text_release(&shown);
}

/* Of many runs each has a line, but on a terminal, where the last reason of a failure stands
 * below the bar. All reasons are in the list at the end. */
void
sl_progress_run(struct sl_progress *progress, const char *run, enum sl_run_state state,
                const char *reason)
{
    if (progress->style == SL_PROGRESS_QUIET)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->states[state]++;
    if (progress->runs > 1 && state == SL_RUN_FAILED && reason)
        keep_failure(progress, reason);
    if (progress->runs > 1 && state != SL_RUN_RECORDED &&
        progress->style == SL_PROGRESS_LINES)
        fprintf(stderr, "%s %s\n", run, sl_run_state_word(state));
    if (progress->runs > 1)
        draw_sometimes(progress);
    pthread_mutex_unlock(&progress->lock);
}

void
sl_progress_note(struct sl_progress *progress, const char *text)
{
    if (progress->journal)
        sl_journal_write(progress->journal, "note", "s:s", "text", text);
    if (progress->style == SL_PROGRESS_QUIET)
        return;
    pthread_mutex_lock(&progress->lock);
    erase(progress);
    sl_report_line(stderr, "%s", text);
    if (progress->runs > 1 && progress->style == SL_PROGRESS_BAR)
        draw(progress, sl_seconds());
    pthread_mutex_unlock(&progress->lock);
}

void
sl_progress_free(struct sl_progress *progress)
{
    if (!progress)
        return;
    erase(progress);
    if (progress->runs > 1 && progress->style != SL_PROGRESS_QUIET) {
        struct sl_text text = {0};
        append_runs(&text, progress, sl_seconds());
        if (progress->best[0])
            sl_text_format(&text, "\nbest: %s", progress->best);
        fprintf(stderr, "%s\n", text.bytes);
        sl_text_release(&text);
    }
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
