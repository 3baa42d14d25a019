/* SPDX-License-Identifier: MIT */
/* sluice man: the pages of the manual, from the tables. */
#include "runner/command/man.h"

#include <stdio.h>
#include <string.h>

#include "runner/base/publish.h"

#define EXPERIMENT "experiment"

/* ---- writing all -------------------------------------------------------------------- */

static enum sl_status
write_page(const struct sl_call *call, const char *folder, const char *name, int section,
           struct sl_text *page, struct sl_error *err)
{
    const char *path =
        sl_arena_format(call->arena, "%s/man%d/%s.%d", folder, section, name, section);
    enum sl_status status = sl_publish(path, page->bytes, page->count, err);

    sl_text_clear(page);
    return status;
}

static enum sl_status
write_pages(const struct sl_call *call, const char *folder, struct sl_text *page,
            struct sl_error *err)
{
    sl_man_program(call, page);
    SL_TRY(write_page(call, folder, "sluice", 1, page, err));
    sl_man_experiment(call, page);
    SL_TRY(write_page(call, folder, "sluice-" EXPERIMENT, 5, page, err));
    for (const struct sl_command *const *at = call->commands; *at; at++) {
        if ((*at)->hidden)
            continue;
        sl_man_command(call, *at, page);
        SL_TRY(write_page(call, folder,
                          sl_arena_format(call->arena, "sluice-%s", (*at)->name), 1, page,
                          err));
    }
    return SL_OK;
}

/* ---- printing one ------------------------------------------------------------------- */

static enum sl_status
no_such_page(const struct sl_call *call, const char *name, struct sl_error *err)
{
    const char *names[64] = {EXPERIMENT}, *near;
    size_t n = 1;

    for (const struct sl_command *const *at = call->commands; *at && n < 64; at++)
        if (!(*at)->hidden)
            names[n++] = (*at)->name;
    near = sl_nearest(name, names, n);
    if (near)
        return sl_fail(err, SL_ERR_CONFIG, "no page '%s'; did you mean '%s'?", name,
                       near);
    return sl_fail(err, SL_ERR_CONFIG,
                   "no page '%s'; there is one for each command, and '" EXPERIMENT "'",
                   name);
}

static enum sl_status
make_page(const struct sl_call *call, struct sl_text *page, struct sl_error *err)
{
    const char *name = call->n ? call->words[0] : NULL;

    if (!name) {
        sl_man_program(call, page);
        return SL_OK;
    }
    if (strcmp(name, EXPERIMENT) == 0) {
        sl_man_experiment(call, page);
        return SL_OK;
    }
    for (const struct sl_command *const *at = call->commands; *at; at++)
        if (strcmp((*at)->name, name) == 0 && !(*at)->hidden) {
            sl_man_command(call, *at, page);
            return SL_OK;
        }
    return no_such_page(call, name, err);
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    const char *folder = sl_call_option(call, "write");
    struct sl_text page = {0};
    enum sl_status status;

    (void)exit_status;
    if (folder && call->n)
        return sl_fail(err, SL_ERR_CONFIG, "--write is for all pages, not for '%s' alone",
                       call->words[0]);
    if (folder) {
        status = write_pages(call, folder, &page, err);
    } else {
        status = make_page(call, &page, err);
        if (status == SL_OK)
            fputs(page.bytes, stdout);
    }
    sl_text_release(&page);
    return status;
}

static const struct sl_option options[] = {
    {"write", "DIR", "write all pages to DIR/man1 and DIR/man5", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_man = {
    .name = "man",
    .arguments = "[PAGE]",
    .summary = "print a page of the manual, for man",
    .help =
        "PAGE is a command, or '" EXPERIMENT "', the format of files; without one it is\n"
        "the page of sluice itself. To read one that is not installed:\n"
        "  sluice man run | man -l -\n",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
