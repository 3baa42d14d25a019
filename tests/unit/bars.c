/* SPDX-License-Identifier: MIT */
#include "tests/unit/bars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void
fixture_init(struct fixture *f, const struct sl_module *module)
{
    memset(f, 0, sizeof *f);
    f->model.module = module;
    for (uint32_t i = 0; i < ROWS; i++) {
        f->ids[i] = i;
        for (size_t j = 0; j < SIDE; j++) {
            f->x[i * D + i % SIDE * SIDE + j] = (uint8_t)(120 + i * 31 % 136);
            f->x[i * D + j * SIDE + i * 7 % 5] = (uint8_t)(i * 17 % 90);
        }
    }
    f->splits[0] = (struct sl_split){"train", TRAIN, f->ids};
    f->splits[1] = (struct sl_split){"test", TEST, f->ids + TRAIN};
    f->data = (struct sl_dataset){.n = ROWS,
                                  .d = D,
                                  .type = SL_U8,
                                  .x = f->x,
                                  .scale = 255,
                                  .height = SIDE,
                                  .width = SIDE,
                                  .split_count = 2,
                                  .splits = f->splits};
    fake_step_init(&f->step, "train", 4, &f->data);
    sl_arena_init(&f->arena);
}

void
fixture_release(struct fixture *f)
{
    fake_step_release(&f->step);
    sl_arena_release(&f->arena);
}

enum sl_status
train(struct fixture *f, const char *yaml)
{
    const struct sl_module *module = f->model.module;

    f->model = (struct sl_model){
        .module = module,
        .config = fake_config(&module->entry, yaml, &f->arena),
        .d = D,
        .height = SIDE,
        .width = SIDE,
        .scale = 255,
        .parameters = &f->step.parameters,
    };
    SL_TRY(module->run(&f->step, f->model.config, &f->err));
    return module->model->open(&f->model, &f->arena, &f->err);
}

void
score_kind(struct fixture *f, const struct sl_split *split, size_t kind, double *out)
{
    struct sl_rows rows = {&f->data, split->rows, split->n};

    if (f->model.module->model->score(&f->model, &f->step, &rows, kind, out, &f->err))
        fail_msg("%s", f->err.text);
}

void
score(struct fixture *f, const struct sl_split *split, double *out)
{
    score_kind(f, split, 0, out);
}
