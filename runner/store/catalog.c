/* SPDX-License-Identifier: MIT */
#include "runner/store/catalog.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/base/hash.h"

static const struct sl_field file_fields[] = {
    SL_FIELD(struct sl_data_file, file, const char *, SL_TYPE_STRING, .flags = SL_UNKEYED,
             .help = "name of the file, without .gz"),
    SL_FIELD(struct sl_data_file, sha256, const char *, SL_TYPE_STRING,
             .help = "SHA-256 of its uncompressed content, hexadecimal"),
    SL_FIELD_END,
};

static const struct sl_field part_fields[] = {
    SL_FIELD(struct sl_data_part, images, struct sl_data_file, SL_TYPE_RECORD,
             .fields = file_fields, .size = sizeof(struct sl_data_file),
             .help = "IDX file of the images"),
    SL_FIELD(struct sl_data_part, labels, struct sl_data_file, SL_TYPE_RECORD,
             .fields = file_fields, .size = sizeof(struct sl_data_file),
             .help = "IDX file of their labels; none: they have none"),
    SL_FIELD(struct sl_data_part, shape, struct sl_int_list, SL_TYPE_INT_LIST, .low = 1,
             .high = UINT32_MAX, .help = "rows, height and width of the images"),
    SL_FIELD_END,
};

static const char *const source_kinds[] = {"debian", "npm", "url", NULL};

static const struct sl_field source_fields[] = {
    SL_FIELD(struct sl_data_source, kind, int, SL_TYPE_WORD, .flags = SL_REQUIRED,
             .words = source_kinds, .help = "what kind of source it is"),
    SL_FIELD(struct sl_data_source, package, const char *, SL_TYPE_STRING,
             .help = "package of Debian or of the npm registry"),
    SL_FIELD(struct sl_data_source, folder, const char *, SL_TYPE_STRING,
             .help = "where the files lie: on disk (debian), inside the package (npm)"),
    SL_FIELD(struct sl_data_source, url, const char *, SL_TYPE_STRING,
             .help = "address of the folder that holds FILE.gz (url)"),
    SL_FIELD_END,
};

const struct sl_field sl_data_set_fields[] = {
    SL_FIELD(struct sl_data_set, title, const char *, SL_TYPE_STRING, .flags = SL_UNKEYED,
             .help = "its full name"),
    SL_FIELD(struct sl_data_set, licence, const char *, SL_TYPE_STRING,
             .flags = SL_UNKEYED, .help = "what one may do with it"),
    SL_FIELD(struct sl_data_set, citation, const char *, SL_TYPE_STRING,
             .flags = SL_UNKEYED, .help = "what to cite"),
    SL_FIELD(struct sl_data_set, folder, const char *, SL_TYPE_STRING,
             .flags = SL_UNKEYED, .help = "a folder of your own that holds its files"),
    SL_INT(struct sl_data_set, classes, 0, 0, INT32_MAX,
           "labels are 0 to classes - 1; 0: not known"),
    SL_FIELD(struct sl_data_set, parts, struct sl_record_map, SL_TYPE_RECORD_MAP,
             .flags = SL_REQUIRED, .fields = part_fields,
             .size = sizeof(struct sl_data_part),
             .help = "what splits are drawn from: train, test"),
    SL_FIELD(struct sl_data_set, sources, struct sl_record_list, SL_TYPE_RECORD_LIST,
             .flags = SL_UNKEYED, .fields = source_fields,
             .size = sizeof(struct sl_data_source),
             .help = "where to have it from, the preferred source first"),
    SL_FIELD_END,
};

/* ---- what the tables can't say ----------------------------------------------------- */

/* The place of the value at a path of keys (NULL-terminated), or of the nearest node on
 * the way to it. */
static struct sl_mark
place(const struct sl_node *node, ...)
{
    const struct sl_node *found = node;
    const char *key;
    va_list keys;

    va_start(keys, node);
    while (found && (key = va_arg(keys, const char *)) != NULL) {
        node = found;
        found = sl_node_get(node, key);
    }
    va_end(keys);
    if (found)
        node = found;
    return node ? node->mark : (struct sl_mark){0};
}

/* A name that joins onto a folder and stays in it. */
static bool
is_file_name(const char *name)
{
    return isalnum((unsigned char)*name) &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789._-")] == '\0' &&
           strlen(name) < 100;
}

struct check {
    const struct sl_node *node;
    struct sl_report *report;
};

static void
check_file(const struct check *check, const char *part, const char *key,
           const struct sl_data_file *file)
{
    struct sl_digest digest;

    if (file->file && !is_file_name(file->file))
        sl_report_add(check->report, SL_ERROR,
                      place(check->node, "parts", part, key, "file", NULL),
                      "'%s' is not the plain name of a file; 'folder' says where it is",
                      file->file);
    if (file->sha256 && !sl_digest_parse(file->sha256, &digest))
        sl_report_add(check->report, SL_ERROR,
                      place(check->node, "parts", part, key, "sha256", NULL),
                      "'%s' is not a SHA-256: 64 hexadecimal digits", file->sha256);
    if (file->sha256 && !file->file)
        sl_report_add(check->report, SL_ERROR,
                      place(check->node, "parts", part, key, NULL),
                      "a hash without a 'file'");
}

static void
check_part(const struct check *check, const char *name, const struct sl_data_part *part)
{
    check_file(check, name, "images", &part->images);
    check_file(check, name, "labels", &part->labels);
    if (!part->images.file)
        sl_report_add(check->report, SL_ERROR, place(check->node, "parts", name, NULL),
                      "part '%s' has no 'images: {file: ...}'", name);
    if (part->shape.n != 0 && part->shape.n != 3)
        sl_report_add(check->report, SL_ERROR,
                      place(check->node, "parts", name, "shape", NULL),
                      "a shape is three numbers: rows, height and width");
}

