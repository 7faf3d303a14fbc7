/* A sheet as PNG. */
#include "sheet.h"

#include "exit.h"
#include "png.h"

#include <stdlib.h>

nnfs_status sheet_write_png(const sheet *from, FILE *stream, nnfs_error *error)
{
    (void)from;
    (void)stream;
    return refuse(error, NNFS_ERROR_MEMORY, "out of memory");
}
