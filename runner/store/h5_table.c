/* SPDX-License-Identifier: MIT */

/*
 * Tables: a compound dataset, one element a row. Rows are packed, since what stands in the
 * padding of a C struct differs from run to run; so they are put together by hand.
 */
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include "runner/base/text.h"
#include "runner/store/h5_file.h"

/* How a column stands in a row. */
struct place {
    size_t offset, size;
};

static hid_t
member_type(const struct sl_column *column, size_t size, bool stored)
{
    switch (column->type) {
    case SL_COLUMN_DOUBLE:
        return H5Tcopy(stored ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
    case SL_COLUMN_INT:
        return H5Tcopy(stored ? H5T_STD_I64LE : H5T_NATIVE_INT64);
    case SL_COLUMN_TEXT:
        return sl_h5_text_type(size);
    }
    return H5I_INVALID_HID;
}

/* The type of a row, on disk or in memory; invalid where HDF5 refuses. */
static hid_t
row_type(const struct sl_table *table, const struct place *places, size_t width,
         bool stored)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, width);

    for (size_t i = 0; i < table->n && type >= 0; i++) {
        hid_t member = member_type(&table->columns[i], places[i].size, stored);
        if (member < 0 ||
            H5Tinsert(type, table->columns[i].name, places[i].offset, member) < 0) {
            sl_h5_close(type);
            type = H5I_INVALID_HID;
        }
        sl_h5_close(member);
    }
    return type;
}

/* ---- writing ----------------------------------------------------------------------- */

static const char *
text_at(const struct sl_column *column, size_t row)
{
    return column->at.texts[row] == NULL ? "" : column->at.texts[row];
}

static size_t
column_size(const struct sl_table *table, const struct sl_column *column)
{
    size_t size = 1;

    if (column->type != SL_COLUMN_TEXT)
        return 8;
    for (size_t row = 0; row < table->rows; row++)
        if (strlen(text_at(column, row)) >= size)
            size = strlen(text_at(column, row)) + 1;
    return size;
}

/* Returns the width of a row. */
static size_t
place_columns(const struct sl_table *table, struct place *places)
{
    size_t width = 0;

    for (size_t i = 0; i < table->n; i++) {
        places[i] = (struct place){width, column_size(table, &table->columns[i])};
        width += places[i].size;
    }
    return width;
}

/* The column's place in the first row is at. */
static void
fill_column(const struct sl_table *table, const struct sl_column *column, size_t width,
            char *at)
{
    for (size_t row = 0; row < table->rows; row++, at += width)
        switch (column->type) {
        case SL_COLUMN_DOUBLE:
            memcpy(at, &column->at.doubles[row], sizeof(double));
            break;
        case SL_COLUMN_INT:
            memcpy(at, &column->at.ints[row], sizeof(int64_t));
            break;
        case SL_COLUMN_TEXT:
            memcpy(at, text_at(column, row), strlen(text_at(column, row)));
            break;
        }
}

/* The units stand in one attribute: "COLUMN=UNIT", one a line. */
static enum sl_status
put_units(struct sl_h5 *file, const char *path, const struct sl_table *table,
          struct sl_error *err)
{
    struct sl_text units = {0};
    enum sl_status status;

    for (size_t i = 0; i < table->n; i++)
        if (table->columns[i].unit != NULL)
            sl_text_format(&units, "%s=%s\n", table->columns[i].name,
                           table->columns[i].unit);
    status = sl_h5_set_text(file, path, "units", units.bytes, err);
    sl_text_release(&units);
    return status;
}

/* Packed rows of these columns. */
static enum sl_status
put_packed(struct sl_h5 *file, const char *path, const struct sl_table *table,
           const struct place *places, const void *bytes, struct sl_error *err)
{
    size_t width = places[table->n - 1].offset + places[table->n - 1].size;
    hsize_t rows = table->rows;
    struct sl_h5_value value = {.bytes = bytes};
    enum sl_status status;

    value.stored = row_type(table, places, width, true);
    value.memory = row_type(table, places, width, false);
    value.space = H5Screate_simple(1, &rows, NULL);
    status = value.stored < 0 || value.memory < 0
                 ? sl_h5_fail(err, "'%s' can't be a table", path)
                 : sl_h5_put(file, path, &value, err);
    sl_h5_close(value.stored);
    sl_h5_close(value.memory);
    sl_h5_close(value.space);
    return status;
}

