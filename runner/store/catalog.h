/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_CATALOG_H
#define SL_STORE_CATALOG_H

#include "runner/config/compose.h"
#include "runner/config/field.h"

/*
 * Data sets that are known by name: what their files are called, the SHA-256 of each
 * one's uncompressed content, their licence, and where to have them from. A description
 * stands in configs/data/NAME.yaml under load.datasets.NAME, so it reaches a load module
 * through `use:` like everything else, and `sluice data` reads the same file.
 */
struct sl_data_file {
    const char *file;   /* the name, without .gz */
    const char *sha256; /* of the uncompressed bytes; NULL: not known */
};

/* A part is what a split is drawn from: images and their labels. */
struct sl_data_part {
    struct sl_data_file images, labels; /* labels.file NULL: none */
    struct sl_int_list shape;           /* rows, height, width; empty: not known */
};

enum sl_source_kind { SL_SOURCE_DEBIAN, SL_SOURCE_NPM, SL_SOURCE_URL };
struct sl_data_source {
    int kind;            /* enum sl_source_kind */
    const char *package; /* of Debian or npm; NULL for a URL */
    const char *folder;  /* inside the package, or of the file system for Debian */
    const char *url;     /* a folder; files are URL/FILE.gz */
};

struct sl_data_set {
    const char *title, *licence, *citation;
    const char *folder;            /* the user's own folder; NULL */
    int64_t classes;               /* labels are 0..classes-1; 0: not known */
    struct sl_record_map parts;    /* struct sl_data_part */
    struct sl_record_list sources; /* struct sl_data_source, the preferred first */
};

/* The field table of struct sl_data_set, for load modules and `sluice data`. */
extern const struct sl_field sl_data_set_fields[];

/*
 * What the field table can't say: names that can be names of files, hashes, shapes, what
 * each kind of source needs. node: the data set's mapping, for the places of problems.
 */
void sl_data_set_check(const char *name, const struct sl_data_set *set,
                       const struct sl_node *node, struct sl_report *report);

/* The part of that name, or NULL. */
const struct sl_data_part *sl_data_set_part(const struct sl_data_set *set,
                                            const char *name);

/* The files of all parts, each once, images before labels; *n of them. */
const struct sl_data_file *const *sl_data_set_files(const struct sl_data_set *set,
                                                    struct sl_arena *arena, size_t *n);

/*
 * Where a file of the data set `name` is, plain or with .gz: in $SLUICE_DATA_DIR/name,
 * set->folder, the place where `sluice data fetch` puts things, the folders of Debian
 * sources. NULL, and the places that were looked at in *looked, if it is nowhere.
 */
const char *sl_catalog_find(const char *name, const struct sl_data_set *set,
                            const char *file, struct sl_arena *arena,
                            const char **looked);

/* Where `sluice data fetch` puts data set `name`: $SLUICE_DATA_DIR/name, or
 * $XDG_DATA_HOME/sluice/name (~/.local/share by default). NULL: there is no such place,
 * neither variable nor $HOME being set. */
const char *sl_catalog_folder(const char *name, struct sl_arena *arena);

/* A data set and what its description calls it. */
struct sl_catalog_entry {
    const char *name;
    const struct sl_data_set *set;
};

/* The data sets that a configuration describes, with what it uses. Problems go to the
 * report of compose; a configuration without any is one. */
enum sl_status sl_catalog_read(const struct sl_compose *compose, const char *path,
                               struct sl_catalog_entry **entries, size_t *n,
                               struct sl_error *err);

/* The files data/NAME.yaml of the current folder's configs and of the search path, in the
 * order of their names, each name once; *n of them. names[i] belongs to paths[i]. */
void sl_catalog_list(const char *const *search, struct sl_arena *arena,
                     const char ***names, const char ***paths, size_t *n);

#endif
