/* SPDX-License-Identifier: MIT */
#include "runner/sweep/condition.h"

#include <string.h>

#include "runner/config/override.h"
#include "runner/sweep/value.h"

#define DEPTH_MAX 64

enum comparison { EQUAL, UNEQUAL, LESS, AT_MOST, GREATER, AT_LEAST };

enum condition_kind { COMPARE, NOT, AND, OR };

struct sl_condition {
    enum condition_kind kind;
    struct sl_condition *first, *next; /* the parts, of NOT, AND and OR */
    enum comparison comparison;
    const char *path;
    struct sl_mark mark;         /* of the path */
    const struct sl_node *value; /* on the right */
    const char *other;           /* on the right, where that may be a path; else NULL */
    bool ordered;  /* other is a path, since it stands where a number would */
    double number; /* on the right, for an order */
    bool told;     /* that a value has no order */
};

/* ---- places in the text ------------------------------------------------------------- */

/* The text of the source from a mark on, or NULL. */
static const char *
source_at(const struct sl_report *report, struct sl_mark mark, size_t *count)
{
    const struct sl_source *source = report->sources;
    const char *at, *end;

    while (source && !(mark.file && strcmp(source->name, mark.file) == 0))
        source = source->next;
    if (!source)
        return NULL;
    at = source->bytes;
    end = at + source->count;
    for (uint32_t line = 1; line < mark.line && at; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    for (uint32_t column = 1; column < mark.column && at && at < end; column++)
        for (at++; at < end && (*at & 0xc0) == 0x80;)
            at++;
    *count = at ? (size_t)(end - at) : 0;
    return at;
}

/* The place of a byte of a scalar; that of the scalar where its text does not stand in the
 * source as it is, because of line breaks or escapes. */
static struct sl_mark
place_of(const struct sl_report *report, const struct sl_node *node, size_t offset)
{
    size_t count, quote = 0;
    const char *at = source_at(report, node->mark, &count);
    struct sl_mark mark = node->mark;

    if (at && node->quoted && count > 0 && (*at == '"' || *at == '\''))
        quote = 1;
    if (!at || count < quote + offset || memcmp(at + quote, node->text, offset) != 0)
        return mark;
    mark.column += (uint32_t)quote;
    return sl_mark_move(mark, node->text, offset);
}

/* ---- words -------------------------------------------------------------------------- */

enum token_kind { END, OPEN, CLOSE, COMPARISON, WORD, QUOTED, FLOW };

struct token {
    enum token_kind kind;
    size_t start, length;
    enum comparison comparison;
};

struct parser {
    const struct sl_compose *compose;
    const struct sl_node *node;
    const char *text;
    struct token token; /* the next one */
    unsigned depth;
    bool failed; /* the first error is told, the rest would follow from it */
};

/* "expected WHAT, got 'x'". */
static void
fail(struct parser *p, const char *what)
{
    struct token token = p->token;
    const char *word = p->text + token.start;

    if (p->failed)
        return;
    p->failed = true;
    if (token.kind == END)
        sl_report_add(p->compose->report, SL_ERROR,
                      place_of(p->compose->report, p->node, token.start),
                      "expected %s at the end of the condition", what);
    else
        sl_report_add(p->compose->report, SL_ERROR,
                      place_of(p->compose->report, p->node, token.start),
                      "expected %s, got '%.*s'", what, (int)token.length, word);
}

/* The length of a text in quotes or a flow collection, or 0 where it does not end. */
static size_t
enclosed_length(const char *text)
{
    char quote = 0;
    size_t depth = 0;

    for (size_t i = 0; text[i]; i++) {
        if (quote && ((quote == '"' && text[i] == '\\' && text[i + 1]) ||
                      (quote == '\'' && text[i] == quote && text[i + 1] == quote)))
            i++;
        else if (quote)
            quote = text[i] == quote ? 0 : quote;
        else if (text[i] == '"' || text[i] == '\'')
            quote = text[i];
        else if (strchr("[{", text[i]))
            depth++;
        else if (strchr("]}", text[i]))
            depth--;
        if (!quote && depth == 0)
            return i + 1;
    }
    return 0;
}

static void
read_comparison(const char *text, struct token *token)
{
    static const char *const signs[] = {
        [EQUAL] = "==", [UNEQUAL] = "!=",  [AT_MOST] = "<=",
        [LESS] = "<",   [AT_LEAST] = ">=", [GREATER] = ">",
    };
    /* Longer ones first. */
    static const enum comparison order[] = {EQUAL,    UNEQUAL, AT_MOST,
                                            AT_LEAST, LESS,    GREATER};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t length = strlen(signs[order[i]]);

        if (strncmp(text, signs[order[i]], length) != 0)
            continue;
        *token = (struct token){COMPARISON, token->start, length, order[i]};
        return;
    }
}

/* What else there is is a word: characters that mean nothing here become part of it, or
 * stand as a word of their own, and are told where a word is not expected. */
