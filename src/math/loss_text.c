/* The text of a loss. */
#include "math/loss_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

loss_text loss_write(nnfs_loss which, float quantile)
{
    loss_text text;
    const char *name = nnfs_loss_name(which);
    (void)snprintf(text.text, sizeof text.text, "%s", name);
    if (which != NNFS_QUANTILE) {
        return text;
    }
    for (int digits = 1; digits <= 9; digits++) { /* the fewest that give the level back */
        (void)snprintf(text.text, sizeof text.text, "%s:%.*g", name, digits, (double)quantile);
        if (strtof(text.text + strlen(name) + 1, NULL) == quantile) {
            break;
        }
    }
    return text;
}

int loss_read(const char *text, float *quantile)
{
    *quantile = 0.5f;
    if (!text) {
        return -1;
    }
    size_t length = strcspn(text, ":");
    int loss = 0;
    const char *name;
    while ((name = nnfs_loss_name((nnfs_loss)loss)) != NULL &&
           (strlen(name) != length || strncmp(name, text, length) != 0)) {
        loss++;
    }
    if (!name || (loss == NNFS_QUANTILE) != (text[length] == ':')) {
        return -1;
    }
    char *end = NULL;
    if (loss == NNFS_QUANTILE) {
        *quantile = strtof(text + length + 1, &end);
    }
    if ((end && *end != '\0') || !(*quantile > 0.0f && *quantile < 1.0f)) {
        return -1;
    }
    return loss;
}
