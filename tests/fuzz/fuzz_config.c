/* SPDX-License-Identifier: MIT */
/*
 * Reads, composes and checks what a fuzzer makes up. An input is a few texts, parted by
 * lines "%%%": the experiment's file, part.yaml and configs/model/part.yaml, which it may
 * use, and the words of the command line, one a line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/command/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTS 4
#define WORDS_MAX 20
static const char separator[] = "\n%%%\n";

struct part {
    const char *bytes;
    size_t count;
};

static void
cut(const char *bytes, size_t count, struct part parts[PARTS])
{
    size_t width = strlen(separator);

    for (size_t i = 0; i < PARTS; i++) {
        const char *end =
            i + 1 < PARTS && count ? memmem(bytes, count, separator, width) : NULL;

        parts[i] = (struct part){bytes, end ? (size_t)(end - bytes) : count};
        count -= end ? parts[i].count + width : count;
        bytes = end ? end + width : bytes;
    }
}

/* A folder of its own, in which every path that an input may use lies. */
static void
enter_folder(void)
{
    static char folder[] = "/tmp/sluice-fuzz-XXXXXX";
    static bool entered;

    if (entered)
        return;
    entered = true;
    unsetenv("SLUICE_CONFIG_PATH");
    if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("configs", 0700) != 0 ||
        mkdir("configs/model", 0700) != 0)
        abort();
}

static void
put_file(const char *path, struct part part)
{
    FILE *file;

    if (part.count == 0 && part.bytes) {
        unlink(path);
        return;
    }
    file = fopen(path, "wb");
    if (!file || fwrite(part.bytes, 1, part.count, file) != part.count ||
        fclose(file) != 0)
        abort();
}

static size_t
split_words(struct sl_arena *arena, struct part part, const char **words)
{
    char *text = sl_arena_copy(arena, part.bytes, part.count), *end;
    size_t n = 0;

    while (*text && n < WORDS_MAX) {
        end = text + strcspn(text, "\n");
        words[n++] = text;
        text = end + (*end != '\0');
        *end = '\0';
    }
    return n;
}

/* What a user would see is made, and not shown. */
static void
tell(struct sl_call *call)
{
    struct sl_text text = {0};

    sl_report_render(call->report, true, &text);
    sl_text_release(&text);
}

static void
check(const struct sl_option *options, struct part words)
{
    const struct sl_command command = {.name = "check", .options = options};
    const char *list[WORDS_MAX + 1] = {"experiment.yaml"};
    struct sl_report report;
    struct sl_arena arena;
    struct sl_error err;
    struct sl_runs runs;
    struct sl_call call = {
        .command = &command,
        .registry = &sl_builtin,
        .program = "sluice",
        .words = list,
        .arena = &arena,
        .report = &report,
        .tell = tell,
    };

    sl_arena_init(&arena);
    sl_report_init(&report, &arena);
    call.n = 1 + split_words(&arena, words, list + 1);
    (void)sl_call_load(&call, &runs, &err);
    sl_arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sl_option options[] = {SL_SWEEP_OPTIONS, SL_OPTION_END};
    struct part parts[PARTS];

    enter_folder();
    cut((const char *)data, size, parts);
    put_file("experiment.yaml", parts[0]);
    put_file("part.yaml", parts[1]);
    put_file("configs/model/part.yaml", parts[2]);
    check(options, parts[3]);
    return 0;
}
