/* The importance of columns, as nnfs-eval prints it. */
#include "common/bounds.h"
#include "eval/eval_print.h"

#include <stdio.h>

enum { LEAST_NAME = 6, BESIDE_NAME = 28 };

void print_importance(const column_effects *effects, const eval_print *how)
{
    int width = LEAST_NAME;
    short_text number;
    for (int i = 0; i < effects->count; i++) {
        int own = text_name(column_effect_name(effects, i, &number)).width;
        width = MAX(own, width);
    }
    width = cut_to(width, how->screen.columns - BESIDE_NAME, LEAST_NAME);
    (void)printf("\nimportance: rise of the %s when a column is shuffled, mean of %d\n  ",
                 column_effects_error_name(effects), effects->settings.repeats);
    print_padded("column", width);
    (void)puts("        rise   deviation");
    for (int i = 0; i < effects->count; i++) {
        const column_effect *effect = &effects->columns[i];
        (void)fputs("  ", stdout);
        print_text(column_effect_name(effects, i, &number), width);
        (void)printf("%12.5g%12.3g\n", effect->importance, effect->deviation);
    }
}
