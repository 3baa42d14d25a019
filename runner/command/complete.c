/* SPDX-License-Identifier: MIT */
/* sluice __complete: what the shells' scripts ask. */
#include "runner/command/complete.h"

#include <stdio.h>
#include <string.h>

#include "runner/command/modules.h"
#include "runner/command/usage.h"

void
sl_complete_add(const struct sl_completing *c, const char *candidate, const char *help)
{
    size_t lead = strlen(c->lead), n = strlen(c->word);
    const char *whole = sl_arena_format(c->call->arena, "%s%s", c->lead, candidate);

    if (lead + strlen(candidate) >= n && strncmp(whole, c->word, n) == 0)
        printf("%s\t%s\n", whole, help ? help : "");
}

void
sl_complete_tell(const char *what)
{
    printf("\t%s\n", what);
}

/* ---- commands and options ----------------------------------------------------------- */

static void
add_commands(const struct sl_completing *c)
{
    for (const struct sl_command *const *at = c->call->commands; *at; at++)
        if (!(*at)->hidden)
            sl_complete_add(c, (*at)->name, (*at)->summary);
    sl_complete_add(c, "--help", "what there is");
    sl_complete_add(c, "--version", "which one this is");
}

static const struct sl_command *
find_command(const struct sl_call *call, const char *name)
{
    for (const struct sl_command *const *at = call->commands; *at; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

/* The option that a word names, "--out" or "--out=DIR"; NULL if it is none. */
static const struct sl_option *
find_option(const struct sl_command *command, const char *word)
{
    size_t n = strcspn(word, "=");

    if (strncmp(word, "--", 2) != 0)
        return NULL;
    for (const struct sl_option *o = command->options; o->name; o++)
        if (strlen(o->name) == n - 2 && strncmp(o->name, word + 2, n - 2) == 0)
            return o;
    return NULL;
}

static bool
is_given(const struct sl_completing *c, const struct sl_option *option)
{
    for (size_t i = 1; i + 1 < c->call->n; i++)
        if (find_option(c->command, c->call->words[i]) == option)
            return !option->many;
    return false;
}

static void
add_options(const struct sl_completing *c)
{
    for (const struct sl_option *o = c->command->options; o->name; o++)
        if (!is_given(c, o))
            sl_complete_add(c, sl_arena_format(c->call->arena, "--%s", o->name), o->help);
    sl_complete_add(c, "--help", "what the command does");
}

/* ---- the line ----------------------------------------------------------------------- */

/* The words so far: which is a value of an option, which a word of the usage line. */
struct line {
    const struct sl_option *open; /* whose value the last word is */
    bool only_words;              /* behind "--" */
    size_t n;                     /* words of the usage line before the last */
    const char **words;
};

static struct line
read_line(const struct sl_completing *c)
{
    const struct sl_call *call = c->call;
    struct line line = {.words = sl_arena_alloc(call->arena, call->n * sizeof(char *))};

    for (size_t i = 1; i + 1 < call->n; i++) {
        const char *word = call->words[i];
        const struct sl_option *option =
            line.only_words ? NULL : find_option(c->command, word);
        bool value = line.open;

        line.open = NULL;
        if (value)
            continue;
        if (!line.only_words && strcmp(word, "--") == 0)
            line.only_words = true;
        else if (option && option->argument && !strchr(word, '='))
            line.open = option;
        else if (line.only_words || strncmp(word, "--", 2) != 0)
            line.words[line.n++] = word;
    }
    return line;
}

/* The experiment's file among the words, and the overrides behind it. */
static void
find_file(struct sl_completing *c, const struct sl_usage *usage, const struct line *line)
{
    const char **overrides =
        sl_arena_alloc(c->call->arena, (line->n + 1) * sizeof *overrides);

    if (usage->n > 0 && strcmp(usage->words[0].text, "FILE") == 0 && line->n > 0)
        c->file = line->words[0];
    for (size_t i = 1; c->file && i < line->n; i++)
        if (strchr(line->words[i], '=') || *line->words[i] == '~')
            overrides[c->n++] = line->words[i];
    c->overrides = overrides;
}

static void
complete_word(const struct sl_completing *c, const struct sl_usage *usage,
              const struct line *line)
{
    for (size_t i = 0; i < usage->n; i++)
        if (sl_usage_allows(usage, i, line->n))
            sl_complete_kind(c, usage->words[i].text);
}

static void
complete_line(struct sl_completing *c)
{
    struct line line = read_line(c);
    struct sl_usage usage = sl_usage_parse(c->command->arguments, c->call->arena);
    const struct sl_option *option =
        line.only_words ? NULL : find_option(c->command, c->word);
    bool value = option && option->argument && strchr(c->word, '=');

    find_file(c, &usage, &line);
    if (line.open) {
        sl_complete_kind(c, line.open->argument);
    } else if (value) {
        c->lead = sl_arena_copy(c->call->arena, c->word, strcspn(c->word, "=") + 1);
        sl_complete_kind(c, option->argument);
    } else if (!line.only_words && *c->word == '-') {
        add_options(c);
    } else {
        complete_word(c, &usage, &line);
    }
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_completing c = {.call = call, .lead = ""};

    (void)exit_status;
    (void)err;
    /* A key that is pressed runs no code that a file brings: modules are those of
     * $SLUICE_MODULE_PATH, which are the user's own. */
    sl_call_modules_all(call);
    call->report->n = 0;
    call->outside = NULL;
    c.word = call->words[call->n - 1];
    if (call->n == 1) {
        add_commands(&c);
        return SL_OK;
    }
    c.command = find_command(call, call->words[0]);
    if (c.command && !c.command->hidden)
        complete_line(&c);
    return SL_OK;
}

static const struct sl_option options[] = {SL_OPTION_END};

const struct sl_command sl_command_complete = {
    .name = "__complete",
    .arguments = "-- WORD...",
    .summary = "print what may stand at the end of a command line",
    .hidden = true,
    .options = options,
    .least = 1,
    .most = 100000,
    .run = run,
};
