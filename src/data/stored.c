/* The types of values in files. */
#include "data/stored.h"

size_t stored_bytes(stored_type type)
{
    static const unsigned char bytes[] = {
        [STORED_U8] = 1,  [STORED_I8] = 1,  [STORED_I16] = 2, [STORED_I32] = 4,
        [STORED_I64] = 8, [STORED_F16] = 2, [STORED_F32] = 4, [STORED_F64] = 8,
    };
    return bytes[type];
}
