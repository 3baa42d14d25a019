/* SPDX-License-Identifier: MIT */
/* sluice check FILE...: reads configurations as `run` would, and no data. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/load.h"
#include "runner/command/output.h"

/* The words that are overrides go to every file. The first is a file, whatever it looks
 * like; others are if they end in .yaml or exist. */
struct words {
    size_t files, overrides;
    const char **file, **override;
};

static bool
is_file(const char *word)
{
    size_t n = strlen(word);

    if (strchr(word, '=') || *word == '~')
        return false;
    return (n > 5 && strcmp(word + n - 5, ".yaml") == 0) || access(word, F_OK) == 0;
}

static struct words
sort_words(const struct sl_call *call)
{
    struct words words = {0};

    words.file = sl_arena_alloc(call->arena, call->n * sizeof *words.file);
    words.override = sl_arena_alloc(call->arena, call->n * sizeof *words.override);
    for (size_t i = 0; i < call->n; i++) {
        const char *word = call->words[i];

        if (i > 0 && !is_file(word))
            words.override[words.overrides++] = word;
        else
            words.file[words.files++] = word;
    }
    return words;
}

static void
say_ok(const char *path, const struct sl_runs *runs)
{
    size_t stages = runs->at[0].experiment->n;

    printf("%s: ok, %zu stage%s", path, stages, stages == 1 ? "" : "s");
    if (runs->swept)
        printf(", %zu points, %zu runs", runs->sweep.n, runs->n);
    putchar('\n');
}

/* A file that can't be read doesn't keep the others from being checked. */
static enum sl_status
check_file(struct sl_call *call, const struct sl_load *load, struct sl_error *err)
{
    bool quiet = sl_call_option(call, "quiet") || sl_call_option(call, "json");
    size_t errors = call->report->errors;
    struct sl_error problem;
    struct sl_runs runs;

    if (sl_load_read(call, load, &runs, &problem) == SL_ERR_IO) {
        sl_report_add(call->report, SL_ERROR, (struct sl_mark){load->path, 0, 0}, "%s",
                      problem.text);
        *err = problem;
        return SL_ERR_IO;
    }
    if (call->report->errors == errors && !quiet)
        say_ok(load->path, &runs);
    return SL_OK;
}

static void
print_json(struct sl_call *call)
{
    struct sl_text text = {0};

    sl_report_json(call->report, &text);
    fputs(text.bytes, stdout);
    sl_text_release(&text);
    call->report->n = 0; /* it was told */
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct words words = sort_words(call);
    enum sl_status status = SL_OK, written;
    struct sl_error unread, unwritten;

    (void)exit_status;
    for (size_t i = 0; i < words.files; i++) {
        struct sl_load load = {words.file[i], words.overrides, words.override};

        if (check_file(call, &load, &unread))
            status = SL_ERR_IO;
    }
    if (sl_call_option(call, "json"))
        print_json(call);
    written = sl_output_flush(&unwritten); /* before standard error says the rest */
    call->tell(call);
    if (status)
        return sl_fail(err, status, "%zu error%s", call->report->errors,
                       call->report->errors == 1 ? "" : "s");
    SL_TRY(sl_report_status(call->report, err));
    if (written)
        *err = unwritten;
    return written;
}

static const struct sl_option options[] = {
    {"quiet", NULL, "say nothing when all is well", false},
    {"json", NULL, "the problems as JSON, for editors", false},
    SL_SWEEP_OPTIONS,
    SL_OPTION_END,
};

const struct sl_command sl_command_check = {
    .name = "check",
    .arguments = "FILE... [KEY=VALUE]...",
    .summary = "tell every mistake in experiments' files",
    .help =
        "All mistakes of all files are told at once, in the order of their places.\n"
        "--json prints {\"errors\", \"warnings\", \"problems\": [{\"file\", \"line\",\n"
        "\"column\", \"endColumn\", \"severity\", \"message\", \"notes\"}]}.\n",
    .options = options,
    .least = 1,
    .most = 1000,
    .run = run,
};
