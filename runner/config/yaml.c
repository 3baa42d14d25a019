/* SPDX-License-Identifier: MIT */
#include "runner/config/yaml.h"

#include <string.h>

#include <yaml.h>

#include "runner/base/file.h"
#include "runner/config/character.h"
#include "runner/config/yaml_fault.h"
#include "runner/config/yaml_map.h"

#define FILE_MAX ((size_t)1 << 20)
#define DEPTH_MAX 64
#define NODES_MAX 100000
#define ALIAS_NODES_MAX 10000
#define ANCHORS_MAX 1000
#define SCALAR_MAX ((size_t)64 << 10)

struct anchor {
    const char *name;
    struct sl_mark mark;
    const struct sl_node *node; /* NULL while it is being read */
    size_t nodes;               /* what an alias to it costs */
    struct anchor *next;
};

struct reader {
    yaml_parser_t parser;
    const char *name, *bytes;
    size_t count;
    struct sl_arena *arena;
    struct sl_report *report;
    struct anchor *anchors;
    size_t anchor_count;
    size_t depth;       /* lists and maps that are open */
    size_t nodes;       /* so far, keys left out, aliases expanded */
    size_t alias_nodes; /* of them, from aliases */
};

static struct sl_mark
mark_of(const struct reader *reader, const yaml_mark_t *mark)
{
    return (struct sl_mark){reader->name, (uint32_t)mark->line + 1,
                            (uint32_t)mark->column + 1};
}

/* ---- events ------------------------------------------------------------------------- */

/* Where the text ends, blanks left out: libyaml's end is on a line of its own. */
static struct sl_mark
end_of(const struct reader *reader)
{
    struct sl_mark mark = {reader->name, 1, 1}, end = mark;
    uint32_t c;

    for (size_t i = 0; i < reader->count;) {
        i += sl_utf8_decode(reader->bytes + i, reader->count - i, &c);
        mark.column++;
        if (c == '\n') {
            mark.line++;
            mark.column = 1;
        } else if (c != ' ' && c != '\r' && c != '\t') {
            end = mark;
        }
    }
    return end;
}

/* What stands at a problem, and before it on its line. libyaml's index counts characters. */
static void
look_around(const struct reader *reader, const yaml_mark_t *mark,
            struct sl_yaml_fault *fault)
{
    const char *at = reader->bytes, *end = at + reader->count, *line;
    uint32_t c;

    for (size_t i = 0; i < mark->index && at < end; i++)
        at += sl_utf8_decode(at, (size_t)(end - at), &c);
    fault->character = at < end ? *at : '\0';
    fault->reference = at > reader->bytes && at < end && at[-1] == '$' && *at == '{';
    if (at == end)
        fault->at = end_of(reader);
    for (line = at; line > reader->bytes && line[-1] != '\n' && line[-1] != '\r';)
        line--;
    fault->line = (struct sl_mark){reader->name, (uint32_t)mark->line + 1, 1};
    for (; line < at && strchr(" -", *line); line++)
        fault->line.column++;
    fault->first = true;
    for (; line + 1 < at; line++)
        fault->first = fault->first && (line[0] != ':' || line[1] != ' ');
}

static void
tell_fault(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct sl_yaml_fault fault = {
        .problem = parser->problem ? parser->problem : "not readable as YAML",
        .context = parser->context ? parser->context : "",
        .at = mark_of(reader, &parser->problem_mark),
    };

    if (parser->context)
        fault.since = mark_of(reader, &parser->context_mark);
    look_around(reader, &parser->problem_mark, &fault);
    sl_yaml_fault_add(&fault, reader->report);
}

/* False, and told, when there is none: then it must not be called again, since libyaml
 * reports success without an event. */
static bool
next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return true;
    tell_fault(reader);
    return false;
}

/* ---- anchors and aliases ------------------------------------------------------------ */

static struct anchor *
find_anchor(const struct reader *reader, const char *name)
{
    struct anchor *anchor = reader->anchors;

    while (anchor && strcmp(anchor->name, name) != 0)
        anchor = anchor->next;
    return anchor;
}

