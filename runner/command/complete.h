/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_COMPLETE_H
#define SL_COMMAND_COMPLETE_H

#include "runner/command/command.h"

/*
 * What may stand at the end of a command line that is being written. The shells' scripts
 * (sluice completion) call `sluice __complete -- WORD...` with the words behind "sluice", the
 * last of them as far as it is written, and take from standard output one candidate a line,
 * a tab, and its help. Lines that begin with a tab are for the script:
 *
 *     <tab>files, <tab>folders     names of files or folders, too
 *     <tab>open                    what is chosen is not the end of the word
 *     <tab>unknown                 nobody has said what stands here; ignored
 *
 * A candidate that ends in one of . = / , is never the end of a word. Nothing is an error:
 * where nothing is known, nothing is said.
 */
struct sl_completing {
    struct sl_call *call;
    const struct sl_command *command; /* that is being written */
    const char *word;                 /* as far as it is written */
    const char *lead;                 /* what candidates begin with beside themselves */
    const char *file;                 /* FILE of the command line, or NULL */
    size_t n;
    const char *const *overrides; /* KEY=VALUE words before this one */
};

/* Prints a candidate if the word begins like it. help may be NULL. */
void sl_complete_add(const struct sl_completing *c, const char *candidate,
                     const char *help);
/* A line for the script: "files". */
void sl_complete_tell(const char *what);

/* Candidates for a word of a usage line or for the value of an option, by its name; one in
 * small letters stands for itself. */
void sl_complete_kind(const struct sl_completing *c, const char *kind);

/* Figures; of_run: no others. */
void sl_complete_figures(const struct sl_completing *c, bool of_run);

/* Keys of c->file. how: '=' for KEY=VALUE, 'A' for KEY=A,B,C, '.' for a key alone. */
void sl_complete_key(const struct sl_completing *c, char how);
/* The names of its stages. */
void sl_complete_stages(const struct sl_completing *c);

#endif