static void
next_token(struct parser *p)
{
    static const char special[] = " \t\n()<>=!\"'[]{}&|,";
    size_t start = p->token.start + p->token.length;
    struct token token = {.kind = WORD};
    const char *at;

    start += strspn(p->text + start, " \t\n");
    at = p->text + start;
    token.start = start;
    token.length = strcspn(at, special);
    if (*at == '\0')
        token.kind = END;
    else if (strchr("()", *at))
        token = (struct token){*at == '(' ? OPEN : CLOSE, start, 1, EQUAL};
    else if (strchr("\"'[{", *at))
        token = (struct token){strchr("[{", *at) ? FLOW : QUOTED, start,
                               enclosed_length(at), EQUAL};
    else
        read_comparison(at, &token);
    if (token.length == 0 && token.kind != END)
        token.length = strchr("\"'[{", *at) ? strlen(at) : 1 + strspn(at + 1, "=&|");
    p->token = token;
}

static bool
is_word(const struct parser *p, const char *word)
{
    return p->token.kind == WORD && p->token.length == strlen(word) &&
           strncmp(p->text + p->token.start, word, p->token.length) == 0;
}

/* ---- comparisons -------------------------------------------------------------------- */

static const struct sl_node *
parse_value(struct parser *p)
{
    const struct sl_compose *compose = p->compose;
    const char *text =
        sl_arena_copy(compose->arena, p->text + p->token.start, p->token.length);
    struct sl_mark mark = place_of(compose->report, p->node, p->token.start);
    size_t errors = compose->report->errors;
    struct sl_node *value;

    if (p->token.kind != WORD && p->token.kind != QUOTED && p->token.kind != FLOW) {
        fail(p, "a value");
        return NULL;
    }
    if (p->token.kind == WORD) {
        value = sl_node_new(compose->arena, SL_NODE_SCALAR, mark);
        value->text = text;
    } else {
        value = sl_value_parse(compose, text, mark);
    }
    p->failed = p->failed || compose->report->errors > errors;
    next_token(p);
    return value;
}

static const char *
parse_path(struct parser *p, struct sl_mark *mark)
{
    const char *path =
        sl_arena_copy(p->compose->arena, p->text + p->token.start, p->token.length);

    if (p->token.kind != WORD || !sl_path_is_valid(path) || is_word(p, "and") ||
        is_word(p, "or") || strchr("=!&|,]}", *path)) {
        fail(p, "a path");
        return NULL;
    }
    *mark = place_of(p->compose->report, p->node, p->token.start);
    next_token(p);
    return path;
}

static struct sl_condition *
parse_comparison(struct parser *p)
{
    struct sl_condition *c = SL_NEW(p->compose->arena, struct sl_condition);
    struct token operand;

    c->path = parse_path(p, &c->mark);
    if (!c->path)
        return NULL;
    if (p->token.kind != COMPARISON) {
        fail(p, "==, !=, <, <=, > or >=");
        return NULL;
    }
    c->comparison = p->token.comparison;
    next_token(p);
    operand = p->token;
    c->value = parse_value(p);
    if (!c->value)
        return NULL;
    if (operand.kind == WORD && !sl_node_double(c->value, &c->number) &&
        strchr(c->value->text, '.') && sl_path_is_valid(c->value->text))
        c->other = c->value->text;
    c->ordered = c->comparison >= LESS && c->other;
    if (c->comparison >= LESS && !c->other && !sl_node_double(c->value, &c->number)) {
        p->token = operand;
        fail(p, "a number or a path behind <, <=, > or >=");
    }
    return p->failed ? NULL : c;
}

/* ---- not, and, or ------------------------------------------------------------------- */

static struct sl_condition *parse_or(struct parser *p);

static struct sl_condition *
parse_part(struct parser *p)
{
    struct sl_condition *c;

    if (p->token.kind != OPEN)
        return parse_comparison(p);
    next_token(p);
    c = parse_or(p);
    if (c && p->token.kind != CLOSE) {
        fail(p, "'and', 'or' or ')'");
        return NULL;
    }
    if (c)
        next_token(p);
    return c;
}

static struct sl_condition *
parse_not(struct parser *p)
{
    struct sl_condition *inner;

    if (++p->depth > DEPTH_MAX) {
        fail(p, "no more than 64 levels of 'not' and '('");
        return NULL;
    }
    if (is_word(p, "not")) {
        next_token(p);
        inner = SL_NEW(p->compose->arena, struct sl_condition);
        inner->kind = NOT;
        inner->first = parse_not(p);
        inner = inner->first ? inner : NULL;
    } else {
        inner = parse_part(p);
    }
    p->depth--;
    return inner;
}

/* Parts with a word between them; one part alone is itself. */
static struct sl_condition *
parse_parts(struct parser *p, enum condition_kind kind)
{
    const char *word = kind == AND ? "and" : "or";
    struct sl_condition *all = SL_NEW(p->compose->arena, struct sl_condition), **last;

    all->kind = kind;
    for (last = &all->first;; last = &(*last)->next) {
        *last = kind == AND ? parse_not(p) : parse_parts(p, AND);
        if (!*last)
            return NULL;
        if (!is_word(p, word))
            break;
        next_token(p);
    }
    return all->first->next ? all : all->first;
}

