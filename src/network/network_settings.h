/* The settings of networks, layers and embeddings, a row each. */
#ifndef NNFS_NETWORK_NETWORK_SETTINGS_H
#define NNFS_NETWORK_NETWORK_SETTINGS_H

#include "base/settings.h"
#include "network/network.h"

extern const setting_table network_settings;   /* of nnfs_network */
extern const setting_table layer_settings;     /* of network_layer, a hidden or the output layer */
extern const setting_table embedding_settings; /* of nnfs_embedding */

/* How the first weights are drawn, which no network keeps: of nnfs_network_settings. */
extern const setting_table init_settings;

/* Fills a network that network_new made, apart from its embeddings. */
void network_take_settings(nnfs_network *network, const nnfs_network_settings *settings);

#endif
