/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config/arithmetic.h"
#include "runner/config/character.h"
#include "runner/config/interpolate_work.h"
#include "runner/config/override.h"

#define SCALAR_MAX ((size_t)64 << 10)
#define BYTES_MAX ((size_t)1 << 20)
#define BLANKS " \t\n"

/* ---- places ------------------------------------------------------------------------- */

/* The text of the source from a place on, or NULL. */
static const char *
source_at(struct sl_interpolating *work, struct sl_mark mark)
{
    const struct sl_source *source =
        sl_report_find(work->call->compose->report, mark.file);
    size_t at = source ? sl_cursor_seek(&work->cursor, source, mark) : 0;

    return source && work->cursor.line == mark.line ? source->bytes + at : NULL;
}

/* The reference is found again in the source by counting: quotes and escapes move it. */
static struct sl_mark
place_of(const struct sl_reference *reference, size_t at)
{
    const struct sl_node *node = sl_slot_node(reference->slot);
    const char *start = source_at(reference->work, node->mark);
    const char *found = start && *start != '*' ? start - 1 : NULL;
    const char *counted = node->text - 1;

    while (found && counted < node->text + reference->offset) {
        counted = strstr(counted + 1, "${");
        found = strstr(found + 1, "${");
    }
    if (!found)
        return node->mark;
    if (strncmp(found + 2, reference->text, at) != 0)
        at = 0;
    return sl_mark_move(node->mark, start, (size_t)(found - start) + (at ? at + 2 : 0));
}

void
sl_reference_tell(const struct sl_reference *reference, ptrdiff_t at, const char *format,
                  ...)
{
    va_list args;

    struct sl_report *report = reference->work->call->compose->report;
    struct sl_mark mark = {0};

    if (!sl_report_is_full(report))
        mark = place_of(reference, at > 0 ? (size_t)at : 0);
    va_start(args, format);
    sl_report_vadd(report, SL_ERROR, mark, format, args);
    va_end(args);
}

/* ---- one reference ------------------------------------------------------------------ */

struct evaluation {
    const struct sl_reference *reference;
    const char *text; /* behind the '=' */
};

static void
tell_arithmetic(void *context, size_t at, const char *problem)
{
    const struct evaluation *e = context;

    sl_reference_tell(e->reference, e->text - e->reference->text + (ptrdiff_t)at, "%s",
                      problem);
}

static bool
find_number(void *context, const char *path, size_t n, size_t at,
            struct sl_amount *amount)
{
    const struct evaluation *e = context;
    struct sl_reference reference = *e->reference;
    const struct sl_node *node;
    char said[100];

    /* Paths end where their text ends, and errors are told at a byte of that text. */
    reference.text = sl_arena_copy(&reference.work->scratch, reference.text,
                                   (size_t)(path - reference.text) + n);
    path = reference.text + (e->text - e->reference->text) + at;
    node = sl_reference_find(&reference, path);
    if (!node)
        return false;
    if (node->kind == SL_NODE_SCALAR && !node->quoted &&
        sl_amount_parse(node->text, amount))
        return true;
    sl_reference_tell(&reference, path - reference.text,
                      "'%s' is no number of arithmetic: it is %s", path,
                      sl_node_say(node, said, sizeof said));
    return false;
}

static struct sl_node *
scalar(const struct sl_reference *reference, const char *text)
{
    struct sl_node other = {.kind = SL_NODE_SCALAR, .text = text};

    return sl_reference_take(reference, &other);
}

static struct sl_node *
calculate(const struct sl_reference *reference, const char *text)
{
    struct evaluation e = {reference, text};
    struct sl_arithmetic arithmetic = {find_number, tell_arithmetic, &e};
    struct sl_text number = {0};
    struct sl_amount amount;
    struct sl_node *node;

    if (!sl_arithmetic_eval(&arithmetic, text, &amount))
        return NULL;
    sl_amount_print(amount, &number);
    node = scalar(reference,
                  sl_arena_string(reference->work->call->compose->arena, number.bytes));
    sl_text_release(&number);
    return node;
}

static bool
is_plain_text(const char *text)
{
    uint32_t c;
    size_t n = strlen(text), step;

    for (size_t i = 0; i < n; i += step) {
        step = sl_utf8_decode(text + i, n - i, &c);
        if (step == 0 || c == '\r' || sl_character_fault(c))
            return false;
    }
    return n <= SCALAR_MAX;
}

