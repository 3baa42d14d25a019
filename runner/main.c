/* SPDX-License-Identifier: MIT */
/* The table of subcommands, and the only place that prints errors and exits. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/command/command.h"
#include "runner/command/output.h"
#include "runner/pipeline/outside.h"

static const struct sl_command *const commands[] = {
    &sl_command_run,
    &sl_command_check,
    &sl_command_show,
    &sl_command_plot,
    &sl_command_data,
    &sl_command_describe,
    &sl_command_plan,
    &sl_command_cache,
    &sl_command_list,
    &sl_command_best,
    &sl_command_compare,
    &sl_command_schema,
    &sl_command_resolve,
    &sl_command_explain,
    &sl_command_new,
    &sl_command_new_module,
    &sl_command_completion,
    &sl_command_complete,
    &sl_command_man,
    &sl_command_apply,
    &sl_command_verify,
    &sl_command_export,
    NULL,
};
#define COMMANDS (sizeof commands / sizeof *commands - 1)

/* The signal that asked to stop. */
static atomic_int stop_signal;

/*
 * OpenBLAS starts its threads when it is loaded, which then spin beside ours for some 25 ms
 * of every start. In a program that holds it, constructors of one priority run in the order
 * of the objects, and this is the first; a shared one has read the variable before.
 */
__attribute__((constructor(101))) static void
forbid_blas_threads(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

static void
on_signal(int number)
{
    if (atomic_exchange(&stop_signal, number) != 0)
        _exit(128 + number); /* the second one ends at once */
}

static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN; /* a closed pipe is an error of write */
    sigaction(SIGPIPE, &action, NULL);
    /* who is started with it ignored does not hear of its children's ends */
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, NULL);
}

static void
print_usage(FILE *out)
{
    fputs("sluice runs machine-learning experiments from YAML files.\n\n"
          "usage: sluice COMMAND [ARGUMENT]...\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        if (!commands[i]->hidden)
            fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'sluice COMMAND --help' says more; 'sluice --version' the version.\n", out);
}

static void
print_help(const struct sl_command *command)
{
    printf("usage: sluice %s %s\n\n%s\n", command->name, command->arguments,
           command->summary);
    if (command->options[0].name)
        puts("");
    for (const struct sl_option *o = command->options; o->name; o++)
        printf("  --%s%s%-*s %s\n", o->name, o->argument ? " " : "",
               (int)(18 - strlen(o->name) - (o->argument ? 1 : 0)),
               o->argument ? o->argument : "", o->help);
    if (command->help)
        printf("\n%s", command->help);
}

static void
tell_events(struct sl_report *report)
{
    static const char *const words[] = {"note", "warning", "error"};
    const struct sl_problem **sorted = sl_report_sorted(report);

    for (size_t i = 0; i < report->n; i++)
        sl_event_tell(words[sorted[i]->severity], &sorted[i]->mark, sorted[i]->text);
}

static void
tell(struct sl_call *call)
{
    struct sl_text text = {0};

    const char *plain = getenv("NO_COLOR");

    if (call->events)
        tell_events(call->report);
    else if (call->report->n)
        sl_report_render(call->report, isatty(STDERR_FILENO) && !(plain && *plain),
                         &text);
    if (text.bytes)
        fputs(text.bytes, stderr);
    sl_text_release(&text);
    call->report->n = 0;
}

static void
print_error(const struct sl_error *err, bool as_event)
{
    if (as_event)
        sl_event_tell("error", &err->mark, err->text);
    else if (err->mark.line)
        sl_report_line(stderr, "%s:%u:%u: error: %s", err->mark.file, err->mark.line,
                       err->mark.column, err->text);
    else
        sl_report_line(stderr, "sluice: %s", err->text);
}

static int
exit_status_of(enum sl_status status)
{
    switch (status) {
    case SL_OK:
        return 0;
    case SL_ERR_CONFIG:
    case SL_ERR_SHAPE:
        return 2;
    case SL_ERR_IO:
        return 3;
    case SL_ERR_CANCELLED:
        return 128 + atomic_load(&stop_signal);
    case SL_ERR_NUMERIC:
    case SL_ERR_MEMORY:
        return 1;
    }
    return 1;
}

/* Where nobody reads on, it ends as one that SIGPIPE ends. */
static int
end_with(enum sl_status status, const struct sl_error *err, bool as_event)
{
    if (status == SL_ERR_CANCELLED && atomic_load(&stop_signal) == 0)
        return 128 + SIGPIPE;
    print_error(err, as_event);
    return exit_status_of(status);
}

/* What was found wrong goes before how much of it was read. */
static int
end_printing(int exit_status, bool as_event)
{
    struct sl_error err;
    enum sl_status status = sl_output_flush(&err);

    if (status == SL_OK || (status == SL_ERR_CANCELLED && exit_status))
        return exit_status;
    return end_with(status, &err, as_event);
}

/* ---- the command line --------------------------------------------------------------- */

/* The row of an option, "NAME" or "NAME=VALUE"; -1 if the command has none such. */
static int
find_option(const struct sl_command *command, const char *word)
{
    size_t n = strcspn(word, "=");

    for (int i = 0; command->options[i].name; i++)
        if (strlen(command->options[i].name) == n &&
            strncmp(command->options[i].name, word, n) == 0)
            return i;
    return -1;
}

static enum sl_status
unknown_option(const struct sl_command *command, const char *word, struct sl_error *err)
{
    const char *names[SL_OPTIONS_MAX];
    size_t n = 0;

    for (; command->options[n].name; n++)
        names[n] = command->options[n].name;
    const char *near = sl_nearest(word, names, n);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG,
                       "'sluice %s' has no option '--%s'; did you mean '--%s'?",
                       command->name, word, near);
    return sl_fail(err, SL_ERR_CONFIG,
                   "'sluice %s' has no option '--%s'; 'sluice %s --help' lists them",
                   command->name, word, command->name);
}

