/* Lines that are broken at blanks where a terminal would break them inside a word. */
#include "common/lines.h"

#include "common/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- Results and summaries ---- */

/*
 * Blanks that lines after the first begin with. A label ("trained   ") ends at the first gap of two
 * blanks. A row of a list begins with blanks; its last cell begins after the last gap in two thirds
 * of the line.
 */
static int hanging_indent(const char *line, int columns)
{
    int indent = 2;
    int at = 0;
    bool row = line[0] == ' ';
    for (size_t i = 0; line[i] && at < 2 * columns / 3; i++) {
        bool gap = i >= 2 && line[i] != ' ' && line[i - 1] == ' ' && line[i - 2] == ' ';
        if (gap) {
            indent = at;
        }
        if (gap && !row) {
            break;
        }
        at += !text_continues(line[i]);
    }
    return indent;
}

/* A line that has no newline yet. */
typedef struct open_line {
    char *text;
    size_t length;
} open_line;

static bool add_text(open_line *line, const char *text)
{
    size_t length = strlen(text);
    char *grown = realloc(line->text, line->length + length + 1);
    if (!grown) {
        return false;
    }
    memcpy(grown + line->length, text, length + 1);
    line->text = grown;
    line->length += length;
    return true;
}

/* Writes the lines that are complete, and keeps the rest. */
static void write_lines(FILE *to, open_line *line, int columns)
{
    char *text = line->text;
    for (char *end = strchr(text, '\n'); end; end = strchr(text, '\n')) {
        *end = '\0';
        text_wrap(to, text, columns, hanging_indent(text, columns));
        text = end + 1;
    }
    line->length = strlen(text);
    memmove(line->text, text, line->length + 1);
}

void line_print(FILE *to, const char *format, ...)
{
    static open_line lines[2];
    open_line *line = &lines[to == stderr];
    int columns = stream_columns(to);
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (columns == 0) {
        (void)vfprintf(to, format, arguments);
    } else if (vasprintf(&text, format, arguments) < 0) {
        text = NULL; /* no memory: the line is lost */
    }
    va_end(arguments);
    if (text && add_text(line, text)) {
        write_lines(to, line, columns);
    }
    free(text);
}

/* ---- Commands ---- */

/* Letters up to the next blank before an option, outside of quotes. */
static size_t command_part(const char *text)
{
    bool quoted = false;
    size_t i = 0;
    for (; text[i]; i++) {
        bool escaped = i > 0 && text[i - 1] == '\\';
        if (text[i] == '\'' && !escaped) {
            quoted = !quoted;
        }
        if (i > 0 && !quoted && text[i] == ' ' && text[i + 1] == '-') {
            break;
        }
    }
    return i;
}

void line_print_command(FILE *to, const char *command, int indent)
{
    int columns = stream_columns(to);
    int at = indent;
    while (columns > 0 && *command) {
        size_t bytes = command_part(command);
        int width = 0;
        for (size_t i = 0; i < bytes; i++) {
            width += !text_continues(command[i]);
        }
        if (at > indent && at + width + 2 >= columns) {
            (void)fprintf(to, " \\\n%*s", indent, "");
            at = indent;
            command += *command == ' ';
            continue;
        }
        (void)fwrite(command, 1, bytes, to);
        at += width;
        command += bytes;
    }
    (void)fprintf(to, "%s\n", command);
}
