/*
 * Text that is rewritten in place before it is cut into rows: comments become empty lines,
 * and a run of blanks, with or without a comma before or in it, becomes one space. Lines
 * keep their numbers.
 */
#include "data/csv/csv.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Takes a blank, or a comma before or after one; true: it is held back. */
static bool hold(csv_normal_state *state, char byte, bool next_blank)
{
    if (is_blank(byte)) {
        state->blank = true;
        return true;
    }
    if (byte == ',' && (state->blank || next_blank)) {
        state->blank = state->blank || next_blank;
        return true;
    }
    return false;
}

/* Returns the new length. Text that does not end the file must not end with a comma. */
size_t csv_normalize(csv_normal_state *state, char comment, bool blanks, char *text, size_t length)
{
    char *to = text;
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        if (byte == '\n' && !state->quoted) {
            *state = (csv_normal_state){.in_row = false};
            *to++ = byte;
            continue;
        }
        state->comment = state->comment || (comment && byte == comment && !state->in_row);
        if (state->comment) {
            state->in_row = true;
            continue;
        }
        bool next_blank = i + 1 < length && is_blank(text[i + 1]);
        if (blanks && !state->quoted && hold(state, byte, next_blank)) {
            state->in_cell = false;
            continue;
        }
        if (state->blank && state->in_row) {
            *to++ = ' ';
        }
        state->blank = false;
        if (byte == '"' && (state->quoted || !blanks || !state->in_cell)) {
            state->quoted = !state->quoted;
        }
        state->in_row = state->in_cell = true;
        *to++ = byte;
    }
    return (size_t)(to - text);
}