static enum sl_status
pack(const struct sl_table *table, const struct place *places, size_t width,
     struct sl_arena *scratch, void **rows, struct sl_error *err)
{
    char *bytes = sl_arena_array(scratch, table->rows, width);

    if (bytes == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a table of %zu rows",
                       table->rows);
    for (size_t i = 0; i < table->n; i++)
        fill_column(table, &table->columns[i], width, bytes + places[i].offset);
    *rows = bytes;
    return SL_OK;
}

/* rows: packed already, or NULL. */
static enum sl_status
put_rows(struct sl_h5 *file, const char *path, const struct sl_table *table,
         const void *rows, struct sl_error *err)
{
    struct sl_arena scratch;
    struct place *places;
    enum sl_status status = SL_OK;
    void *packed = (void *)(uintptr_t)rows;
    size_t width;

    sl_arena_init(&scratch);
    places = sl_arena_alloc(&scratch, table->n * sizeof *places);
    width = place_columns(table, places);
    if (rows == NULL)
        status = pack(table, places, width, &scratch, &packed, err);
    if (status == SL_OK)
        status = put_packed(file, path, table, places, packed, err);
    sl_arena_release(&scratch);
    return status;
}

enum sl_status
sl_h5_records(struct sl_h5 *file, const char *path, const struct sl_table *table,
              const void *rows, struct sl_error *err)
{
    sl_h5_quiet();
    if (put_rows(file, path, table, rows, err) != SL_OK)
        return sl_error_context(err, "a table of %zu columns", table->n);
    return put_units(file, path, table, err);
}

enum sl_status
sl_h5_table(struct sl_h5 *file, const char *path, const struct sl_table *table,
            struct sl_error *err)
{
    return table->n == 0 ? SL_OK : sl_h5_records(file, path, table, NULL, err);
}

/* ---- reading ----------------------------------------------------------------------- */

static bool
find_column_type(hid_t member, enum sl_column_type *type)
{
    if (H5Tequal(member, H5T_IEEE_F64LE) > 0)
        *type = SL_COLUMN_DOUBLE;
    else if (H5Tequal(member, H5T_STD_I64LE) > 0)
        *type = SL_COLUMN_INT;
    else if (H5Tget_class(member) == H5T_STRING && H5Tis_variable_str(member) == 0)
        *type = SL_COLUMN_TEXT;
    else
        return false;
    return true;
}

/* A table that is being read: its columns and their places in packed rows. */
struct reading {
    struct sl_arena *arena; /* of what is read */
    struct sl_h5_stored set;
    size_t rows, n, width;
    struct sl_column *columns;
    struct place *places;
    char *bytes; /* the rows */
};

static bool
describe_column(struct reading *r, unsigned i)
{
    hid_t member = H5Tget_member_type(r->set.type, i);
    char *name = H5Tget_member_name(r->set.type, i);
    bool good = name != NULL && find_column_type(member, &r->columns[i].type);

    if (good) {
        r->columns[i].name = sl_arena_string(r->arena, name);
        r->places[i] = (struct place){r->width, H5Tget_size(member)};
        r->width += r->places[i].size;
    }
    H5free_memory(name);
    sl_h5_close(member);
    return good;
}

static enum sl_status
describe(struct sl_h5 *file, struct reading *r, struct sl_error *err)
{
    int n = H5Tget_class(r->set.type) == H5T_COMPOUND ? H5Tget_nmembers(r->set.type) : 0;
    hsize_t rows;

    if (n <= 0 || !sl_h5_stands_in_file(file, &r->set) ||
        H5Sget_simple_extent_ndims(r->set.space) != 1)
        return sl_fail(err, SL_ERR_IO, "no table as sluice writes them");
    H5Sget_simple_extent_dims(r->set.space, &rows, NULL);
    r->rows = (size_t)rows;
    r->n = (size_t)n;
    r->columns = sl_arena_alloc(r->arena, r->n * sizeof *r->columns);
    r->places = sl_arena_alloc(r->arena, r->n * sizeof *r->places);
    for (unsigned i = 0; i < r->n; i++)
        if (!describe_column(r, i))
            return sl_fail(err, SL_ERR_IO, "column %u is none that sluice writes", i + 1);
    return SL_OK;
}

