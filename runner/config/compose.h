/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_COMPOSE_H
#define SL_CONFIG_COMPOSE_H

#include "runner/config/node.h"
#include "runner/config/report.h"

struct sl_registry;

/* Who loads the modules of `modules: [FILE.so]` (pipeline/outside.h). open is called for
 * each entry, with the file that it stands in, as soon as that file is read: what the
 * modules bring is known before anything is merged. It reports what is wrong at the entry
 * and returns the path that it loaded, or NULL. */
struct sl_module_opener {
    void *context;
    const char *(*open)(void *context, struct sl_report *report, const char *file,
                        const struct sl_node *entry);
};

/*
 * What the user wrote, from all its files and the command line, as one tree.
 *
 * `use:` is a list of paths and of groups ({model: autoencoder-mlp} takes
 * configs/model/autoencoder-mlp.yaml), merged in order, the file that uses them last.
 * A path is sought beside the file, then in the current folder, then on the search path.
 * Mappings merge deep, lists and scalars are replaced, and a choice (a mapping with
 * `module:`, or the single name of a registry's entry) is replaced whole when its name
 * changes. `key: !replace VALUE` takes VALUE as it is, whatever the rules, and `key: !delete`
 * takes the key away. Overrides come after everything, groups (`use.model=vae`) before.
 *
 * A path that leads up or is absolute must end in the current folder, in the folder of the
 * first file or in the nearest one above it that has a configs folder, or on the search
 * path.
 *
 * `modules:` of all files add up: each says which it needs. In the tree they are one list
 * of the paths that were loaded.
 */
struct sl_compose {
    struct sl_arena *arena;
    struct sl_report *report;
    const struct sl_registry *registry;
    const char *const *search;              /* folders, NULL-terminated */
    const struct sl_module_opener *modules; /* NULL: `modules:` is left alone */
};

/* overrides: KEY=VALUE words of the command line, as runner/config/override.h has them.
 * Problems go to the report; SL_ERR_IO when path itself cannot be read. *tree is a mapping
 * that has no `use` any more, or NULL where it or a file that it uses is missing or not
 * readable as a whole; its references are as they were written (runner/config/interpolate.h),
 * and `env`, if it has that, is a mapping. */
enum sl_status sl_compose(const struct sl_compose *compose, const char *path,
                          const char *const *overrides, size_t n, struct sl_node **tree,
                          struct sl_error *err);

/* Deep merge of over into base, as above; returns the merged node, which is made of both:
 * neither may be used afterwards. */
struct sl_node *sl_node_merge(const struct sl_compose *compose, struct sl_node *base,
                              struct sl_node *over);

/* The search path: configs folders named in $SLUICE_CONFIG_PATH, then installed ones,
 * then those of the source tree that the program was built from, if they exist. Returns a
 * NULL-terminated list. */
const char *const *sl_compose_search(struct sl_arena *arena, const char *program);

#endif