/* One option at argv[*i]; *i moves on to its value where that is a word of its own. */
static enum sl_status
take_option(struct sl_call *call, char **argv, int argc, int *i, struct sl_error *err)
{
    const char *word = argv[*i] + 2;
    const char *equals = strchr(word, '=');
    int row = find_option(call->command, word);

    if (row < 0)
        return unknown_option(call->command, word, err);
    const struct sl_option *option = &call->command->options[row];
    if (!option->argument && equals)
        return sl_fail(err, SL_ERR_CONFIG, "--%s takes no value", option->name);
    const char *value = !option->argument ? "" : equals ? equals + 1 : NULL;
    if (!value && *i + 1 < argc)
        value = argv[++*i];
    if (!value)
        return sl_fail(err, SL_ERR_CONFIG, "--%s needs its %s", option->name,
                       option->argument);
    if (option->many && call->values[row])
        value = sl_arena_format(call->arena, "%s\n%s", call->values[row], value);
    call->values[row] = value;
    return SL_OK;
}

static enum sl_status
take_words(struct sl_call *call, char **argv, int argc, struct sl_error *err)
{
    const char **words = sl_arena_alloc(call->arena, (size_t)argc * sizeof *words);
    bool only_words = false;

    call->words = words;
    for (int i = 2; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (!only_words && strncmp(argv[i], "--", 2) == 0)
            SL_TRY(take_option(call, argv, argc, &i, err));
        else
            words[call->n++] = argv[i];
    }
    if (call->n < call->command->least)
        return sl_fail(err, SL_ERR_CONFIG, "usage: sluice %s %s", call->command->name,
                       call->command->arguments);
    if (call->n > call->command->most)
        return sl_fail(
            err, SL_ERR_CONFIG, "'%s' is one word too many; usage: sluice %s %s",
            words[call->command->most], call->command->name, call->command->arguments);
    return SL_OK;
}

static bool
asks_for_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int
run_command(const struct sl_command *command, int argc, char **argv)
{
    struct sl_arena arena;
    struct sl_report report;
    struct sl_error err = {0};
    struct sl_outside outside;
    struct sl_call call = {
        .command = command,
        .commands = commands,
        .registry = &outside.registry,
        .outside = &outside,
        .program = argv[0],
        .arena = &arena,
        .report = &report,
        .tell = tell,
        .stop = &stop_signal,
    };
    enum sl_status status;
    int exit_status = 0;

    sl_arena_init(&arena);
    sl_report_init(&report, &arena);
    sl_outside_init(&outside, &sl_builtin, argv[0], &arena);
    status = take_words(&call, argv, argc, &err);
    if (status == SL_OK)
        status = sl_call_modules(&call, &err);
    if (status == SL_OK)
        status = command->run(&call, &exit_status, &err);
    tell(&call);
    exit_status = status ? end_with(status, &err, call.events)
                         : end_printing(exit_status, call.events);
    sl_arena_release(&arena);
    return exit_status;
}

int
main(int argc, char **argv)
{
    const char *names[COMMANDS];
    size_t shown = 0;

    catch_signals();
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return end_printing(0, false);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("sluice " SL_VERSION);
        return end_printing(0, false);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!commands[i]->hidden)
            names[shown++] = commands[i]->name;
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        if (asks_for_help(argc, argv)) {
            print_help(commands[i]);
            return end_printing(0, false);
        }
        return run_command(commands[i], argc, argv);
    }
    const char *near = sl_nearest(argv[1], names, shown);
    if (near)
        sl_report_line(stderr, "sluice: no command '%s'; did you mean '%s'?", argv[1],
                       near);
    else
        sl_report_line(stderr, "sluice: no command '%s'; 'sluice --help' lists them",
                       argv[1]);
    return 2;
}
