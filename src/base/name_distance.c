/*
 * How many letters lie between two names: to insert, delete, change or swap with their neighbour
 * (optimal string alignment). The matrix is filled row by row, with three rows kept.
 */
#include "base/minmax.h"

#include <nnfs/nnfs.h>

#include <limits.h>
#include <string.h>

enum { LONGEST = NNFS_NAME_DISTANCE_LONGEST };

static int smallest(int a, int b, int c)
{
    int least = MIN(a, b);
    return MIN(least, c);
}

int nnfs_name_distance(const char *a, const char *b)
{
    if (strlen(a) > LONGEST || strlen(b) > LONGEST) {
        return INT_MAX;
    }
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
