/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_ARENA_H
#define SL_BASE_ARENA_H

#include <stddef.h>

/*
 * Memory with one owner, given back all at once. Pointers go from short-lived arenas to
 * long-lived ones, never back. Not thread-safe: an arena belongs to one thread at a time.
 *
 * An arena serves bookkeeping: a few bytes at a time. Where even those cannot be had the
 * process ends, as it would by a kill, with one line on standard error and status 1; what
 * it was doing is resumed by the next run, since files appear whole or not at all. Arrays
 * whose size the data decides come from sl_arena_array, which fails in the ordinary way.
 */
struct sl_arena {
    struct sl_arena_block *blocks;
    size_t used, size;  /* of the newest block, in bytes */
    const char *folder; /* for files behind sl_arena_rows; NULL: there are none */
    struct sl_arena_map *maps;
};

void sl_arena_init(struct sl_arena *arena);
/* One whose large arrays of sl_arena_rows stand in files of a folder, a text that lives as
 * long; it is made where it is missing. */
void sl_arena_init_in(struct sl_arena *arena, const char *folder);
void sl_arena_release(struct sl_arena *arena);

/* The bytes that it has from the machine, those that stand in files left out. */
size_t sl_arena_bytes(const struct sl_arena *arena);

/* bytes of zeros, aligned to 64; never NULL. bytes may be 0. */
void *sl_arena_alloc(struct sl_arena *arena, size_t bytes);

/* count * size bytes of zeros, aligned to 64, or NULL where there is no memory or the
 * product overflows. For arrays whose size the data decides. */
void *sl_arena_array(struct sl_arena *arena, size_t count, size_t size);

/*
 * The same for what is as long as the data: in an arena with a folder, from SL_ARENA_FILED
 * bytes on, it stands in a file without a name, so that the system can put it on disk where
 * memory is short, and a table of any length is gone through in bounded memory. Where no such
 * file can be had, or the folder itself is in memory, it is memory like any other.
 */
#define SL_ARENA_FILED ((size_t)4 << 20)
void *sl_arena_rows(struct sl_arena *arena, size_t count, size_t size);

/* Asks the system for all pages of an array that is about to be filled: one by one, as they
 * are written to, they cost twice as much. A hint that changes nothing else. */
void sl_arena_touch(void *array, size_t bytes);

/* Bytes that are mapped and that munmap is to be called for with the arena's end; those of
 * `from` end with `to` from now on. */
void sl_arena_own_map(struct sl_arena *arena, void *bytes, size_t count);
void sl_arena_take_maps(struct sl_arena *to, struct sl_arena *from);

/* Copies that live as long as the arena, with a NUL behind them: of a text, of count bytes of
 * one, and of anything, aligned to 64. */
char *sl_arena_string(struct sl_arena *arena, const char *text);
char *sl_arena_text(struct sl_arena *arena, const char *bytes, size_t count);
char *sl_arena_copy(struct sl_arena *arena, const void *bytes, size_t count);
char *sl_arena_format(struct sl_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The end where there is no memory for bookkeeping: texts and hashes share it. */
_Noreturn void sl_memory_exhausted(void);

#define SL_NEW(arena, type) ((type *)sl_arena_alloc((arena), sizeof(type)))

#endif