static const void *
take_numbers(struct reading *r, const char *at)
{
    char *numbers = sl_arena_array(r->arena, r->rows, 8);

    for (size_t row = 0; row < r->rows && numbers != NULL; row++)
        memcpy(numbers + 8 * row, at + row * r->width, 8);
    return numbers;
}

static const char *const *
take_texts(struct reading *r, const char *at, size_t size)
{
    const char **texts = sl_arena_array(r->arena, r->rows, sizeof *texts);
    char *bytes = sl_arena_array(r->arena, r->rows, size + 1);

    if (bytes == NULL)
        return NULL;
    for (size_t row = 0; row < r->rows && texts != NULL; row++)
        texts[row] = memcpy(bytes + row * (size + 1), at + row * r->width, size);
    return texts;
}

/* False where there is no memory. */
static bool
take_column(struct reading *r, size_t i)
{
    struct sl_column *column = &r->columns[i];
    const char *at = r->bytes + r->places[i].offset;

    switch (column->type) {
    case SL_COLUMN_DOUBLE:
        return (column->at.doubles = take_numbers(r, at)) != NULL;
    case SL_COLUMN_INT:
        return (column->at.ints = take_numbers(r, at)) != NULL;
    case SL_COLUMN_TEXT:
        return (column->at.texts = take_texts(r, at, r->places[i].size)) != NULL;
    }
    return false;
}

static enum sl_status
no_memory(const struct reading *r, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_MEMORY, "no memory for a table of %zu rows", r->rows);
}

static enum sl_status
read_rows(struct sl_h5 *file, struct reading *r, struct sl_arena *scratch,
          struct sl_error *err)
{
    struct sl_table table;
    hid_t memory;
    enum sl_status status = SL_OK;

    SL_TRY(describe(file, r, err));
    r->bytes = sl_arena_array(scratch, r->rows, r->width);
    if (r->bytes == NULL)
        return no_memory(r, err);
    table = (struct sl_table){r->rows, r->n, r->columns};
    memory = row_type(&table, r->places, r->width, false);
    if (H5Dread(r->set.id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, r->bytes) < 0)
        status = sl_h5_fail(err, "can't be read");
    sl_h5_close(memory);
    for (size_t i = 0; i < r->n && status == SL_OK; i++)
        if (!take_column(r, i))
            status = no_memory(r, err);
    return status;
}

static void
take_units(struct reading *r, const char *units)
{
    for (const char *end; units != NULL && *units != '\0'; units = end + (*end != '\0')) {
        const char *equals = strchr(units, '=');

        end = units + strcspn(units, "\n");
        for (size_t i = 0; i < r->n && equals != NULL && equals < end; i++)
            if (strncmp(r->columns[i].name, units, (size_t)(equals - units)) == 0 &&
                r->columns[i].name[equals - units] == '\0')
                r->columns[i].unit =
                    sl_arena_copy(r->arena, equals + 1, (size_t)(end - equals - 1));
    }
}

enum sl_status
sl_h5_read_table(struct sl_h5 *file, const char *path, struct sl_arena *arena,
                 struct sl_table *table, struct sl_error *err)
{
    struct reading r = {.arena = arena};
    struct sl_arena scratch;
    const char *units = NULL;
    enum sl_status status;
    hid_t id;

    *table = (struct sl_table){0};
    if (!sl_h5_has(file, path))
        return SL_OK;
    id = H5Oopen(file->file, path, file->links);
    if (id < 0)
        return sl_h5_fail(err, "'%s' can't be opened", path);
    sl_arena_init(&scratch);
    sl_h5_stored_open(&r.set, id);
    status = read_rows(file, &r, &scratch, err);
    sl_h5_stored_close(&r.set);
    if (status != SL_OK)
        sl_error_context(err, "'%s'", path);
    else
        status = sl_h5_get_text(file, path, "units", &scratch, &units, err);
    if (status == SL_OK) {
        take_units(&r, units);
        *table = (struct sl_table){r.rows, r.n, r.columns};
    }
    sl_arena_release(&scratch);
    return status;
}
