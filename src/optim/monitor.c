/* The table of measures that can be monitored. */
#include "optim/monitor.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset; /* in nnfs_evaluation */
    double sign;   /* -1: the larger the better */
} monitors[] = {
    [NNFS_MONITOR_AUTO] = {"auto", 0, 1.0},
    [NNFS_MONITOR_LOSS] = {"loss", offsetof(nnfs_evaluation, loss), 1.0},
    [NNFS_MONITOR_ACCURACY] = {"accuracy", offsetof(nnfs_evaluation, accuracy), -1.0},
    [NNFS_MONITOR_MACRO_F1] = {"macro_f1", offsetof(nnfs_evaluation, macro_f1), -1.0},
    [NNFS_MONITOR_LOG_LOSS] = {"log_loss", offsetof(nnfs_evaluation, log_loss), 1.0},
    [NNFS_MONITOR_AUC] = {"auc", offsetof(nnfs_evaluation, roc_auc), -1.0},
    [NNFS_MONITOR_RMSE] = {"rmse", offsetof(nnfs_evaluation, rmse), 1.0},
    [NNFS_MONITOR_MAE] = {"mae", offsetof(nnfs_evaluation, mae), 1.0},
    [NNFS_MONITOR_R2] = {"r2", offsetof(nnfs_evaluation, r2), -1.0},
    [NNFS_MONITOR_AVERAGE_PRECISION] = {"average_precision",
                                        offsetof(nnfs_evaluation, average_precision), -1.0},
    [NNFS_MONITOR_PINBALL] = {"pinball", offsetof(nnfs_evaluation, pinball), 1.0},
};

const char *nnfs_monitor_name(nnfs_monitor which)
{
    if ((size_t)which < sizeof monitors / sizeof *monitors) {
        return monitors[which].name;
    }
    return NULL;
}

nnfs_monitor monitor_choose(const nnfs_train_settings *settings, const nnfs_evaluation *evaluation)
{
    if (settings->monitor != NNFS_MONITOR_AUTO) {
        return settings->monitor;
    }
    if (!isnan(evaluation->pinball)) {
        return NNFS_MONITOR_PINBALL;
    }
    if (!isnan(evaluation->rmse)) {
        return NNFS_MONITOR_RMSE;
    }
    if (settings->label_smoothing > 0.0f && !isnan(evaluation->accuracy)) {
        return NNFS_MONITOR_ACCURACY;
    }
    return NNFS_MONITOR_LOSS;
}

double monitor_score(nnfs_monitor which, const nnfs_evaluation *evaluation)
{
    double value;
    memcpy(&value, (const char *)evaluation + monitors[which].offset, sizeof value);
    return monitors[which].sign * value;
}