static bool
open_anchor(struct reader *reader, const char *name, struct sl_mark mark,
            struct anchor **anchor)
{
    *anchor = name ? find_anchor(reader, name) : NULL;
    if (*anchor)
        sl_report_add(reader->report, SL_ERROR, mark,
                      "duplicate anchor '%s', first at %u:%u", name,
                      (unsigned)(*anchor)->mark.line, (unsigned)(*anchor)->mark.column);
    *anchor = NULL;
    if (!name)
        return true;
    if (reader->anchor_count++ == ANCHORS_MAX) {
        sl_report_add(reader->report, SL_ERROR, mark, "more than %d anchors",
                      ANCHORS_MAX);
        return false;
    }
    *anchor = SL_NEW(reader->arena, struct anchor);
    **anchor = (struct anchor){.name = sl_arena_string(reader->arena, name),
                               .mark = mark,
                               .next = reader->anchors};
    reader->anchors = *anchor;
    return true;
}

/* Lists and maps from a node down. */
static size_t
levels(const struct sl_node *node)
{
    size_t deepest = 0;

    for (const struct sl_node *child = node->first; child; child = child->next) {
        size_t below = levels(child);

        if (below > deepest)
            deepest = below;
    }
    return deepest + (node->kind != SL_NODE_SCALAR);
}

static bool
too_deep(const struct reader *reader, struct sl_mark mark)
{
    sl_report_add(reader->report, SL_ERROR, mark, "nesting deeper than %d", DEPTH_MAX);
    return false;
}

/* An alias is paid for before it is copied. */
static bool
expand(struct reader *reader, const struct anchor *anchor, struct sl_mark mark,
       struct sl_node **node)
{
    reader->alias_nodes += anchor->nodes;
    reader->nodes += anchor->nodes;
    if (reader->alias_nodes > ALIAS_NODES_MAX) {
        sl_report_add(reader->report, SL_ERROR, mark, "alias expansion exceeds %d nodes",
                      ALIAS_NODES_MAX);
        return false;
    }
    if (reader->depth + levels(anchor->node) > DEPTH_MAX)
        return too_deep(reader, mark);
    *node = sl_node_copy(reader->arena, anchor->node);
    (*node)->mark = mark;
    return true;
}

static bool
read_alias(struct reader *reader, const yaml_event_t *event, struct sl_node **node)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct sl_mark mark = mark_of(reader, &event->start_mark);
    const struct anchor *anchor = find_anchor(reader, name);

    if (anchor && anchor->node)
        return expand(reader, anchor, mark, node);
    if (anchor)
        sl_report_add(reader->report, SL_ERROR, mark, "alias refers to its own parent");
    else
        sl_report_add(reader->report, SL_ERROR, mark, "undefined alias '%s'", name);
    *node = sl_node_new(reader->arena, SL_NODE_SCALAR, mark);
    (*node)->broken = true;
    return true;
}

/* ---- nodes -------------------------------------------------------------------------- */

static bool read_node(struct reader *reader, yaml_event_t *event, struct sl_node **node);

/* Reads the next event's node. */
static bool
read_next(struct reader *reader, yaml_event_t *event, struct sl_node **node)
{
    bool done = read_node(reader, event, node);

    yaml_event_delete(event);
    return done;
}

/* What escapes in double quotes can smuggle in; the rest of the text was checked. */
static void
check_characters(const struct reader *reader, const char *text, size_t count,
                 struct sl_mark mark)
{
    uint32_t c;

    for (size_t i = 0; i < count; i += sl_utf8_decode(text + i, count - i, &c)) {
        sl_utf8_decode(text + i, count - i, &c);
        if (c == 0)
            sl_report_add(reader->report, SL_ERROR, mark, "NUL in string");
        else if (c == '\r' || sl_character_fault(c))
            sl_report_add(reader->report, SL_ERROR, mark, "%s U+%04X in string",
                          c == '\r' ? "control character" : sl_character_fault(c),
                          (unsigned)c);
    }
}

