/*
 * A dictionary: the different texts of a column, each with the number it got when it was first
 * seen. Compact, since a table may have millions: the texts lie one behind the other, and a hash
 * table of numbers finds them.
 */
#ifndef NNFS_DATA_CSV_CSV_DICTIONARY_H
#define NNFS_DATA_CSV_CSV_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

typedef struct csv_entry {
    size_t start;
    uint32_t length;
    uint32_t hash;
} csv_entry;

/* Begins as {0}. */
typedef struct csv_dictionary {
    char *text; /* [capacity] of which `used` are; each text ends with a NUL */
    size_t used, capacity;
    csv_entry *entries; /* [room] of which `count` are */
    uint32_t count, room;
    uint32_t *slots; /* [slot_count], a power of two: 1 + number, 0 where free */
    uint32_t slot_count;
    uint64_t seed; /* of the hash, random: no file can be made of texts that collide */
} csv_dictionary;

/* The number of a text, which is added if it is new; -1: no memory. At most 2^31 - 2 texts. */
int64_t csv_dictionary_put(csv_dictionary *dictionary, const char *text, size_t length);

static inline const char *csv_dictionary_text(const csv_dictionary *dictionary, uint32_t number)
{
    return dictionary->text + dictionary->entries[number].start;
}

/* Frees what it holds and makes it {0}. */
void csv_dictionary_clear(csv_dictionary *dictionary);

#endif
