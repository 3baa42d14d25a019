/* SPDX-License-Identifier: MIT */
#include "runner/command/print.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "runner/base/text.h"
#include "runner/config/report.h"

int
sl_metric_digits(double value)
{
    return fabs(value) < 1e12 && value == floor(value) ? 12 : 6;
}

static void
print_metric(FILE *out, const struct sl_item *item)
{
    double value = sl_tensor_at(&item->tensor, 0);

    fprintf(out, "    %-22s %12.*g", item->name, sl_metric_digits(value), value);
    if (item->interval)
        fprintf(out, " [%.4g, %.4g]", item->interval->low, item->interval->high);
    if (item->unit && strcmp(item->unit, "1") != 0)
        fprintf(out, " %s", item->unit);
    if (isnan(value))
        fprintf(out, "  (undefined%s%s)", item->undefined ? ": " : "",
                item->undefined ? item->undefined : "");
    fputc('\n', out);
}

static void
print_stage(FILE *out, const struct sl_stage_record *stage)
{
    if (stage->metrics.n == 0)
        return;
    fprintf(out, "\n  %s", stage->name);
    if (stage->inputs && stage->inputs[0])
        fprintf(out, "  (%s)", stage->inputs);
    fputc('\n', out);
    for (size_t i = 0; i < stage->metrics.n; i++)
        print_metric(out, &stage->metrics.items[i]);
}

void
sl_print_run(FILE *out, const char *path, const struct sl_run_record *run)
{
    bool reason = run->reason && run->reason[0];

    sl_report_line(out, "%s: %s%s%s", run->name, run->state, reason ? ", " : "",
                   reason ? run->reason : "");
    if (run->description && run->description[0])
        sl_report_line(out, "%s", run->description);
    fprintf(out, "\n  seed      %llu\n  key       %.16s\n  program   %s\n",
            (unsigned long long)run->seed, run->key, run->program);
    fprintf(out, "  platform  %s\n  record    %s\n", run->platform, path);
    for (const char *m = run->modules; m && *m; m += strcspn(m, "\n"), m += *m == '\n')
        fprintf(out, "  module    %.*s\n", (int)strcspn(m, "\n"), m);
    for (size_t i = 0; i < run->n; i++)
        if (run->stages[i].model)
            fprintf(out, "  model     %s\n", run->stages[i].model);
    for (size_t i = 0; i < run->n; i++)
        print_stage(out, &run->stages[i]);
}

static void
print_bounds(FILE *out, const struct sl_interval *interval)
{
    struct sl_text text = {0};

    if (interval)
        sl_text_double(&text, interval->low);
    sl_text_append(&text, ",");
    if (interval)
        sl_text_double(&text, interval->high);
    fprintf(out, "%s\n", text.bytes);
    sl_text_release(&text);
}

void
sl_print_run_csv(FILE *out, const char *path, const struct sl_run_record *run)
{
    struct sl_text value = {0};

    for (size_t i = 0; i < run->n; i++)
        for (size_t j = 0; j < run->stages[i].metrics.n; j++) {
            const struct sl_item *item = &run->stages[i].metrics.items[j];
            sl_text_clear(&value);
            if (!isnan(sl_tensor_at(&item->tensor, 0)))
                sl_text_double(&value, sl_tensor_at(&item->tensor, 0));
            fprintf(out, "%s,%s,%s,%s,%s,", path, run->stages[i].name, item->name,
                    value.bytes ? value.bytes : "", item->unit ? item->unit : "");
            print_bounds(out, item->interval);
        }
    sl_text_release(&value);
}

static json_t *
metrics_json(const struct sl_bundle *metrics)
{
    json_t *object = json_object();

    for (size_t i = 0; i < metrics->n; i++) {
        double value = sl_tensor_at(&metrics->items[i].tensor, 0);
        /* JSON has no NaN */
        json_object_set_new(object, metrics->items[i].name,
                            isfinite(value) ? json_real(value) : json_null());
    }
    return object;
}

/* What there is to say of a stage's metrics beside their values; NULL: nothing. */
static json_t *
intervals_json(const struct sl_bundle *metrics)
{
    json_t *object = NULL;

    for (size_t i = 0; i < metrics->n; i++) {
        const struct sl_interval *interval = metrics->items[i].interval;
        if (!interval)
            continue;
        object = object ? object : json_object();
        json_object_set_new(object, metrics->items[i].name,
                            json_pack("{s:f, s:f, s:s}", "low", interval->low, "high",
                                      interval->high, "method", interval->method));
    }
    return object;
}

static json_t *
undefined_json(const struct sl_bundle *metrics)
{
    json_t *object = NULL;

    for (size_t i = 0; i < metrics->n; i++) {
        if (!metrics->items[i].undefined)
            continue;
        object = object ? object : json_object();
        json_object_set_new(object, metrics->items[i].name,
                            json_string(metrics->items[i].undefined));
    }
    return object;
}

/* Of each stage that has any. */
static json_t *
by_stage(const struct sl_run_record *run, json_t *(*of)(const struct sl_bundle *metrics))
{
    json_t *object = json_object(), *part;

    for (size_t i = 0; i < run->n; i++)
        if ((part = of(&run->stages[i].metrics)))
            json_object_set_new(object, run->stages[i].name, part);
    return object;
}

json_t *
sl_run_json(const char *path, const struct sl_run_record *run)
{
    json_t *metrics = json_object(), *models = json_object(), *keys = json_object();

    for (size_t i = 0; i < run->n; i++) {
        const struct sl_stage_record *stage = &run->stages[i];
        json_object_set_new(metrics, stage->name, metrics_json(&stage->metrics));
        json_object_set_new(keys, stage->name, json_string(stage->key));
        if (stage->model)
            json_object_set_new(models, stage->name, json_string(stage->model));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:s, "
                     "s:s, s:s?, s:s}",
                     "path", path, "name", run->name, "description",
                     run->description ? run->description : "", "state", run->state,
                     "reason", run->reason, "key", run->key, "seed",
                     (json_int_t)run->seed, "metrics", metrics, "intervals",
                     by_stage(run, intervals_json), "undefined",
                     by_stage(run, undefined_json), "models", models, "steps", keys,
                     "program", run->program, "platform", run->platform, "modules",
                     run->modules, "config", run->config);
}
