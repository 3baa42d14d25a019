/* SPDX-License-Identifier: MIT */
/* The checkpoints of stage.h: what a training leaves of itself, and finds. */
#include "runner/base/clock.h"
#include "runner/pipeline/step.h"

/* A checkpoint that is written later, of so many bytes at most: they are copied. */
#define LATER_BYTES ((size_t)1 << 20)

struct saving {
    struct sl_aside aside;
    const struct sl_cache *cache;
    struct sl_digest trajectory;
    struct sl_place place;
    struct sl_bundle content;
};

static enum sl_status
save(struct sl_aside *aside, struct sl_error *err)
{
    struct saving *s = (struct saving *)(void *)aside;

    return sl_checkpoint_write(s->cache, &s->trajectory, s->place, &s->content, err);
}

static enum sl_status
save_aside(struct sl_step *step, struct sl_place place, const struct sl_bundle *content,
           struct sl_error *err)
{
    struct saving *s = sl_aside_new(sizeof *s, step->label);
    enum sl_status status = SL_OK;

    s->cache = step->cache;
    s->trajectory = step->plan->trajectory;
    s->place = place;
    sl_bundle_init(&s->content, &s->aside.arena);
    for (size_t i = 0; i < content->n && status == SL_OK; i++)
        status = sl_bundle_add(&s->content, &content->items[i], err);
    if (status == SL_OK) {
        sl_asides_add(step->asides, &s->aside, save);
        return SL_OK;
    }
    sl_aside_free(&s->aside);
    return status;
}

/* The last one of a training that has gone its way protects nothing that is under way: the
 * outcome follows at once. It is there for a training that goes further. */
static bool
is_last(const struct sl_step *step, struct sl_place place)
{
    return place.batch == 0 && (double)place.epoch >= step->plan->horizon;
}

/* A training that is sooner done again than its checkpoint is written and read, where no
 * other step of the plan could go on from it. */
static bool
is_short(const struct sl_step *step)
{
    return step->asides && step->from.epoch == 0 && step->from.batch == 0 &&
           sl_seconds() - step->begun < SL_KEEP_SECONDS;
}

static bool
can_wait(const struct sl_step *step, const struct sl_bundle *content)
{
    size_t bytes = 0;

    for (size_t i = 0; i < content->n; i++)
        bytes += sl_tensor_bytes(&content->items[i].tensor);
    return step->asides && bytes <= LATER_BYTES;
}

enum sl_status
sl_checkpoint_save(struct sl_step *step, uint64_t epoch, uint64_t batch,
                   const struct sl_bundle *content, struct sl_error *err)
{
    struct sl_place place = {epoch, batch};

    if (is_last(step, place) && is_short(step))
        return SL_OK;
    if (is_last(step, place) && can_wait(step, content))
        return save_aside(step, place, content, err);
    return sl_checkpoint_write(step->cache, &step->plan->trajectory, place, content, err);
}

enum sl_status
sl_checkpoint_load(struct sl_step *step, uint64_t epochs, uint64_t *epoch,
                   uint64_t *batch, struct sl_bundle *content, bool *found,
                   struct sl_error *err)
{
    struct sl_place last = {epochs, 0}, place = {0};

    *found = false;
    if (step->from_scratch)
        return SL_OK;

    SL_TRY(sl_checkpoint_read(step->cache, &step->plan->trajectory, last, &place, content,
                              found, err));
    step->from = place;
    *epoch = place.epoch;
    *batch = place.batch;
    return SL_OK;
}
