/* Lines before the table that are comments though no option says what comments begin with. */
#include "data/csv/csv.h"

#include <string.h>

static bool begins_comment(char byte)
{
    return byte == '#' || byte == '%' || byte == '|';
}

static int count_words(const char *at, const char *limit)
{
    int words = 0;
    bool inside = false;
    for (; at < limit && *at != '\n'; at++) {
        bool blank = *at == ' ' || *at == '\t' || *at == '\r';
        words += !blank && !inside;
        inside = !blank;
    }
    return words;
}

/*
 * Where the header begins in a line that is one: it has as many cells as the first row; or as many
 * words, which may have a mark of their own before them ("# a b c"). NULL: it is a comment.
 */
static char *find_header(char *line, char *row, char *limit)
{
    static const char delimiters[] = {',', ';', '\t', '|'};
    for (size_t i = 0; i < sizeof delimiters; i++) {
        char *line_end = line;
        char *row_end = row;
        int cells = csv_count_row(delimiters[i], &row_end, limit);
        if (cells > 1 && csv_count_row(delimiters[i], &line_end, limit) == cells) {
            return line;
        }
    }
    int words = count_words(row, limit);
    int more = count_words(line, limit) - words;
    if (words > 1 && more == 1 && line[1] == ' ') {
        return line + 2;
    }
    return words > 1 && more == 0 ? line : NULL;
}

void csv_skip_comments(csv_reader *reader)
{
    char *limit = reader->window + reader->used;
    char *at = reader->at;
    char *last = NULL;
    int64_t lines = 0;
    const nnfs_dataset_settings *settings = reader->settings;
    if (settings->skip > 0 || settings->comment || settings->header >= 0) {
        return;
    }
    for (; at < limit && begins_comment(*at); lines++) {
        char *newline = memchr(at, '\n', (size_t)(limit - at));
        if (!newline) {
            return;
        }
        last = at;
        at = newline + 1;
    }
    if (at == limit || !last) {
        return; /* all rows begin so, or none does */
    }
    char *header = find_header(last, at, limit);
    if (header) {
        at = header;
        lines--;
    }
    reader->at = at;
    reader->line += lines;
    reader->skipped = lines;
}