static struct sl_node *
take_variable(const struct sl_reference *reference, const char *name)
{
    const struct sl_interpolation *call = reference->work->call;
    const char *value = NULL;

    if (!sl_node_get(call->env, name))
        sl_reference_tell(reference, 0,
                          "no file declares '%s'; 'env: [%s]' does, and has its value "
                          "recorded",
                          name, name);
    else if ((value = getenv(name)) == NULL)
        sl_reference_tell(reference, 0, "the environment has no variable '%s'", name);
    else if (!is_plain_text(value))
        sl_reference_tell(reference, 0,
                          "the value of '%s' is no text for a configuration", name);
    else
        return scalar(reference, sl_arena_string(call->compose->arena, value));
    return NULL;
}

/* What a reference stands for, in its place; NULL, and told, if it is wrong. */
static struct sl_node *
evaluate(const struct sl_reference *reference)
{
    const char *text = reference->text + strspn(reference->text, BLANKS);
    const struct sl_node *other;

    if (*text == '=')
        return calculate(reference, text + 1);
    if (strncmp(text, "env:", 4) == 0)
        return take_variable(reference, text + 4);
    other = sl_reference_find(reference, text);
    return other ? sl_reference_take(reference, other) : NULL;
}

/* ---- scalars ------------------------------------------------------------------------ */

/* The reference that begins at a byte of the scalar's text; false, and told, if it does not
 * end. *end is behind it. */
static bool
open_reference(struct sl_interpolating *work, struct sl_slot *slot, const char *at,
               struct sl_reference *reference, const char **end)
{
    const char *text = sl_slot_node(slot)->text, *close = strchr(at, '}');
    size_t n = close ? (size_t)(close - at) - 2 : 0;

    *reference = (struct sl_reference){work, slot, (size_t)(at - text), ""};
    if (!close) {
        sl_reference_tell(reference, 0,
                          "'${' without a '}'; write '$${' where a '${' is meant");
        return false;
    }
    while (n > 0 && strchr(BLANKS, at[2 + n - 1]))
        n--;
    reference->text = sl_arena_copy(&work->scratch, at + 2, n);
    *end = close + 1;
    return true;
}

/* Adds what a reference within a text stands for. */
static bool
append_value(const struct sl_reference *reference, struct sl_text *out)
{
    const struct sl_node *node = evaluate(reference);
    char said[100];
    bool fits =
        node && !node->broken && node->kind == SL_NODE_SCALAR && !sl_node_is_null(node);

    if (fits)
        sl_text_append(out, node->text);
    else if (node && !node->broken)
        sl_reference_tell(reference, 0, "%s can't stand within a text",
                          sl_node_say(node, said, sizeof said));
    return fits;
}

static struct sl_node *
broken(struct sl_interpolating *work, const struct sl_node *from)
{
    struct sl_node *node = SL_NEW(work->call->compose->arena, struct sl_node);

    *node = *from;
    node->next = NULL;
    node->broken = true;
    return node;
}

/* A text with references in it. */
static bool
expand(struct sl_interpolating *work, struct sl_slot *slot, struct sl_text *out)
{
    const char *at = sl_slot_node(slot)->text, *next;
    struct sl_reference reference;

    for (; (next = strstr(at, "${")) != NULL; at = next) {
        bool escaped = next > at && next[-1] == '$';

        sl_text_append_bytes(out, at, (size_t)(next - at) - escaped);
        if (escaped) {
            sl_text_append(out, "${");
            next += 2;
            continue;
        }
        if (!open_reference(work, slot, next, &reference, &next) ||
            !append_value(&reference, out))
            return false;
        if (out->count > SCALAR_MAX || work->bytes + out->count > BYTES_MAX) {
            sl_reference_tell(&reference, 0, "interpolation makes too long a text");
            return false;
        }
    }
    sl_text_append(out, at);
    work->bytes += out->count;
    return true;
}

/* Whether the text is one reference and nothing else. */
static bool
is_one_reference(const char *text)
{
    const char *close = strncmp(text, "${", 2) == 0 ? strchr(text, '}') : NULL;

    return close && !close[1];
}

struct sl_node *
sl_scalar_interpolate(struct sl_interpolating *work, struct sl_slot *slot)
{
    const struct sl_node *from = sl_slot_node(slot);
    struct sl_node *node = NULL;
    struct sl_reference reference;
    struct sl_text text = {0};
    const char *end;

    if (from->broken || !strstr(from->text, "${"))
        return (struct sl_node *)from;
    if (is_one_reference(from->text)) {
        open_reference(work, slot, from->text, &reference, &end);
        node = evaluate(&reference);
        return node ? node : broken(work, from);
    }
    node = broken(work, from);
    node->broken = !expand(work, slot, &text);
    node->written = from->text;
    if (!node->broken)
        node->text = sl_arena_copy(work->call->compose->arena, text.bytes, text.count);
    sl_text_release(&text);
    return node;
}
