/* The lines of nnfs-tune's log, for its writing and its reading back. */
#ifndef NNFS_TOOLS_TUNE_TUNE_LOG_H
#define NNFS_TOOLS_TUNE_TUNE_LOG_H

#include "common/json.h"
#include "tune/tune.h"

#define TUNE_SCHEMA "nnfs-tune/1"

/* A number of tune_point by its key. */
typedef struct log_field {
    const char *key;
    size_t offset;
} log_field;

/* From 0 on, NULL past the last. */
const log_field *log_field_at(int index);
double log_field_value(const log_field *field, const tune_point *point);

/* Why a run ended, as a text that stays; NULL for others. */
const char *log_ending(const char *text);

/* What the first line has besides its iteration. */
json_t *log_head(const tuning *tune);
/* The object with that before it, in its place; of what both have, the head's stays. */
json_t *log_headed(const tuning *tune, json_t *object);

/* Writes the object as a line, flushed, and lets go of it; false if that failed. */
bool log_write(FILE *stream, json_t *object);

/*
 * Reads the runs that have ended from tune->log, and takes away the lines of others; *rewritten if
 * the file at its path is another one now. Errors: DATA (no log of nnfs-tune), ARGUMENT (of another
 * command or other data), IO, MEMORY.
 */
nnfs_status log_read_back(tuning *tune, bool *rewritten, nnfs_error *error);

#endif
