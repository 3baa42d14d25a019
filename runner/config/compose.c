/* SPDX-License-Identifier: MIT */
#include "runner/config/compose.h"

#include <string.h>
#include <sys/stat.h>

#include "runner/config/field.h"
#include "runner/config/interpolate.h"
#include "runner/config/override.h"
#include "runner/config/use.h"
#include "runner/config/yaml.h"

#define DEPTH_MAX 16
#define FILES_MAX 256

/* A group that some file uses, for messages. */
struct group {
    const char *name;
    struct group *next;
};

struct composing {
    const struct sl_compose *compose;
    const struct sl_override *overrides;
    size_t n;     /* overrides */
    size_t files; /* that were used so far, or sought */
    struct group *groups;
    struct sl_node *modules; /* that were loaded; NULL: none */
    bool incomplete;         /* something that is used is missing */
};

/* A file that is being read, and the one that uses it. */
struct file {
    const char *path;
    dev_t device;
    ino_t inode;
    const struct file *user;
};

static enum sl_status load(struct composing *c, const struct file *user, const char *path,
                           const struct sl_mark *place, struct sl_node **node,
                           struct sl_error *err);

/* ---- chains of files ---------------------------------------------------------------- */

/* "a.yaml -> b.yaml". */
static void
say_chain(const struct file *file, struct sl_text *out)
{
    if (file->user) {
        say_chain(file->user, out);
        sl_text_append(out, " -> ");
    }
    sl_text_append(out, file->path);
}

/* Whether the file may be read; place is the `use` that names it. */
static bool
check_chain(struct composing *c, const struct file *file, struct sl_mark place)
{
    const struct file *user = file->user;
    struct sl_report *report = c->compose->report;
    struct sl_text chain = {0};
    size_t depth = 1;

    for (; user; user = user->user, depth++)
        if (user->device == file->device && user->inode == file->inode)
            break;
    say_chain(file, &chain);
    if (user)
        sl_report_add(report, SL_ERROR, place, "'%s' uses itself: %s", user->path,
                      chain.bytes);
    else if (depth > DEPTH_MAX)
        sl_report_add(report, SL_ERROR, place, "use goes deeper than %d files: %s",
                      DEPTH_MAX, chain.bytes);
    sl_text_release(&chain);
    return !user && depth <= DEPTH_MAX;
}

/* The same for a path, as the file says it and as it was found. */
static bool
check_inside(const struct composing *c, const struct file *user, const char *path,
             const struct sl_node *entry)
{
    const struct file *first = user;
    struct sl_text chain = {0};

    while (first->user)
        first = first->user;
    if (sl_use_is_inside(c->compose, first->path, entry->text, path))
        return true;
    say_chain(user, &chain);
    sl_report_add(c->compose->report, SL_ERROR, entry->mark,
                  "'%s' lies outside the folders that files are used from: %s -> %s; put "
                  "its folder into $SLUICE_CONFIG_PATH",
                  entry->text, chain.bytes, path);
    sl_text_release(&chain);
    return false;
}

/* ---- what a file uses --------------------------------------------------------------- */

/* A scalar that YAML reads as a number or a truth value is nobody's file, unless quoted. */
static bool
is_bare_value(const struct sl_node *node)
{
    double number;
    bool truth;

    return sl_node_double(node, &number) || sl_node_bool(node, &truth);
}

/* Whether an entry of `use` or `modules` is text that can be a path; else it is told.
 * expected: "a path"; early: what is done before values are known. */
static bool
is_path(struct sl_report *report, const struct sl_node *entry, const char *expected,
        const char *early)
{
    bool scalar = entry->kind == SL_NODE_SCALAR;
    char text[100];

    if (entry->broken)
        return false;
    if (!scalar || !entry->text[0] || sl_node_is_null(entry))
        sl_report_add(report, SL_ERROR, entry->mark, "expected %s, got %s", expected,
                      sl_node_say(entry, text, sizeof text));
    else if (is_bare_value(entry))
        sl_report_add(report, SL_ERROR, entry->mark,
                      "expected %s, got %s; a file that is called so goes in quotes",
                      expected, sl_node_say(entry, text, sizeof text));
    else if (strstr(entry->text, "${"))
        sl_report_add(report, SL_ERROR, entry->mark,
                      "%s before references are followed; write the path out", early);
    else
        return true;
    return false;
}

static enum sl_status
use_path(struct composing *c, const struct file *file, const struct sl_node *entry,
         struct sl_node **part, struct sl_error *err)
{
    struct sl_report *report = c->compose->report;
    struct sl_text looked = {0};
    const char *path;

    if (!is_path(report, entry, "a path or {GROUP: NAME} to use", "files are used"))
        return SL_OK;
    path = sl_use_path(c->compose, file->path, entry->text, &looked);
    if (!path)
        sl_report_add(report, SL_ERROR, entry->mark, "no file '%s'; looked for %s",
                      entry->text, looked.bytes);
    sl_text_release(&looked);
    if (path && check_inside(c, file, path, entry))
        SL_TRY(load(c, file, path, &entry->mark, part, err));
    return SL_OK;
}

