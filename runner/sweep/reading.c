/* SPDX-License-Identifier: MIT */
#include "runner/sweep/reading.h"

#include <string.h>

#include "runner/config/field.h"
#include "runner/config/override.h"

/* Room for one more behind n elements of size bytes. */
static void *
grow(struct sl_reading *reading, void *elements, size_t n, size_t *capacity, size_t size)
{
    void *more;

    if (n < *capacity)
        return elements;
    *capacity = *capacity ? 2 * *capacity : 8;
    more = sl_arena_alloc(reading->scratch, *capacity * size);
    if (n > 0)
        memcpy(more, elements, n * size);
    return more;
}

void
sl_reading_refuse(struct sl_reading *reading, const struct sl_node *node,
                  const char *what)
{
    char got[100];

    if (node->broken) /* it was told */
        return;
    sl_report_add(reading->report, SL_ERROR, node->mark, "expected %s, got %s%s", what,
                  sl_node_say(node, got, sizeof got), sl_node_hint(node));
}

void
sl_reading_refuse_count(struct sl_reading *reading, struct sl_mark mark, const char *what,
                        double count)
{
    struct sl_text number = {0};

    sl_text_double(&number, count);
    sl_report_add(reading->report, SL_ERROR, mark, "%s %s; at most %d are possible",
                  number.bytes, what, SL_SWEEP_MAX);
    sl_text_release(&number);
}

/* ---- paths -------------------------------------------------------------------------- */

static bool
equal_values(const void *things, uint32_t a, uint32_t b)
{
    const struct sl_swept *axis = things;

    return sl_value_equal(axis->values[a], axis->values[b]);
}

/* Seeds are what `repeats` is for; a sweep of the sweep would never end. */
static bool
check_path(struct sl_reading *reading, const char *path, struct sl_mark mark)
{
    bool valid =
        sl_path_is_valid(path) && strcmp(path, "use") != 0 && !path[strcspn(path, "~+=")];

    if (!valid)
        sl_report_add(reading->report, SL_ERROR, mark,
                      "expected a path such as train.epochs or use.GROUP, got '%s'",
                      path);
    if (strcmp(path, "sweep") == 0 || strncmp(path, "sweep.", 6) == 0) {
        sl_report_add(reading->report, SL_ERROR, mark, "a sweep can't sweep itself");
        return false;
    }
    if (strcmp(path, "seed") == 0)
        sl_report_add(reading->report, SL_WARNING, mark,
                      "a seed is no hyperparameter; 'repeats: N' runs each point with N "
                      "seeds and gives means and intervals over them");
    return valid;
}

static struct sl_swept *
axis_new(struct sl_reading *reading, const char *path, struct sl_mark mark)
{
    struct sl_swept *axis = SL_NEW(reading->scratch, struct sl_swept);

    axis->path = sl_arena_string(reading->arena, path);
    axis->mark = mark;
    axis->index = (struct sl_index){
        .arena = reading->scratch, .equal = equal_values, .things = axis};
    return axis;
}

static uint32_t
axis_number(struct sl_reading *reading, const char *path, struct sl_mark mark)
{
    uint32_t i = 0;

    while (i < reading->axis_count && strcmp(reading->axes[i]->path, path) != 0)
        i++;
    if (i < reading->axis_count)
        return i;
    reading->axes =
        grow(reading, reading->axes, i, &reading->axis_capacity, sizeof *reading->axes);
    reading->axes[reading->axis_count++] = axis_new(reading, path, mark);
    return i;
}

bool
sl_reading_path(struct sl_reading *reading, const struct sl_node *node, uint32_t *place)
{
    if (!check_path(reading, node->key, node->key_mark))
        return false;
    *place = (uint32_t)reading->place_count;
    reading->places = grow(reading, reading->places, reading->place_count,
                           &reading->place_capacity, sizeof *reading->places);
    reading->places[reading->place_count++] = (struct sl_place){
        axis_number(reading, node->key, node->key_mark), node->key_mark};
    return true;
}

struct sl_swept *
sl_reading_axis(const struct sl_reading *reading, uint32_t place)
{
    return reading->axes[reading->places[place].axis];
}

/* ---- values ------------------------------------------------------------------------- */

/* Both arrays have one capacity. */
static void
make_room(struct sl_reading *reading, struct sl_swept *axis)
{
    size_t capacity = axis->capacity;

    axis->values =
        grow(reading, axis->values, axis->n, &capacity, sizeof(struct sl_node *));
    axis->lists =
        grow(reading, axis->lists, axis->n, &axis->capacity, sizeof *axis->lists);
}

/* A group takes the names of its files. */
static void
check_value(struct sl_reading *reading, const char *path, const struct sl_node *node)
{
    if (strncmp(path, "use.", 4) != 0 ||
        (node->kind == SL_NODE_SCALAR && sl_name_is_valid(node->text)))
        return;
    sl_report_add(reading->report, SL_ERROR, node->mark,
                  "expected the name of a file in configs/%s, without .yaml", path + 4);
}

uint32_t
sl_reading_value(struct sl_reading *reading, uint32_t place, const struct sl_node *node)
{
    struct sl_swept *axis = sl_reading_axis(reading, place);
    uint32_t next = (uint32_t)axis->n, value;

    make_room(reading, axis);
    axis->values[next] = node;
    value = sl_index_add(&axis->index, sl_value_hash(node), next);
    if (value != next)
        return value;
    check_value(reading, axis->path, node);
    axis->n++;
    return value;
}

uint32_t
sl_reading_number(struct sl_reading *reading, uint32_t place,
                  const struct sl_number *number)
{
    struct sl_swept *axis = sl_reading_axis(reading, place);
    uint32_t value = sl_reading_value(reading, place, &number->node);

    if (axis->values[value] == &number->node)
        axis->values[value] = sl_number_copy(reading->arena, number);
    return value;
}
