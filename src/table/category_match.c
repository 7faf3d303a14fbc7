/* Spellings: a number's key is its shortest decimal, a word's its small letters. */
#include "table/category_match.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHORTEST_EXACT = 15 }; /* digits that a double always keeps apart */

static bool key_of_word(const char *text, char key[CATEGORY_KEY_BYTES])
{
    static const char *const words[] = {"true", "false", "yes", "no"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            strcpy(key, words[i]);
            return true;
        }
    }
    return false;
}

/* Digits with at most one point, without a useless zero before them unless `padded`. */
static bool is_plain_number(const char *text, bool padded)
{
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    size_t fraction = 0;
    if (*point == '.') {
        fraction = strspn(point + 1, "0123456789");
    }
    size_t length = whole + fraction + (*point == '.');
    return text[length] == '\0' && whole + fraction > 0 && whole + fraction <= SHORTEST_EXACT &&
           (padded || whole < 2 || *text != '0');
}

bool category_key(const char *text, bool padded, char key[CATEGORY_KEY_BYTES])
{
    if (key_of_word(text, key)) {
        return true;
    }
    if (!is_plain_number(text, padded)) {
        return false;
    }
    /* No locale's point: the digits are moved to where they need none. */
    const char *point = strchr(text, '.');
    int shift = 0;
    if (point) {
        shift = (int)strlen(point + 1);
    }
    long long value = 0;
    for (const char *at = text; *at; at++) {
        if (*at >= '0' && *at <= '9') {
            value = value * 10 + (*at - '0');
        }
    }
    for (; shift > 0 && value % 10 == 0; shift--) {
        value /= 10;
    }
    (void)snprintf(key, CATEGORY_KEY_BYTES, "%s%llde-%d", *text == '-' && value ? "-" : "", value,
                   shift);
    return true;
}

/* Keys of strings that have one, else copies of no text at all; NULL: no memory. */
static char (*make_keys(string_list_view strings, int count))[CATEGORY_KEY_BYTES]
{
    char(*keys)[CATEGORY_KEY_BYTES] = memory_alloc_zeroed((size_t)count, sizeof *keys);
    for (int i = 0; keys && i < count; i++) {
        (void)category_key(strings[i], true, keys[i]);
    }
    return keys;
}

static const char **list_keys(char (*keys)[CATEGORY_KEY_BYTES], int count)
{
    const char **list = memory_alloc((size_t)count, sizeof *list);
    for (int i = 0; list && i < count; i++) {
        list[i] = keys[i];
    }
    return list;
}

int *category_positions(string_list_view known, int known_count, string_list_view names, int count)
{
    int *exact = string_list_positions(known, known_count, names, count);
    char(*known_keys)[CATEGORY_KEY_BYTES] = make_keys(known, known_count);
    char(*name_keys)[CATEGORY_KEY_BYTES] = make_keys(names, count);
    const char **known_list = NULL;
    if (known_keys) {
        known_list = list_keys(known_keys, known_count);
    }
    const char **name_list = NULL;
    if (name_keys) {
        name_list = list_keys(name_keys, count);
    }
    int *by_key = NULL;
    if (known_list && name_list) {
        by_key = string_list_positions(known_list, known_count, name_list, count);
    }
    for (int i = 0; exact && by_key && i < count; i++) {
        if (exact[i] < 0 && name_keys[i][0]) {
            exact[i] = by_key[i];
        }
    }
    if (!by_key) {
        memory_free(exact);
        exact = NULL;
    }
    memory_free(by_key);
    memory_free(known_list);
    memory_free(name_list);
    memory_free(known_keys);
    memory_free(name_keys);
    return exact;
}
