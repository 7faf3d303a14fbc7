/* Pictures that the log brought: the worst mistakes, and the weights of the first layer. */
#include "common/text.h"
#include "report/html.h"
#include "report/html_page.h"

#include <math.h>

/* ---- Mistakes ---- */

/* Of mistakes without pictures, which say less. */
enum { ROWS_MOST = 12 };

/* What a mistake has as its truth: a class by its name, a number, or a number for each target. */
static void write_value(FILE *out, const json_t *mistake, const char *key)
{
    const json_t *list = json_object_get(mistake, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        html(out, "%s%s", text_between(i, "; "), html_measure(number_in(list, i)).text);
    }
    if (json_is_array(list)) {
        return;
    }
    const char *text = string_at(mistake, key);
    html(out, "%s", text ? text : html_measure(number_at(mistake, key)).text);
}

static void write_picture(FILE *out, const json_t *mistake)
{
    short_text row = html_count(number_at(mistake, "row"));
    double probability = number_at(mistake, "probability");
    html(out, "<li>");
    html_png(out, string_at(mistake, "png"), "");
    html(out, "<p><b>");
    write_value(out, mistake, "predicted");
    html(out, "</b> %s<br/>is <b>", isnan(probability) ? "" : html_percent(probability).text);
    write_value(out, mistake, "truth");
    html(out, "</b><br/><small>row %s</small></p></li>\n", row.text);
}

static void write_row(FILE *out, const json_t *mistake, bool sure)
{
    html(out, "<tr>");
    html_cell(out, html_count, number_at(mistake, "row"));
    html(out, "<td class=\"n\">");
    write_value(out, mistake, "truth");
    html(out, "</td><td class=\"n\">");
    write_value(out, mistake, "predicted");
    html(out, "</td>");
    if (sure) {
        html_cell(out, html_percent, number_at(mistake, "probability"));
    } else {
        double off = number_at(mistake, "truth") - number_at(mistake, "predicted");
        html_cell(out, html_measure, off);
    }
    html(out, "</tr>\n");
}

/* "... by their row in cars.csv, from 0" */
static void write_note(FILE *out, const char *what, const char *path)
{
    path_text file = text_path(text_or(path, ""));
    html(out, "<p class=\"note\">%s; numbers are rows%s%s, counted from 0.</p>\n", what,
         path ? " of " : "", file.text);
}

static void write_table(FILE *out, const json_t *mistakes, const char *path)
{
    size_t index;
    json_t *mistake;
    bool sure = !isnan(number_at(json_array_get(mistakes, 0), "probability"));
    write_note(out, "Furthest from the truth first", path);
    html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Mistakes\"><table>"
              "<thead><tr>");
    html_heading(out, "row", true);
    html_heading(out, "true", true);
    html_heading(out, "predicted", true);
    html_heading(out, sure ? "probability" : "error", true);
    html(out, "</tr></thead><tbody>\n");
    json_array_foreach((json_t *)mistakes, index, mistake)
    {
        if (index == ROWS_MOST) {
            break;
        }
        write_row(out, mistake, sure);
    }
    html(out, "</tbody></table></div>\n");
}

void html_mistakes(FILE *out, const json_t *evaluation)
{
    const json_t *mistakes = json_object_get(evaluation, "mistakes");
    const char *path = string_at(evaluation, "data");
    size_t index;
    json_t *mistake;
    if (json_array_size(mistakes) == 0) {
        return;
    }
    html(out, "<h3>Worst mistakes</h3>\n");
    if (!string_at(json_array_get(mistakes, 0), "png")) {
        write_table(out, mistakes, path);
        return;
    }
    write_note(out,
               "Furthest from the truth first: the prediction with its probability, and the truth",
               path);
    html(out, "<ul class=\"mistakes\">\n");
    json_array_foreach((json_t *)mistakes, index, mistake)
    {
        write_picture(out, mistake);
    }
    html(out, "</ul>\n");
}

/* ---- Weights ---- */

void html_weights(FILE *out, const run_record *run)
{
    const json_t *pictures = json_object_get(run->weights, "png");
    size_t index;
    json_t *picture;
    if (json_array_size(pictures) == 0) {
        return;
    }
    html(out,
         "<section><h2>First layer</h2><p class=\"note\">The %d units with the "
         "largest weights, as pictures in the shape of the input."
         "</p><ul class=\"weights\">\n",
         (int)json_array_size(pictures));
    json_array_foreach((json_t *)pictures, index, picture)
    {
        char words[32];
        (void)snprintf(words, sizeof words, "weights, picture %d", (int)index + 1);
        html(out, "<li>");
        html_png(out, json_string_value(picture), words);
        html(out, "</li>\n");
    }
    html(out, "</ul></section>\n");
}
