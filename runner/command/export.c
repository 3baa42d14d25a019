/* SPDX-License-Identifier: MIT */
/* sluice export RUN --onnx|--npz|--json: a run's model for other programs. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/publish.h"
#include "runner/base/text.h"
#include "runner/command/command.h"
#include "runner/command/output.h"
#include "runner/command/results.h"
#include "runner/parallel/pool.h"
#include "runner/pipeline/apply.h"
#include "runner/pipeline/row_fields.h"
#include "runner/store/archive.h"
#include "runner/store/graph.h"
#include "runner/tensor/linalg.h"

struct exporting {
    struct sl_call *call;
    struct sl_apply apply;
    struct sl_bundle arrays; /* "parameters/encoder.0.weight", "rule/threshold", ... */
};

static const struct sl_stored_model *
model_of(const struct exporting *e)
{
    return &e->apply.step.outcome.model;
}

static const char *
score_of(const struct exporting *e)
{
    return e->apply.model->module->model->scores[e->apply.kind].name;
}

/* ---- what is exported -------------------------------------------------------------------- */

static enum sl_status
add_all(struct exporting *e, const char *group, const struct sl_bundle *from,
        struct sl_error *err)
{
    for (size_t i = 0; i < from->n; i++) {
        struct sl_item item = from->items[i];
        item.name = sl_arena_format(e->call->arena, "%s/%s", group, item.name);
        SL_TRY(sl_bundle_add(&e->arrays, &item, err));
    }
    return SL_OK;
}

static enum sl_status
gather(struct exporting *e, struct sl_error *err)
{
    double scale = model_of(e)->scale;
    struct sl_item item = {.name = "scale", .tensor = {.type = SL_F64, .data = &scale}};

    sl_bundle_init(&e->arrays, e->call->arena);
    SL_TRY(sl_bundle_add(&e->arrays, &item, err));
    SL_TRY(add_all(e, "preprocess", &model_of(e)->preprocess, err));
    SL_TRY(add_all(e, "parameters", &model_of(e)->parameters, err));
    return add_all(e, "rule", &e->apply.known, err);
}

static const char *
column_name(const struct exporting *e, size_t j)
{
    return sl_row_shape_name(&e->apply.shape, j, e->call->arena);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static json_t *
values_json(const struct sl_tensor *t)
{
    json_t *values = json_array();

    for (size_t i = 0; i < sl_tensor_count(t); i++) {
        double value = sl_tensor_at(t, i);
        json_array_append_new(values, isfinite(value) ? json_real(value) : json_null());
    }
    return values;
}

static json_t *
array_json(const struct sl_tensor *t)
{
    json_t *shape = json_array();

    for (unsigned i = 0; i < t->rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
    return json_pack("{s:s, s:o, s:o}", "type", sl_dtype_name(t->type), "shape", shape,
                     "values", values_json(t));
}

static json_t *
to_json(struct exporting *e)
{
    json_t *arrays = json_object(), *columns = json_array();
    const struct sl_stage *detect = e->apply.detect;

    for (size_t i = 0; i < e->arrays.n; i++)
        json_object_set_new(arrays, e->arrays.items[i].name,
                            array_json(&e->arrays.items[i].tensor));
    for (size_t j = 0; j < e->apply.shape.d; j++)
        json_array_append_new(columns, json_string(column_name(e, j)));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:s, s:o}", "program",
                     "sluice " SL_VERSION, "run", e->apply.run.name, "key",
                     e->apply.run.key, "module", model_of(e)->module, "score",
                     score_of(e), "rule", detect ? detect->module->entry.name : NULL,
                     "columns", columns, "config", model_of(e)->config, "arrays", arrays);
}

/* ---- NumPy ------------------------------------------------------------------------------- */

/* An array as the bytes of an .npy file, version 1.0. */
static void
put_npy(const char *type, const char *shape, const void *bytes, size_t count,
        struct sl_text *out)
{
    struct sl_text head = {0};

