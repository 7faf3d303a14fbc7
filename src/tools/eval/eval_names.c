/* Names in columns of text, as letters and not as bytes. */
#include "eval/eval_print.h"

#include "common/bounds.h"
#include "common/class_names.h"
#include "common/text.h"

#include <stdio.h>

void print_padded(const char *name, int width)
{
    name_text safe = text_name(name);
    (void)printf("%s%*s", safe.text, safe.width < width ? width - safe.width : 0, "");
}

void print_name(const diagnostics *known, int index, int width)
{
    short_text number;
    print_padded(class_name(known->data, index, &number), width);
}

void print_text(const char *text, int width)
{
    name_text safe = text_name(text);
    if (safe.width <= width) {
        print_padded(text, width);
        return;
    }
    int letters = 0;
    const char *end = safe.text;
    while (*end && (letters < width - 2 || text_continues(*end))) {
        end++;
        letters += !text_continues(*end);
    }
    (void)printf("%.*s..", (int)(end - safe.text), safe.text);
}

void print_cut(const diagnostics *known, int index, int width)
{
    short_text number;
    print_text(class_name(known->data, index, &number), width);
}

int name_width(const diagnostics *known, int index)
{
    short_text number;
    return text_name(class_name(known->data, index, &number)).width;
}

int names_width(const diagnostics *known, int least)
{
    int width = least;
    for (int i = 0; i < known->classes; i++) {
        int own = name_width(known, i);
        width = MAX(own, width);
    }
    return width;
}

int cut_to(int width, int room, int least)
{
    int most = MAX(room, least);
    return MIN(width, most);
}
