/* Dictionaries of texts: open addressing with linear probing, at most half full. */
#include "data/csv/csv_dictionary.h"

#include "base/hash.h"
#include "base/memory.h"
#include "data/csv/csv_number.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_ENTRIES = 8, FIRST_TEXT = 64 };

/* The slot of a text, or the free one where it belongs. */
static uint32_t find_slot(const csv_dictionary *dictionary, uint32_t hash, const char *text,
                          size_t length)
{
    uint32_t slot = hash & (dictionary->slot_count - 1);
    for (; dictionary->slots[slot]; slot = (slot + 1) & (dictionary->slot_count - 1)) {
        const csv_entry *entry = &dictionary->entries[dictionary->slots[slot] - 1];
        if (entry->hash == hash && entry->length == length &&
            memcmp(dictionary->text + entry->start, text, length) == 0) {
            break;
        }
    }
    return slot;
}

/* Room for one more entry: twice the entries, and all of them in new slots. */
static bool grow_entries(csv_dictionary *dictionary)
{
    uint32_t room = dictionary->room > 0 ? dictionary->room * 2 : FIRST_ENTRIES;
    csv_entry *entries = realloc(dictionary->entries, size_mul(room, sizeof *entries));
    if (entries) {
        dictionary->entries = entries;
    }
    uint32_t *slots = calloc((size_t)room * 2, sizeof *slots);
    if (!entries || !slots) {
        free(slots);
        return false;
    }
    for (uint32_t i = 0; i < dictionary->count; i++) {
        uint32_t slot = entries[i].hash & (room * 2 - 1);
        while (slots[slot]) {
            slot = (slot + 1) & (room * 2 - 1);
        }
        slots[slot] = i + 1;
    }
    free(dictionary->slots);
    dictionary->slots = slots;
    dictionary->slot_count = room * 2;
    dictionary->room = room;
    return true;
}

static bool grow_text(csv_dictionary *dictionary, size_t needed)
{
    size_t capacity = dictionary->capacity > 0 ? dictionary->capacity : FIRST_TEXT;
    while (capacity < needed) {
        capacity = size_mul(capacity, 2);
    }
    char *text = realloc(dictionary->text, capacity);
    if (text) {
        dictionary->text = text;
        dictionary->capacity = capacity;
    }
    return text != NULL;
}

int64_t csv_dictionary_put(csv_dictionary *dictionary, const char *text, size_t length)
{
    if (!dictionary->slots && getrandom(&dictionary->seed, sizeof dictionary->seed, 0) < 0) {
        dictionary->seed = (uint64_t)(uintptr_t)dictionary;
    }
    uint64_t wide = hash_bytes(HASH_START ^ dictionary->seed, text, length);
    uint32_t hash = (uint32_t)(wide ^ wide >> 32);
    uint32_t slot = 0;
    if (dictionary->slots) {
        slot = find_slot(dictionary, hash, text, length);
        if (dictionary->slots[slot]) {
            return dictionary->slots[slot] - 1;
        }
    }
    if (dictionary->count == dictionary->room) {
        if (!grow_entries(dictionary)) {
            return -1;
        }
        slot = find_slot(dictionary, hash, text, length);
    }
    size_t end = size_add(dictionary->used, size_add(length, 1));
    size_t needed = size_add(end, CSV_NUMBER_PADDING); /* a text may be asked for its number */
    if (needed > dictionary->capacity && !grow_text(dictionary, needed)) {
        return -1;
    }
    memcpy(dictionary->text + dictionary->used, text, length);
    dictionary->text[end - 1] = '\0';
    uint32_t number = dictionary->count++;
    dictionary->entries[number] =
        (csv_entry){.start = dictionary->used, .length = (uint32_t)length, .hash = hash};
    dictionary->used = end;
    dictionary->slots[slot] = number + 1;
    return number;
}

void csv_dictionary_clear(csv_dictionary *dictionary)
{
    free(dictionary->text);
    free(dictionary->entries);
    free(dictionary->slots);
    *dictionary = (csv_dictionary){0};
}
