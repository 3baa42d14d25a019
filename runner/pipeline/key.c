/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/key.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/store/content.h"

/* ---- files -------------------------------------------------------------------------- */

/* The content of the files a step reads goes into its key. */
struct file_visit {
    struct sl_plan *plan;
    struct sl_error *err;
    enum sl_status status;
    size_t n, capacity;
    struct sl_plan_file **files;
};

static struct sl_plan_file *
find_file(const struct sl_plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->file_count; i++)
        if (strcmp(plan->files[i]->path, path) == 0)
            return plan->files[i];
    return NULL;
}

static enum sl_status
add_file(struct sl_plan *plan, const char *path, struct sl_plan_file **file,
         struct sl_error *err)
{
    struct sl_plan_file new = {.path = sl_arena_string(plan->arena, path)};

    SL_TRY(sl_content_digest(path, &new.content, err));
    plan->files = sl_plan_grow(plan, plan->files, plan->file_count, &plan->file_capacity,
                               sizeof(struct sl_plan_file *));
    *file = SL_NEW(plan->arena, struct sl_plan_file);
    **file = new;
    plan->files[plan->file_count++] = *file;
    return SL_OK;
}

static void
take_file(struct file_visit *visit, const char *path)
{
    struct sl_plan_file *file = find_file(visit->plan, path);

    if (!visit->status && !file)
        visit->status = add_file(visit->plan, path, &file, visit->err);
    if (visit->status)
        return;
    visit->files = sl_plan_grow(visit->plan, visit->files, visit->n, &visit->capacity,
                                sizeof(struct sl_plan_file *));
    visit->files[visit->n++] = file;
}

static bool
is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static void
visit_field_file(void *context, const struct sl_file *file)
{
    struct file_visit *visit = context;

    if (file->found && is_folder(file->found))
        return; /* its module visits what is in it */
    if (file->found)
        take_file(visit, file->found);
    else if (!visit->status)
        visit->status =
            sl_fail(visit->err, SL_ERR_IO,
                    "file '%s' is not there; it is sought beside the file that "
                    "names it and in the current folder, data in "
                    "$SLUICE_DATA_DIR before that",
                    file->path);
}

static void
visit_data_file(void *context, const char *path, const char *sha256)
{
    if (!sha256)
        take_file(context, path);
}

static enum sl_status
list_files(struct file_visit *visit, const struct sl_stage *stage)
{
    struct sl_error *err = visit->err;

    if (stage->module->entry.fields)
        sl_fields_files(stage->module->entry.fields, stage->config, visit_field_file,
                        visit);
    if (visit->status || !stage->module->files)
        return visit->status;
    /* Whatever is wrong is wrong with the data. */
    if (stage->module->files(stage->config, visit->plan->arena, visit_data_file, visit,
                             err))
        return err->status == SL_ERR_MEMORY ? err->status : (err->status = SL_ERR_IO);
    return visit->status;
}

/* ---- modules from outside ------------------------------------------------------------ */

static void
add_origin(void *context, const struct sl_row *row)
{
    struct sl_origins *origins = context;
    size_t i = origins->n, size = sizeof row->origin->digest;

    for (size_t k = 0; k < origins->n && row->origin; k++)
        if (memcmp(&origins->at[k]->digest, &row->origin->digest, size) == 0)
            return;
    if (!row->origin || origins->n == SL_ORIGINS_MAX)
        return;
    for (; i > 0 && memcmp(&origins->at[i - 1]->digest, &row->origin->digest, size) > 0;
         i--)
        origins->at[i] = origins->at[i - 1];
    origins->at[i] = row->origin;
    origins->n++;
}

void
sl_origins_add(struct sl_origins *origins, const struct sl_registry *registry,
               const struct sl_stage *stage)
{
    unsigned reads = stage->module->reads;

    add_origin(origins, stage->row);
    sl_fields_choices(stage->module->entry.fields, stage->config, add_origin, origins);
    for (size_t i = 0; registry && reads && i < registry->n; i++)
        if (reads & 1u << registry->rows[i].table)
            add_origin(origins, &registry->rows[i]);
}

void
sl_origin_say(const struct sl_origin *origin, struct sl_text *out)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&origin->digest, hex);
    sl_text_format(out, "%s %s sha256 %s", origin->name, origin->version, hex);
}

