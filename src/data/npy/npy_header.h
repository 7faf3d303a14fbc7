/*
 * The header of an NPY file: \x93NUMPY, a version, a length, and a Python dictionary that says what
 * the values are. A small strict parser of its own reads that, and nothing else of Python.
 */
#ifndef NNFS_DATA_NPY_NPY_HEADER_H
#define NNFS_DATA_NPY_NPY_HEADER_H

#include "base/dtype.h"
#include "data/input_stream.h"

#define NPY_LARGEST_RANK 8

typedef struct npy_header {
    dtype type;
    bool swapped; /* bytes in the other order than this machine's */
    /* of a text array's cell, whose characters have `text_unit` bytes; 0: numbers */
    size_t text_bytes;
    size_t text_unit; /* 4: UCS-4, 1: bytes */
    bool fortran;     /* the first index moves fastest, not the last */
    int rank;
    size_t shape[NPY_LARGEST_RANK]; /* each 1 or more */
    size_t features;                /* values a sample: the product of all sizes but the first */
    size_t bytes;                   /* of all values */
} npy_header;

/* Reads from the beginning to the first value. Errors: IO, DATA, MEMORY. */
nnfs_status npy_read_header(input_stream *from, npy_header *header, nnfs_error *error);

#endif
