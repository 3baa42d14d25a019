/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_FIELD_TYPE_H
#define SL_CONFIG_FIELD_TYPE_H

#include "runner/config/field_say.h"

/*
 * What there is to know of a field type, one row each: how its values are bound and
 * printed. Private to field*.c; everyone else sees field.h.
 */
struct sl_printer {
    enum sl_print what;
    struct sl_text *out;
};

struct sl_field_class {
    const char *name;           /* of one value, for messages: "an integer" */
    size_t size;                /* of a value in its struct; of records, see the field */
    enum sl_field_type element; /* of lists */
    bool marked;                /* lists that keep the places of their elements */

    /* False, and told, if the node is not right; the value is then as it was. Not null in
     * YAML's sense, but for the elements of lists. */
    bool (*bind)(const struct sl_binder *binder, const struct sl_field *field,
                 const struct sl_node *node, void *value);
    /* Whether there is a value to print; NULL: always. */
    bool (*is_set)(const void *value);
    /* One of them. token: the value within a line. block: whole lines, indented; true if
     * there was but one, which could stand behind "key:" as well. */
    void (*token)(const struct sl_printer *printer, const struct sl_field *field,
                  const void *value);
    bool (*block)(const struct sl_printer *printer, const struct sl_field *field,
                  const void *value, unsigned indent);
};

/* INCLUDE and END have none. */
const struct sl_field_class *sl_field_class(enum sl_field_type type);
extern const struct sl_field_class sl_scalar_classes[SL_TYPE_FILE + 1];

/* ---- field_bind.c -------------------------------------------------------------------- */

/* An error at a value, and a note where it replaced another. */
void sl_field_problem(const struct sl_binder *binder, const struct sl_node *node,
                      const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "expected WHAT, got 'x'REMEDY"; returns false. */
bool sl_field_refuse(const struct sl_binder *binder, const struct sl_node *node,
                     const char *what, const char *remedy);
/* The class's bind, for a node that was not told to be wrong before. */
bool sl_field_bind(const struct sl_binder *binder, const struct sl_field *field,
                   enum sl_field_type type, const struct sl_node *node, void *value);
/* The default, read by the same rules as the user's values; nothing where there is none. */
void sl_field_bind_preset(const struct sl_binder *binder, const struct sl_field *field,
                          struct sl_mark mark, void *value);

/* ---- field_nested.c ------------------------------------------------------------------ */

bool sl_list_bind(const struct sl_binder *binder, const struct sl_field *field,
                  const struct sl_node *node, void *value);
bool sl_choice_bind(const struct sl_binder *binder, const struct sl_field *field,
                    const struct sl_node *node, void *value);
bool sl_record_bind(const struct sl_binder *binder, const struct sl_field *field,
                    const struct sl_node *node, void *value);
bool sl_record_map_bind(const struct sl_binder *binder, const struct sl_field *field,
                        const struct sl_node *node, void *value);

/* ---- field_word_or_ints.c ------------------------------------------------------------ */

bool sl_word_or_ints_bind(const struct sl_binder *binder, const struct sl_field *field,
                          const struct sl_node *node, void *value);
void sl_word_or_ints_token(const struct sl_printer *printer, const struct sl_field *field,
                           const void *value);

/* ---- field_matrix.c ------------------------------------------------------------------ */

bool sl_matrix_bind(const struct sl_binder *binder, const struct sl_field *field,
                    const struct sl_node *node, void *value);
bool sl_matrix_is_set(const void *value);
void sl_matrix_token(const struct sl_printer *printer, const struct sl_field *field,
                     const void *value);

/* ---- field_int_map.c ----------------------------------------------------------------- */

bool sl_int_map_bind(const struct sl_binder *binder, const struct sl_field *field,
                     const struct sl_node *node, void *value);
void sl_int_map_token(const struct sl_printer *printer, const struct sl_field *field,
                      const void *value);

/* ---- field_print.c ------------------------------------------------------------------- */

bool sl_choice_is_set(const void *value);
void sl_flow_token(const struct sl_printer *printer, const struct sl_field *field,
                   const void *value);
bool sl_list_block(const struct sl_printer *printer, const struct sl_field *field,
                   const void *value, unsigned indent);
bool sl_choice_block(const struct sl_printer *printer, const struct sl_field *field,
                     const void *value, unsigned indent);
bool sl_record_block(const struct sl_printer *printer, const struct sl_field *field,
                     const void *value, unsigned indent);
bool sl_record_map_block(const struct sl_printer *printer, const struct sl_field *field,
                         const void *value, unsigned indent);

/* ---- field.c ------------------------------------------------------------------------- */

/* How all lists begin. */
struct sl_list_head {
    size_t n;
    const void *at;
    const struct sl_mark *marks; /* where the class is marked */
};
struct sl_list_head sl_list_get(enum sl_field_type type, const void *value);
void sl_list_set(enum sl_field_type type, struct sl_list_head head, void *value);
/* The size of a list's element. */
size_t sl_element_size(const struct sl_field *field);

/* "1..100", "above 0", "at least 0", or nothing. */
void sl_field_range(const struct sl_field *field, struct sl_text *out);
/* The words, joined by separator. */
void sl_field_words(const char *const *words, size_t n, const char *separator,
                    struct sl_text *out);
/* More names of a table are not listed. */
#define SL_NAMES_MAX 64

#endif
