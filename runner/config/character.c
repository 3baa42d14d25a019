/* SPDX-License-Identifier: MIT */
#include "runner/config/character.h"

#include <stdbool.h>

#include "runner/config/report.h"

struct range {
    uint32_t first, last;
};

static bool
within(uint32_t character, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

#define WITHIN(character, ranges)                                                        \
    within(character, ranges, sizeof ranges / sizeof *ranges)

size_t
sl_utf8_decode(const char *bytes, size_t count, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)bytes[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xc0 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                    : first < 0xf8 ? 4
                                   : 0;
    uint32_t value = length == 1 ? first : first & (0x7fu >> length);

    if (length == 0 || length > count)
        return 0;
    for (size_t i = 1; i < length; i++) {
        uint8_t next = (uint8_t)bytes[i];

        if ((next & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3f);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *character = value;
    return length;
}

/* Characters that make a text read other than it is: see Unicode Technical Report 36. */
const char *
sl_character_fault(uint32_t character)
{
    static const struct range control[] = {
        {0x00, 0x08}, {0x0b, 0x0c}, {0x0e, 0x1f}, {0x7f, 0x9f}, {0xfffe, 0xffff}};
    static const struct range invisible[] = {
        {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},
        {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};

    if (WITHIN(character, control))
        return "control character";
    if (WITHIN(character, invisible))
        return "invisible character";
    return NULL;
}

char
sl_character_likeness(uint32_t character)
{
    static const struct {
        uint32_t character;
        char letter;
    } alike[] = {{0x131, 'i'}, {0x391, 'A'}, {0x392, 'B'}, {0x395, 'E'}, {0x396, 'Z'},
                 {0x397, 'H'}, {0x399, 'I'}, {0x39a, 'K'}, {0x39c, 'M'}, {0x39d, 'N'},
                 {0x39f, 'O'}, {0x3a1, 'P'}, {0x3a4, 'T'}, {0x3a5, 'Y'}, {0x3a7, 'X'},
                 {0x3b1, 'a'}, {0x3b5, 'e'}, {0x3b9, 'i'}, {0x3ba, 'k'}, {0x3bd, 'v'},
                 {0x3bf, 'o'}, {0x3c1, 'p'}, {0x3c5, 'u'}, {0x3c7, 'x'}, {0x3f2, 'c'},
                 {0x405, 'S'}, {0x406, 'I'}, {0x408, 'J'}, {0x410, 'A'}, {0x412, 'B'},
                 {0x415, 'E'}, {0x41a, 'K'}, {0x41c, 'M'}, {0x41d, 'H'}, {0x41e, 'O'},
                 {0x420, 'P'}, {0x421, 'C'}, {0x422, 'T'}, {0x423, 'Y'}, {0x425, 'X'},
                 {0x430, 'a'}, {0x432, 'b'}, {0x435, 'e'}, {0x43a, 'k'}, {0x43c, 'm'},
                 {0x43d, 'h'}, {0x43e, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'},
                 {0x443, 'y'}, {0x445, 'x'}, {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'},
                 {0x4bb, 'h'}, {0x4cf, 'l'}, {0x501, 'd'}, {0x51b, 'q'}, {0x51d, 'w'}};

    if (character >= 0xff21 && character <= 0xff5a)
        return (char)(character - 0xff21 + 'A');
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
        if (alike[i].character == character)
            return alike[i].letter;
    return 0;
}

unsigned
sl_character_width(uint32_t character)
{
    static const struct range none[] = {{0x300, 0x36f}, {0xfe00, 0xfe0f}};
    static const struct range two[] = {
        {0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},
        {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

    if (WITHIN(character, none))
        return 0;
    return WITHIN(character, two) ? 2 : 1;
}

/* Spaces that YAML takes for letters. */
static bool
is_odd_space(uint32_t character)
{
    static const struct range spaces[] = {{0xa0, 0xa0},
                                          {0x2000, 0x200a},
                                          {0x202f, 0x202f},
                                          {0x205f, 0x205f},
                                          {0x3000, 0x3000}};

    return WITHIN(character, spaces);
}

/* Complains about one character; indented: nothing but spaces stands before it. */
static void
judge(uint32_t character, bool indented, struct sl_mark mark, struct sl_report *report)
{
    const char *fault = sl_character_fault(character);

    if (fault)
        sl_report_add(report, SL_ERROR, mark, "%s U+%04X", fault, (unsigned)character);
    else if (indented && is_odd_space(character))
        sl_report_add(report, SL_ERROR, mark, "%s used as indentation; use spaces",
                      character == 0xa0 ? "non-breaking space" : "an unusual space");
}

void
sl_characters_check(const char *name, const char *bytes, size_t count,
                    struct sl_report *report)
{
    struct sl_mark mark = {name, 1, 1};
    bool indented = true;
    uint32_t c, last = 0;

    for (size_t i = 0, length; i < count; i += length) {
        length = sl_utf8_decode(bytes + i, count - i, &c);
        if (length == 0) {
            sl_report_add(report, SL_ERROR, mark,
                          "invalid UTF-8 byte 0x%02X; save the file as UTF-8",
                          (unsigned)(uint8_t)bytes[i]);
            return;
        }
        /* A row of the same is told once. */
        if (i == 0 || c != last)
            judge(c, indented, mark, report);
        last = c;
        /* An odd space is told once a line. */
        indented = (indented && c == ' ') || c == '\n' || c == '\r';
        mark.column++;
        if (c == '\n' || (c == '\r' && (i + 1 == count || bytes[i + 1] != '\n'))) {
            mark.line++;
            mark.column = 1;
        }
    }
}
