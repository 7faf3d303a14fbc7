/*
 * What the parts of the CSV reader share. The file is read in windows; a window's rows are cut into
 * chunks, each of which is parsed by a worker into a block of values; when all is read, it is known
 * what each column is, and the blocks become the table.
 */
#ifndef NNFS_DATA_CSV_CSV_H
#define NNFS_DATA_CSV_CSV_H

#include "base/spool_file.h"
#include "base/string_list.h"
#include "data/csv/csv_cell.h"
#include "data/csv/csv_decode.h"
#include "data/csv/csv_dictionary.h"
#include "data/csv/csv_format.h"
#include "data/input_stream.h"
#include "table/table.h"

#include <locale.h>

enum {
    CSV_LINE_BYTES = 1 << 20, /* of a row, also of one with newlines in it */
    CSV_COLUMNS = 1000000,
    CSV_CATEGORIES = 1 << 24, /* up to this a float holds every index */
    CSV_SAMPLE_ROWS = 100,    /* to guess by */
    CSV_BAD_LINES = 5,        /* that are named */
    CSV_SPARE_BYTES = 1024,   /* of the window, beyond its capacity */
};

/* The rows of a chunk. A cell is a number, NaN, or the number of its text in
 * the worker's dictionary. */
typedef struct csv_block {
    float *values;      /* [columns x rows]; blocks of one worker alone; NULL: in the spool */
    size_t spooled_at;  /* byte of the spool */
    uint32_t *lines;    /* [rows] after first_line; NULL: they follow each other */
    bool follows;       /* each row is on the line after the one before */
    int64_t first_line; /* of the file, where the chunk begins */
    int64_t first_row;  /* of the table */
    int64_t rows;
    int worker;
    int part;         /* file of the table that it is from */
    int rank;         /* that has its values */
    size_t *kept;     /* [kept_count x rows] where the cells of kept columns begin in kept_bytes */
    char *kept_bytes; /* [kept_room], of which kept_used are used */
    size_t kept_used, kept_room;
} csv_block;

typedef struct csv_fault {
    csv_fault_kind kind;
    int64_t line; /* after that of the chunk */
    int column;   /* -1: no one column's */
    int64_t cells;
    const char *text; /* [length], in the window */
    size_t length;
} csv_fault;

/* What a worker saw of a column: cells that are neither are numbers. */
typedef struct csv_column_counts {
    int64_t missing, texts, huge;
    int64_t padded;                  /* numbers of digits alone that begin with a zero, "007" */
    uint64_t first_text, first_huge; /* a csv_place; of the first one */
    uint32_t text_line, huge_line;   /* its line after first_line of its block */
    uint32_t text_number;            /* of the first text, in the worker's dictionary */
    int32_t text_worker;             /* whose dictionary that is */
} csv_column_counts;

#define CSV_NOWHERE UINT64_MAX

/* What parses one chunk of every window; a chunk goes to the same worker however many
 * threads there are. */
typedef struct csv_worker {
    csv_column_counts *column_counts; /* [columns] */
    csv_dictionary **dictionaries;    /* [columns], each NULL until there is a text */
    char *begin, *end;                /* the chunk: whole rows */
    size_t lines;                     /* of it that may be rows; 0: not known */
    uint64_t number;                  /* of its block */
    csv_block block;
    int64_t line; /* lines of the chunk before this row; at the end, all of them */
    csv_fault fault;
    int64_t bad_rows;                  /* left out, */
    uint32_t bad_lines[CSV_BAD_LINES]; /* the first of them, as `line` counts */
} csv_worker;

typedef struct csv_normal_state {
    bool quoted, comment; /* inside of one */
    bool in_row, in_cell; /* past the first character of it */
    bool blank;           /* held back */
} csv_normal_state;

typedef struct csv_reader {
    const nnfs_dataset_settings *settings;
    data_table *table;
    input_stream *from;
    locale_t c;

    char *window; /* [capacity, and what ends it] of which `used` bytes are */
    size_t used, capacity;
    /* where in the file the window does; of files that can be cut, see csv_ranks.c */
    size_t begins;
    char *at;        /* in it: the next row */
    int64_t line;    /* of that row */
    int64_t skipped; /* lines before the table that are comments by themselves */
    bool complete;   /* the window holds the rest of the file, which ends with a newline */

    csv_decoder decoder;
    bool normalized; /* blanks and comments are rewritten, see csv_normalize */
    csv_normal_state state;
    char delimiter;
    char decimal;    /* of all columns; 0: not known */
    bool point_seen; /* a number of the first rows has a decimal point that can be nothing else */
    bool trailing;   /* every row ends with a delimiter */
    string_list_view missing; /* the words that mean it */
    bool missing_first[256];  /* whether one of them begins with a byte */
    bool missing_numbers;     /* whether one of them could be a number */
    column_role *roles;       /* [columns]; so are the next two */
    csv_format *formats;
    int *keep_at; /* [columns] which of the kept columns it is, or -1; NULL: none is kept */
    bool *fast;   /* plain numbers can be read without looking at the cell */

    int threads;
    csv_worker *workers; /* [worker_count] */
    int worker_count;
    csv_block *blocks; /* [block_count], some without rows */
    size_t block_count, block_room;
    size_t held, held_most; /* bytes of their values in memory; beyond that they are spooled */
    size_t spooled;         /* blocks */
    spool_file spool;       /* the values of these blocks, in their order */

    string_list_view parts; /* the files of the table */
    int part;               /* that is read */
} csv_reader;

