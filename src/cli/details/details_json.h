/* What is known of predictions, as the fields of a JSON object. */
#ifndef NNFS_CLI_DETAILS_JSON_H
#define NNFS_CLI_DETAILS_JSON_H

#include "common/json.h"
#include "details/details.h"

/* Sets everything but what nnfs_evaluation says. */
void details_to_json(json_t *object, const details *known);

#endif