    sl_text_format(&head, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type,
                   shape);
    while ((10 + head.count + 1) % 64)
        sl_text_append(&head, " ");
    sl_text_append(&head, "\n");
    sl_text_append_bytes(out, "\x93NUMPY\x01\x00", 8);
    sl_text_append_bytes(out, &(char){(char)head.count}, 1);
    sl_text_append_bytes(out, &(char){(char)(head.count >> 8)}, 1);
    sl_text_append_bytes(out, head.bytes, head.count);
    if (count)
        sl_text_append_bytes(out, bytes, count);
    sl_text_release(&head);
}

static void
put_tensor(const struct sl_tensor *t, struct sl_text *out)
{
    static const char *const types[] = {"<f4", "<f8", "|u1", "<i4", "<u4", "<i8"};
    struct sl_text shape = {0};

    sl_text_append(&shape, "(");
    for (unsigned i = 0; i < t->rank; i++)
        sl_text_format(&shape, "%zu,", t->shape[i]);
    sl_text_append(&shape, ")");
    put_npy(types[t->type], shape.bytes, t->data, sl_tensor_bytes(t), out);
    sl_text_release(&shape);
}

static void
put_string(const char *text, struct sl_text *out)
{
    char type[32];
    size_t n = strlen(text);

    snprintf(type, sizeof type, "|S%zu", n ? n : 1);
    put_npy(type, "()", n ? text : "\0", n ? n : 1, out);
}

static enum sl_status
to_npz(struct exporting *e, char **bytes, size_t *count, struct sl_error *err)
{
    struct sl_arena *arena = e->call->arena;
    const char *texts[][2] = {{"config", model_of(e)->config},
                              {"module", model_of(e)->module},
                              {"score", score_of(e)}};
    size_t n = e->arrays.n + 3;
    struct sl_archive_member *members = sl_arena_alloc(arena, n * sizeof *members);
    struct sl_text *parts = sl_arena_alloc(arena, n * sizeof *parts);
    enum sl_status status;

    for (size_t i = 0; i < n; i++) {
        bool text = i >= e->arrays.n;
        const char *name = text ? texts[i - e->arrays.n][0] : e->arrays.items[i].name;
        if (text)
            put_string(texts[i - e->arrays.n][1], &parts[i]);
        else
            put_tensor(&e->arrays.items[i].tensor, &parts[i]);
        members[i] = (struct sl_archive_member){sl_arena_format(arena, "%s.npy", name),
                                                parts[i].bytes, parts[i].count};
    }
    status = sl_archive_write(members, n, arena, bytes, count, err);
    for (size_t i = 0; i < n; i++)
        sl_text_release(&parts[i]);
    return status;
}

/* ---- ONNX -------------------------------------------------------------------------------- */

/* What a rule of one threshold says: whether the score is above it. */
static void
add_flag(struct exporting *e, struct sl_graph *graph)
{
    const struct sl_item *threshold = sl_bundle_find(&e->apply.known, "threshold");
    const char *above;

    if (graph->refused || !threshold || e->apply.detect->module->decides_together)
        return;
    above = sl_graph_node(
        graph, "Greater", "score",
        sl_graph_number(graph, "threshold", sl_tensor_at(&threshold->tensor, 0)));
    sl_graph_output(graph, above,
                    &(struct sl_graph_value){"flagged", SL_U8, 0,
                                             "the score is above the threshold"});
}

static enum sl_status
to_onnx(struct exporting *e, struct sl_text *out, struct sl_error *err)
{
    const struct sl_model *model = e->apply.model;
    struct sl_text columns = {0};
    struct sl_graph graph;
    const char *x = "x";

    sl_graph_init(&graph, e->call->arena);
    graph.input = (struct sl_graph_value){"x", SL_F64, model->d, "raw rows"};
    if (!model->module->model->graph)
        sl_graph_refuse(&graph, "a model of '%s' has no form in ONNX",
                        model->module->entry.name);
    if (!graph.refused && model->scale != 1)
        x = sl_graph_node(&graph, "Div", x,
                          sl_graph_number(&graph, "scale", model->scale));
    if (!graph.refused)
        model->module->model->graph(model, e->apply.kind, &graph, x);
    add_flag(e, &graph);
    if (graph.refused)
        return sl_fail(err, SL_ERR_CONFIG, "%s; --npz and --json have its numbers",
                       graph.refused);
    for (size_t j = 0; j < model->d; j++)
        sl_text_format(&columns, "%s%s", j ? "\n" : "", column_name(e, j));
    const char *const metadata[][2] = {{"run", e->apply.run.name},
                                       {"key", e->apply.run.key},
                                       {"score", score_of(e)},
                                       {"columns", columns.bytes}};
    sl_onnx_write(&graph, metadata, 4, out);
    sl_text_release(&columns);
    return SL_OK;
}

