/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_OUTLINE_H
#define SL_PIPELINE_OUTLINE_H

#include "runner/config/field.h"

/*
 * A composed file as the tree of all its keys: those it says, and those that it could say
 * where it stands. A file with mistakes has an outline, too: keys that no table knows are
 * in it as they are. For commands that explain, complete and print files.
 *
 * Memory is the arena's; items and fields live as long as it and the tree.
 */
struct sl_outline {
    const struct sl_registry *registry;
    struct sl_arena *arena;
    const struct sl_node *tree; /* a mapping, its `sweep` in it if it has one */
};

enum sl_outline_kind {
    SL_OUTLINE_FIELD,   /* a value of field */
    SL_OUTLINE_STAGE,   /* a stage's block, by row; NULL where its module is not known */
    SL_OUTLINE_ENTRY,   /* what a choice has chosen: the keys of row */
    SL_OUTLINE_ELEMENT, /* of a list or a mapping of field: one of its values, by `type` */
    SL_OUTLINE_RECORD,  /* a mapping with the keys of field->fields */
    SL_OUTLINE_OPEN     /* no table says what it may hold: below `sweep`, or a mistake */
};

struct sl_outline_item {
    enum sl_outline_kind kind;
    const char *key; /* within what holds it; of an element its index, from 0 */
    const struct sl_field *field; /* NULL for stages, entries and open ones */
    enum sl_field_type type;      /* of a field or an element */
    const struct sl_row *row;
    const struct sl_node *node; /* what the file says, or the default; NULL: neither */
    bool said;                  /* the file says it, or something in it */
    bool engine;                /* a key of the engine's, in a stage's block */
};

/* The top level: the head, the stages in the order in which data flow, then the rest. */
size_t sl_outline_top(const struct sl_outline *outline, struct sl_outline_item **items);
/* What is in an item: none where it is a single value. A record that is not there, and
 * lacks what it can't be without, has its keys all the same. */
size_t sl_outline_below(const struct sl_outline *outline,
                        const struct sl_outline_item *item,
                        struct sl_outline_item **items);

/* What a path such as train.optimizer.adam.lr leads to; keys with dots in them are found,
 * too. */
struct sl_outline_search {
    bool found;
    struct sl_outline_item item; /* if it was found, else what holds the last step */
    const char *rest;            /* the part of the path that leads nowhere */
    size_t n;
    struct sl_outline_item *items; /* where the last step was sought */
};
struct sl_outline_search sl_outline_find(const struct sl_outline *outline,
                                         const char *path);

#endif
