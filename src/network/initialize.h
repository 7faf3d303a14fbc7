/* The initialisers, a row each: how weights begin. */
#ifndef NNFS_NETWORK_INITIALIZE_H
#define NNFS_NETWORK_INITIALIZE_H

#include "network/network.h"

/* Draws all weights; biases and padding stay as they are (zero). The settings have been checked. */
void network_initialize(nnfs_network *network, const nnfs_network_settings *settings);

#endif
