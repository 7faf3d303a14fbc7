/* Lines of results and summaries, which a terminal gets broken at blanks. */
#ifndef NNFS_TOOLS_COMMON_LINES_H
#define NNFS_TOOLS_COMMON_LINES_H

#include <stdio.h>

/*
 * Writes a part of a line to stdout or stderr. On a terminal a line is kept until its newline, then
 * written in lines that are shorter than the terminal is wide; the further ones begin below what
 * follows the line's label or, of a row of a list, below its last cell. Elsewhere it is fprintf.
 */
void line_print(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes a command and a newline behind `indent` letters, broken before options if the stream is a
 * terminal, with a backslash at the end of each line but the last, so that it can be pasted.
 */
void line_print_command(FILE *to, const char *command, int indent);

#endif
