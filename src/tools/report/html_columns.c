/* The columns of a table, and what becomes of them. */
#include "report/html.h"
#include "report/html_page.h"

static void write_column(FILE *out, const json_t *column, int number)
{
    const char *name = string_at(column, "name");
    const char *kind = string_at(column, "kind");
    const char *becomes = string_at(column, "becomes");
    if (name) {
        html(out, "<tr><th scope=\"row\">%s</th>", name);
    } else {
        html(out, "<tr><th scope=\"row\">column %d</th>", number);
    }
    html(out, "<td>%s</td>", kind ? kind : "");
    html_cell(out, html_count, number_at(column, "missing"));
    html(out, "<td>%s</td></tr>\n", becomes ? becomes : "");
}

void html_columns(FILE *out, const run_record *run)
{
    const json_t *columns = json_object_get(run->start, "column_summary");
    double all = number_at(json_object_get(run->start, "table"), "columns");
    size_t count = json_array_size(columns);
    if (count == 0) {
        return;
    }
    html(out, "<section><h2>Columns</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Columns\"><table><thead><tr>");
    html_heading(out, "column", false);
    html_heading(out, "kind", false);
    html_heading(out, "missing", true);
    html_heading(out, "becomes", false);
    html(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        write_column(out, json_array_get(columns, i), (int)i + 1);
    }
    html(out, "</tbody></table></div>\n");
    if (all > (double)count) {
        html(out, "<p class=\"note\">And %s more.</p>\n", html_count(all - (double)count).text);
    }
    html(out, "</section>\n");
}
