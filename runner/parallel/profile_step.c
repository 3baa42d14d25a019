/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/parallel/memory.h"
#include "runner/parallel/profile_inside.h"

/* ---- memory --------------------------------------------------------------------------- */

size_t
sl_profile_resident(const struct sl_profile *profile)
{
    char text[128], *end;
    ssize_t n =
        profile->resident < 0 ? -1 : pread(profile->resident, text, sizeof text - 1, 0);

    if (n <= 0)
        return 0;
    text[n] = '\0';
    (void)strtoull(text, &end, 10); /* the pages that it has; then those in memory */
    return (size_t)strtoull(end, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* Under the lock: the most that was resident since this was asked last counts for every
 * step that is open. */
static void
note_peak(struct sl_profile *profile)
{
    size_t peak = sl_memory_peak();

    for (size_t i = 0; i < profile->opened; i++) {
        struct sl_profile_step *step = &profile->step[profile->open[i]];
        step->peak = peak > step->peak ? peak : step->peak;
    }
}

/* ---- steps ---------------------------------------------------------------------------- */

void
sl_profile_begin_step(struct sl_profile *profile, struct sl_profile_span *span,
                      const char *label, const char *name)
{
    struct sl_profile_step step = {0};
    size_t index;

    span->thread = NULL;
    if (!profile)
        return;
    pthread_mutex_lock(&profile->lock);
    note_peak(profile);
    step.label = sl_arena_string(&profile->arena, label);
    step.name = sl_arena_string(&profile->arena, name);
    index = profile->steps++;
    profile->step =
        sl_profile_grow(profile->step, index, &profile->capacity, sizeof step);
    profile->step[index] = step;
    profile->open = sl_profile_grow(profile->open, profile->opened,
                                    &profile->open_capacity, sizeof *profile->open);
    profile->open[profile->opened++] = index;
    pthread_mutex_unlock(&profile->lock);
    sl_profile_open(profile, span, SL_OPERATION_STEP, "step");
    span->step = index + 1;
}

/* Where its span is, is told by what stands between begin and end. */
void
sl_profile_end_step(struct sl_profile *profile, struct sl_profile_span *span,
                    const char *state)
{
    size_t index, i = 0;

    if (!span->thread)
        return;
    index = span->step - 1;
    sl_profile_close(span, (struct sl_amount){0});
    pthread_mutex_lock(&profile->lock);
    note_peak(profile);
    profile->step[index].state = state;
    profile->step[index].start = span->start;
    profile->step[index].ns = sl_profile_now(profile) - span->start;
    while (profile->open[i] != index)
        i++;
    profile->open[i] = profile->open[--profile->opened];
    pthread_mutex_unlock(&profile->lock);
}
