/* SPDX-License-Identifier: MIT */
#include "runner/config/yaml_fault.h"

#include <string.h>

/* The first row that fits counts. problem and context are parts of libyaml's texts; a
 * character of 0 is any. */
static const struct rule {
    const char *problem, *context;
    char character;
    bool since;         /* the place is where it began */
    const char *text;   /* what the user is told */
    const char *opened; /* "; the list was opened at 1:4" */
} rules[] = {
    {"", "", '\t', false, "tab used for indentation; use spaces", NULL},
    {"tab character", "", 0, false, "tab used for indentation; use spaces", NULL},
    {"cannot start any token", "", '@', false,
     "'@' is a reserved character; quote the value", NULL},
    {"cannot start any token", "", '`', false,
     "'`' is a reserved character; quote the value", NULL},
    {"cannot start any token", "", '%', false,
     "'%' is a reserved character; quote the value", NULL},
    {"", "scanning an alias", 0, true, "'*' starts an alias; quote the value", NULL},
    {"", "scanning an anchor", 0, true, "'&' starts an anchor; quote the value", NULL},
    {"", "a tag", 0, true, SL_TAGS_FAULT, NULL},
    {"undefined tag handle", "", 0, false, SL_TAGS_FAULT, NULL},
    {"", "%TAG", 0, true, SL_TAGS_FAULT, NULL},
    {"duplicate %YAML", "", 0, false, "the %YAML line stands twice; leave it out", NULL},
    {"incompatible YAML document", "", 0, false,
     "YAML version is not supported; leave the %YAML line out", NULL},
    {"", "directive", 0, true, "'%' starts a directive; leave it out or quote the value",
     NULL},
    {"unexpected end of stream", "quoted scalar", 0, true,
     "string opened here is never closed", NULL},
    {"unexpected document indicator", "quoted scalar", 0, true,
     "string opened here is never closed", NULL},
    {"", "quoted scalar", 0, false,
     "unknown escape in a string; write '\\\\' for a backslash, or use single quotes",
     NULL},
    {"", "block scalar", 0, false,
     "unexpected text behind '|' or '>'; quote the value, or begin its text on the next "
     "line",
     NULL},
    {"mapping values are not allowed", "", 0, false,
     "a second ': ' in one value; quote the value", NULL},
    {"block sequence entries", "", 0, false,
     "a list can't begin here; put '- ' on a line of its own", NULL},
    {"mapping keys are not allowed", "", 0, false,
     "'?' can't stand here; quote the value", NULL},
    {"could not find expected ':'", "", 0, true, "expected ':' behind this key", NULL},
    {"expected ',' or ']'", "", 0, false, "expected ',' or ']'", "list"},
    {"expected ',' or '}'", "", 0, false, "expected ',' or '}'", "mapping"},
    {"expected node content", "", 0, false, "expected a value", NULL},
    {"expected key", "", 0, false, "expected a key, indented like the others", "mapping"},
    {"expected '-' indicator", "", 0, false, "expected '- ', indented like the others",
     "list"},
    {"expected <document start>", "", 0, false,
     "unexpected text behind the end of the document", NULL},
};

#define KEY_MAX 1024

static const struct rule *
find_rule(const struct sl_yaml_fault *fault)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strstr(fault->problem, rules[i].problem) &&
            strstr(fault->context, rules[i].context) &&
            (!rules[i].character || rules[i].character == fault->character))
            return &rules[i];
    return NULL;
}

/* A ':' where none may be, and it is the first of its line: a key that libyaml did not
 * take for one. Behind another key of the line it is the table's case. */
static bool
add_lost_key(const struct sl_yaml_fault *fault, struct sl_report *report)
{
    bool colon = strstr(fault->problem, "mapping values are not allowed");

    if (strstr(fault->context, "simple key") && fault->since.line == fault->at.line &&
        fault->at.column > fault->since.column + KEY_MAX)
        sl_report_add(report, SL_ERROR, fault->since, "key longer than %d characters",
                      KEY_MAX);
    else if (colon && fault->first && fault->at.column > fault->line.column + KEY_MAX)
        sl_report_add(report, SL_ERROR, fault->line, "key longer than %d characters",
                      KEY_MAX);
    else if (colon && fault->first)
        sl_report_add(report, SL_ERROR, fault->line,
                      "this line goes on with the value above it; is its indentation "
                      "right, or a space missing after ':' above?");
    else
        return false;
    return true;
}

void
sl_yaml_fault_add(const struct sl_yaml_fault *fault, struct sl_report *report)
{
    const struct rule *rule = find_rule(fault);
    bool behind = !fault->first && strstr(fault->problem, "expected key") &&
                  fault->character && fault->character != '-';

    if (add_lost_key(fault, report))
        return;
    if (behind)
        sl_report_add(report, SL_ERROR, fault->at,
                      "unexpected text behind the value; quote the value as a whole");
    else if (fault->reference)
        sl_report_add(report, SL_ERROR, fault->at,
                      "within [ ] and { } a reference is quoted: \"${...}\"");
    else if (!rule)
        sl_report_add(report, SL_ERROR, fault->at, "%s", fault->problem);
    else if (rule->opened && fault->since.line > 0 && !fault->character)
        sl_report_add(report, SL_ERROR, fault->since, "%s opened here is never closed",
                      rule->opened);
    else if (rule->opened && fault->since.line > 0)
        sl_report_add(report, SL_ERROR, fault->at, "%s; %s opened at %u:%u", rule->text,
                      rule->opened, (unsigned)fault->since.line,
                      (unsigned)fault->since.column);
    else
        sl_report_add(report, SL_ERROR,
                      rule->since && fault->since.line > 0 ? fault->since : fault->at,
                      "%s", rule->text);
}
