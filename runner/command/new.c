/* SPDX-License-Identifier: MIT */
/* sluice new NAME: a commented file to start from. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/base/file.h"
#include "runner/base/publish.h"
#include "runner/command/composed.h"
#include "runner/config/field.h"
#include "runner/config/use.h"

/* The group of configurations that files are started from. */
#define GROUP "template"
#define FILE_NAME "experiment.yaml"
#define TEMPLATE_MAX ((size_t)1 << 20)

/* "ideas/strange" -> "strange". */
static enum sl_status
name_of(const char *folder, const char **name, struct sl_error *err)
{
    const char *slash = strrchr(folder, '/');

    *name = slash ? slash + 1 : folder;
    if (sl_name_is_valid(*name))
        return SL_OK;
    return sl_fail(err, SL_ERR_CONFIG,
                   "'%s' can't be the name of an experiment: it must match " SL_NAME_RULE,
                   *name);
}

static enum sl_status
find_template(const struct sl_call *call, const char **path, struct sl_error *err)
{
    const char *name = sl_call_option(call, "from");
    struct sl_text instead = {0};

    if (!name)
        name = "";
    *path =
        sl_use_group(sl_call_composing(call, call->report), NULL, GROUP, name, &instead);
    if (!*path && !*name)
        sl_fail(err, SL_ERR_CONFIG, "--from says what to start from; %s", instead.bytes);
    else if (!*path)
        sl_fail(err, SL_ERR_CONFIG, "there is no '%s' to start from; %s", name,
                instead.bytes);
    sl_text_release(&instead);
    return *path ? SL_OK : SL_ERR_CONFIG;
}

/* The template with the name of the experiment in place of its own. */
static enum sl_status
write_name(const char *bytes, const char *path, const char *name, struct sl_text *out,
           struct sl_error *err)
{
    const char *line =
        strncmp(bytes, "name: ", 6) == 0 ? bytes : strstr(bytes, "\nname: ");

    if (!line)
        return sl_fail(err, SL_ERR_CONFIG, "%s has no line 'name: ...'", path);
    line += *line == '\n';
    sl_text_append_bytes(out, bytes, (size_t)(line - bytes));
    sl_text_append(out, "name: ");
    sl_node_print_string(name, out);
    sl_text_append(out, line + strcspn(line, "\n"));
    return SL_OK;
}

static enum sl_status
make(const struct sl_call *call, const char *target, const char *name,
     struct sl_error *err)
{
    struct sl_text text = {0};
    enum sl_status status;
    const char *path;
    char *bytes;
    size_t count;

    SL_TRY(find_template(call, &path, err));
    SL_TRY(sl_file_read(path, TEMPLATE_MAX, call->arena, &bytes, &count, err));
    status = write_name(bytes, path, name, &text, err);
    if (status == SL_OK)
        status = sl_publish(target, text.bytes, text.count, err);
    sl_text_release(&text);
    return status;
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    const char *name, *folder = call->words[0];
    const char *target = sl_arena_format(call->arena, "%s/" FILE_NAME, folder);
    struct stat there;

    (void)exit_status;
    SL_TRY(name_of(folder, &name, err));
    if (lstat(target, &there) == 0)
        return sl_fail(err, SL_ERR_CONFIG, "%s is there already, and stays as it is",
                       target);
    SL_TRY(make(call, target, name, err));
    printf("%s\n\n  sluice check %s\n  sluice run %s\n", target, target, target);
    return SL_OK;
}

static const struct sl_option options[] = {
    {"from", "TEMPLATE", "what to start from: anomaly, flow, sweep", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_new = {
    .name = "new",
    .arguments = "NAME",
    .summary = "write a commented file to start from",
    .help = "Writes NAME/" FILE_NAME ", and overwrites nothing. NAME may have folders\n"
            "before it. 'flow' and 'sweep' run without any data on disk. Files of your\n"
            "own to start from go into configs/" GROUP "/.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
