/* SPDX-License-Identifier: MIT */
/* sluice cache list|prune: what the cache holds, and less of it. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/command/place.h"
#include "runner/command/sheet.h"
#include "runner/store/cache_list.h"

/* A number with one of the units; units: pairs of letter and factor. */
struct unit {
    const char *name;
    double factor;
};

static enum sl_status
parse_amount(const struct sl_call *call, const char *option, const struct unit *units,
             int64_t *value, struct sl_error *err)
{
    const char *text = sl_call_option(call, option);
    char *end;

    if (!text)
        return SL_OK;
    double number = strtod(text, &end);
    for (const struct unit *u = units; u->name && end != text; u++)
        if (strcmp(end, u->name) == 0 && number >= 0 && number * u->factor < 9e18) {
            *value = (int64_t)(number * u->factor);
            return SL_OK;
        }
    return sl_fail(err, SL_ERR_CONFIG,
                   "--%s takes a number with a unit, as 2%s, not '%s'", option,
                   units[1].name, text);
}

struct amount {
    char text[40];
};

static struct amount
say_bytes(int64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    struct amount amount;
    size_t i = 0;

    for (; value >= 1024 && i < 4; i++)
        value /= 1024;
    snprintf(amount.text, sizeof amount.text, "%.*f %s", value < 10 && i ? 1 : 0, value,
             units[i]);
    return amount;
}

static struct amount
say_age(int64_t seconds)
{
    struct amount amount;

    if (seconds < 60)
        snprintf(amount.text, sizeof amount.text, "just now");
    else if (seconds < 3600)
        snprintf(amount.text, sizeof amount.text, "%lld min ago",
                 (long long)seconds / 60);
    else if (seconds < 2 * 86400)
        snprintf(amount.text, sizeof amount.text, "%lld h ago",
                 (long long)seconds / 3600);
    else
        snprintf(amount.text, sizeof amount.text, "%lld days ago",
                 (long long)seconds / 86400);
    return amount;
}

static enum sl_status
list_json(const struct sl_cache_file *files, size_t n)
{
    json_t *top = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            top, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "kind", files[i].kind,
                           "what", files[i].label, "key", files[i].key, "bytes",
                           (json_int_t)files[i].bytes, "used", (json_int_t)files[i].used,
                           "path", files[i].path));
    json_dumpf(top, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(top);
    return SL_OK;
}

static enum sl_status
list(struct sl_call *call, const struct sl_cache *cache, struct sl_error *err)
{
    static const char *const heads[] = {"kind", "what", "key", "size", "used"};
    struct sl_sheet sheet = {.columns = sizeof heads / sizeof *heads};
    struct sl_cache_file *files;
    int64_t total = 0, now = time(NULL);
    size_t n;

    SL_TRY(sl_cache_list(cache, call->arena, &files, &n, err));
    if (sl_call_option(call, "json"))
        return list_json(files, n);
    for (size_t i = 0; i < sheet.columns; i++)
        sl_sheet_cell(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < n; i++) {
        total += files[i].bytes;
        sl_sheet_cell(&sheet, "%s", files[i].kind);
        sl_sheet_cell(&sheet, "%s", files[i].label);
        sl_sheet_cell(&sheet, "%.16s", files[i].key);
        sl_sheet_cell(&sheet, "%s", say_bytes(files[i].bytes).text);
        sl_sheet_cell(&sheet, "%s", say_age(now - files[i].used).text);
    }
    if (n)
        sl_sheet_print(&sheet, stdout, 0);
    sl_sheet_release(&sheet);
    printf("%s: %zu file%s, %s\n", cache->folder, n, n == 1 ? "" : "s",
           say_bytes(total).text);
    return SL_OK;
}

static enum sl_status
prune(struct sl_call *call, const struct sl_cache *cache, struct sl_error *err)
{
    static const struct unit times[] = {{"s", 1},  {"d", 86400},  {"h", 3600},
                                        {"m", 60}, {"w", 604800}, {NULL, 0}};
    static const struct unit sizes[] = {
        {"", 1},           {"M", 1048576},         {"K", 1024},
        {"G", 1073741824}, {"T", 1099511627776.0}, {NULL, 0}};
    struct sl_cache_prune what = {-1, -1, -1};
    struct sl_cache_pruned pruned;

    SL_TRY(parse_amount(call, "older", times, &what.older, err));
    SL_TRY(parse_amount(call, "larger", sizes, &what.larger, err));
    SL_TRY(parse_amount(call, "limit", sizes, &what.limit, err));
    if (what.older < 0 && what.larger < 0 && what.limit < 0)
        return sl_fail(err, SL_ERR_CONFIG,
                       "say what goes: --older 30d, --larger 1G or --limit 10G");
    SL_TRY(sl_cache_prune(cache, &what, &pruned, err));
    printf("removed %zu file%s, %s; %zu %s left, %s\n", pruned.files,
           pruned.files == 1 ? "" : "s", say_bytes(pruned.bytes).text, pruned.left,
           pruned.left == 1 ? "is" : "are", say_bytes(pruned.bytes_left).text);
    return SL_OK;
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct sl_cache cache = {.folder = sl_call_cache(call)};

    (void)exit_status;
    if (strcmp(call->words[0], "list") == 0)
        return list(call, &cache, err);
    if (strcmp(call->words[0], "prune") == 0)
        return prune(call, &cache, err);
    return sl_fail(err, SL_ERR_CONFIG, "expected 'list' or 'prune', not '%s'",
                   call->words[0]);
}

static const struct sl_option options[] = {
    SL_CACHE_OPTION,
    {"older", "TIME", "prune: what was not used for so long: 12h, 30d, 4w", false},
    {"larger", "SIZE", "prune: files larger than this: 500M, 2G", false},
    {"limit", "SIZE", "prune: down to this size, the longest unused first", false},
    {"json", NULL, "list: as JSON", false},
    SL_OPTION_END,
};

const struct sl_command sl_command_cache = {
    .name = "cache",
    .arguments = "list|prune",
    .summary = "list what the cache holds, or keep less of it",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
