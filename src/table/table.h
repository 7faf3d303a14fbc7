/*
 * A table as a reader returns it, before roles are assigned: named columns of numbers and
 * categories, row by row. A category cell holds the index of its value among the column's
 * categories, as a number; a missing cell is NaN.
 */
#ifndef NNFS_TABLE_TABLE_H
#define NNFS_TABLE_TABLE_H

#include "base/dtype.h"
#include "base/status.h"
#include "base/string_list.h"

enum { TABLE_FORMAT_BYTES = 48 };

typedef struct table_column {
    char *name; /* UTF-8; NULL where columns have none; from malloc, like the next */
    nnfs_column_kind kind;
    nnfs_column_use use; /* set when it becomes a dataset's */
    bool repeated;       /* a column before it has the name too: this one got a number after it */
    char **categories; /* [category_count]; by number where all are numbers, else by their bytes */
    int category_count;
    int64_t missing;                 /* cells */
    char format[TABLE_FORMAT_BYTES]; /* how its cells are written, "1,234.5 kg"; "": plainly */
    double origin; /* of dates: a cell is days since then, counted from 1970-01-01 */
} table_column;

/* The cells of the columns that the settings keep, as they are written. */
typedef struct table_texts {
    int *columns; /* [count]; from memory_alloc, like the next two */
    int count;
    size_t *at;  /* [count x rows] where in `bytes` a cell begins, each row contiguous */
    char *bytes; /* ends each with a NUL */
} table_texts;

void table_texts_free(table_texts *texts);

typedef struct data_table {
    const char *path;      /* the caller's: for messages */
    table_column *columns; /* [column_count], from memory_alloc_zeroed */
    int column_count;
    nnfs_image_layout picture; /* that all columns are, {0}: none */
    int64_t rows;
    void *
        values; /* [column_count x rows], each row contiguous; from memory_alloc, or in `mapping` */
    dtype type;
    bool swapped;
    void *mapping; /* of a file (mmap), instead of memory; or NULL */
    size_t mapping_bytes;
    int64_t first_line; /* of the file, where row 0 is; 0 where there are no lines */
    /* [rows] where each row begins, in `mapping` if there is one; NULL: on lines that follow
     * each other */
    uint32_t *lines;
    nnfs_reading reading; /* how the file was read */
    table_texts kept;
    char **parts; /* of a table in several files: their paths, see base/string_list.h; or NULL */
    int64_t *part_rows; /* and the first row of each; from memory_alloc */
    /* of an NPZ file with an array of its own for them, or NULL; calloc */
    struct data_table *targets;
} data_table;

/* Frees all of it and makes it {0}. */
void table_free(data_table *table);

/* Frees columns with all that they hold. NULL is fine. */
void table_columns_free(table_column *columns, int count);

/* Columns have names all of them, or none of them. */
bool table_has_names(const data_table *table);

/* Looks a column up by name, or by 1-based index. Returns -1 if not found. */
int table_find_name(const data_table *table, const char *name);
int table_find(const data_table *table, const char *which);

/* "'population'", or "3" where columns have no names: for messages. */
typedef struct column_label {
    char text[72];
} column_label;
column_label table_label(const data_table *table, int column);

/* The file that a row is from, whose first row is *first. */
const char *table_path(const data_table *table, int64_t row, int64_t *first);

/* The line that a row begins on. */
int64_t table_line(const data_table *table, int64_t row);

/*
 * "PATH: row R: sentence", with "line L, column 'C'" where there are lines (column < 0: without
 * it); returns DATA.
 */
nnfs_status table_fail(const data_table *table, int64_t row, int column, nnfs_error *error,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What a reader is to make of a column. */
typedef enum column_role {
    COLUMN_ROLE_ANY,      /* by its cells */
    COLUMN_ROLE_NUMBER,   /* numbers or missing; anything else is an error */
    COLUMN_ROLE_CATEGORY, /* each text is a category */
    COLUMN_ROLE_NOTHING,  /* not even a look: all its cells are missing */
} column_role;

/*
 * What the settings say of each column: roles [column_count]. A reader calls this as soon as the
 * columns and their names are known. Errors: ARGUMENT (a column asked for two things), DATA (one
 * that is not there), MEMORY.
 */
nnfs_status column_roles_resolve(const data_table *table, const nnfs_dataset_settings *settings,
                                 column_role *roles, nnfs_error *error);

/* How a model's file wrote the cells of a column; "" and 0 where plainly, or not like a model. */
typedef struct column_format {
    char text[TABLE_FORMAT_BYTES];
    double origin;
} column_format;

/* formats [columns] for the columns that the model of `like` has. Errors: DATA, MEMORY. */
nnfs_status column_formats_resolve(const data_table *table, const nnfs_preprocessing *like,
                                   column_format *formats, nnfs_error *error);

/* The words that mean "missing": of the settings, else of the model to be like, else
 * the usual ones. */
string_list_view table_missing(const nnfs_dataset_settings *settings);

/* The readers. The path must outlive the table; on failure *table is {0}. Errors: IO, DATA, MEMORY,
 * ARGUMENT (those of column_roles_resolve). */
nnfs_status csv_read(const char *path, const nnfs_dataset_settings *settings, data_table *table,
                     nnfs_error *error);
nnfs_status npy_read(const char *path, const nnfs_dataset_settings *settings, data_table *table,
                     nnfs_error *error);

#endif
