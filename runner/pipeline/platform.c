/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include "runner/pipeline/platform.h"

#include <elf.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <string.h>
#include <sys/utsname.h>

#include "runner/base/text.h"
#include "runner/tensor/linalg.h"

/* The note of the linker's --build-id among the notes of a segment. */
static void
append_build_id(const char *notes, size_t count, struct sl_text *out)
{
    ElfW(Nhdr) head;

    for (size_t at = 0; at + sizeof head <= count;) {
        memcpy(&head, notes + at, sizeof head);
        const char *name = notes + at + sizeof head;
        const unsigned char *id =
            (const unsigned char *)name + (head.n_namesz + 3U) / 4U * 4U;
        if (head.n_type == NT_GNU_BUILD_ID && memcmp(name, "GNU", 4) == 0)
            for (size_t i = 0; i < head.n_descsz; i++)
                sl_text_format(out, "%02x", (unsigned)id[i]);
        at +=
            sizeof head + (head.n_namesz + 3U) / 4U * 4U + (head.n_descsz + 3U) / 4U * 4U;
    }
}

/* The first object that the loader tells of is the program itself. */
static int
visit_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE)
            append_build_id((const char *)info->dlpi_addr + segment->p_vaddr,
                            segment->p_memsz, context);
    }
    return 1;
}

static void
append_cpu(struct sl_text *out)
{
    struct utsname system;

    if (uname(&system) == 0)
        sl_text_append(out, system.machine);
#if defined(__x86_64__)
    __builtin_cpu_init();
    sl_text_append(out, __builtin_cpu_supports("avx2") ? " avx2" : "");
    sl_text_append(out, __builtin_cpu_supports("fma") ? " fma" : "");
    sl_text_append(out, __builtin_cpu_supports("avx512f") ? " avx512f" : "");
#endif
}

const char *
sl_platform(struct sl_arena *arena)
{
    struct sl_text text = {0};
    char blas[128];

    sl_linalg_describe(blas, sizeof blas);
    sl_text_append(&text, "build ");
    dl_iterate_phdr(visit_object, &text);
    sl_text_format(&text, ", %s, glibc %s, ", blas, gnu_get_libc_version());
    append_cpu(&text);

    const char *platform = sl_arena_string(arena, text.bytes);
    sl_text_release(&text);
    return platform;
}
