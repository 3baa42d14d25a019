/* SPDX-License-Identifier: MIT */
#include "runner/command/why.h"

#include <stdio.h>
#include <string.h>

#include "runner/pipeline/key.h"
#include "runner/store/cache_list.h"

/* A text cut into lines. */
struct lines {
    size_t n;
    const char **at;
};

static struct lines
cut(struct sl_arena *arena, const char *text)
{
    char *copy = sl_arena_string(arena, text), *rest;
    struct lines lines = {.at = sl_arena_alloc(arena, strlen(text) * sizeof *lines.at)};

    for (char *line = strtok_r(copy, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        lines.at[lines.n++] = line;
    return lines;
}

static bool
has(const struct lines *lines, const char *line)
{
    for (size_t i = 0; i < lines->n; i++)
        if (strcmp(lines->at[i], line) == 0)
            return true;
    return false;
}

static size_t
shared(const struct lines *a, const struct lines *b)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++)
        n += has(b, a->at[i]);
    return n;
}

static bool
is_meant(const struct sl_plan_step *step, const char *name)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&step->key, hex);
    if (strlen(name) >= 8 && strncmp(hex, name, strlen(name)) == 0)
        return true;
    if (step->split)
        return strncmp(name, "score ", 6) == 0 && strcmp(name + 6, step->split) == 0;
    return strcmp(name, step->stage->name) == 0;
}

static const struct sl_plan_step *
find_step(const struct sl_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->n; i++)
        if (is_meant(&plan->steps[i], name))
            return &plan->steps[i];
    return NULL;
}

/* Lines of the same thing: what is before the colon is the same. */
static const char *
line_of(const struct lines *lines, const char *line)
{
    size_t n = strcspn(line, ":") + 1;

    for (size_t i = 0; i < lines->n; i++)
        if (strncmp(lines->at[i], line, n) == 0)
            return lines->at[i];
    return NULL;
}

static void
print_difference(const struct lines *here, const struct lines *there, const char *key)
{
    printf("the nearest in the cache is %.16s; there\n", key);
    for (size_t i = 0; i < here->n; i++) {
        const char *other = line_of(there, here->at[i]);
        if (has(there, here->at[i]))
            continue;
        printf("  %s\n      and here  %s\n", other ? other : "(nothing of the kind)",
               here->at[i]);
    }
    for (size_t i = 0; i < there->n; i++)
        if (!line_of(here, there->at[i]))
            printf("  %s\n      and here nothing of the kind\n", there->at[i]);
}

/* What went into the key of a cached step, NULL where that can't be said. The rest of the
 * outcome, weights and scores, is not kept in memory. */
static enum sl_status
read_origin(const struct sl_cache *cache, const char *key, struct sl_arena *arena,
            const char **origin, struct sl_error *err)
{
    struct sl_outcome outcome;
    struct sl_digest digest;
    struct sl_arena scratch;
    enum sl_status status;
    bool found;

    *origin = NULL;
    if (!sl_digest_parse(key, &digest))
        return SL_OK;
    sl_arena_init(&scratch);
    sl_outcome_init(&outcome, &scratch);
    status = sl_cache_read(cache, &digest, &outcome, &found, err);
    if (status == SL_OK && found && outcome.origin)
        *origin = sl_arena_string(arena, outcome.origin);
    sl_arena_release(&scratch);
    return status;
}

/* The cached step that shares most lines, of the same module or score. */
static enum sl_status
find_nearest(const struct sl_cache *cache, const struct lines *here,
             struct sl_arena *arena, struct lines *nearest, const char **key,
             struct sl_error *err)
{
    struct sl_cache_file *files;
    size_t n, most = 0;

    SL_TRY(sl_cache_list(cache, arena, &files, &n, err));
    for (size_t i = 0; i < n; i++) {
        const char *origin;
        if (strcmp(files[i].kind, "step") != 0)
            continue;
        SL_TRY(read_origin(cache, files[i].key, arena, &origin, err));
        if (!origin)
            continue;
        struct lines there = cut(arena, origin);
        /* the second line says what kind of step it is */
        if (there.n < 2 || strncmp(there.at[1], here->at[1], strlen(here->at[1])) != 0 ||
            shared(here, &there) < most)
            continue;
        most = shared(here, &there);
        *nearest = there;
        *key = files[i].key;
    }
    return SL_OK;
}

static enum sl_status
no_such_step(const struct sl_plan *plan, const char *name, struct sl_arena *arena,
             struct sl_error *err)
{
    const char **names = sl_arena_alloc(arena, plan->n * sizeof *names), *known = "";
    size_t n = 0;

    for (size_t i = 0; i < plan->n && n < 20; i++) {
        const struct sl_plan_step *step = &plan->steps[i];
        const char *word = step->split ? sl_arena_format(arena, "score %s", step->split)
                                       : step->stage->name;
        size_t j = 0;
        while (j < n && strcmp(names[j], word) != 0)
            j++;
        if (j < n)
            continue;
        names[n++] = word;
        known = sl_arena_format(arena, "%s%s'%s'", known, n > 1 ? ", " : "", word);
    }
    return sl_fail(err, SL_ERR_CONFIG, "the plan has no step '%s'; it has %s", name,
                   known);
}

enum sl_status
sl_why(const struct sl_plan *plan, const struct sl_cache *cache, const char *name,
       struct sl_arena *arena, struct sl_error *err)
{
    const struct sl_plan_step *step = find_step(plan, name);
    struct sl_text text = {0};
    struct lines here, nearest = {0};
    const char *key = NULL;
    char hex[SL_DIGEST_HEX];

    if (!step)
        return no_such_step(plan, name, arena, err);
    sl_digest_hex(&step->key, hex);
    if (sl_cache_has(cache, &step->key)) {
        printf("%s %.16s is in the cache\n", name, hex);
        return SL_OK;
    }
    sl_key_say(plan, step, &text);
    here = cut(arena, text.bytes);
    sl_text_release(&text);
    SL_TRY(find_nearest(cache, &here, arena, &nearest, &key, err));
    printf("%s %.16s is not in the cache\n", name, hex);
    if (key)
        print_difference(&here, &nearest, key);
    else
        puts("nothing of its kind is");
    return SL_OK;
}
