/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_JOURNAL_H
#define SL_PIPELINE_JOURNAL_H

#include <stdbool.h>

/*
 * journal.jsonl: what happened when, one JSON object a line. It differs from run to run
 * and nothing is computed from it. May be written from any thread.
 */
struct sl_journal {
    const char *path; /* NULL: there is no file */
    bool mirrored;    /* lines go to standard error, too */
};

/* {"time": "2026-01-31T12:00:00.123Z", "event": event, ...}; the rest is packed as
 * jansson's json_pack packs the inside of an object: "s:s, s:f". A line that can't be
 * written is dropped: the results do not rest on it. */
void sl_journal_write(const struct sl_journal *journal, const char *event,
                      const char *format, ...);

#endif
