/* Samples with their captions: pictures where they are some, else rows of a table. */
#include "common/exit.h"
#include "common/output_file.h"
#include "show/show.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    COUNT_FILE = 32, /* pictures, where none are asked for */
    COUNT_ROWS = 10,
    LINES = 2,     /* of pictures in a terminal */
    DISTORTED = 3, /* beside each sample */
};

/* ---- A sheet, wherever it goes ---- */

static nnfs_status write_file(const show *from, const contact_sheet *what, nnfs_error *error)
{
    const char *path = from->options->output;
    bool png = strcasecmp(path + strlen(path) - 4, ".png") == 0;
    output_file file;
    nnfs_status status = output_open(path, &file, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(
        (png ? contact_sheet_write_png : contact_sheet_write_svg)(what, file.stream, error));
    status = output_commit(&file, error);
cleanup:
    output_discard(&file);
    if (status == NNFS_OK && !from->options->request.quiet && !from->options->json) {
        (void)printf("picture%s  %d in %s\n", text_plural(what->pictures.count),
                     what->pictures.count, text_name(path).text);
    }
    return status;
}

nnfs_status show_sheet(const show *from, const contact_sheet *what, nnfs_error *error)
{
    if (from->options->output) {
        return write_file(from, what, error);
    }
    contact_sheet_draw(what, &from->screen, stdout);
    return NNFS_OK;
}

/* ---- Pictures ---- */

static nnfs_status write_caption(const show *from, int64_t sample, caption *text, nnfs_error *error)
{
    target_text truth = truth_text(from->loaded.chosen, sample);
    (void)snprintf(text->name, sizeof text->name, "%.150s%s#%lld", truth.text,
                   truth.text[0] ? "  " : "", (long long)sample);
    if (!from->loaded.network) {
        return NNFS_OK;
    }
    shown_prediction prediction;
    TRY(predict_sample(from, sample, &prediction, error));
    (void)snprintf(text->prediction, sizeof text->prediction, "%.150s%s%s", prediction.text.text,
                   prediction.probability.text[0] ? "  " : "", prediction.probability.text);
    text->verdict = prediction.verdict;
    return NNFS_OK;
}

static nnfs_status write_captions(const show *from, const int64_t *samples, int count, int each,
                                  caption *captions, nnfs_error *error)
{
    for (int i = 0; i < count * each; i++) {
        if (i % each == 0) {
            TRY(write_caption(from, samples[i / each], &captions[i], error));
        } else {
            (void)snprintf(captions[i].name, sizeof captions[i].name, "epoch %d", i % each);
        }
    }
    return NNFS_OK;
}

static nnfs_status show_pictures(const show *from, const int64_t *samples, int count,
                                 nnfs_error *error)
{
    char title[256];
    const picture_distortions how = {.augment = from->options->augment,
                                     .seed = from->options->seed,
                                     .count = from->options->augment ? DISTORTED : 0};
    int each = 1 + how.count;
    contact_sheet what = {.captions = calloc((size_t)(count * each), sizeof *what.captions),
                          .title = title};
    if (!what.captions) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    (void)snprintf(title, sizeof title, "%s%s", text_name(from->options->request.data).text,
                   from->options->mistakes ? ": the worst mistakes" : "");
    nnfs_status status = NNFS_OK;
    TRY_CLEANUP(pictures_of_distorted(from->loaded.chosen, from->picture, samples, count, &how,
                                      &what.pictures, error));
    TRY_CLEANUP(write_captions(from, samples, count, each, what.captions, error));
    status = show_sheet(from, &what, error);
cleanup:
    pictures_free(&what.pictures);
    free(what.captions);
    return status;
}

/* ---- Either ---- */

static int default_count(const show *from)
{
    if (from->picture.height == 0) {
        return COUNT_ROWS;
    }
    contact_sheet_layout layout =
        contact_sheet_lay_out(&from->screen, from->picture.height, from->picture.width);
    int most = COUNT_FILE;
    if (!from->options->output) {
        most = LINES * layout.per_line;
    }
    int each = 1;
    if (from->options->augment) {
        each = 1 + DISTORTED;
    }
    if (most > each) {
        return most / each;
    }
    return 1;
}

static nnfs_status say_none(const show *from)
{
    (void)printf("%s\n", from->options->mistakes ? "no mistakes" : "no samples");
    return NNFS_OK;
}

nnfs_status show_samples(const show *from, nnfs_error *error)
{
    int count = from->options->count > 0 ? from->options->count : default_count(from);
    bool drawn = from->picture.height > 0;
    int64_t *samples = NULL;
    if (from->options->output && !drawn) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s has no pictures to write; where it has, --picture says how they lie",
                         from->loaded.path);
    }
    if (from->options->augment && !drawn) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s has no pictures to distort; where it has, --picture says how they lie",
                         from->loaded.path);
    }
    if (from->options->augment) {
        TRY(nnfs_dataset_set_image_layout(from->loaded.chosen, from->picture, error));
    }
    nnfs_status status;
    TRY_CLEANUP(choose_samples(from, count, &samples, &count, error));
    if (count == 0) {
        status = say_none(from);
    } else {
        status = (drawn ? show_pictures : show_table)(from, samples, count, error);
    }
cleanup:
    free(samples);
    return status;
}