/* A package by its name, "@scope/name" and "name@version" included: nothing that a package
 * manager would take for an option, a folder or an address. */
static bool
is_package(const char *name)
{
    return (isalnum((unsigned char)*name) || *name == '@') &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-+@/")] == '\0' &&
           strstr(name, "..") == NULL && (*name == '@' || strchr(name, '/') == NULL);
}

static bool
is_url(const char *url)
{
    static const char *const schemes[] = {"https://", "http://", "file:///"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
            return true;
    }
    return false;
}

static const char *
source_problem(const struct sl_data_source *source)
{
    if (source->kind == SL_SOURCE_URL)
        return source->url && is_url(source->url)
                   ? NULL
                   : "needs 'url', beginning with https://, http:// or file:///";
    if (!source->package || !is_package(source->package))
        return "needs 'package', the name of one";
    if (source->kind == SL_SOURCE_DEBIAN && (!source->folder || *source->folder != '/'))
        return "needs 'folder', where the package puts the files";
    if (source->folder && strstr(source->folder, ".."))
        return "has a 'folder' with '..' in it";
    return NULL;
}

static void
check_sources(const struct check *check, const struct sl_record_list *list)
{
    const struct sl_data_source *sources = list->at;

    for (size_t i = 0; i < list->n; i++) {
        const char *problem = source_problem(&sources[i]);

        if (problem)
            sl_report_add(check->report, SL_ERROR, list->marks[i],
                          "a source of kind '%s' %s", source_kinds[sources[i].kind],
                          problem);
    }
}

void
sl_data_set_check(const char *name, const struct sl_data_set *set,
                  const struct sl_node *node, struct sl_report *report)
{
    const struct check check = {node, report};
    const struct sl_data_part *parts = set->parts.at;

    if (!is_file_name(name))
        sl_report_add(report, SL_ERROR, place(node, NULL),
                      "'%s' can't be the name of a data set: letters, digits, '.', '_' "
                      "and '-', at most 99",
                      name);
    if (set->parts.n == 0)
        sl_report_add(report, SL_ERROR, place(node, "parts", NULL),
                      "data set '%s' has no parts", name);
    for (size_t i = 0; i < set->parts.n; i++)
        check_part(&check, set->parts.names[i], &parts[i]);
    check_sources(&check, &set->sources);
}

/* ---- parts and files --------------------------------------------------------------- */

const struct sl_data_part *
sl_data_set_part(const struct sl_data_set *set, const char *name)
{
    const struct sl_data_part *parts = set->parts.at;

    for (size_t i = 0; i < set->parts.n; i++) {
        if (strcmp(set->parts.names[i], name) == 0)
            return &parts[i];
    }
    return NULL;
}

static void
add_file(const struct sl_data_file **files, size_t *n, const struct sl_data_file *file)
{
    if (!file->file)
        return;
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(files[i]->file, file->file) == 0)
            return;
    }
    files[(*n)++] = file;
}

const struct sl_data_file *const *
sl_data_set_files(const struct sl_data_set *set, struct sl_arena *arena, size_t *n)
{
    const struct sl_data_part *parts = set->parts.at;
    const struct sl_data_file **files =
        sl_arena_alloc(arena, 2 * set->parts.n * sizeof(struct sl_data_file *));

    *n = 0;
    for (size_t i = 0; i < set->parts.n; i++) {
        add_file(files, n, &parts[i].images);
        add_file(files, n, &parts[i].labels);
    }
    return files;
}

/* ---- where files are --------------------------------------------------------------- */

static const char *
variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

/* $XDG_DATA_HOME/sluice/NAME, or NULL. */
static const char *
user_folder(const char *name, struct sl_arena *arena)
{
    const char *data = variable("XDG_DATA_HOME"), *home = variable("HOME");

    if (data && *data == '/')
        return sl_arena_format(arena, "%s/sluice/%s", data, name);
    return home ? sl_arena_format(arena, "%s/.local/share/sluice/%s", home, name) : NULL;
}

const char *
sl_catalog_folder(const char *name, struct sl_arena *arena)
{
    const char *own = variable("SLUICE_DATA_DIR");

    return own ? sl_arena_format(arena, "%s/%s", own, name) : user_folder(name, arena);
}

struct search {
    struct sl_arena *arena;
    const char *file;
    struct sl_text looked;
};

static const char *
look_in(struct search *search, const char *folder)
{
    static const char *const suffixes[] = {"", ".gz"};
    struct stat info;

    if (!folder)
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        const char *path =
            sl_arena_format(search->arena, "%s/%s%s", folder, search->file, suffixes[i]);

        if (stat(path, &info) == 0)
            return path;
    }
    sl_text_format(&search->looked, "%s%s", search->looked.count ? ", " : "", folder);
    return NULL;
}

const char *
sl_catalog_find(const char *name, const struct sl_data_set *set, const char *file,
                struct sl_arena *arena, const char **looked)
{
    const struct sl_data_source *sources = set->sources.at;
    const char *own = variable("SLUICE_DATA_DIR");
    struct search search = {arena, file, {0}};
    const char *found = look_in(&search, own ? sl_catalog_folder(name, arena) : NULL);

    if (!found)
        found = look_in(&search, set->folder);
    if (!found)
        found = look_in(&search, user_folder(name, arena));
    for (size_t i = 0; i < set->sources.n && !found; i++) {
        if (sources[i].kind == SL_SOURCE_DEBIAN)
            found = look_in(&search, sources[i].folder);
    }
    if (looked)
        *looked = sl_arena_string(arena, search.looked.count ? search.looked.bytes
                                                             : "any folder");
    sl_text_release(&search.looked);
    return found;
}
