/* The nearest of several names. */
#include "common/suggest.h"

#include <nnfs/nnfs.h>

#include <string.h>

void suggestion_consider(suggestion *nearest, const char *name)
{
    size_t length = strlen(nearest->text);
    /* A third of the letters may be wrong, and two in short words: beyond, it is another word. */
    int limit = length < 6 ? 2 : (int)length / 3;
    int far = nnfs_name_distance(nearest->text, name);
    int better = !nearest->name || far < nearest->distance;
    if (better && far <= limit && far < (int)strlen(name)) {
        nearest->name = name;
        nearest->distance = far;
    }
}
