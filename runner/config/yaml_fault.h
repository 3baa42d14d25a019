/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_YAML_FAULT_H
#define SL_CONFIG_YAML_FAULT_H

#include "runner/config/report.h"

#define SL_TAGS_FAULT "tags are not allowed, other than !replace and !delete"

/* A syntax error in libyaml's words: they name what its grammar missed, we what the user
 * should write. */
struct sl_yaml_fault {
    const char *problem, *context; /* never NULL, may be "" */
    struct sl_mark at, since;      /* of the problem, and of what it happened in */
    char character;                /* at the problem; NUL: the text ends there */
    struct sl_mark line;           /* of the first word of the problem's line */
    bool reference;                /* "${" stands at the problem */
    bool first;                    /* no "key: " stands before it on that line */
};

void sl_yaml_fault_add(const struct sl_yaml_fault *fault, struct sl_report *report);

#endif
