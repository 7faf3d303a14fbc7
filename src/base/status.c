/* Statuses with a sentence. */
#include "base/status.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STRINGIFY(x)        #x
#define VERSION_OF(a, b, c) STRINGIFY(a) "." STRINGIFY(b) "." STRINGIFY(c)

const char *nnfs_version(void)
{
    return VERSION_OF(NNFS_VERSION_MAJOR, NNFS_VERSION_MINOR, NNFS_VERSION_PATCH);
}

/*
 * Keeps the promise of one line of UTF-8: control characters, which a file name or a file's
 * contents may hold, become '?', and a character that the end of the buffer cuts is dropped.
 */
static void make_one_line(char *message, size_t capacity)
{
    size_t length = strlen(message);
    if (length == capacity - 1) {
        size_t last = length;
        while (last > 0 && utf8_continues(message[last - 1])) {
            last--;
        }
        if (last > 0 && (unsigned char)message[last - 1] >= 0xc0) {
            last--;
        }
        message[last] = '\0';
    }
    for (char *at = message; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = '?';
        }
    }
}

nnfs_status fail(nnfs_error *error, nnfs_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        make_one_line(error->message, sizeof error->message);
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

nnfs_status fail_null(nnfs_error *error, const char *argument)
{
    return fail(error, NNFS_ERROR_ARGUMENT, "the argument '%s' is NULL", argument);
}