/* ---- the command ------------------------------------------------------------------------- */

static enum sl_status
deliver(struct exporting *e, const void *bytes, size_t count, bool text,
        struct sl_error *err)
{
    const char *to = sl_call_option(e->call, "to");

    if (to)
        return sl_publish(to, bytes, count, err);
    if (!text && isatty(STDOUT_FILENO))
        return sl_fail(err, SL_ERR_CONFIG,
                       "that is nothing for a terminal; name a file with --to");
    if (fwrite(bytes, 1, count, stdout) != count)
        return sl_output_flush(err);
    return SL_OK;
}

static enum sl_status
export_json(struct exporting *e, struct sl_error *err)
{
    json_t *top = to_json(e);
    char *text = json_dumps(top, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    struct sl_text out = {0};
    enum sl_status status;

    json_decref(top);
    if (!text)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the model as JSON");
    sl_text_append(&out, text);
    sl_text_append(&out, "\n");
    free(text);
    status = deliver(e, out.bytes, out.count, true, err);
    sl_text_release(&out);
    return status;
}

static enum sl_status
export_as(struct exporting *e, struct sl_error *err)
{
    struct sl_text out = {0};
    enum sl_status status;
    char *bytes;
    size_t count;

    SL_TRY(gather(e, err));
    if (sl_call_option(e->call, "json"))
        return export_json(e, err);
    if (sl_call_option(e->call, "npz")) {
        SL_TRY(to_npz(e, &bytes, &count, err));
        return deliver(e, bytes, count, false, err);
    }
    status = to_onnx(e, &out, err);
    if (status == SL_OK)
        status = deliver(e, out.bytes, out.count, false, err);
    sl_text_release(&out);
    return status;
}

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    struct exporting e = {.call = call};
    struct sl_apply_call what = {
        .stage = sl_call_option(call, "stage"),
        .registry = call->registry,
        .arena = call->arena,
        .stop = call->stop,
    };
    int formats = (sl_call_option(call, "onnx") != NULL) +
                  (sl_call_option(call, "npz") != NULL) +
                  (sl_call_option(call, "json") != NULL);
    enum sl_status status;

    (void)exit_status;
    if (formats != 1)
        return sl_fail(err, SL_ERR_CONFIG,
                       "export takes one of --onnx, --npz and --json");
    SL_TRY(sl_linalg_start(err));
    SL_TRY(sl_results_run(call->words[0], call->arena, &what.file, err));
    status = sl_apply_open(&e.apply, &what, err);
    if (status == SL_OK)
        status = export_as(&e, err);
    sl_apply_close(&e.apply);
    return status;
}

static const struct sl_option options[] = {
    {"onnx", NULL, "a graph of operators, for onnxruntime and others", false},
    {"npz", NULL, "arrays by name, for NumPy", false},
    {"json", NULL, "the same as text", false},
    {"to", "FILE", "write to FILE; by default to standard output", false},
    {"stage", "NAME", "the detect stage whose rule it is, where there are several",
     false},
    SL_OPTION_END,
};

const struct sl_command sl_command_export = {
    .name = "export",
    .arguments = "RUN",
    .summary = "a run's model, for other programs",
    .help =
        "RUN is a run.h5, its folder, a results folder with one run, or NAME#3 for the\n"
        "run at point 3 of a sweep. ONNX (operator set 13) is for autoencoders: raw "
        "rows\n"
        "x (n x d, float64) give score, reconstruction (in the network's units) and,\n"
        "where the rule is a threshold, flagged; what the rows go through before the\n"
        "network is part of it. NPZ and JSON hold the numbers of any model: parameters,\n"
        "preprocessing, the rule, and the configuration that says what they mean.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
