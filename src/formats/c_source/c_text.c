/* Texts and constants in C. */
#include "formats/c_source/c_source.h"

#include <math.h>
#include <string.h>

void c_template(c_writer *w, const char *text)
{
    for (; *text; text++) {
        if (*text == '@') {
            (void)fputs(w->name, w->stream);
        } else if (*text == '$') {
            (void)fputs(w->capitals, w->stream);
        } else {
            (void)fputc(*text, w->stream);
        }
    }
}

/* A literal that is the same float again, with a point or an exponent. */
static void write_float(FILE *stream, float value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.9g", (double)value);
    (void)fprintf(stream, "%s%sf", text, strpbrk(text, ".e") ? "" : ".0");
}

void c_floats(c_writer *w, const char *name, int node, const float *values, size_t count)
{
    (void)fprintf(w->stream, "static const float %s_%d[%zu] = {", name, node, count);
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i % 8 == 0 ? "\n    " : " ", w->stream);
        write_float(w->stream, values[i]);
        (void)fputc(',', w->stream);
    }
    (void)fputs("\n};\n\n", w->stream);
    w->constants += count * sizeof *values;
}

void c_int8s(c_writer *w, const char *name, int node, const int8_t *values, size_t count)
{
    (void)fprintf(w->stream, "static const signed char %s_%d[%zu] = {", name, node, count);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(w->stream, "%s%d,", i % 20 == 0 ? "\n    " : " ", values[i]);
    }
    (void)fputs("\n};\n\n", w->stream);
    w->constants += count;
}

void c_ints(c_writer *w, const char *name, int node, const int *values, size_t count)
{
    (void)fprintf(w->stream, "static const int %s_%d[%zu] = {", name, node, count);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(w->stream, "%s%d,", i % 20 == 0 ? "\n    " : " ", values[i]);
    }
    (void)fputs("\n};\n\n", w->stream);
    w->constants += count * sizeof *values;
}

/* Other bytes than letters, digits and the like as three octal digits: no
 * trigraphs, no encodings. */
void c_string(c_writer *w, const char *text)
{
    (void)fputc('"', w->stream);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = byte >= 0x20 && byte < 0x7f && !strchr("\"\\?", byte);
        if (plain) {
            (void)fputc(byte, w->stream);
        } else {
            (void)fprintf(w->stream, "\\%03o", byte);
        }
    }
    (void)fputc('"', w->stream);
}

void c_strings(c_writer *w, const char *name, char *const *strings, int count)
{
    (void)fprintf(w->stream, "static const char *const %s[%d] = {\n", name, count);
    for (int i = 0; i < count; i++) {
        (void)fputs("    ", w->stream);
        c_string(w, strings[i]);
        (void)fputs(",\n", w->stream);
        w->constants += strlen(strings[i]) + 1 + 4; /* and a pointer of 32 bits */
    }
    (void)fputs("};\n\n", w->stream);
}
