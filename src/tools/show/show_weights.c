/* The weights of the first layer: a picture a unit, orange what drives it up, blue what
 * drives it down. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/json.h"
#include "show/show.h"

#include <stdlib.h>

enum { COUNT_FILE = 32, LINES = 2 };

/* A network without hidden layers has a unit a class, or one for the second of two. */
static void name_unit(const nnfs_network *network, const json_t *classes, int unit, caption *text)
{
    int class = unit;
    if (nnfs_network_outputs(network) == 1) {
        class = 1;
    }
    const char *name = NULL;
    if (nnfs_network_layer_count(network) == 1) {
        name = json_string_value(json_array_get(classes, (size_t) class));
    }
    if (name) {
        (void)snprintf(text->name, sizeof text->name, "class %s", text_name(name).text);
    } else {
        (void)snprintf(text->name, sizeof text->name, "unit %d", unit);
    }
}

static int choose_count(const show *from)
{
    int width = nnfs_network_layer(from->loaded.network, 0).width;
    contact_sheet_layout layout =
        contact_sheet_lay_out(&from->screen, from->picture.height, from->picture.width);
    int count = from->options->output ? COUNT_FILE : LINES * layout.per_line;
    if (from->options->count > 0) {
        count = from->options->count;
    }
    return MIN(count, width);
}

static nnfs_status make_sheet(const show *from, const int *units, int count, contact_sheet *what,
                              nnfs_error *error)
{
    nnfs_network *network = from->loaded.network;
    const char *names = nnfs_network_note(network, "class_names");
    json_t *classes = NULL;
    if (names) {
        classes = json_loads(names, 0, NULL);
    }
    what->captions = calloc((size_t)count, sizeof *what->captions);
    for (int i = 0; what->captions && i < count; i++) {
        name_unit(network, classes, units[i], &what->captions[i]);
    }
    json_decref(classes);
    if (!what->captions) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return pictures_of_weights(network, from->picture, units, count, &what->pictures, error);
}

/* What the letters mean, where there are no colours. */
static void print_key(const show *from)
{
    if (!from->options->output && !has_colour(&from->screen)) {
        (void)fputs("+ * # drive a unit up, - = % down\n\n", stdout);
    }
}

nnfs_status show_weights(const show *from, nnfs_error *error)
{
    if (from->picture.height == 0) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s takes no pictures; where it does, --picture says how their values lie",
                         from->options->request.model);
    }
    char title[256];
    contact_sheet what = {.title = title};
    int count = choose_count(from);
    int *units = calloc((size_t)nnfs_network_layer(from->loaded.network, 0).width, sizeof *units);
    (void)snprintf(title, sizeof title, "%s: weights of the first layer",
                   text_name(from->options->request.model).text);
    nnfs_status status = NNFS_OK;
    if (!units) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        goto cleanup;
    }
    TRY_CLEANUP(units_by_strength(from->loaded.network, units, error));
    TRY_CLEANUP(make_sheet(from, units, count, &what, error));
    print_key(from);
    status = show_sheet(from, &what, error);
cleanup:
    pictures_free(&what.pictures);
    free(what.captions);
    free(units);
    return status;
}
