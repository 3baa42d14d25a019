/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/progress.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/text.h"

#define ACTIVE_MAX 8
#define NAME_WIDTH 22
#define BAR_WIDTH 24
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
    size_t n;
    struct active active[ACTIVE_MAX];
    size_t drawn; /* lines on the screen that belong to the bars */
    double drawn_at;
};

static double
now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum sl_progress_style
sl_progress_default(void)
{
    const char *terminal = getenv("TERM");

    if (!isatty(STDERR_FILENO) || !terminal || strcmp(terminal, "dumb") == 0)
        return SL_PROGRESS_LINES;
    return SL_PROGRESS_BAR;
}

struct sl_progress *
sl_progress_new(enum sl_progress_style style)
{
    struct sl_progress *progress = calloc(1, sizeof *progress);

    if (!progress)
        return NULL;
    pthread_mutex_init(&progress->lock, NULL);
    progress->style = style;
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

static void
append_bar(struct sl_text *text, const struct active *a, double now)
{
    double share = a->total > 0 ? fmin(a->done / a->total, 1) : 0;
    int full = (int)(share * BAR_WIDTH);

    sl_text_format(text, "\033[K%-*.*s ", NAME_WIDTH, NAME_WIDTH, a->step);
    for (int i = 0; i < BAR_WIDTH; i++)
        sl_text_append(text, i < full ? "━" : i == full ? "╸" : "─");
    sl_text_format(text, " %3.0f %%  ", 100 * share);
    append_numbers(text, a, now);
    sl_text_append(text, "\n");
}

/* The cursor stands below the bars; before they are drawn anew it goes up to the first. */
static void
draw(struct sl_progress *progress, double now)
{
    struct sl_text text = {0};

    if (progress->drawn)
        sl_text_format(&text, "\033[%zuA", progress->drawn);
    for (size_t i = 0; i < progress->n; i++)
        append_bar(&text, &progress->active[i], now);
    sl_text_append(&text, "\033[J");
    fputs(text.bytes, stderr);
    fflush(stderr);
    sl_text_release(&text);
    progress->drawn = progress->n;
    progress->drawn_at = now;
}

static void
erase(struct sl_progress *progress)
{
    if (progress->drawn)
        fprintf(stderr, "\033[%zuA\033[J", progress->drawn);
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
    now = now_seconds();
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

void
sl_progress_event(struct sl_progress *progress, const char *step, const char *what,
                  double seconds)
{
    if (progress->style == SL_PROGRESS_QUIET)
        return;
    pthread_mutex_lock(&progress->lock);
    erase(progress);
    remove_active(progress, step);
    fprintf(stderr, "%-*s %s", NAME_WIDTH, step, what);
    if (seconds >= 0.05)
        fprintf(stderr, "  %.1f s", seconds);
    fputc('\n', stderr);
    if (progress->style == SL_PROGRESS_BAR && progress->n)
        draw(progress, now_seconds());
    pthread_mutex_unlock(&progress->lock);
}

void
sl_progress_note(struct sl_progress *progress, const char *text)
{
    if (progress->style == SL_PROGRESS_QUIET)
        return;
    pthread_mutex_lock(&progress->lock);
    erase(progress);
    fprintf(stderr, "%s\n", text);
    pthread_mutex_unlock(&progress->lock);
}

void
sl_progress_free(struct sl_progress *progress)
{
    if (!progress)
        return;
    erase(progress);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
