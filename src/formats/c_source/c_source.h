/*
 * C99 programs written: a .c and a .h of one model. In templates, @ is the model's name, $ the
 * same in capitals.
 */
#ifndef NNFS_FORMATS_C_SOURCE_C_SOURCE_H
#define NNFS_FORMATS_C_SOURCE_C_SOURCE_H

#include "formats/graph/graph.h"

#include <stdio.h>

/* Where the value of a node is: `work` from `offset` on, or the input or output of the function. */
typedef struct c_place {
    enum { PLACE_WORK, PLACE_INPUT, PLACE_OUTPUT } kind;
    int offset;
} c_place;

typedef struct c_writer {
    const model_graph *graph;
    FILE *stream;
    const char *name; /* of the model, an identifier */
    char *capitals;   /* of the name */
    c_place *places;  /* [node_count] */
    int work;         /* floats that `work` has */
    int integers;     /* of the widest quantised layer that reads floats; 0: none */
    bool int8;
    bool direct;      /* the first layer reads the pixels as they are */
    size_t constants; /* bytes written so far */
} c_writer;

/* c_place.c. False: no memory. */
bool c_place_nodes(c_writer *w);

/* c_text.c */
void c_template(c_writer *w, const char *text);
void c_floats(c_writer *w, const char *name, int node, const float *values, size_t count);
void c_int8s(c_writer *w, const char *name, int node, const int8_t *values, size_t count);
void c_ints(c_writer *w, const char *name, int node, const int *values, size_t count);
void c_string(c_writer *w, const char *text);
/* A list of strings: static const char *const NAME[] = {...}; */
void c_strings(c_writer *w, const char *name, char *const *strings, int count);

/* c_nodes.c: constants of all nodes, the functions that they use, and the body of predict. */
void c_write_nodes(c_writer *w);

/* c_helpers.c: the functions that the nodes use. */
void c_write_helpers(c_writer *w);
/* Whether a layer reads the pixels of the input as they are. */
bool c_is_direct(const c_writer *w, const graph_node *node);

/* c_date.c: a function that reads dates; where no column has any, nothing. */
void c_write_dates(c_writer *w);
bool c_has_dates(const model_graph *graph);

/* c_main.c: a main that reads CSV. */
void c_write_main(c_writer *w);

#endif
