/* Dictionaries become sorted categories: by number where all are numbers, else by their bytes. */
#include "data/csv/csv_categories.h"

#include "base/memory.h"
#include "data/csv/csv_number.h"
#include "table/category_match.h"

#include <stdlib.h>
#include <string.h>

typedef struct category {
    double number; /* 0 where not all are numbers */
    const char *text;
    uint32_t index; /* in the joint dictionary */
} category;

static int compare(const void *a, const void *b)
{
    const category *first = a;
    const category *second = b;
    int order = (first->number > second->number) - (first->number < second->number);
    if (order != 0) {
        return order;
    }
    return strcmp(first->text, second->text);
}

/* Adds all texts of `from` to `joint`; its slots become their numbers there. False: no memory. */
static bool join(csv_dictionary *joint, csv_dictionary *from)
{
    uint32_t *numbers = realloc(from->slots, size_mul(from->count, sizeof *numbers));
    if (!numbers) {
        return false;
    }
    from->slots = numbers;
    for (uint32_t i = 0; i < from->count; i++) {
        int64_t number =
            csv_dictionary_put(joint, csv_dictionary_text(from, i), from->entries[i].length);
        if (number < 0) {
            return false;
        }
        numbers[i] = (uint32_t)number;
    }
    free(from->text);
    free(from->entries);
    from->text = NULL;
    from->entries = NULL;
    return true;
}

/* Lists the kept texts in their order. Returns how many there are. */
static uint32_t sort(const csv_reader *reader, const csv_dictionary *joint, const uint32_t *same,
                     category *sorted)
{
    bool numbers = true;
    uint32_t count = 0;
    for (uint32_t i = 0; i < joint->count; i++) {
        if (same[i] != i) {
            continue;
        }
        category *next = &sorted[count++];
        *next = (category){.text = csv_dictionary_text(joint, i), .index = i};
        const char *end = next->text + joint->entries[i].length;
        numbers = numbers && csv_number(next->text, reader->c, &next->number) == end;
    }
    for (uint32_t i = 0; i < count && !numbers; i++) {
        sorted[i].number = 0;
    }
    qsort(sorted, count, sizeof *sorted, compare);
    return count;
}

/* Hands the sorted texts to the column, and writes into ranks [of the joint] where each
 * of them went. */
static bool name_categories(table_column *column, const category *sorted, uint32_t count,
                            uint32_t *ranks)
{
    column->categories = calloc(count > 0 ? count : 1, sizeof *column->categories);
    for (uint32_t i = 0; column->categories && i < count; i++) {
        column->categories[i] = strdup(sorted[i].text);
        if (!column->categories[i]) {
            return false;
        }
        column->category_count++;
        ranks[sorted[i].index] = i;
    }
    return column->categories != NULL;
}

/*
 * Finds texts that spell the same category, "True" and "TRUE": same [of the joint] is the index of
 * the spelling that sorts first, which is the one that is kept.
 */
static bool merge_spellings(const csv_dictionary *joint, uint32_t *same)
{
    csv_dictionary keys = {0};
    bool made = true;
    uint32_t *kept = memory_alloc(joint->count, sizeof *kept); /* of each key */
    for (uint32_t i = 0; kept && i < joint->count && made; i++) {
        char key[CATEGORY_KEY_BYTES];
        const char *text = csv_dictionary_text(joint, i);
        const char *name = text;
        if (category_key(text, false, key)) {
            name = key;
        }
        uint32_t known = keys.count;
        int64_t number = csv_dictionary_put(&keys, name, strlen(name));
        made = number >= 0;
        if (!made) {
            break;
        }
        bool first = number == known || strcmp(text, csv_dictionary_text(joint, kept[number])) < 0;
        if (first) {
            kept[number] = i;
        }
        same[i] = (uint32_t)number;
    }
    for (uint32_t i = 0; kept && made && i < joint->count; i++) {
        same[i] = kept[same[i]];
    }
    csv_dictionary_clear(&keys);
    made = made && kept;
    memory_free(kept);
    return made;
}

static bool sort_joint(const csv_reader *reader, const csv_dictionary *joint, int column)
{
    category *sorted = memory_alloc(joint->count, sizeof *sorted);
    uint32_t *ranks = memory_alloc(joint->count, sizeof *ranks);
    uint32_t *same = memory_alloc(joint->count, sizeof *same);
    bool made = sorted && ranks && same && merge_spellings(joint, same);
    if (made) {
        uint32_t count = sort(reader, joint, same, sorted);
        made = name_categories(&reader->table->columns[column], sorted, count, ranks);
    }
    for (int i = 0; i < reader->worker_count && reader->workers[i].dictionaries && made; i++) {
        csv_dictionary *from = reader->workers[i].dictionaries[column];
        for (uint32_t j = 0; from && j < from->count; j++) {
            from->slots[j] = ranks[same[from->slots[j]]];
        }
    }
    memory_free(sorted);
    memory_free(ranks);
    memory_free(same);
    return made;
}

nnfs_status csv_sort_categories(const csv_reader *reader, int column, nnfs_error *error)
{
    csv_dictionary joint = {0};
    bool joined = true;
    for (int i = 0; i < reader->worker_count && reader->workers[i].dictionaries && joined; i++) {
        csv_dictionary *from = reader->workers[i].dictionaries[column];
        joined = !from || join(&joint, from);
    }
    nnfs_status status = NNFS_OK;
    if (joined && joint.count > CSV_CATEGORIES) {
        csv_fault fault = {.kind = CSV_FAULT_CATEGORIES, .column = column};
        status = csv_report(reader, &fault, reader->line, error);
    } else if (!joined || (joint.count > 0 && !sort_joint(reader, &joint, column))) {
        status = fail_memory(error, size_mul(joint.used, 2), "the categories");
    }
    csv_dictionary_clear(&joint);
    return status;
}