/* For a module from outside its object is what the build id is for the others. */
static void
hash_origins(const struct sl_plan *plan, const struct sl_stage *stage,
             struct sl_hash *hash)
{
    struct sl_origins origins = {0};

    sl_origins_add(&origins, plan->registry, stage);
    for (size_t i = 0; i < origins.n; i++) {
        sl_hash_text(hash, origins.at[i]->version);
        sl_hash_digest(hash, &origins.at[i]->digest);
    }
}

/* ---- keys --------------------------------------------------------------------------- */

static void
hash_inputs(const struct sl_plan *plan, const struct sl_plan_step *step,
            struct sl_hash *hash)
{
    for (size_t i = 0; i < step->n; i++) {
        sl_hash_text(hash, step->inputs[i].port);
        sl_hash_digest(hash, &plan->steps[step->inputs[i].step].key);
    }
}

static struct sl_plan_config *
find_config(const struct sl_plan *plan, const struct sl_stage *stage)
{
    size_t start = (size_t)((uintptr_t)stage->config / 64 * 0x9e3779b97f4a7c15u >> 20);

    for (size_t i = start % plan->config_size;; i = (i + 1) % plan->config_size) {
        struct sl_plan_config *c = &plan->configs[i];
        if (!c->module || (c->config == stage->config && c->module == stage->module))
            return c;
    }
}

static void
grow_configs(struct sl_plan *plan)
{
    struct sl_plan_config *old = plan->configs;
    size_t n = plan->config_size;

    plan->config_size *= 4;
    plan->configs =
        sl_arena_alloc(plan->arena, plan->config_size * sizeof *plan->configs);
    for (size_t i = 0; i < n; i++) {
        struct sl_stage stage = {.config = old[i].config, .module = old[i].module};
        if (old[i].module)
            *find_config(plan, &stage) = old[i];
    }
}

static struct sl_digest
digest_config(const struct sl_stage *stage, enum sl_print print,
              const struct file_visit *files)
{
    struct sl_text text = {0};
    struct sl_digest digest;
    struct sl_hash hash;

    sl_hash_init(&hash);
    if (stage->module->entry.fields)
        sl_fields_print(stage->module->entry.fields, stage->config, print, 0, &text);
    sl_hash_text(&hash, text.bytes);
    hash_origins(files->plan, stage, &hash);
    for (size_t i = 0; i < files->n; i++)
        sl_hash_digest(&hash, &files->files[i]->content);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    sl_text_release(&text);
    return digest;
}

static enum sl_status
config_digests(struct sl_plan *plan, const struct sl_stage *stage,
               struct sl_plan_config *digests, struct sl_error *err)
{
    struct sl_plan_config *c = find_config(plan, stage);
    struct file_visit visit = {.plan = plan, .err = err};

    if (!c->module) {
        SL_TRY(list_files(&visit, stage));
        c->keyed = digest_config(stage, SL_PRINT_KEYED, &visit);
        c->rows = digest_config(stage, SL_PRINT_ROWS, &visit);
        c->trajectory = digest_config(stage, SL_PRINT_TRAJECTORY, &visit);
        c->file_count = visit.n;
        c->files = (const struct sl_plan_file *const *)visit.files;
        c->config = stage->config;
        c->module = stage->module;
        plan->config_count++;
    }
    *digests = *c;
    if (2 * plan->config_count > plan->config_size)
        grow_configs(plan);
    return SL_OK;
}

/* The key, or, by the digest without horizons, the trajectory. */
static struct sl_digest
stage_digest(const struct sl_plan *plan, const struct sl_plan_step *step,
             const char *what, const struct sl_digest *config)
{
    const struct sl_module *module = step->stage->module;
    struct sl_hash hash;
    struct sl_digest digest;

    sl_hash_init(&hash);
    sl_hash_text(&hash, what);
    sl_hash_text(&hash, plan->platform);
    sl_hash_text(&hash, sl_table_name(step->stage->row->table));
    sl_hash_text(&hash, module->entry.name);
    sl_hash_digest(&hash, config);
    hash_inputs(plan, step, &hash);
    /* Streams are named by the stage, so its name matters where it draws. */
    if (module->draws) {
        sl_hash_text(&hash, step->stage->name);
        sl_hash_u64(&hash, module->draws & SL_DRAWS ? step->seed : 0);
        sl_hash_u64(&hash, module->draws & SL_DRAWS_SPLITS ? step->split_seed : 0);
    }
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    return digest;
}

