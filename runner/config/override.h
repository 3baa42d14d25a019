/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_OVERRIDE_H
#define SL_CONFIG_OVERRIDE_H

#include "runner/config/compose.h"

/*
 * A word of the command line that changes the configuration:
 *
 * train.epochs=3       sets a value; the right side is YAML, mappings are made on the way
 * train.encoder.2=16   an entry of a list, counted from 0
 * +train.note=x        sets one that is not there yet
 * ~train.decoder       takes one away
 * use.model=vae        takes another file of a group
 *
 * All words together are the source SL_COMMAND_LINE, one a line.
 */
#define SL_COMMAND_LINE "command line"
struct sl_override {
    char action;           /* '=', '+' or '~' */
    const char *path;      /* "train.epochs" */
    struct sl_mark mark;   /* of path */
    const char *group;     /* "model" of use.model, else NULL */
    struct sl_node *value; /* NULL of '~' */
};

/* Reads n words into overrides; wrong ones go to the report. Returns how many were right. */
size_t sl_overrides_parse(const struct sl_compose *compose, const char *const *words,
                          size_t n, struct sl_override *overrides);

/* The tree, changed by the overrides that are not of groups: those of a `module` first,
 * since a choice that changes is replaced whole. */
struct sl_node *sl_overrides_apply(const struct sl_compose *compose, struct sl_node *tree,
                                   const struct sl_override *overrides, size_t n);

/* One step of a path below a node. Keys may have dots in them (those of a sweep have): the
 * longest that fits counts; the entries of a list count from 0. */
struct sl_path_step {
    struct sl_node *child; /* NULL: there is none yet */
    size_t length;         /* of this part */
    const char *rest;      /* of the path */
};
struct sl_path_step sl_path_step(const struct sl_node *node, const char *path);

/* What a path leads to below node, or NULL. */
const struct sl_node *sl_path_find(const struct sl_node *node, const char *path);
/* Whether it has parts, at most 64, none of them empty. */
bool sl_path_is_valid(const char *path);

/* Text as YAML, where it stands at mark in a source that the report knows; of blanks alone,
 * null. Returns NULL where it is wrong, which the report says. */
struct sl_node *sl_value_parse(const struct sl_compose *compose, const char *text,
                               struct sl_mark mark);
/* The place of text + bytes, where mark is that of text. */
struct sl_mark sl_mark_move(struct sl_mark mark, const char *text, size_t bytes);

#endif
