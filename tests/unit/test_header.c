/*
 * The public header compiles alone, twice over, as strict C11 (see meson.build for the flags), and
 * the version it states is the project's and the library's.
 */
#include <nnfs/nnfs.h>

#include <stdio.h>
#include <string.h>

#define STRINGIFY(x)        #x
#define VERSION_OF(a, b, c) STRINGIFY(a) "." STRINGIFY(b) "." STRINGIFY(c)

int main(void)
{
    const char *stated = VERSION_OF(NNFS_VERSION_MAJOR, NNFS_VERSION_MINOR, NNFS_VERSION_PATCH);
    printf("header %s, library %s, project %s\n", stated, nnfs_version(), PROJECT_VERSION);
    return strcmp(stated, PROJECT_VERSION) != 0 || strcmp(nnfs_version(), PROJECT_VERSION) != 0;
}
