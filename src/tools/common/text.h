/* Values as people read them. Nothing here depends on the locale: the tools never set one. */
#ifndef NNFS_TOOLS_COMMON_TEXT_H
#define NNFS_TOOLS_COMMON_TEXT_H

#include <nnfs/nnfs.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Whether a byte of UTF-8 continues the character before it. */
static inline bool text_continues(char byte)
{
    return ((unsigned char)byte & 0xc0u) == 0x80u;
}

/* A short piece of text by value: `printf("%s", text_count(n).text)`. */
typedef struct short_text {
    char text[32];
} short_text;

short_text text_count(int64_t count);    /* "60,000" */
short_text text_percent(double share);   /* 0.978 is "97.80 %" */
short_text text_number(double value);    /* "0.0745", "1.2e-07" */
short_text text_measure(double value);   /* what has a unit, six digits: "52,133.2", "0.25" */
short_text text_error(double value);     /* keeps trailing zeros: "52,133.2", "0.2500" */
short_text text_seconds(double seconds); /* "31.0 ms", "4.2 s", "3 min 12 s", "2 h 05 min" */
short_text text_loss(const nnfs_network *network); /* "mse", "quantile:0.9" */
short_text text_hash(uint64_t hash);               /* 16 hex digits */
short_text text_shortest(float value);  /* the fewest digits that give the value back: "0.001" */
const char *text_plural(int64_t count); /* "" for 1, else "s" */

/* A text, or `otherwise` instead of NULL. */
const char *text_or(const char *text, const char *otherwise);

/* What stands before item `index` of a list: the separator, or "" before the first. */
const char *text_between(int64_t index, const char *separator);

/* Makes a text from a file or a command line safe for a terminal, in place: what it might obey, and
 * bytes that are not UTF-8, become '?'. Files keep the bytes. */
char *text_clean(char *text);

/* Columns of the terminal that a stream is; 0: it is none. */
int stream_columns(FILE *stream);

/*
 * Writes a text and a newline, broken at blanks into lines of fewer than `columns` letters (0: one
 * line); the further ones begin with `indent` blanks.
 */
void text_wrap(FILE *stream, const char *text, int columns, int indent);

/*
 * Writes a word so that a shell reads it back: as it is, in quotes, or, with what a terminal might
 * obey, in $'...'.
 */
void text_quote(FILE *stream, const char *word);

/* Makes a path safe to print. */
typedef struct path_text {
    char text[4096];
} path_text;
path_text text_path(const char *path);

/* A name from a file, safe for a terminal and at most NAME_MOST letters wide. */
enum { NAME_MOST = 32 };
typedef struct name_text {
    char text[4 * NAME_MOST + 6]; /* with dots or quotes */
    int width;                    /* letters */
} name_text;
name_text text_name(const char *name);

/* Returns "784-128-10", freed by the caller. NULL: no memory. */
char *text_shape(const nnfs_network *network);

#endif
