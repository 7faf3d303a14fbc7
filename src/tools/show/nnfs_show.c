/* nnfs-show: what a dataset or a model holds, its samples and its weights as pictures. */
#include "show/show.h"

#include "common/exit.h"
#include "common/paths.h"
#include "common/start.h"

#include <stdio.h>

static nnfs_status load_data_alone(show *from, nnfs_error *error)
{
    const model_request *request = &from->options->request;
    model_data *loaded = &from->loaded;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = request->threads;
    table_options_apply(&request->table, &settings);
    TRY(data_path(request->data, &loaded->path, error));
    TRY(nnfs_dataset_load(loaded->path, &settings, &loaded->train, &loaded->test, error));
    bool test = request->split == SPLIT_TEST || (request->split == SPLIT_ANY && loaded->test);
    if (request->split != SPLIT_VALIDATION) {
        if (test) {
            loaded->chosen = loaded->test;
        } else {
            loaded->chosen = loaded->train;
        }
    }
    if (!loaded->chosen) {
        return set_error(error, NNFS_ERROR_DATA, "%s has no %s set", loaded->path,
                         split_names((int)request->split - SPLIT_TRAIN));
    }
    return NNFS_OK;
}

static nnfs_status load(show *from, nnfs_error *error)
{
    const model_request *request = &from->options->request;
    if (!request->data) {
        return nnfs_network_load(request->model, &from->loaded.network, error);
    }
    if (request->model) {
        return model_data_load(request, &from->loaded, error);
    }
    return load_data_alone(from, error);
}

static void choose_picture(show *from)
{
    const show_options *options = from->options;
    if (options->no_picture || options->picture.height > 0) {
        from->picture = options->picture;
        return;
    }
    if (from->loaded.chosen) {
        from->picture = nnfs_dataset_image_layout(from->loaded.chosen);
    }
    if (from->loaded.network && from->picture.height == 0 &&
        (!from->loaded.chosen || nnfs_network_note(from->loaded.network, "picture"))) {
        from->picture = picture_of_network(from->loaded.network);
    }
}

static nnfs_status show_all(show *from, nnfs_error *error)
{
    const show_options *options = from->options;
    bool data = from->loaded.chosen != NULL;
    bool draws = data ? !options->json : options->weights;
    draws = draws || options->output;
    if (options->json) {
        TRY((data ? show_data_json : show_model_json)(from, error));
    } else if (!options->request.quiet) {
        TRY((data ? show_data : show_model)(from, error));
    }
    if (draws) {
        (void)fputs(options->request.quiet || options->output ? "" : "\n", stdout);
        return (data ? show_samples : show_weights)(from, error);
    }
    return NNFS_OK;
}

static nnfs_status run(show *from, nnfs_error *error)
{
    TRY(check_model_path(from->options->output, error));
    TRY(load(from, error));
    choose_picture(from);
    from->screen = terminal_of_stdout();
    if (from->options->ink >= 0) {
        from->screen.ink = (ink)from->options->ink;
    }
    return show_all(from, error);
}

int main(int argc, char **argv)
{
    restart_with_better_blas(argv);
    show_options options;
    show_options_parse(&options, argc, argv);
    if (options.output) {
        signals_ignore_of_writes(); /* so that no half-written file is left */
    }
    show from = {.options = &options};
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = run(&from, &error);
    if (status != NNFS_OK) {
        cli_error(&error);
    }
    int result = cli_finish(exit_status(status));
    if (!from.loaded.prepared) {
        cli_exit(result);
    }
    model_data_free(&from.loaded);
    table_options_free(&options.request.table);
    return result;
}