static bool
read_scalar(struct reader *reader, const yaml_event_t *event, struct sl_node **node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t count = event->data.scalar.length;
    struct sl_mark mark = mark_of(reader, &event->start_mark);

    if (count > SCALAR_MAX) {
        sl_report_add(reader->report, SL_ERROR, mark, "value longer than %zu bytes",
                      SCALAR_MAX);
        return false;
    }
    if (event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        check_characters(reader, text, count, mark);
    *node = sl_node_new(reader->arena, SL_NODE_SCALAR, mark);
    (*node)->text = sl_arena_text(reader->arena, text, count);
    (*node)->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static bool
read_list(struct reader *reader, const yaml_event_t *start, struct sl_node **node)
{
    yaml_event_t event;
    struct sl_node *child;

    *node = sl_node_new(reader->arena, SL_NODE_LIST, mark_of(reader, &start->start_mark));
    while (next_event(reader, &event)) {
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return true;
        }
        if (!read_next(reader, &event, &child))
            return false;
        sl_node_append(*node, child);
    }
    return false;
}

/* ---- maps --------------------------------------------------------------------------- */

/* Reads the value of a key, whose event is given, and files both. */
static bool
read_pair(struct reader *reader, yaml_event_t *event, struct sl_node *own,
          struct sl_node *merged)
{
    struct sl_node *key, *value;

    if (!read_next(reader, event, &key))
        return false;
    reader->nodes--;
    if (!next_event(reader, event) || !read_next(reader, event, &value))
        return false;
    if (key->kind == SL_NODE_SCALAR && !key->quoted && strcmp(key->text, "<<") == 0) {
        sl_yaml_merge_key(value, merged, reader->report);
    } else if (sl_yaml_check_key(key, reader->report)) {
        value->key = key->text;
        value->key_mark = key->mark;
        sl_node_append(own, value);
    }
    return true;
}

static bool
read_map(struct reader *reader, const yaml_event_t *start, struct sl_node **node)
{
    struct sl_node own = {0}, merged = {0};
    yaml_event_t event;

    *node = sl_node_new(reader->arena, SL_NODE_MAP, mark_of(reader, &start->start_mark));
    while (next_event(reader, &event)) {
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            sl_yaml_finish_map(*node, &own, &merged, reader->arena, reader->report);
            return true;
        }
        if (!read_pair(reader, &event, &own, &merged))
            return false;
    }
    return false;
}

/* ---- any node ----------------------------------------------------------------------- */

/* Anchor and tag of an event that has them. */
static void
properties(const yaml_event_t *event, const char **anchor, const char **tag)
{
    *anchor = *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        *anchor = (const char *)event->data.scalar.anchor;
        *tag = (const char *)event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        *anchor = (const char *)event->data.sequence_start.anchor;
        *tag = (const char *)event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        *anchor = (const char *)event->data.mapping_start.anchor;
        *tag = (const char *)event->data.mapping_start.tag;
    }
}

/* What a tag says of the node that has it. */
static void
take_tag(const struct reader *reader, const char *tag, struct sl_mark mark,
         struct sl_node *node)
{
    node->replaces = strcmp(tag, "!replace") == 0;
    node->deletes = strcmp(tag, "!delete") == 0;
    if (node->deletes && !(sl_node_is_null(node) && node->text[0] == '\0')) {
        sl_report_add(reader->report, SL_ERROR, mark,
                      "!delete stands alone, without a value");
        node->deletes = false;
        node->broken = true;
    } else if (!node->replaces && !node->deletes)
        sl_report_add(reader->report, SL_ERROR, mark, SL_TAGS_FAULT);
}

static bool
read_collection(struct reader *reader, yaml_event_t *event, struct sl_node **node)
{
    bool done;

    if (reader->depth == DEPTH_MAX)
        return too_deep(reader, mark_of(reader, &event->start_mark));
    reader->depth++;
    done = event->type == YAML_SEQUENCE_START_EVENT ? read_list(reader, event, node)
                                                    : read_map(reader, event, node);
    reader->depth--;
    return done;
}

static bool
read_node(struct reader *reader, yaml_event_t *event, struct sl_node **node)
{
    struct sl_mark mark = mark_of(reader, &event->start_mark);
    size_t before = reader->nodes;
    const char *name, *tag;
    struct anchor *anchor;

    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event, node);
    if (++reader->nodes > NODES_MAX + reader->alias_nodes) {
        sl_report_add(reader->report, SL_ERROR, mark, "more than %d values", NODES_MAX);
        return false;
    }
    properties(event, &name, &tag);
    if (!open_anchor(reader, name, mark, &anchor))
        return false;
    if (!(event->type == YAML_SCALAR_EVENT ? read_scalar(reader, event, node)
                                           : read_collection(reader, event, node)))
        return false;
    if (tag)
        take_tag(reader, tag, mark, *node);
    if (anchor) {
        anchor->node = *node;
        anchor->nodes = reader->nodes - before;
    }
    return true;
}

/* ---- documents ---------------------------------------------------------------------- */

