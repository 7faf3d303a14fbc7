/* Lists of texts. */
#include "base/texts.h"

#include <stdlib.h>
#include <string.h>

char **texts_create(size_t count)
{
    return calloc(count + 1, sizeof(char *));
}

int texts_count(const_texts list)
{
    int count = 0;
    while (list && list[count]) {
        count++;
    }
    return count;
}

char **texts_copy(const_texts from)
{
    int count = texts_count(from);
    char **copy = texts_create((size_t)count);
    for (int i = 0; copy && i < count; i++) {
        copy[i] = strdup(from[i]);
        if (!copy[i]) {
            texts_free(copy);
            return NULL;
        }
    }
    return copy;
}

void texts_free(char **list)
{
    for (char **text = list; text && *text; text++) {
        free(*text);
    }
    free(list);
}

bool texts_hold(const_texts list, const char *text)
{
    for (; list && *list; list++) {
        if (strcmp(*list, text) == 0) {
            return true;
        }
    }
    return false;
}
