/* The tools' own ways with jansson. Like it, they pass NULL on and report trouble when printing. */
#ifndef NNFS_TOOLS_COMMON_JSON_H
#define NNFS_TOOLS_COMMON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* How everything is printed: one line, in the order it was set, 0.1 as 0.1. */
#define JSON_LINE (JSON_COMPACT | JSON_REAL_PRECISION(15))

/*
 * From here on jansson is watched; and whether there was memory for all that it did since. No
 * caller checks at each of its calls, and a line that lacks a field is worse than none.
 */
void json_watch(void);
bool json_had_memory(void);

/* JSON knows no NaN and no infinity: null stands for what was not measured. */
void json_set_real(json_t *object, const char *key, double value);
/* The decimal number that was meant, 0.001 and not 0.00100000005. */
void json_set_float(json_t *object, const char *key, float value);
void json_set_integer(json_t *object, const char *key, int64_t value);
/* NULL is null. */
void json_set_string(json_t *object, const char *key, const char *value);
/* 16 hex digits: 64 bits do not fit the numbers of most readers of JSON. */
void json_set_hash(json_t *object, const char *key, uint64_t hash);

#endif
