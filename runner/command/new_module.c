/* SPDX-License-Identifier: MIT */
/* sluice new-module KIND NAME: a module from outside that builds, runs and has a test. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/publish.h"
#include "runner/command/new_module.h"
#include "runner/config/field.h"

#define TEMPLATE_MAX 100000
#define ENDING ".c.in"

/* What is written. */
struct making {
    struct sl_call *call;
    const char *templates, *kind, *name, *folder;
    const char *ident; /* the name as C has it */
    const char *real;  /* "REAL " where the source is compiled twice */
};

/* ---- templates ------------------------------------------------------------------------ */

static const char *
find_templates(const struct sl_call *call)
{
    const char *folders[] = {
        sl_path_from_program(call->arena, call->program, "../share/sluice/templates"),
        sl_path_from_program(call->arena, call->program, "../../modules/templates"),
    };

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (access(sl_arena_format(call->arena, "%s/test.sh.in", folders[i]), R_OK) == 0)
            return folders[i];
    return NULL;
}

static int
is_source(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name), ending = strlen(ENDING);

    return n > ending && strcmp(entry->d_name + n - ending, ENDING) == 0;
}

size_t
sl_new_module_kinds(const struct sl_call *call, const char **kinds)
{
    const char *templates = find_templates(call);
    struct dirent **entries;
    int n = templates ? scandir(templates, &entries, is_source, alphasort) : -1;
    size_t filled = 0;

    for (int i = 0; i < n; i++) {
        size_t length = strlen(entries[i]->d_name) - strlen(ENDING);
        if (filled < SL_NEW_MODULE_KINDS)
            kinds[filled++] = sl_arena_copy(call->arena, entries[i]->d_name, length);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return filled;
}

static enum sl_status
check_kind(const struct making *m, struct sl_error *err)
{
    const char *kinds[SL_NEW_MODULE_KINDS], *near;
    size_t n = sl_new_module_kinds(m->call, kinds);
    struct sl_text all = {0};

    for (size_t i = 0; i < n; i++)
        if (strcmp(kinds[i], m->kind) == 0)
            return SL_OK;
    if (strcmp(m->kind, "figure") == 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "a figure is no module: a gnuplot script NAME.gp that lies beside "
                       "an object is one");
    if (strcmp(m->kind, "model") == 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "a model is what a train module leaves; 'sluice new-module train "
                       "%s' writes both",
                       m->name);
    near = sl_nearest(m->kind, kinds, n);
    for (size_t i = 0; i < n; i++)
        sl_text_format(&all, "%s%s", i ? ", " : "", kinds[i]);
    sl_fail(err, SL_ERR_CONFIG, "no kind of module is called '%s'; %s%s%s", m->kind,
            near ? "did you mean '" : "there are ", near ? near : all.bytes,
            near ? "'?" : "");
    sl_text_release(&all);
    return err->status;
}

/* CMake has targets of these names. */
static bool
is_reserved(const char *name)
{
    static const char *const words[] = {
        "all",           "clean",          "edit_cache",
        "help",          "install",        "list_install_components",
        "package",       "package_source", "preinstall",
        "rebuild_cache", "test",           "ALL_BUILD",
        "INSTALL",       "PACKAGE",        "RUN_TESTS",
        "ZERO_CHECK"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0)
            return true;
    return false;
}

/* A name that is there already would be refused when the module is loaded. */
static enum sl_status
check_name(const struct making *m, struct sl_error *err)
{
    const struct sl_registry *registry = m->call->registry;
    const char *table = m->kind;

    if (strcmp(table, "preprocess") == 0)
        table = sl_table_name(SL_PREPROCESS);

    if (!sl_name_is_valid(m->name) || !isalpha((unsigned char)m->name[0]))
        return sl_fail(err, SL_ERR_CONFIG,
                       "'%s' is no name for a module; it begins with a letter and "
                       "matches " SL_NAME_RULE,
                       m->name);
    if (is_reserved(m->name))
        return sl_fail(
            err, SL_ERR_CONFIG,
            "'%s' is a word of CMake's, which can't build a module of that name",
            m->name);
    for (size_t i = 0; i < registry->n; i++)
        if (strcmp(sl_table_name(registry->rows[i].table), table) == 0 &&
            strcmp(registry->rows[i].as[0]->name, m->name) == 0)
            return sl_fail(err, SL_ERR_CONFIG, "there is a %s '%s' already", table,
                           m->name);
    return SL_OK;
}

/* ---- writing -------------------------------------------------------------------------- */

static void
fill_in(const struct making *m, const char *text, struct sl_text *out)
{
    const struct {
        const char *word, *value;
    } words[] = {{"@name@", m->name}, {"@ident@", m->ident}, {"@real@", m->real}};

    while (*text) {
        size_t i = 0, n = strcspn(text, "@");
        sl_text_append_bytes(out, text, n);
        text += n;
        while (i < 3 && strncmp(text, words[i].word, strlen(words[i].word)) != 0)
            i++;
        if (i < 3) {
            sl_text_append(out, words[i].value);
            text += strlen(words[i].word);
        } else if (*text) {
            sl_text_append_bytes(out, text++, 1);
        }
    }
}

static enum sl_status
read_template(const struct making *m, const char *file, char **text, struct sl_error *err)
{
    size_t count;

    return sl_file_read(sl_arena_format(m->call->arena, "%s/%s", m->templates, file),
                        TEMPLATE_MAX, m->call->arena, text, &count, err);
}

static enum sl_status
write_file(const struct making *m, const char *template, const char *name,
           struct sl_error *err)
{
    const char *path = sl_arena_format(m->call->arena, "%s/%s", m->folder, name);
    struct sl_text out = {0};
    enum sl_status status;
    char *text;

    SL_TRY(read_template(m, template, &text, err));
    fill_in(m, text, &out);
    status = sl_publish(path, out.bytes, out.count, err);
    sl_text_release(&out);
    if (status == SL_OK)
        printf("%s\n", path);
    return status;
}

static enum sl_status
write_all(struct making *m, struct sl_error *err)
{
    struct sl_arena *arena = m->call->arena;
    const char *source = sl_arena_format(arena, "%s" ENDING, m->kind);
    char *text;

    SL_TRY(read_template(m, source, &text, err));
    m->real = strstr(text, "SL_EXPORT_REAL") ? "REAL " : "";
    SL_TRY(write_file(m, source, sl_arena_format(arena, "%s.c", m->name), err));
    SL_TRY(write_file(m, "CMakeLists.txt.in", "CMakeLists.txt", err));
    SL_TRY(write_file(m, sl_arena_format(arena, "%s.yaml.in", m->kind), "experiment.yaml",
                      err));
    return write_file(m, "test.sh.in", "test.sh", err);
}

/* ---- the command ---------------------------------------------------------------------- */

static const char *
ident_of(struct sl_arena *arena, const char *name)
{
    char *ident = sl_arena_string(arena, name);

    for (char *at = ident; *at; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
    return ident;
}

/* Where this program is installed, or NULL: it is one that was only built. */
static const char *
find_prefix(const struct sl_call *call)
{
    static const char package[] = "/lib/cmake/sluice";
    const char *path =
        sl_path_from_program(call->arena, call->program, "../lib/cmake/sluice");

    return access(path, R_OK) == 0
               ? sl_arena_copy(call->arena, path, strlen(path) - strlen(package))
               : NULL;
}

static void
say_next(const struct making *m)
{
    const char *prefix = find_prefix(m->call);

    printf("\nNow build it and run its test:\n\n"
           "    cmake -S %s -B %s/build -DCMAKE_PREFIX_PATH=%s\n"
           "    cmake --build %s/build && ctest --test-dir %s/build\n",
           m->folder, m->folder, prefix ? prefix : "PREFIX", m->folder, m->folder);
    if (!prefix)
        puts("\nPREFIX is where sluice is installed: cmake --install BUILD --prefix "
             "PREFIX.");
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct making m = {
        .call = call,
        .templates = find_templates(call),
        .kind = call->words[0],
        .name = call->words[1],
    };

    (void)exit_status;
    if (!m.templates)
        return sl_fail(err, SL_ERR_IO, "the templates of modules are not installed");
    SL_TRY(check_kind(&m, err));
    SL_TRY(check_name(&m, err));
    m.ident = ident_of(call->arena, m.name);
    m.folder = sl_call_option(call, "to") ? sl_call_option(call, "to") : m.name;
    if (access(m.folder, F_OK) == 0)
        return sl_fail(err, SL_ERR_IO, "'%s' is there already", m.folder);
    SL_TRY(write_all(&m, err));
    say_next(&m);
    return SL_OK;
}

static const struct sl_option options[] = {
    {"to", "DIR", "the folder to make; by default NAME", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_new_module = {
    .name = "new-module",
    .arguments = "KIND NAME",
    .summary = "write a module of your own, with its test",
    .help =
        "KIND is a stage (load, train, calibrate, detect, sample) or what stages choose\n"
        "from: preprocess, activation, flow-layer, optimizer, loss, metric, divergence,\n"
        "density, schedule. The folder has the source, which works as it stands, a\n"
        "CMakeLists.txt that builds NAME.so against an installed sluice, an experiment\n"
        "that uses it, and a test that runs that.\n",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
