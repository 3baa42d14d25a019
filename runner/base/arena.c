/* SPDX-License-Identifier: MIT */
#include "runner/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runner/base/filed.h"

#define ALIGNMENT ((size_t)64)
#define FIRST_BLOCK ((size_t)4 << 10)
#define LARGEST_BLOCK ((size_t)1 << 20)

/* The header of a block. What it serves begins at the first multiple of ALIGNMENT behind
 * it; memory comes from calloc and is served once, so it is zeros without being touched. */
struct sl_arena_block {
    struct sl_arena_block *next;
    size_t size; /* bytes that can be served */
};

struct sl_arena_map {
    struct sl_arena_map *next;
    void *bytes;
    size_t count;
};

void
sl_arena_init(struct sl_arena *arena)
{
    *arena = (struct sl_arena){0};
}

void
sl_arena_init_in(struct sl_arena *arena, const char *folder)
{
    *arena = (struct sl_arena){.folder = folder};
}

static void
release_maps(struct sl_arena_map *map)
{
    struct sl_arena_map *next;

    for (; map != NULL; map = next) {
        next = map->next;
        munmap(map->bytes, map->count);
        free(map);
    }
}

void
sl_arena_release(struct sl_arena *arena)
{
    struct sl_arena_block *block = arena->blocks, *next;

    release_maps(arena->maps);
    for (; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    sl_arena_init(arena);
}

size_t
sl_arena_bytes(const struct sl_arena *arena)
{
    size_t bytes = 0;

    for (const struct sl_arena_block *block = arena->blocks; block; block = block->next)
        bytes += sizeof *block + ALIGNMENT + block->size;
    return bytes;
}

static size_t
round_up(size_t bytes, size_t alignment)
{
    return (bytes + alignment - 1) & ~(alignment - 1);
}

static char *
payload(struct sl_arena_block *block)
{
    return (char *)round_up((uintptr_t)(block + 1), ALIGNMENT);
}

static struct sl_arena_block *
block_new(size_t size)
{
    struct sl_arena_block *block = calloc(1, sizeof *block + ALIGNMENT + size);

    if (block != NULL)
        block->size = size;
    return block;
}

/* A block of its own for one large request. It goes behind the newest, which goes on
 * serving small ones. */
static void *
serve_alone(struct sl_arena *arena, size_t bytes)
{
    struct sl_arena_block *block = block_new(bytes);

    if (block == NULL)
        return NULL;
    if (arena->blocks == NULL) {
        arena->blocks = block;
        arena->used = arena->size = bytes;
    } else {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    }
    return payload(block);
}

static void *
serve_next_block(struct sl_arena *arena, size_t bytes)
{
    size_t size = arena->blocks == NULL ? FIRST_BLOCK : 2 * arena->blocks->size;
    struct sl_arena_block *block;

    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    block = block_new(size);
    if (block == NULL)
        return NULL;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->size = size;
    arena->used = bytes;
    return payload(block);
}

/* NULL where there is no memory. */
static void *
serve(struct sl_arena *arena, size_t bytes, size_t alignment)
{
    size_t start = round_up(arena->used, alignment);

    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes += bytes == 0;
    if (start <= arena->size && bytes <= arena->size - start) {
        arena->used = start + bytes;
        return payload(arena->blocks) + start;
    }
    if (bytes >= FIRST_BLOCK)
        return serve_alone(arena, bytes);
    return serve_next_block(arena, bytes);
}

/* write, since stdio might want memory. */
void
sl_memory_exhausted(void)
{
    static const char line[] = "sluice: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);

    (void)ignored;
    _exit(1);
}

void *
sl_arena_alloc(struct sl_arena *arena, size_t bytes)
{
    void *memory = serve(arena, bytes, ALIGNMENT);

    if (memory == NULL)
        sl_memory_exhausted();
    return memory;
}

void *
sl_arena_array(struct sl_arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return serve(arena, bytes, ALIGNMENT);
}

void
sl_arena_touch(void *array, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)array + page - 1) & ~(uintptr_t)(page - 1);
    uintptr_t end = ((uintptr_t)array + bytes) & ~(uintptr_t)(page - 1);

    if (end > first)
        (void)madvise((void *)first, end - first, MADV_POPULATE_WRITE);
#else
    (void)array, (void)bytes;
#endif
}

void
sl_arena_own_map(struct sl_arena *arena, void *bytes, size_t count)
{
    struct sl_arena_map *map = malloc(sizeof *map);

    if (map == NULL)
        sl_memory_exhausted();
    *map = (struct sl_arena_map){arena->maps, bytes, count};
    arena->maps = map;
}

void
sl_arena_take_maps(struct sl_arena *to, struct sl_arena *from)
{
    struct sl_arena_map **end = &to->maps;

    while (*end != NULL)
        end = &(*end)->next;
    *end = from->maps;
    from->maps = NULL;
}

void *
sl_arena_rows(struct sl_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    void *map;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    if (arena->folder == NULL || bytes < SL_ARENA_FILED)
        return serve(arena, bytes, ALIGNMENT);
    map = sl_filed_new(arena->folder, bytes);
    if (map == NULL)
        return serve(arena, bytes, ALIGNMENT);
    sl_arena_own_map(arena, map, bytes);
    return map;
}

char *
sl_arena_copy(struct sl_arena *arena, const void *bytes, size_t count)
{
    char *copy = sl_arena_alloc(arena, count + 1);

    if (count > 0)
        memcpy(copy, bytes, count);
    return copy;
}

char *
sl_arena_text(struct sl_arena *arena, const char *bytes, size_t count)
{
    char *text = serve(arena, count + 1, 1);

    if (text == NULL)
        sl_memory_exhausted();
    if (count > 0)
        memcpy(text, bytes, count);
    return text;
}

char *
sl_arena_string(struct sl_arena *arena, const char *text)
{
    return sl_arena_text(arena, text, strlen(text));
}

char *
sl_arena_format(struct sl_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    if (length < 0)
        sl_memory_exhausted();
    text = sl_arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