static inline uint64_t csv_place(uint64_t block, uint64_t row)
{
    return block << 32 | row;
}

/* "PATH: line L, column C: sentence"; column < 0: without it. Returns DATA. */
nnfs_status csv_fail(const csv_reader *reader, int64_t line, int column, nnfs_error *error,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The sentence of a fault; `line` is that of its chunk. */
nnfs_status csv_report(const csv_reader *reader, const csv_fault *fault, int64_t line,
                       nnfs_error *error);
/* That of a fault in the row at `place`. */
nnfs_status csv_report_at(const csv_reader *reader, const csv_fault *fault, uint64_t place,
                          nnfs_error *error);
/* The first text of a column. */
const char *csv_first_text(const csv_reader *reader, const csv_column_counts *sum, int column,
                           size_t *length);

/* Leaves out lines before the table that begin like comments, unless the settings say
 * how it begins. */
void csv_skip_comments(csv_reader *reader);

/* Moves the rows from `at` on to the window's front and fills it up. Errors: those of
 * input_stream_read, DATA (NUL bytes). */
nnfs_status csv_fill(csv_reader *reader, nnfs_error *error);
/* Opens the file and finds its encoding, delimiter and columns; the next row is one of values. */
nnfs_status csv_start(csv_reader *reader, nnfs_error *error);
/* Returns the cells of the row at *at within [.., limit), which then is the next row; 0:
 * no whole row. */
int csv_count_row(char delimiter, char **at, char *limit);
/* Takes the names of the columns from the first row, if they are there. */
nnfs_status csv_take_header(csv_reader *reader, nnfs_error *error);
/* Cells of the row at *at, which then is the next one; 0: no more whole row, or one
 * with a fault. */
int csv_count_cells(const csv_reader *reader, char delimiter, char **at);
/* Opens the next file of a table that lies in several. Errors: those of csv_start,
 * DATA (other columns). */
nnfs_status csv_next_part(csv_reader *reader, int part, nnfs_error *error);
/* Compares the first row of a further file with the columns, and leaves it out if it
 * has their names. */
nnfs_status csv_match_header(csv_reader *reader, nnfs_error *error);

/* Lets each rank read its own rows of the open file. Errors: IO, MEMORY. */
nnfs_status csv_enter_range(csv_reader *reader, nnfs_error *error);
/* Tells all ranks of all blocks and of what workers saw. Errors: IO, MEMORY. */
nnfs_status csv_join_ranks(csv_reader *reader, nnfs_error *error);

/* Writes the values of all blocks to the spool, if they are too many for memory, or `all` is set
 * and some have been written. Errors: IO. */
nnfs_status csv_spool(csv_reader *reader, bool all, nnfs_error *error);

/* Reads all rows of the open file into blocks. */
nnfs_status csv_read_rows(csv_reader *reader, nnfs_error *error);
/* What the decoded bytes become before they are cut, see csv_normalize.c. */
size_t csv_normalize(csv_normal_state *state, char comment, bool blanks, char *text, size_t length);
/*
 * Finds how the texts of a column are written, if all of them are numbers or dates. *found: into
 * the column's format. Errors: DATA (two readings are possible), MEMORY.
 */
nnfs_status csv_detect_format(csv_reader *reader, int column, const csv_column_counts *sum,
                              int64_t numbers, bool *found, nnfs_error *error);
/* Whether a cell may be a number or a date in some format. */
bool csv_looks_like_value(const csv_reader *reader, const csv_cell *cell);

/* Finds the columns that the settings keep. Errors: DATA (not there), ARGUMENT (twice), MEMORY. */
nnfs_status csv_kept_find(csv_reader *reader, nnfs_error *error);
/* Room for the kept cells of that many rows. */
bool csv_kept_prepare(const csv_reader *reader, csv_block *block, size_t rows);
/* Keeps a cell of the block's next row if its column is kept; false: no memory. */
bool csv_kept_put(const csv_reader *reader, csv_block *block, int column, const csv_cell *cell);
void csv_kept_free(csv_block *block);
/* Moves the kept cells of all blocks into the table. */
nnfs_status csv_kept_finish(csv_reader *reader, nnfs_error *error);

/* Parses the worker's chunk into its block; worker->fault says how that went. */
void csv_parse(const csv_reader *reader, csv_worker *worker);
bool csv_is_missing(const csv_reader *reader, const csv_cell *cell);

/*
 * Decides what each column is. *again: some hold numbers and texts, and are now wanted as
 * categories, for which the file must be read again.
 */
nnfs_status csv_decide(csv_reader *reader, bool *again, nnfs_error *error);
/* Moves blocks and dictionaries into the table. */
nnfs_status csv_finish(csv_reader *reader, nnfs_error *error);

#endif