/* The event behind the root: more of them is more than one document. */
static bool
read_end(struct reader *reader)
{
    yaml_event_t event;
    bool more;

    if (!next_event(reader, &event))
        return false;
    yaml_event_delete(&event); /* the document's end */
    if (!next_event(reader, &event))
        return false;
    more = event.type != YAML_STREAM_END_EVENT;
    if (more)
        sl_report_add(reader->report, SL_ERROR, mark_of(reader, &event.start_mark),
                      "only one document is allowed");
    yaml_event_delete(&event);
    return !more;
}

/* The document's start is given. */
static bool
read_document(struct reader *reader, yaml_event_t *event, struct sl_node **root)
{
    bool tagged = event->data.document_start.tag_directives.start !=
                  event->data.document_start.tag_directives.end;

    if (tagged)
        sl_report_add(reader->report, SL_ERROR, mark_of(reader, &event->start_mark),
                      SL_TAGS_FAULT);
    yaml_event_delete(event);
    return next_event(reader, event) && read_next(reader, event, root) &&
           read_end(reader);
}

/* True with *root NULL: there is nothing in it. */
static bool
read_stream(struct reader *reader, struct sl_node **root)
{
    yaml_event_t event;

    if (!next_event(reader, &event))
        return false;
    yaml_event_delete(&event); /* the stream's start */
    if (!next_event(reader, &event))
        return false;
    if (event.type == YAML_DOCUMENT_START_EVENT)
        return read_document(reader, &event, root);
    yaml_event_delete(&event);
    return true;
}

static void
read_text(struct reader *reader, const char *what, struct sl_node **node)
{
    struct sl_mark start = {reader->name, 1, 1};
    size_t errors = reader->report->errors;
    struct sl_node *root = NULL;

    if (!yaml_parser_initialize(&reader->parser)) {
        sl_report_add(reader->report, SL_ERROR, start, "no memory to read it");
        return;
    }
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->bytes,
                                 reader->count);
    if (read_stream(reader, &root)) {
        bool empty = root && sl_node_is_null(root) && root->text[0] == '\0';

        if (root && !root->broken && (!empty || root->deletes))
            *node = root;
        else if (reader->report->errors == errors)
            sl_report_add(reader->report, SL_ERROR, start, "empty %s", what);
    }
    yaml_parser_delete(&reader->parser);
}

static bool
begins_with(const char *bytes, size_t count, const char *prefix)
{
    size_t n = strlen(prefix);

    return count >= n && memcmp(bytes, prefix, n) == 0;
}

/* what: the word for it where it is empty. */
static void
parse(struct reader *reader, const char *what, struct sl_node **node)
{
    size_t errors = reader->report->errors;

    *node = NULL;
    if (begins_with(reader->bytes, reader->count, "\xff\xfe") ||
        begins_with(reader->bytes, reader->count, "\xfe\xff")) {
        bool wide = reader->count >= 4 && memcmp(reader->bytes + 2, "\0\0", 2) == 0;

        sl_report_add(reader->report, SL_ERROR, (struct sl_mark){reader->name, 1, 1},
                      "file is UTF-%d, save as UTF-8", wide ? 32 : 16);
        return;
    }
    /* Without the byte order mark columns count from the first character. */
    if (begins_with(reader->bytes, reader->count, "\xef\xbb\xbf")) {
        reader->bytes += 3;
        reader->count -= 3;
    }
    sl_report_source(reader->report, reader->name, reader->bytes, reader->count);
    sl_characters_check(reader->name, reader->bytes, reader->count, reader->report);
    if (reader->report->errors == errors)
        read_text(reader, what, node);
}

void
sl_yaml_parse(const char *name, const char *bytes, size_t count, struct sl_arena *arena,
              struct sl_report *report, struct sl_node **node)
{
    struct reader reader = {
        .name = name, .bytes = bytes, .count = count, .arena = arena, .report = report};

    parse(&reader, "text", node);
}

enum sl_status
sl_yaml_read(const char *path, const struct sl_mark *place, struct sl_arena *arena,
             struct sl_report *report, struct sl_node **node, struct sl_error *err)
{
    struct reader reader = {.name = path, .arena = arena, .report = report};
    struct sl_error problem;
    char *bytes;

    *node = NULL;
    if (sl_file_read(path, FILE_MAX, arena, &bytes, &reader.count, &problem)) {
        if (!place) {
            *err = problem;
            return problem.status;
        }
        sl_report_add(report, SL_ERROR, *place, "%s", problem.text);
        return SL_OK;
    }
    reader.bytes = bytes;
    parse(&reader, place ? "file" : "experiment file", node);
    return SL_OK;
}
