/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_NODE_H
#define SL_CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

enum sl_node_kind { SL_NODE_SCALAR, SL_NODE_LIST, SL_NODE_MAP };

/*
 * A value of a configuration, where it stands, and who set it. Nodes belong to an arena.
 * The children of a map have keys that differ.
 *
 * The history of a value begins with the node itself: mark is the place of the file, of the
 * command line (its file is SL_COMMAND_LINE, runner/config/override.h) or of the sweep that
 * set it last. `was` is the value that it took the place of, with a mark and a `was` of its
 * own; NULL: nothing did before. A mapping that was merged has no history, its children
 * have; one that was replaced whole is a value like any other. A key that no node stands
 * for has its default.
 */
struct sl_node {
    enum sl_node_kind kind;
    struct sl_mark mark;     /* of the value */
    const char *key;         /* inside a map, else NULL */
    struct sl_mark key_mark; /* of the key */
    const char *text;        /* of a scalar; "" for an empty one */
    bool quoted;             /* a scalar in quotes or a block: never a number or a null */
    bool broken;             /* stands for a value that was told to be wrong */
    bool implied;            /* a mapping that is there for a path through it alone */
    bool replaces;           /* !replace: a merge takes it whole */
    bool deletes;            /* !delete: a merge takes its key away */
    bool per_point;          /* in a sweep: a value of its points, interpolated in them */
    const char *written;     /* where an interpolation made the value: what stood there */
    size_t count;            /* children */
    struct sl_node *first, *last, *next;
    const struct sl_node *was; /* the value that this one took the place of, or NULL */
};

struct sl_node *sl_node_new(struct sl_arena *arena, enum sl_node_kind kind,
                            struct sl_mark mark);
void sl_node_append(struct sl_node *parent, struct sl_node *child);
/* The child of that key, or NULL; node may be NULL or no map. */
struct sl_node *sl_node_get(const struct sl_node *node, const char *key);
/* Deep. */
struct sl_node *sl_node_copy(struct sl_arena *arena, const struct sl_node *node);
/* Unlinks the child of that key, if there is one. */
void sl_node_remove(struct sl_node *node, const char *key);

/* Says that node took the place of old, behind what it replaced already. */
void sl_node_replaces(struct sl_arena *arena, struct sl_node *node,
                      const struct sl_node *old);

/* "null", "~" or nothing, unquoted. */
bool sl_node_is_null(const struct sl_node *node);
/* The YAML 1.2 core schema; false if the scalar is of another type. */
bool sl_node_bool(const struct sl_node *node, bool *value);
bool sl_node_double(const struct sl_node *node, double *value);

/* The word for messages: "a list", "a mapping", "nothing", "'abc'". */
const char *sl_node_say(const struct sl_node *node, char *text, size_t size);
/* What to add to a message that expected a mapping: "lr:0.1" lacks a space. Often "". */
const char *sl_node_hint(const struct sl_node *node);

/* YAML in block form that reads back as the same tree, as it goes behind "key:", with its
 * lines indented by indent; into an empty text, a document. */
struct sl_text;
void sl_node_print(const struct sl_node *node, unsigned indent, struct sl_text *out);
/* A string as a YAML scalar, in quotes where it would be read as something else. */
void sl_node_print_string(const char *text, struct sl_text *out);

#endif
