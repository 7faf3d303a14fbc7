/* A run log read back: the events of a run, checked so far that whoever draws them can
 * rely on it. */
#ifndef NNFS_TOOLS_REPORT_RUN_RECORD_H
#define NNFS_TOOLS_REPORT_RUN_RECORD_H

#include <nnfs/nnfs.h>

#include <jansson.h>
#include <stdbool.h>

typedef struct run_record {
    char *name;                   /* "run" of folder/run.jsonl, or what the data are called */
    json_t *start;                /* never NULL once it is read */
    json_t *end;                  /* NULL: the run was killed, or goes on */
    json_t *importance, *weights; /* or NULL, as are the others */
    json_t *profile;
    json_t *epochs; /* arrays of events */
    json_t *folds;
    json_t *evaluations;
    bool cut; /* its last line was not written whole */
} run_record;

/* Errors: MEMORY. */
nnfs_status run_record_create(run_record *run, const char *name, nnfs_error *error);
void run_record_free(run_record *run);

/*
 * Takes an event, which stays the caller's; one of an unknown kind is left out. `where` begins the
 * message where it is not as it should be: "run.jsonl: line 3". Errors: DATA, MEMORY.
 */
nnfs_status run_record_take(run_record *run, json_t *event, const char *where, nnfs_error *error);

/*
 * Reads a run log. One that ends in the middle of a line is read as far as it goes. Errors: IO,
 * DATA (the message names the line), MEMORY.
 */
nnfs_status run_record_read(run_record *run, const char *path, nnfs_error *error);

/* Return a member of an object: its number, or NaN; its text, or NULL. */
double number_at(const json_t *object, const char *key);
const char *string_at(const json_t *object, const char *key);
/* The number of an array's element, NaN where it is none. */
double number_in(const json_t *array, size_t index);

/*
 * How good the network became, by the first of test, validation and training data that there is:
 * "98.05 % accuracy on the test data".
 */
typedef struct headline {
    const char *part;    /* "test" */
    const char *measure; /* "accuracy"; NULL where nothing was measured */
    double value;
} headline;
headline run_record_headline(const run_record *run);

/* Returns the event with the final results: the end, else the last epoch, else NULL. */
const json_t *run_record_last(const run_record *run);

#endif
