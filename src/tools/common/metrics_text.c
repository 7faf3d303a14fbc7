/* One table: a measure more is a row more. */
#include "common/metrics_text.h"

#include "common/json.h"
#include "common/lines.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const metric metrics[] = {
    {"loss", "loss", offsetof(nnfs_evaluation, loss), text_number, false, false},
    {"accuracy", "accuracy", offsetof(nnfs_evaluation, accuracy), text_percent, false, false},
    {"macro_f1", "macro F1", offsetof(nnfs_evaluation, macro_f1), text_number, false, false},
    {"log_loss", "log loss", offsetof(nnfs_evaluation, log_loss), text_number, false, false},
    {"roc_auc", "ROC AUC", offsetof(nnfs_evaluation, roc_auc), text_number, false, false},
    {"average_precision", "AP", offsetof(nnfs_evaluation, average_precision), text_number, true,
     false},
    {"rmse", "RMSE", offsetof(nnfs_evaluation, rmse), text_error, false, false},
    {"mae", "MAE", offsetof(nnfs_evaluation, mae), text_error, false, false},
    {"r2", "R2", offsetof(nnfs_evaluation, r2), text_number, false, false},
    {"pinball", "pinball", offsetof(nnfs_evaluation, pinball), text_error, false, true},
    {"coverage", "coverage", offsetof(nnfs_evaluation, coverage), text_percent, false, true},
};

enum { METRICS = sizeof metrics / sizeof *metrics };

const metric *metric_at(int index)
{
    if (index < METRICS) {
        return &metrics[index];
    }
    return NULL;
}

double metric_value(const metric *what, const nnfs_evaluation *evaluation)
{
    double value;
    memcpy(&value, (const char *)evaluation + what->offset, sizeof value);
    return value;
}

void metric_log(json_t *object, const char *key, const metric *what, double value)
{
    if (!what->rare || !isnan(value)) {
        json_set_real(object, key, value);
    }
}

bool metric_applies(const metric *what, const nnfs_evaluation *evaluation, nnfs_loss loss)
{
    bool repeated = what->offset == offsetof(nnfs_evaluation, log_loss) &&
                    (loss == NNFS_CROSS_ENTROPY || loss == NNFS_BINARY_CROSS_ENTROPY);
    bool is_loss = what->offset == offsetof(nnfs_evaluation, loss);
    return is_loss || (!repeated && !what->detail && !isnan(metric_value(what, evaluation)));
}

void metrics_write(FILE *out, const nnfs_evaluation *evaluation, nnfs_loss loss)
{
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        if (metric_applies(what, evaluation, loss)) {
            line_print(out, " %s %s ", what->name, what->text(metric_value(what, evaluation)).text);
        }
    }
}