/* The override of a group, or NULL; the last one counts. */
static const struct sl_override *
group_override(const struct composing *c, const char *group)
{
    const struct sl_override *found = NULL;

    for (size_t i = 0; i < c->n; i++)
        if (c->overrides[i].group && strcmp(c->overrides[i].group, group) == 0)
            found = &c->overrides[i];
    return found;
}

static bool
is_used(const struct composing *c, const char *name)
{
    const struct group *group = c->groups;

    while (group && strcmp(group->name, name) != 0)
        group = group->next;
    return group;
}

static void
remember_group(struct composing *c, const char *name)
{
    struct group **last = &c->groups;

    if (is_used(c, name))
        return;
    while (*last)
        last = &(*last)->next;
    *last = SL_NEW(c->compose->arena, struct group);
    (*last)->name = name;
}

/* name: what the file says, or the command line. */
static enum sl_status
use_group(struct composing *c, const struct file *file, const char *group,
          const struct sl_node *name, struct sl_node **part, struct sl_error *err)
{
    struct sl_report *report = c->compose->report;
    struct sl_text instead = {0};
    const char *path;

    if (name->kind == SL_NODE_SCALAR && strstr(name->text, "${")) {
        sl_report_add(
            report, SL_ERROR, name->mark,
            "files are used before references are followed; write the name out, "
            "and swap it with use.%s=NAME",
            group);
        return SL_OK;
    }
    if (name->kind != SL_NODE_SCALAR || !sl_name_is_valid(name->text) ||
        !sl_name_is_valid(group)) {
        sl_report_add(report, SL_ERROR, name->mark,
                      "expected the name of a file in configs/%s, without .yaml", group);
        return SL_OK;
    }
    path = sl_use_group(c->compose, file->path, group, name->text, &instead);
    if (!path)
        sl_report_add(report, SL_ERROR, name->mark, "no '%s' in group '%s'; %s",
                      name->text, group, instead.bytes);
    sl_text_release(&instead);
    if (path)
        SL_TRY(load(c, file, path, &name->mark, part, err));
    return SL_OK;
}

/* Merges what a path, or the name of a group, brings into *base, which is NULL at first. */
static enum sl_status
use_one(struct composing *c, const struct file *file, const char *group,
        const struct sl_node *entry, struct sl_node **base, struct sl_error *err)
{
    const struct sl_override *override = group ? group_override(c, group) : NULL;
    struct sl_node *part = NULL;

    if (++c->files > FILES_MAX) {
        if (c->files == FILES_MAX + 1)
            sl_report_add(c->compose->report, SL_ERROR, entry->mark,
                          "more than %d files are used", FILES_MAX);
        c->incomplete = true;
        return SL_OK;
    }
    if (group)
        remember_group(c, group);
    if (override && override->action == '~')
        return SL_OK;
    if (group)
        SL_TRY(use_group(c, file, group, override ? override->value : entry, &part, err));
    else
        SL_TRY(use_path(c, file, entry, &part, err));
    if (part)
        *base = *base ? sl_node_merge(c->compose, *base, part) : part;
    else
        c->incomplete = true;
    return SL_OK;
}

static enum sl_status
use_entry(struct composing *c, const struct file *file, const struct sl_node *entry,
          struct sl_node **base, struct sl_error *err)
{
    if (entry->kind != SL_NODE_MAP)
        return use_one(c, file, NULL, entry, base, err);
    for (const struct sl_node *group = entry->first; group; group = group->next)
        SL_TRY(use_one(c, file, group->key, group, base, err));
    return SL_OK;
}

static enum sl_status
use_all(struct composing *c, const struct file *file, struct sl_node **node,
        struct sl_error *err)
{
    const struct sl_node *use = sl_node_get(*node, "use");
    struct sl_node *base = NULL;

    if (!use)
        return SL_OK;
    if (use->kind != SL_NODE_LIST)
        SL_TRY(use_entry(c, file, use, &base, err));
    for (const struct sl_node *entry = use->kind == SL_NODE_LIST ? use->first : NULL;
         entry; entry = entry->next)
        SL_TRY(use_entry(c, file, entry, &base, err));
    sl_node_remove(*node, "use");
    if (base)
        *node = sl_node_merge(c->compose, base, *node);
    return SL_OK;
}

/* ---- modules from outside ------------------------------------------------------------ */

static bool
is_listed(const struct sl_node *list, const char *path)
{
    for (const struct sl_node *entry = list->first; entry; entry = entry->next)
        if (strcmp(entry->text, path) == 0)
            return true;
    return false;
}

