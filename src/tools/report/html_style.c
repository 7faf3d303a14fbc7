/*
 * The style sheet report.css, embedded by Meson: light and dark, narrow and wide, screen and paper.
 * Colours of series are those of Okabe and Ito, distinguishable with colour blindness, darkened or
 * lightened to a contrast of three to one with the page.
 */
#include "report/html_page.h"

void html_style(FILE *out)
{
    (void)fputs("<style>\n", out);
    (void)fputs(report_css, out);
    (void)fputs("</style>\n", out);
}
