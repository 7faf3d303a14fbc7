/* The notes that travel with a network, sorted by their keys. */
#include "network/network.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Where `key` is or would be among the notes. */
static size_t note_place(const nnfs_network *network, const char *key)
{
    size_t place = 0;
    size_t end = network->note_count;
    while (place < end) {
        size_t middle = place + (end - place) / 2;
        if (strcmp(network->notes[middle].key, key) < 0) {
            place = middle + 1;
        } else {
            end = middle;
        }
    }
    return place;
}

static bool note_is_at(const nnfs_network *network, size_t place, const char *key)
{
    return place < network->note_count && strcmp(network->notes[place].key, key) == 0;
}

const char *nnfs_network_note(const nnfs_network *network, const char *key)
{
    if (!network || !key) {
        return NULL;
    }
    size_t place = note_place(network, key);
    if (!note_is_at(network, place, key)) {
        return NULL;
    }
    return network->notes[place].value;
}

/* Makes room for a note at `place`; its key and value are then the caller's to set. */
static bool insert_note(nnfs_network *network, size_t place)
{
    network_note *notes = realloc(network->notes, (network->note_count + 1) * sizeof *notes);
    if (!notes) {
        return false;
    }
    memmove(notes + place + 1, notes + place, (network->note_count - place) * sizeof *notes);
    network->notes = notes;
    network->note_count++;
    return true;
}

static void remove_note(nnfs_network *network, size_t place)
{
    network_note *note = &network->notes[place];
    free(note->key);
    free(note->value);
    network->note_count--;
    memmove(note, note + 1, (network->note_count - place) * sizeof *note);
}

nnfs_status nnfs_network_set_note(nnfs_network *network, const char *key, const char *value,
                                  nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!key) {
        return fail_null(error, "key");
    }
    if (!value) {
        size_t place = note_place(network, key);
        if (note_is_at(network, place, key)) {
            remove_note(network, place);
        }
        return NNFS_OK;
    }
    if (!utf8_is_valid(key) || !utf8_is_valid(value)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a note's key and value must be UTF-8");
    }
    size_t place = note_place(network, key);
    bool replaces = note_is_at(network, place, key);
    char *new_value = strdup(value);
    char *new_key = NULL;
    if (!replaces) {
        new_key = strdup(key);
    }
    if (!new_value || (!replaces && (!new_key || !insert_note(network, place)))) {
        free(new_value);
        free(new_key);
        return fail_memory(error, strlen(key) + strlen(value), "a note");
    }
    if (replaces) {
        free(network->notes[place].value);
    } else {
        network->notes[place].key = new_key;
    }
    network->notes[place].value = new_value;
    return NNFS_OK;
}