static void
open_module(struct composing *c, const char *file, const struct sl_node *entry)
{
    const struct sl_module_opener *opener = c->compose->modules;
    struct sl_report *report = c->compose->report;
    const char *path;

    if (!is_path(report, entry, "the path of a module, FILE.so", "modules are loaded")) {
        c->incomplete = true;
        return;
    }
    path = opener->open(opener->context, report, file, entry);
    if (!path) {
        c->incomplete = true;
    } else if (!is_listed(c->modules, path)) {
        struct sl_node *loaded =
            sl_node_new(c->compose->arena, SL_NODE_SCALAR, entry->mark);
        loaded->text = path;
        loaded->quoted = true;
        sl_node_append(c->modules, loaded);
    }
}

/* Loads what `modules:` of a tree names, and takes it out. file: NULL for the command
 * line. */
static void
open_modules(struct composing *c, const char *file, struct sl_node *tree)
{
    const struct sl_node *modules = sl_node_get(tree, "modules");

    if (!modules || !c->compose->modules)
        return;
    if (!c->modules) {
        c->modules = sl_node_new(c->compose->arena, SL_NODE_LIST, modules->mark);
        c->modules->key = modules->key;
        c->modules->key_mark = modules->key_mark;
    }
    if (modules->kind != SL_NODE_LIST)
        open_module(c, file, modules);
    for (const struct sl_node *m = modules->kind == SL_NODE_LIST ? modules->first : NULL;
         m; m = m->next)
        open_module(c, file, m);
    sl_node_remove(tree, "modules");
}

/* ---- files -------------------------------------------------------------------------- */

/* *node stays NULL where the file is of no use, which was told. place is NULL for the
 * first file. */
static enum sl_status
load(struct composing *c, const struct file *user, const char *path,
     const struct sl_mark *place, struct sl_node **node, struct sl_error *err)
{
    const struct sl_compose *compose = c->compose;
    struct file file = {.path = path, .user = user};
    struct stat info;
    char got[100];

    if (stat(path, &info) == 0) {
        file.device = info.st_dev;
        file.inode = info.st_ino;
    }
    if (place && !check_chain(c, &file, *place))
        return SL_OK;
    SL_TRY(sl_yaml_read(path, place, compose->arena, compose->report, node, err));
    if (*node && (*node)->kind != SL_NODE_MAP) {
        sl_report_add(compose->report, SL_ERROR, (*node)->mark,
                      "expected a mapping, got %s%s", sl_node_say(*node, got, sizeof got),
                      sl_node_hint(*node));
        *node = NULL;
    }
    if (!*node)
        return SL_OK;
    sl_env_normalise(compose, *node);
    open_modules(c, path, *node);
    return use_all(c, &file, node, err);
}

/* use.GROUP=NAME where no file uses that group. */
static void
tell_unused(const struct composing *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct sl_override *override = &c->overrides[i];
        struct sl_text all = {0};

        if (!override->group || is_used(c, override->group))
            continue;
        for (const struct group *group = c->groups; group; group = group->next)
            sl_text_format(&all, "%s%s", all.count ? ", " : "", group->name);
        sl_report_add(c->compose->report, SL_ERROR, override->mark,
                      "no group '%s' is used; %s%s", override->group,
                      all.count ? "the groups are " : "there is none",
                      all.count ? all.bytes : "");
        sl_text_release(&all);
    }
}

/* A deletion that met nothing is still there. */
static void
tell_deletions(const struct sl_compose *compose, struct sl_node *node)
{
    struct sl_node *next;

    node->broken = node->broken || node->deletes;
    if (node->deletes)
        sl_report_add(compose->report, SL_ERROR, node->key ? node->key_mark : node->mark,
                      node->key ? "'%s' is not there, so it can't be taken away"
                                : "!delete takes keys of a mapping away",
                      node->key);
    for (struct sl_node *child = node->first; child; child = next) {
        next = child->next;
        tell_deletions(compose, child);
        if (child->deletes && child->key)
            sl_node_remove(node, child->key);
    }
}

enum sl_status
sl_compose(const struct sl_compose *compose, const char *path,
           const char *const *overrides, size_t n, struct sl_node **tree,
           struct sl_error *err)
{
    struct sl_override *parsed = sl_arena_alloc(compose->arena, n * sizeof *parsed);
    struct composing c = {.compose = compose, .overrides = parsed};

    *tree = NULL;
    c.n = sl_overrides_parse(compose, overrides, n, parsed);
    SL_TRY(load(&c, NULL, path, NULL, tree, err));
    if (*tree)
        tell_unused(&c);
    /* Without a part there would be errors that are none. */
    if (c.incomplete)
        *tree = NULL;
    if (*tree)
        *tree = sl_overrides_apply(compose, *tree, parsed, c.n);
    if (*tree)
        tell_deletions(compose, *tree);
    if (*tree)
        open_modules(&c, NULL, *tree);
    if (*tree && c.modules && c.modules->first)
        sl_node_append(*tree, c.modules);
    if (c.incomplete)
        *tree = NULL;
    return SL_OK;
}
