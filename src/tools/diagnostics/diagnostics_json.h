/* What is known of predictions, as the fields of a JSON object. */
#ifndef NNFS_TOOLS_DIAGNOSTICS_DIAGNOSTICS_JSON_H
#define NNFS_TOOLS_DIAGNOSTICS_DIAGNOSTICS_JSON_H

#include "common/json.h"
#include "diagnostics/diagnostics.h"

/* Sets everything but what nnfs_evaluation says. */
void diagnostics_to_json(json_t *object, const diagnostics *known);

#endif
