/* SPDX-License-Identifier: MIT */
/* The registry of built-in modules, out of modules.def. */
#include "modules/learn/density.h"
#include "modules/learn/divergence.h"
#include "modules/learn/layer.h"
#include "modules/learn/loss.h"
#include "modules/learn/metric.h"
#include "modules/learn/optimizer.h"
#include "modules/learn/schedule.h"
#include "runner/pipeline/preprocess.h"
#include "runner/pipeline/reader.h"
#include "runner/pipeline/stage.h"

#define SL_ENTRY(table, type, constant) extern const struct type constant;
#define SL_REAL_ENTRY(table, type, constant)                                             \
    extern const struct type constant##_f32, constant##_f64;
#include "modules/modules.def"
#undef SL_ENTRY
#undef SL_REAL_ENTRY

#define SL_ENTRY(table_, type, constant) {.table = (table_), .as = {&constant.entry}},
#define SL_REAL_ENTRY(table_, type, constant)                                            \
    {.table = (table_), .as = {&constant##_f32.entry, &constant##_f64.entry}},
static const struct sl_row rows[] = {
#include "modules/modules.def"
};

#define NEEDS(type, member)                                                              \
    {                                                                                    \
#member, offsetof(struct type, member)                                           \
    }
static const struct sl_class_rule rules[SL_TABLES] = {
    [SL_LOAD] = {sizeof(struct sl_module), {NEEDS(sl_module, run)}},
    [SL_TRAIN] = {sizeof(struct sl_module),
                  {NEEDS(sl_module, run), NEEDS(sl_module, model)}},
    [SL_CALIBRATE] = {sizeof(struct sl_module), {NEEDS(sl_module, run)}},
    [SL_DETECT] = {sizeof(struct sl_module), {NEEDS(sl_module, run)}},
    [SL_SAMPLE] = {sizeof(struct sl_module), {NEEDS(sl_module, run)}},
    [SL_LAYER] = {sizeof(struct sl_layer_class),
                  {NEEDS(sl_layer_class, shape), NEEDS(sl_layer_class, forward),
                   NEEDS(sl_layer_class, backward)}},
    [SL_ACTIVATION] = {sizeof(struct sl_layer_class),
                       {NEEDS(sl_layer_class, shape), NEEDS(sl_layer_class, forward),
                        NEEDS(sl_layer_class, backward)}},
    [SL_FLOW_LAYER] = {sizeof(struct sl_layer_class),
                       {NEEDS(sl_layer_class, shape), NEEDS(sl_layer_class, forward),
                        NEEDS(sl_layer_class, backward), NEEDS(sl_layer_class, inverse)}},
    [SL_OPTIMIZER] = {sizeof(struct sl_optimizer_class),
                      {NEEDS(sl_optimizer_class, step)}},
    [SL_LOSS] = {sizeof(struct sl_loss_class), {NEEDS(sl_loss_class, compare)}},
    [SL_METRIC] = {sizeof(struct sl_metric_class), {NEEDS(sl_metric_class, of)}},
    [SL_DIVERGENCE] = {sizeof(struct sl_divergence_class),
                       {NEEDS(sl_divergence_class, compute)}},
    [SL_DENSITY] = {sizeof(struct sl_density_class),
                    {NEEDS(sl_density_class, open), NEEDS(sl_density_class, draw),
                     NEEDS(sl_density_class, log_density)}},
    [SL_PREPROCESS] = {sizeof(struct sl_preprocess_class),
                       {NEEDS(sl_preprocess_class, open),
                        NEEDS(sl_preprocess_class, forward)}},
    [SL_SCHEDULE] = {sizeof(struct sl_schedule_class), {NEEDS(sl_schedule_class, rate)}},
};

const struct sl_registry sl_builtin = {rows, sizeof rows / sizeof *rows, rules};
