/* SPDX-License-Identifier: MIT */
/*
 * Protocol buffers: a message is a row of fields, each a key (number << 3 | type) and a
 * value; type 0 is a varint, 2 a length and so many bytes, a message among them. Numbers of
 * fields are those of onnx.proto, IR version 7.
 */
#include "runner/base/text.h"
#include "runner/store/graph.h"

static void
put_varint(struct sl_text *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        sl_text_append_bytes(out, &(unsigned char){(unsigned char)(value | 0x80)}, 1);
    sl_text_append_bytes(out, &(unsigned char){(unsigned char)value}, 1);
}

static void
put_int(struct sl_text *out, unsigned field, int64_t value)
{
    put_varint(out, field << 3);
    put_varint(out, (uint64_t)value);
}

static void
put_bytes(struct sl_text *out, unsigned field, const void *bytes, size_t count)
{
    put_varint(out, field << 3 | 2);
    put_varint(out, count);
    if (count)
        sl_text_append_bytes(out, bytes, count);
}

static void
put_text(struct sl_text *out, unsigned field, const char *text)
{
    struct sl_text copy = {0};

    sl_text_append(&copy, text);
    put_bytes(out, field, copy.bytes, copy.count);
    sl_text_release(&copy);
}

/* Puts a message into another, and empties it. */
static void
put_message(struct sl_text *out, unsigned field, struct sl_text *message)
{
    put_bytes(out, field, message->bytes, message->count);
    sl_text_release(message);
}

static int64_t
data_type(enum sl_dtype type)
{
    return type == SL_F32 ? 1 : type == SL_F64 ? 11 : type == SL_I64 ? 7 : 9;
}

/* TensorProto: dims 1, data_type 2, name 8, raw_data 9 (little-endian). */
static void
put_tensor(struct sl_text *out, unsigned field, const struct sl_item *item)
{
    struct sl_text tensor = {0};

    for (unsigned i = 0; i < item->tensor.rank; i++)
        put_int(&tensor, 1, (int64_t)item->tensor.shape[i]);
    put_int(&tensor, 2, data_type(item->tensor.type));
    put_text(&tensor, 8, item->name);
    put_bytes(&tensor, 9, item->tensor.data, sl_tensor_bytes(&item->tensor));
    put_message(out, field, &tensor);
}

/* AttributeProto: name 1, i 3, ints 8, type 20 (INT 2, INTS 7). */
static void
put_attribute(struct sl_text *out, const struct sl_graph_node *node)
{
    struct sl_text attribute = {0};

    put_text(&attribute, 1, node->attribute);
    put_int(&attribute, node->listed ? 8 : 3, node->value);
    put_int(&attribute, 20, node->listed ? 7 : 2);
    put_message(out, 5, &attribute);
}

/* NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. */
static void
put_node(struct sl_text *out, const struct sl_graph_node *node)
{
    struct sl_text message = {0};

    for (size_t i = 0; i < node->n; i++)
        put_text(&message, 1, node->inputs[i]);
    put_text(&message, 2, node->output);
    put_text(&message, 3, node->output);
    put_text(&message, 4, node->op);
    if (node->attribute)
        put_attribute(&message, node);
    put_message(out, 1, &message);
}

/* ValueInfoProto: name 1, type 2, doc_string 3; TypeProto: tensor_type 1 with elem_type 1
 * and shape 2; a dimension of it, 1, has dim_value 1 or dim_param 2. */
static void
put_value(struct sl_text *out, unsigned field, const struct sl_graph_value *value)
{
    struct sl_text rows = {0}, columns = {0}, shape = {0}, tensor = {0}, type = {0};
    struct sl_text message = {0};

    put_text(&rows, 2, "n");
    put_message(&shape, 1, &rows);
    if (value->columns) {
        put_int(&columns, 1, (int64_t)value->columns);
        put_message(&shape, 1, &columns);
    }
    put_int(&tensor, 1, data_type(value->type));
    put_message(&tensor, 2, &shape);
    put_message(&type, 1, &tensor);
    put_text(&message, 1, value->name);
    put_message(&message, 2, &type);
    put_text(&message, 3, value->help);
    put_message(out, field, &message);
}

/* GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
static void
put_graph(struct sl_text *out, const struct sl_graph *graph)
{
    struct sl_text message = {0};

    for (size_t i = 0; i < graph->n; i++)
        put_node(&message, &graph->nodes[i]);
    put_text(&message, 2, "sluice");
    for (size_t i = 0; i < graph->constants.n; i++)
        put_tensor(&message, 5, &graph->constants.items[i]);
    put_value(&message, 11, &graph->input);
    for (size_t i = 0; i < graph->outputs; i++)
        put_value(&message, 12, &graph->output[i]);
    put_message(out, 7, &message);
}

/* ModelProto: ir_version 1, producer_name 2, producer_version 3, graph 7, opset_import 8
 * (domain 1, version 2), metadata_props 14 (key 1, value 2). */
void
sl_onnx_write(const struct sl_graph *graph, const char *const (*metadata)[2], size_t n,
              struct sl_text *out)
{
    struct sl_text opset = {0};

    put_int(out, 1, 7);
    put_text(out, 2, "sluice");
    put_text(out, 3, SL_VERSION);
    put_graph(out, graph);
    put_text(&opset, 1, "");
    put_int(&opset, 2, 13);
    put_message(out, 8, &opset);
    for (size_t i = 0; i < n; i++) {
        struct sl_text pair = {0};
        put_text(&pair, 1, metadata[i][0]);
        put_text(&pair, 2, metadata[i][1]);
        put_message(out, 14, &pair);
    }
}
