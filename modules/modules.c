/* SPDX-License-Identifier: MIT */
/* The registry of built-in modules, out of modules.def. */
#include "modules/learn/density.h"
#include "modules/learn/divergence.h"
#include "modules/learn/layer.h"
#include "modules/learn/loss.h"
#include "modules/learn/metric.h"
#include "modules/learn/optimizer.h"
#include "modules/learn/schedule.h"
#include "runner/pipeline/stage.h"

#define SL_ENTRY(table, type, constant) extern const struct type constant;
#define SL_REAL_ENTRY(table, type, constant)                                             \
    extern const struct type constant##_f32, constant##_f64;
#include "modules/modules.def"
#undef SL_ENTRY
#undef SL_REAL_ENTRY

#define SL_ENTRY(table, type, constant) {table, {&constant.entry, NULL}},
#define SL_REAL_ENTRY(table, type, constant)                                             \
    {table, {&constant##_f32.entry, &constant##_f64.entry}},
static const struct sl_row rows[] = {
#include "modules/modules.def"
};

const struct sl_registry sl_builtin = {rows, sizeof rows / sizeof *rows};
