/* Categories that are the same although they are spelled in two ways. */
#ifndef NNFS_TABLE_CATEGORY_MATCH_H
#define NNFS_TABLE_CATEGORY_MATCH_H

#include "base/string_list.h"

enum { CATEGORY_KEY_BYTES = 32 };

/*
 * Writes what spellings of a category have in common: of true, false, yes and no in any case,
 * and of numbers ("1", "1.0"). `padded`: also those with leading zeros, "01". False: it has
 * one spelling only.
 */
bool category_key(const char *text, bool padded, char key[CATEGORY_KEY_BYTES]);

/* string_list_positions; a name that is not known has the position of another spelling that is. */
int *category_positions(string_list_view known, int known_count, string_list_view names, int count);

#endif
