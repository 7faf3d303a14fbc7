/* Statuses with a sentence. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#define STRINGIFY(x)        #x
#define VERSION_OF(a, b, c) STRINGIFY(a) "." STRINGIFY(b) "." STRINGIFY(c)

const char *nnfs_version(void)
{
    return VERSION_OF(NNFS_VERSION_MAJOR, NNFS_VERSION_MINOR, NNFS_VERSION_PATCH);
}

nnfs_status fail(nnfs_error *error, nnfs_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

nnfs_status fail_memory(nnfs_error *error, size_t bytes, const char *what)
{
    if (bytes == SIZE_MAX) {
        return fail(error, NNFS_ERROR_MEMORY, "the size of %s overflows", what);
    }
    return fail(error, NNFS_ERROR_MEMORY, "no memory for %s: %.1f MiB wanted", what,
                (double)bytes / (1024.0 * 1024.0));
}
