/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_TABLE_H
#define SL_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/hash.h"

/*
 * The registry: tables of things that a configuration chooses by name. The engine knows
 * the tables, and none of the names in them.
 */
enum sl_table_id {
    SL_LOAD, /* the five kinds of stage */
    SL_TRAIN,
    SL_CALIBRATE,
    SL_DETECT,
    SL_SAMPLE,
    SL_LAYER,      /* that models put where they need it */
    SL_ACTIVATION, /* a layer behind each of those that learn */
    SL_FLOW_LAYER, /* that has an inverse */
    SL_OPTIMIZER,
    SL_LOSS,
    SL_METRIC,
    SL_DIVERGENCE, /* between a sample and data */
    SL_DENSITY,    /* that data are drawn from */
    SL_SCHEDULE,   /* of a learning rate */
    SL_PREPROCESS, /* what rows go through on their way to a model */
    SL_READER,     /* of a file of new rows */
    SL_TABLES
};
#define SL_STAGE_KINDS 5

/* "load", ..., "layer", "optimizer", "loss", "metric". */
const char *sl_table_name(enum sl_table_id table);

struct sl_field;

/* The head of every class in a table: what the configuration needs to know of it. The
 * class embeds it as its first member, `entry`. */
struct sl_entry {
    const char *name, *summary;
    const struct sl_field *fields; /* NULL: it takes none */
    size_t config_size;
    /* What it does depends on the horizons of the configuration that chooses it, which
     * then stay in the trajectory's key: a learning rate that ends at 0. */
    bool reads_horizon;
};

/* The shared object that a row comes from. */
struct sl_origin {
    const char *file;        /* where it was found */
    const char *name;        /* the file's, without its folder */
    const char *version;     /* as it says itself */
    struct sl_digest digest; /* of its bytes: in the keys of the steps that use it */
};

/* as[0] is what float32 uses, and things that know no precision; as[1] the float64 build,
 * or NULL. Both carry the same name and fields. */
struct sl_row {
    enum sl_table_id table;
    const struct sl_entry *as[2];
    size_t size;                    /* of the class as it was compiled; 0: not said */
    const struct sl_origin *origin; /* NULL: built in */
};

/* What a class of a table has to have. */
#define SL_CLASS_NEEDS 4
struct sl_class_rule {
    size_t size;
    struct {
        const char *name;
        size_t offset;
    } needs[SL_CLASS_NEEDS]; /* members that are pointers and not NULL */
};

struct sl_registry {
    const struct sl_row *rows;
    size_t n;
    const struct sl_class_rule *rules; /* by table; NULL: none */
};

/* Built-in modules, from modules/modules.def. */
extern const struct sl_registry sl_builtin;

const struct sl_row *sl_registry_find(const struct sl_registry *registry,
                                      enum sl_table_id table, const char *name);
/* Names of a table in the order of the registry; returns how many were stored. */
size_t sl_registry_names(const struct sl_registry *registry, enum sl_table_id table,
                         const char **names, size_t capacity);

#endif