static struct sl_digest
stage_rows(const struct sl_plan *plan, const struct sl_plan_step *step,
           const struct sl_digest *config)
{
    struct sl_hash hash;
    struct sl_digest digest;

    sl_hash_init(&hash);
    sl_hash_text(&hash, "rows 1");
    sl_hash_text(&hash, plan->platform);
    sl_hash_text(&hash, step->stage->module->entry.name);
    sl_hash_digest(&hash, config);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    return digest;
}

void
sl_key_score(const struct sl_plan *plan, struct sl_plan_step *step)
{
    struct sl_hash hash;

    sl_hash_init(&hash);
    sl_hash_text(&hash, "score 1");
    sl_hash_text(&hash, plan->platform);
    sl_hash_text(&hash, step->split);
    sl_hash_text(&hash, step->stage->module->model->scores[step->score].name);
    hash_inputs(plan, step, &hash);
    step->key = sl_hash_end(&hash);
    step->trajectory = step->key;
    sl_hash_release(&hash);
}

enum sl_status
sl_key_stage(struct sl_plan *plan, struct sl_plan_step *step, struct sl_error *err)
{
    struct sl_plan_config digests;

    SL_TRY(config_digests(plan, step->stage, &digests, err));
    step->file_count = digests.file_count;
    step->files = digests.files;
    step->key = stage_digest(plan, step, "step 1", &digests.keyed);
    step->trajectory = stage_digest(plan, step, "trajectory 1", &digests.trajectory);
    step->rows = step->key;
    if (step->stage->module->fixed_rows) {
        /* Loads of the same rows are in each other's way like trainings of a trajectory:
         * the first one reads, the others find the rows there. */
        step->rows = stage_rows(plan, step, &digests.rows);
        step->trajectory = step->rows;
        step->horizon = 1;
    }
    return SL_OK;
}

/* ---- in words ----------------------------------------------------------------------- */

static void
say_inputs(const struct sl_plan *plan, const struct sl_plan_step *step,
           struct sl_text *out)
{
    char hex[SL_DIGEST_HEX];

    for (size_t i = 0; i < step->n; i++) {
        const struct sl_plan_step *from = &plan->steps[step->inputs[i].step];
        sl_digest_hex(&from->key, hex);
        sl_text_format(out, "input %s: %.16s (%s%s)\n", step->inputs[i].port, hex,
                       from->split ? "score " : from->stage->name,
                       from->split ? from->split : "");
    }
}

static void
say_origins(const struct sl_plan *plan, const struct sl_stage *stage, struct sl_text *out)
{
    struct sl_origins origins = {0};

    sl_origins_add(&origins, plan->registry, stage);
    for (size_t i = 0; i < origins.n; i++) {
        sl_text_append(out, "from outside: ");
        sl_origin_say(origins.at[i], out);
        sl_text_append(out, "\n");
    }
}

void
sl_key_say(const struct sl_plan *plan, const struct sl_plan_step *step,
           struct sl_text *out)
{
    const struct sl_module *module = step->stage->module;

    sl_text_format(out, "platform: %s\n", plan->platform);
    if (step->split) {
        sl_text_format(out, "score: %s of split %s\n",
                       module->model->scores[step->score].name, step->split);
        say_inputs(plan, step, out);
        return;
    }
    sl_text_format(out, "module: %s %s\n", sl_table_name(step->stage->row->table),
                   module->entry.name);
    say_origins(plan, step->stage, out);
    if (module->draws)
        sl_text_format(out, "stage: %s\n", step->stage->name);
    if (module->draws & SL_DRAWS)
        sl_text_format(out, "seed: %llu\n", (unsigned long long)step->seed);
    if (module->draws & SL_DRAWS_SPLITS)
        sl_text_format(out, "split_seed: %llu\n", (unsigned long long)step->split_seed);
    say_inputs(plan, step, out);
    if (module->entry.fields)
        sl_fields_print(module->entry.fields, step->stage->config, SL_PRINT_KEYED, 0,
                        out);
}
