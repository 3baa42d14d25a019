/* SPDX-License-Identifier: MIT */
#include "runner/command/trace.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/publish.h"
#include "runner/base/text.h"

/* Bytes that are written at once. */
#define PIECE ((size_t)1 << 16)

/* A name as JSON, made once: there are few, and as many as a million events have them. */
struct label {
    enum sl_operation operation;
    const char *name, *text;
};

struct writing {
    struct sl_growing file;
    struct sl_text text;
    const struct sl_profile_sum *sum;
    struct sl_arena arena;
    size_t n, capacity;
    struct label *labels;
    struct sl_error error; /* the first that came */
};

static void
append_string(struct sl_text *text, const char *string)
{
    json_t *value = json_string(string);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

    sl_text_append(text, quoted ? quoted : "\"?\"");
    free(quoted);
    json_decref(value);
}

static const char *
quote(struct writing *w, const struct sl_profile_event *event)
{
    const char *word = sl_operation_word(event->operation);
    struct sl_text quoted = {0};
    const char *text;

    append_string(&quoted, strcmp(word, event->name) == 0
                               ? word
                               : sl_arena_format(&w->arena, "%s %s", word, event->name));
    text = sl_arena_string(&w->arena, quoted.bytes);
    sl_text_release(&quoted);
    return text;
}

static const char *
label_of(struct writing *w, const struct sl_profile_event *event)
{
    struct label *label = w->labels;

    while (label < w->labels + w->n &&
           (label->name != event->name || label->operation != event->operation))
        label++;
    if (label < w->labels + w->n)
        return label->text;
    if (w->n == w->capacity) {
        w->capacity = w->capacity ? 2 * w->capacity : 64;
        label = realloc(w->labels, w->capacity * sizeof *label);
        if (!label)
            sl_memory_exhausted();
        w->labels = label;
    }
    label = &w->labels[w->n++];
    *label = (struct label){event->operation, event->name, quote(w, event)};
    return label->text;
}

static void
flush(struct writing *w)
{
    if (w->error.status == SL_OK && w->text.count > 0)
        (void)sl_growing_write(&w->file, w->text.bytes, w->text.count, &w->error);
    sl_text_clear(&w->text);
}

static void
append_thread(struct writing *w, size_t thread, const char *name)
{
    sl_text_format(&w->text,
                   ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%zu,\"name\":\"thread_name\","
                   "\"args\":{\"name\":\"%s %zu\"}}",
                   thread, name, thread);
    sl_text_format(
        &w->text,
        ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%zu,\"name\":\"thread_sort_index\","
        "\"args\":{\"sort_index\":%zu}}",
        thread, thread);
}

static void
append_resident(struct writing *w, const struct sl_profile_event *event)
{
    sl_text_format(&w->text,
                   ",\n{\"ph\":\"C\",\"pid\":1,\"name\":\"resident MiB\",\"ts\":%" PRIu64
                   ".%03u,\"args\":{\"MiB\":%.1f}}",
                   event->start / 1000, (unsigned)(event->start % 1000),
                   event->bytes / 1048576);
}

static void
append_step(struct writing *w, const struct sl_profile_step *step)
{
    append_string(&w->text, step->name);
    sl_text_format(&w->text,
                   ",\"args\":{\"state\":\"%s\",\"flops\":%.0f,\"bytes\":%.0f,"
                   "\"peak_bytes\":%zu}}",
                   step->state ? step->state : "?", step->flops, step->bytes, step->peak);
}

/* In few calls: there may be a million of them. */
static void
append_span(struct writing *w, size_t thread, const struct sl_profile_event *event)
{
    sl_text_format(&w->text,
                   ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%zu,\"ts\":%" PRIu64 ".%03u,"
                   "\"dur\":%" PRIu64 ".%03u,\"cat\":\"%s\",\"name\":",
                   thread, event->start / 1000, (unsigned)(event->start % 1000),
                   event->ns / 1000, (unsigned)(event->ns % 1000),
                   sl_operation_word(event->operation));
    if (event->operation == SL_OPERATION_STEP && event->step) {
        append_step(w, &w->sum->step[event->step - 1]);
        return;
    }
    sl_text_append(&w->text, label_of(w, event));
    sl_text_format(&w->text,
                   ",\"args\":{\"flops\":%" PRIu64 ",\"bytes\":%" PRIu64
                   ",\"rows\":%" PRIu32 "}}",
                   (uint64_t)event->flops, (uint64_t)event->bytes, event->rows);
}

static void
append(void *context, size_t thread, const char *name,
       const struct sl_profile_event *event)
{
    struct writing *w = context;

    if (!event)
        append_thread(w, thread, name);
    else if (event->operation == SL_OPERATIONS)
        append_resident(w, event);
    else
        append_span(w, thread, event);
    if (w->text.count >= PIECE)
        flush(w);
}

enum sl_status
sl_trace_write(const struct sl_profile *profile, const struct sl_profile_sum *sum,
               const char *path, const char *title, struct sl_error *err)
{
    struct writing w = {.sum = sum};

    SL_TRY(sl_growing_open(&w.file, path, err));
    sl_arena_init(&w.arena);
    sl_text_append(&w.text, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
                            "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\","
                            "\"args\":{\"name\":");
    append_string(&w.text, title);
    sl_text_append(&w.text, "}}");
    sl_profile_visit(profile, append, &w);
    sl_text_append(&w.text, "\n]}\n");
    flush(&w);
    if (w.error.status == SL_OK)
        (void)sl_growing_commit(&w.file, path, &w.error);
    sl_growing_release(&w.file);
    sl_text_release(&w.text);
    sl_arena_release(&w.arena);
    free(w.labels);
    if (w.error.status)
        *err = w.error;
    return w.error.status;
}
