/*
 * Nearness is the number of letters to insert, delete, change or swap with their neighbour (optimal
 * string alignment). It is filled row by row, with three rows kept.
 */
#include "common/suggest.h"

#include <string.h>

enum { LONGEST = 63 };

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

static int distance(const char *a, const char *b)
{
    int rows[3][LONGEST + 1];
    int columns = (int)strlen(b);
    for (int j = 0; j <= columns; j++) {
        rows[0][j] = j;
    }
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        const int *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= columns; j++) {
            int change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            int swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && two_above[j - 2] + 1 < row[j]) {
                row[j] = two_above[j - 2] + 1;
            }
        }
    }
    return rows[strlen(a) % 3][columns];
}

void suggestion_consider(suggestion *nearest, const char *name)
{
    size_t length = strlen(nearest->text);
    if (length > LONGEST || strlen(name) > LONGEST) {
        return;
    }
    /* A third of the letters may be wrong, and two in short words: beyond, it is another word. */
    int limit = length < 6 ? 2 : (int)length / 3;
    int far = distance(nearest->text, name);
    int better = !nearest->name || far < nearest->distance;
    if (better && far <= limit && far < (int)strlen(name)) {
        nearest->name = name;
        nearest->distance = far;
    }
}