static struct sl_condition *
parse_or(struct parser *p)
{
    return parse_parts(p, OR);
}

struct sl_condition *
sl_condition_parse(const struct sl_compose *compose, const struct sl_node *node)
{
    struct parser parser = {.compose = compose, .node = node, .text = node->text};
    struct sl_condition *condition;
    char got[100];

    if (node->broken)
        return NULL;
    if (node->kind != SL_NODE_SCALAR) {
        sl_report_add(compose->report, SL_ERROR, node->mark,
                      "expected a condition such as \"train.epochs > 5\", got %s",
                      sl_node_say(node, got, sizeof got));
        return NULL;
    }
    sl_report_source(compose->report, node->mark.file, node->text, strlen(node->text));
    next_token(&parser);
    condition = parse_or(&parser);
    if (condition && parser.token.kind != END)
        fail(&parser, "'and' or 'or'");
    return parser.failed ? NULL : condition;
}

/* ---- whether it holds --------------------------------------------------------------- */

const struct sl_node *
sl_value_find(const struct sl_node *value, const char *path)
{
    while (value && *path) {
        struct sl_path_step step = sl_path_step(value, path);

        value = step.child;
        path = step.rest;
    }
    return value;
}

/* The name of a choice that is written as a mapping, or NULL. */
static const char *
choice_name(const struct sl_node *value)
{
    const struct sl_node *module = sl_node_get(value, "module");

    if (module && module->kind == SL_NODE_SCALAR)
        return module->text;
    return value->kind == SL_NODE_MAP && value->count == 1 ? value->first->key : NULL;
}

static bool
matches(const struct sl_node *value, const struct sl_node *wanted)
{
    const char *name = choice_name(value);

    return sl_value_equal(value, wanted) ||
           (name && wanted->kind == SL_NODE_SCALAR && strcmp(name, wanted->text) == 0);
}

static void
tell_no_order(struct sl_condition *c, const char *path, const struct sl_node *value,
              struct sl_report *report)
{
    char got[100];

    if (report && !c->told)
        sl_report_add(report, SL_ERROR, c->mark,
                      "'%s' may be %s, which is no number to compare with %s", path,
                      sl_node_say(value, got, sizeof got),
                      path == c->path ? c->value->text : c->path);
    c->told = true;
}

static bool
compare_numbers(enum comparison comparison, double a, double b)
{
    switch (comparison) {
    case LESS:
        return a < b;
    case AT_MOST:
        return a <= b;
    case GREATER:
        return a > b;
    default:
        return a >= b;
    }
}

/* right: what a path on the right leads to, or NULL where there is none on the right. */
static bool
compare(struct sl_condition *c, const struct sl_node *left, const struct sl_node *right,
        struct sl_report *report)
{
    double a, b = c->number;

    if (c->comparison == EQUAL || c->comparison == UNEQUAL)
        return matches(left, right ? right : c->value) == (c->comparison == EQUAL);
    if (!sl_node_double(left, &a))
        tell_no_order(c, c->path, left, report);
    else if (right && !sl_node_double(right, &b))
        tell_no_order(c, c->other, right, report);
    else
        return compare_numbers(c->comparison, a, b);
    return false;
}

/* The values of lookup live until it is asked again, so the right one is copied. */
static bool
compare_paths(struct sl_condition *c, struct sl_lookup lookup, struct sl_report *report)
{
    const struct sl_node *found = c->other ? lookup.find(lookup.context, c->other) : NULL,
                         *left;
    struct sl_node right;
    char text[64];

    if (c->ordered && !found)
        return false;
    if (found) {
        right = *found;
        if (found->kind == SL_NODE_SCALAR && strlen(found->text) < sizeof text)
            right.text = strcpy(text, found->text);
    }
    left = lookup.find(lookup.context, c->path);
    return left && compare(c, left, found ? &right : NULL, report);
}

bool
sl_condition_holds(struct sl_condition *c, struct sl_lookup lookup,
                   struct sl_report *report)
{
    if (c->kind == COMPARE)
        return compare_paths(c, lookup, report);
    if (c->kind == NOT)
        return !sl_condition_holds(c->first, lookup, report);
    for (struct sl_condition *part = c->first; part; part = part->next)
        if (sl_condition_holds(part, lookup, report) == (c->kind == OR))
            return c->kind == OR;
    return c->kind == AND;
}

void
sl_condition_paths(const struct sl_condition *c,
                   void (*visit)(void *context, const char *path, struct sl_mark mark),
                   void *context)
{
    if (c->kind == COMPARE)
        visit(context, c->path, c->mark);
    if (c->kind == COMPARE && c->ordered)
        visit(context, c->other, c->value->mark);
    for (const struct sl_condition *part = c->first; part; part = part->next)
        sl_condition_paths(part, visit, context);
}
