/* Lists of strings. */
#include "base/string_list.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

char **string_list_create(size_t count)
{
    return calloc(count + 1, sizeof(char *));
}

int string_list_count(string_list_view list)
{
    int count = 0;
    while (list && list[count]) {
        count++;
    }
    return count;
}

char **string_list_copy(string_list_view from)
{
    int count = string_list_count(from);
    char **copy = string_list_create((size_t)count);
    for (int i = 0; copy && i < count; i++) {
        copy[i] = strdup(from[i]);
        if (!copy[i]) {
            string_list_free(copy);
            return NULL;
        }
    }
    return copy;
}

void string_list_free(char **list)
{
    for (char **text = list; text && *text; text++) {
        free(*text);
    }
    free(list);
}

bool string_list_contains(string_list_view list, const char *text)
{
    for (; list && *list; list++) {
        if (strcmp(*list, text) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Finding many ---- */

typedef struct known_text {
    const char *text;
    int place;
} known_text;

static int compare_strings(const void *left, const void *right)
{
    return strcmp(((const known_text *)left)->text, ((const known_text *)right)->text);
}

int *string_list_positions(string_list_view known, int known_count, string_list_view names,
                           int count)
{
    known_text *sorted = memory_alloc((size_t)known_count, sizeof *sorted);
    int *places = memory_alloc((size_t)count, sizeof *places);
    if (!sorted || !places) {
        memory_free(sorted);
        memory_free(places);
        return NULL;
    }
    for (int i = 0; i < known_count; i++) {
        sorted[i] = (known_text){known[i], i};
    }
    qsort(sorted, (size_t)known_count, sizeof *sorted, compare_strings);
    for (int i = 0; i < count; i++) {
        const known_text wanted = {.text = names[i]};
        const known_text *found =
            bsearch(&wanted, sorted, (size_t)known_count, sizeof *sorted, compare_strings);
        places[i] = found ? found->place : -1;
    }
    memory_free(sorted);
    return places;
}
