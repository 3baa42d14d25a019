/* SPDX-License-Identifier: MIT */
#include "tests/unit/toolbox.h"

static const char *const grains[] = {"fine", "coarse", NULL};

static const struct sl_field drill_fields[] = {
    SL_FIELD(struct drill, speed, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED, .low = 1,
             .high = 1000, .unit = "1/s", .help = "turns of the bit"),
    SL_FIELD(struct drill, torque, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 90.5, .number = 12.25, .help = "at the bit"),
    SL_BOOL(struct drill, hammer, true, "for concrete"),
    SL_FIELD_END,
};

static const struct sl_field saw_fields[] = {
    SL_WORD(struct saw, grain, TOOLBOX_COARSE, grains, "of the blade"),
    SL_FIELD_END,
};

static const struct sl_entry drill = {
    .name = "drill",
    .summary = "makes holes",
    .fields = drill_fields,
    .config_size = sizeof(struct drill),
};
static const struct sl_entry saw = {
    .name = "saw",
    .summary = "makes two of one",
    .fields = saw_fields,
    .config_size = sizeof(struct saw),
};
static const struct sl_entry rest = {
    .name = "rest",
    .summary = "does nothing",
};
static const struct sl_entry plank = {
    .name = "plank",
    .summary = "is flat",
};

static const struct sl_row rows[] = {
    {.table = SL_OPTIMIZER, .as = {&drill}}, {.table = SL_OPTIMIZER, .as = {&saw}},
    {.table = SL_OPTIMIZER, .as = {&rest}},  {.table = SL_LAYER, .as = {&drill}},
    {.table = SL_LAYER, .as = {&plank}},
};
const struct sl_registry toolbox = {.rows = rows, .n = sizeof rows / sizeof *rows};

static const struct sl_field part_fields[] = {
    SL_FIELD(struct part, file, const char *, SL_TYPE_STRING, .flags = SL_REQUIRED),
    SL_STRING(struct part, label, NULL, "on the drawer"),
    SL_FIELD(struct part, weight, int64_t, SL_TYPE_INT, .flags = SL_UNKEYED, .low = -5,
             .high = 5, .number = 2),
    SL_FIELD_END,
};

static const struct sl_field shared_fields[] = {
    SL_FIELD(struct shared, epochs, int64_t, SL_TYPE_INT, .flags = SL_HORIZON, .low = 1,
             .high = 1000000, .number = 10, .help = "passes over the bench"),
    SL_FIELD_END,
};

const struct sl_field bench_fields[] = {
    SL_BOOL(struct bench, lit, false, "whether the light is on"),
    SL_INCLUDE(struct bench, shared, struct shared, shared_fields),
    SL_FIELD(struct bench, seed, uint64_t, SL_TYPE_SEED, .number = 1),
    SL_DOUBLE(struct bench, rate, 0.125, 0, 0, "any finite number"),
    SL_DOUBLE(struct bench, share, 0.75, 0, 1, "of the whole"),
    SL_INT(struct bench, room, 3, -2, 1e18, "from -2 on"),
    SL_STRING(struct bench, title, "work: bench", "a default that needs quotes"),
    SL_STRING(struct bench, note, NULL, "none by default"),
    SL_WORD(struct bench, grain, TOOLBOX_FINE, grains, "fine or coarse"),
    SL_FIELD(struct bench, plan, struct sl_file, SL_TYPE_FILE, .help = "a drawing"),
    SL_FIELD(struct bench, sizes, struct sl_int_list, SL_TYPE_INT_LIST, .low = 1,
             .high = 4096, .text = "[7, 19]"),
    SL_FIELD(struct bench, weights, struct sl_double_list, SL_TYPE_DOUBLE_LIST, .low = -1,
             .high = 1),
    SL_FIELD(struct bench, splits, struct sl_string_list, SL_TYPE_STRING_LIST,
             .flags = SL_SPLITS, .text = "[train, test]"),
    SL_CHOICE(struct bench, tool, "{drill: {speed: 30}}", SL_OPTIMIZER, "what turns"),
    SL_CHOICE(struct bench, spare, NULL, SL_OPTIMIZER, "what else there is"),
    SL_FIELD(struct bench, layers, struct sl_choice_list, SL_TYPE_CHOICE_LIST,
             .table = SL_LAYER),
    SL_FIELD(struct bench, part, struct part, SL_TYPE_RECORD, .fields = part_fields,
             .size = sizeof(struct part)),
    SL_FIELD(struct bench, parts, struct sl_record_list, SL_TYPE_RECORD_LIST,
             .fields = part_fields, .size = sizeof(struct part)),
    SL_FIELD(struct bench, shelf, struct sl_record_map, SL_TYPE_RECORD_MAP,
             .fields = part_fields, .size = sizeof(struct part)),
    SL_FIELD_END,
};
