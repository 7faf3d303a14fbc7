/* A network that hands its inputs through: what it predicts is what the data
 * hold. After <cmocka.h>. */
#ifndef NNFS_TESTS_HAND_THROUGH_H
#define NNFS_TESTS_HAND_THROUGH_H

#include <nnfs/nnfs.h>
#include <stdlib.h>

/* One layer, W = I. */
static nnfs_network *hand_through(int width, nnfs_activation activation, nnfs_loss loss)
{
    nnfs_layer layer = {width, activation};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = width;
    settings.layers = &layer;
    settings.layer_count = 1;
    settings.loss = loss;
    settings.init = NNFS_INIT_ZEROS;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    float *identity = calloc((size_t)width * (size_t)width, sizeof *identity);
    assert_non_null(identity);
    for (int i = 0; i < width; i++) {
        identity[i * width + i] = 1.0f;
    }
    assert_int_equal(nnfs_network_set_weights(network, 0, identity, NULL), NNFS_OK);
    free(identity);
    return network;
}

#endif
