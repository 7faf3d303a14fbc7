/* Checking UTF-8. */
#include "base/utf8.h"

#include <stdint.h>

bool utf8_is_valid(const char *text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        int more = 3;
        if (*at < 0x80) {
            more = 0;
        } else if (*at < 0xc0) {
            more = -1;
        } else if (*at < 0xe0) {
            more = 1;
        } else if (*at < 0xf0) {
            more = 2;
        }
        if (more < 0 || *at >= 0xf8) {
            return false;
        }
        uint32_t code = more > 0 ? *at & (0x3fU >> more) : *at;
        at++;
        for (int i = 0; i < more; i++, at++) {
            if ((*at & 0xc0) != 0x80) {
                return false;
            }
            code = code << 6 | (*at & 0x3fU);
        }
        bool surrogate = code >= 0xd800 && code < 0xe000;
        if (code < least[more] || code > 0x10ffff || surrogate) {
            return false;
        }
    }
    return true;
}
