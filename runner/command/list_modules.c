/* SPDX-License-Identifier: MIT */
/* sluice list modules: everything that a configuration can name, built in or not. */
#include "runner/command/modules.h"
#include "runner/command/view.h"
#include "runner/pipeline/outside.h"

#define COLUMNS 6

static const char *
hex_of(const struct sl_row *row, struct sl_arena *arena)
{
    char hex[SL_DIGEST_HEX];

    if (!row->origin)
        return "";
    sl_digest_hex(&row->origin->digest, hex);
    return sl_arena_string(arena, hex);
}

enum sl_status
sl_list_modules(struct sl_call *call, struct sl_error *err)
{
    static const char *const names[COLUMNS] = {"kind",    "name",    "source",
                                               "version", "summary", "sha256"};
    struct sl_column columns[COLUMNS];
    struct sl_table table = {0, COLUMNS, columns};
    const char **at[COLUMNS];
    struct sl_view view;

    sl_call_modules_all(call);
    call->tell(call);
    table.rows = call->registry->n;
    for (size_t k = 0; k < COLUMNS; k++) {
        at[k] = sl_arena_alloc(call->arena, table.rows * sizeof **at);
        columns[k] = sl_column_text(names[k], at[k]);
    }
    for (size_t i = 0; i < table.rows; i++) {
        const struct sl_row *row = &call->registry->rows[i];
        at[0][i] = sl_table_name(row->table);
        at[1][i] = row->as[0]->name;
        at[2][i] = sl_row_source(row);
        at[3][i] = row->origin ? row->origin->version : "";
        at[4][i] = row->as[0]->summary;
        at[5][i] = hex_of(row, call->arena);
    }
    sl_view_init(&view, &table, call->arena);
    return sl_view_list("modules", &view, names, COLUMNS, call, err);
}
