/* What the outputs of a network stand for. */
#include "answers.h"

#include <stdbool.h>
#include <stdio.h>

/* A network for classes has an output for each, or one for the second of two. */
answers answers_of(const nnfs_network *network, const nnfs_dataset *data)
{
    int outputs = nnfs_network_outputs(network);
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    bool classes = preprocessing ? nnfs_preprocessing_target(preprocessing, 0).classes > 0
                                 : nnfs_dataset_classes(data) > 0;
    return (answers){.data = data,
                     .preprocessing = preprocessing,
                     .classes = !classes       ? 0
                                : outputs == 1 ? 2
                                               : outputs,
                     .outputs = outputs};
}

const char *answers_class_name(const answers *what, int index, short_text *number)
{
    const char *name = what->preprocessing
                           ? nnfs_preprocessing_class_name(what->preprocessing, index)
                           : nnfs_dataset_class_name(what->data, index);
    (void)snprintf(number->text, sizeof number->text, "%d", index);
    return name && name[0] != '\0' ? name : number->text; /* empty: no memory for a number's name */
}

int answers_class(const answers *what, const float *outputs)
{
    int chosen = 0;
    for (int i = 1; i < what->outputs; i++) {
        chosen = outputs[i] > outputs[chosen] ? i : chosen;
    }
    return what->outputs == 1 ? outputs[0] > 0.5f : chosen;
}

float answers_probability(const answers *what, const float *outputs, int index)
{
    if (what->outputs > 1) {
        return outputs[index];
    }
    return index == 1 ? outputs[0] : 1.0f - outputs[0];
}
