/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_COMMAND_H
#define SL_COMMAND_COMMAND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/config/report.h"
#include "runner/config/table.h"

/*
 * A subcommand is a row in main.c's table: its options as data, so that --help, parsing
 * and completion agree, and one function. Results go to standard output; errors, warnings
 * and progress to standard error.
 */
struct sl_option {
    const char *name;     /* without the dashes */
    const char *argument; /* what --help calls its value; NULL: a switch */
    const char *help;
    bool many; /* may be given several times; its values are joined by line breaks */
};
#define SL_OPTION_END                                                                    \
    {                                                                                    \
        NULL, NULL, NULL, false                                                          \
    }
#define SL_OPTIONS_MAX 16

/* The row of a command that reads configurations: modules from outside, loaded before it
 * runs. */
#define SL_MODULE_OPTION                                                                 \
    {                                                                                    \
        "module", "FILE.so", "load a module from outside; several may be given", true    \
    }

struct sl_outside;

/* One call of a subcommand. */
struct sl_call {
    const struct sl_command *command;
    const struct sl_command *const *commands; /* all there are, NULL-terminated */
    const struct sl_registry *registry;
    struct sl_outside *outside; /* what registry is part of: objects may be added; NULL:
                                   `modules:` is left alone */
    const char *program;        /* argv[0] */
    size_t n;
    const char *const *words;           /* what is no option, in order */
    const char *values[SL_OPTIONS_MAX]; /* by the options' rows; "" for a switch */
    struct sl_arena *arena;
    struct sl_report *report;           /* told on the way out, at the latest */
    void (*tell)(struct sl_call *call); /* prints what is in the report, once */
    bool events;                        /* what is told is JSON, one object a line */
    const atomic_int *stop;             /* the signal that asks to stop, or 0 */
    struct sl_profile *profile;         /* NULL: nobody asks */
};

struct sl_command {
    const char *name, *arguments, *summary;
    const char *help; /* what --help says below the options; NULL: nothing */
    bool hidden;      /* for programs: no list of commands has it */
    const struct sl_option *options;
    size_t least, most; /* how many words it takes */
    /* *exit_status is 0 unless the command sets it. An error's status decides otherwise:
     * 2 for configuration and shape, 3 for files, 130/143 for a signal, 1 for the rest. */
    enum sl_status (*run)(struct sl_call *call, int *exit_status, struct sl_error *err);
};

/* Whether the command has an option of that name. */
bool sl_call_takes(const struct sl_call *call, const char *name);
/* Loads what --module names, where the command has that option. */
enum sl_status sl_call_modules(struct sl_call *call, struct sl_error *err);
/* The same for what stands on the search path, for commands that tell what there is;
 * objects that can't be loaded are told as warnings. */
void sl_call_modules_all(struct sl_call *call);

/* The value of an option, NULL if it was not given. name must be in the command's table. */
const char *sl_call_option(const struct sl_call *call, const char *name);
/* A whole number in low..high; fallback if the option was not given. */
enum sl_status sl_call_number(const struct sl_call *call, const char *name, long low,
                              long high, long fallback, long *value,
                              struct sl_error *err);

/* An event on standard error as JSON; a place that has no line is left out. */
void sl_event_tell(const char *event, const struct sl_mark *mark, const char *text);
/* A sentence on standard error, in the form that the call's events have. */
void sl_call_note(const struct sl_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* SL_ERR_CONFIG where both --json and --csv were given. */
enum sl_status sl_call_format(const struct sl_call *call, struct sl_error *err);

extern const struct sl_command sl_command_run, sl_command_check, sl_command_show,
    sl_command_plot, sl_command_describe, sl_command_data, sl_command_plan,
    sl_command_cache, sl_command_list, sl_command_best, sl_command_compare,
    sl_command_schema, sl_command_resolve, sl_command_explain, sl_command_new,
    sl_command_new_module, sl_command_completion, sl_command_complete, sl_command_man,
    sl_command_apply, sl_command_verify, sl_command_export;

#endif
