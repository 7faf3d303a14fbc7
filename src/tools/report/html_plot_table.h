/* What a plot shows, as a table that opens below it. */
#ifndef NNFS_TOOLS_REPORT_HTML_PLOT_TABLE_H
#define NNFS_TOOLS_REPORT_HTML_PLOT_TABLE_H

#include "report/html_plot.h"

void plot_write_table(FILE *out, const plot *what);

#endif
