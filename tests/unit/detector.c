/* SPDX-License-Identifier: MIT */
#include "tests/unit/detector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

const struct sl_module *
detector_module(const char *name)
{
    for (size_t i = 0; i < sl_builtin.n; i++)
        if (sl_builtin.rows[i].table == SL_TRAIN &&
            strcmp(sl_builtin.rows[i].as[0]->name, name) == 0)
            return (const struct sl_module *)sl_builtin.rows[i].as[0];
    fail_msg("no train module '%s'", name);
    return NULL;
}

struct sl_dataset
detector_data(struct detector_rows rows, const char *split, struct sl_arena *arena)
{
    uint32_t *ids = sl_arena_alloc(arena, rows.n * sizeof *ids);
    struct sl_split *splits = sl_arena_alloc(arena, sizeof *splits);

    for (size_t i = 0; i < rows.n; i++)
        ids[i] = (uint32_t)i;
    *splits = (struct sl_split){split, rows.n, ids};
    return (struct sl_dataset){.n = rows.n,
                               .d = rows.d,
                               .type = rows.type,
                               .x = rows.x,
                               .scale = 1,
                               .split_count = 1,
                               .splits = splits};
}

enum sl_status
detector_try(struct detector *detector, const struct sl_module *module, const char *yaml,
             struct detector_rows rows, struct sl_pool *pool, struct sl_error *err)
{
    struct sl_dataset *data;

    fake_step_init(&detector->step, "train", 5, NULL);
    data = sl_arena_alloc(&detector->step.arena, sizeof *data);
    *data = detector_data(rows, "train", &detector->step.arena);
    detector->step.data = data;
    detector->step.pool = pool;
    detector->model = (struct sl_model){
        .module = module,
        .config = fake_config(&module->entry, yaml, &detector->step.arena),
        .d = rows.d,
        .scale = 1,
        .parameters = &detector->step.parameters,
    };
    SL_TRY(module->run(&detector->step, detector->model.config, err));
    return module->model->open(&detector->model, &detector->step.arena, err);
}

void
detector_fit(struct detector *detector, const char *module, const char *yaml,
             struct detector_rows rows)
{
    struct sl_error err = {0};

    if (detector_try(detector, detector_module(module), yaml, rows, NULL, &err))
        fail_msg("%s: %s", module, err.text);
}

void
detector_release(struct detector *detector)
{
    fake_step_release(&detector->step);
}

void
detector_score(struct detector *detector, struct detector_rows rows, size_t kind,
               double *out)
{
    struct sl_dataset data = detector_data(rows, "test", &detector->step.arena);
    struct sl_rows all = {&data, data.splits[0].rows, rows.n};
    struct sl_error err = {0};

    if (detector->model.module->model->score(&detector->model, &detector->step, &all,
                                             kind, out, &err))
        fail_msg("%s", err.text);
}
