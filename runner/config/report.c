/* SPDX-License-Identifier: MIT */
#include "runner/config/report.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "runner/config/character.h"

void
sl_report_init(struct sl_report *report, struct sl_arena *arena)
{
    *report = (struct sl_report){.arena = arena};
}

void
sl_report_source(struct sl_report *report, const char *name, const char *bytes,
                 size_t count)
{
    struct sl_source **last = &report->sources;

    for (; *last; last = &(*last)->next)
        if (strcmp((*last)->name, name) == 0)
            return;
    *last = SL_NEW(report->arena, struct sl_source);
    **last = (struct sl_source){.name = name, .bytes = bytes, .count = count};
}

static bool
same_place(struct sl_mark a, struct sl_mark b)
{
    if (a.line != b.line || a.column != b.column || !a.file != !b.file)
        return false;
    return a.file == b.file || strcmp(a.file, b.file) == 0;
}

static bool
is_known(const struct sl_report *report, struct sl_mark mark, const char *text)
{
    for (size_t i = 0; i < report->n; i++)
        if (same_place(report->problems[i].mark, mark) &&
            strcmp(report->problems[i].text, text) == 0)
            return true;
    return false;
}

static void
append(struct sl_report *report, struct sl_problem problem)
{
    if (report->n == report->capacity) {
        size_t capacity = report->capacity ? 2 * report->capacity : 16;
        struct sl_problem *more = sl_arena_alloc(report->arena, capacity * sizeof *more);

        if (report->n > 0)
            memcpy(more, report->problems, report->n * sizeof *more);
        report->problems = more;
        report->capacity = capacity;
    }
    report->problems[report->n++] = problem;
}

/* A text that people compare with what they know: letters that only look like those of ASCII
 * become them. Returns the first such letter that stands beside one of ASCII, or 0. */
static uint32_t
fold(const char *text, struct sl_text *folded)
{
    size_t n = strlen(text), step;
    uint32_t c, found = 0;
    bool beside = false;

    for (size_t i = 0; i < n; i += step) {
        step = sl_utf8_decode(text + i, n - i, &c);
        char letter = step > 1 ? sl_character_likeness(c) : 0;

        step += step == 0;
        if (letter && !found &&
            (beside || isalnum((unsigned char)text[i + step]) || text[i + step] == '_'))
            found = c;
        beside = step == 1 && (isalnum((unsigned char)text[i]) || text[i] == '_');
        sl_text_append_bytes(folded, letter ? &letter : text + i, letter ? 1 : step);
    }
    sl_text_append(folded, "");
    return found;
}

/* A message that quotes a word which is not what it looks like says so. */
static void
tell_likeness(struct sl_text *text)
{
    struct sl_text folded = {0};
    uint32_t c = fold(text->bytes, &folded);

    if (c)
        sl_text_format(text, " (U+%04X in it only looks like '%c')", (unsigned)c,
                       sl_character_likeness(c));
    sl_text_release(&folded);
}

bool
sl_report_is_full(const struct sl_report *report)
{
    return report->n >= SL_REPORT_MAX;
}

/* A note is dropped with the problem that it belongs to. */
void
sl_report_vadd(struct sl_report *report, enum sl_severity severity, struct sl_mark mark,
               const char *format, va_list args)
{
    struct sl_text text = {0};

    if (severity == SL_NOTE && report->dropping)
        return;
    if (sl_report_is_full(report)) {
        report->dropping = true;
        report->errors += severity == SL_ERROR;
        report->warnings += severity == SL_WARNING;
        return;
    }
    sl_text_vformat(&text, format, args);
    if (severity == SL_ERROR)
        tell_likeness(&text);
    report->dropping = severity != SL_NOTE && is_known(report, mark, text.bytes);
    if (!report->dropping)
        append(report, (struct sl_problem){
                           .severity = severity,
                           .mark = mark,
                           .text = sl_arena_string(report->arena, text.bytes),
                           .order = report->n,
                       });
    if (!report->dropping) {
        report->errors += severity == SL_ERROR;
        report->warnings += severity == SL_WARNING;
    }
    sl_text_release(&text);
}

void
sl_report_add(struct sl_report *report, enum sl_severity severity, struct sl_mark mark,
              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sl_report_vadd(report, severity, mark, format, args);
    va_end(args);
}

enum sl_status
sl_report_status(const struct sl_report *report, struct sl_error *err)
{
    if (report->errors == 0)
        return SL_OK;
    return sl_fail(err, SL_ERR_CONFIG, "%zu error%s", report->errors,
                   report->errors == 1 ? "" : "s");
}

/* How many edits still count as near: more in longer words. */
static size_t
nearness(const char *word)
{
    size_t n = strlen(word);

    return n < 2 ? 0 : n < 6 ? 1 : n < 9 ? 2 : 3;
}

/* "lr" for "lrate", "batch_size" for "batch". */
static bool
begins(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);

    return n >= 2 && m >= 2 && strncmp(a, b, n < m ? n : m) == 0;
}

/* "two" for "tow": to people that is one slip, not two. */
static bool
is_swapped(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return a[0] && a[1] && a[1] == b[0] && a[0] == b[1] && strcmp(a + 2, b + 2) == 0;
}

static const char *
next_letter(const char *at)
{
    while (*at == '-' || *at == '_')
        at++;
    return at;
}

/* "LeakyReLU" for "leaky-relu": other libraries spell the same names otherwise. */
static bool
is_spelt_otherwise(const char *a, const char *b)
{
    a = next_letter(a);
    b = next_letter(b);
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
        a = next_letter(a + 1);
        b = next_letter(b + 1);
    }
    return *a == *b;
}

/* Letters that both begin with. */
static size_t
common_beginning(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

/* Of two that are as near, the one that begins like the word for longer is meant: "sweep" by
 * "swep", not "step". */
static const char *
nearest(const char *word, const char *const *words, size_t n)
{
    size_t limit = nearness(word), best = limit + 1;
    const char *nearest = NULL;
    size_t alike = 0;

    for (size_t i = 0; i < n; i++) {
        size_t distance = sl_text_distance(word, words[i], limit);
        size_t beginning = common_beginning(word, words[i]);

        if (is_spelt_otherwise(word, words[i]))
            distance = 0;
        else if (distance > 1 && is_swapped(word, words[i]))
            distance = 1;
        if (distance > limit && begins(word, words[i]))
            distance = limit;
        if (distance < best || (distance == best && nearest && beginning > alike)) {
            best = distance;
            alike = beginning;
            nearest = words[i];
        }
    }
    return nearest;
}

const char *
sl_nearest(const char *word, const char *const *words, size_t n)
{
    struct sl_text folded = {0};
    const char *found;

    fold(word, &folded);
    found = nearest(folded.bytes, words, n);
    sl_text_release(&folded);
    return found;
}
