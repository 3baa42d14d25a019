/* SPDX-License-Identifier: MIT */
/* Pages of the program and of its commands. */
#include <ctype.h>
#include <string.h>

#include "runner/command/man.h"
#include "runner/command/roff.h"

struct row {
    const char *name, *help;
};

static const struct row statuses[] = {
    {"0", "Done."},
    {"1", "Some run failed, or its results can't be written."},
    {"2", "The command line or a configuration is wrong; nothing was run."},
    {"3", "A file can't be read or written; nothing was run."},
    {"130, 143",
     "Interrupted by SIGINT or SIGTERM; the same command goes on where it was."},
};

static const struct row variables[] = {
    {"SLUICE_DATA_DIR",
     "A folder with one folder for each data set, looked at before any other source."},
    {"SLUICE_CONFIG_PATH",
     "Folders of configurations, with : between them, sought before the installed ones."},
    {"SLUICE_MODULE_PATH", "Folders of modules from outside, with : between them."},
    {"SLUICE_PLOT_PATH", "Folders of figures, with : between them, sought first."},
    {"SLUICE_CACHE",
     "The cache, where --cache does not say it; by default .sluice/cache."},
    {"SLUICE_CACHE_LIMIT", "How large the cache may be, in GiB; by default 50."},
    {"NO_COLOR", "If set, messages have no colours."},
};

static void
add_rows(struct sl_text *out, const char *title, const struct row *rows, size_t n)
{
    sl_roff_section(out, title);
    for (size_t i = 0; i < n; i++) {
        sl_roff_entry(out, rows[i].name, NULL);
        sl_roff_text(out, rows[i].help);
    }
}

/* "SLUICE-RUN" of "run", "SLUICE" of NULL. */
static const char *
page_name(const struct sl_call *call, const char *command, bool capitals)
{
    char *name = command ? sl_arena_format(call->arena, "sluice-%s", command)
                         : sl_arena_string(call->arena, "sluice");

    for (char *c = name; capitals && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

static void
add_name(struct sl_text *out, const char *name, const char *summary)
{
    sl_roff_section(out, "NAME");
    sl_roff_text(out, name);
    sl_text_append(out, "\\- ");
    sl_roff_text(out, summary);
}

/* The pages that are no command's own. */
static void
add_see_also(struct sl_text *out, const char *others)
{
    sl_roff_section(out, "SEE ALSO");
    sl_text_format(out, "%s\n", others);
}

static void
add_options(struct sl_text *out, const struct sl_call *call,
            const struct sl_command *command)
{
    if (!command->options[0].name)
        return;
    sl_roff_section(out, "OPTIONS");
    for (const struct sl_option *o = command->options; o->name; o++) {
        sl_roff_entry(out, sl_arena_format(call->arena, "--%s", o->name), o->argument);
        sl_roff_text(out,
                     o->many ? sl_arena_format(call->arena,
                                               "%s (may be given several times)", o->help)
                             : o->help);
    }
}

void
sl_man_command(const struct sl_call *call, const struct sl_command *command,
               struct sl_text *out)
{
    sl_roff_head(out, page_name(call, command->name, true), 1);
    add_name(out, page_name(call, command->name, false), command->summary);
    sl_roff_section(out, "SYNOPSIS");
    sl_roff_usage(out, sl_arena_format(call->arena, "sluice %s", command->name),
                  command->arguments);
    if (command->help) {
        sl_roff_section(out, "DESCRIPTION");
        sl_roff_text(out, command->help);
    }
    add_options(out, call, command);
    add_see_also(out, ".BR sluice (1),\n.BR sluice\\-experiment (5)");
}

void
sl_man_program(const struct sl_call *call, struct sl_text *out)
{
    sl_roff_head(out, page_name(call, NULL, true), 1);
    add_name(out, "sluice", "run machine-learning experiments from YAML files");
    sl_roff_section(out, "SYNOPSIS");
    sl_roff_usage(out, "sluice", "COMMAND [ARGUMENT]...");
    sl_roff_section(out, "DESCRIPTION");
    sl_roff_text(
        out, "A file names the data and their splits, the architecture and the\n"
             "hyperparameters; sluice trains the model, calibrates a threshold, detects\n"
             "anomalies or draws samples, and leaves the numbers, an HDF5 file and "
             "figures.\n"
             "The same file gives the same bytes, and what was computed is not computed\n"
             "again.");
    sl_roff_section(out, "COMMANDS");
    for (const struct sl_command *const *at = call->commands; *at; at++) {
        if ((*at)->hidden)
            continue;
        sl_roff_entry(out, (*at)->name, (*at)->arguments[0] ? (*at)->arguments : NULL);
        sl_roff_text(out, (*at)->summary);
    }
    sl_roff_text(out, "\nEach has a page of its own, such as sluice-run(1), and tells of "
                      "itself with\n--help.");
    add_rows(out, "EXIT STATUS", statuses, sizeof statuses / sizeof *statuses);
    add_rows(out, "ENVIRONMENT", variables, sizeof variables / sizeof *variables);
    add_see_also(out, ".BR sluice\\-run (1),\n.BR sluice\\-experiment (5)");
}
