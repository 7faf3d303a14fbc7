/* nnfs-train --report: the events of the run log, kept in memory as well, and the page
 * made of them. */
#include "common/exit.h"
#include "common/output_file.h"
#include "report/html_page.h"
#include "train/run.h"

#include <string.h>

/* What the plots call the run; its data, without their folder. */
static const char *name_of(const train_run *run)
{
    const char *slash = strrchr(run->options->data, '/');
    if (slash && slash[1] != '\0') {
        return slash + 1;
    }
    return run->options->data;
}

nnfs_status record_begin(train_run *run, nnfs_error *error)
{
    if (!run->options->report) {
        return NNFS_OK;
    }
    run->recorded = true;
    TRY(run_record_create(&run->record, name_of(run), error));
    if (run->checkpoint && run->log && !run->log_is_new) {
        return run_record_read(&run->record, run->options->log, error);
    }
    return NNFS_OK;
}

void record_event(train_run *run, json_t *event)
{
    nnfs_error error;
    run->recorded =
        run->recorded && run_record_take(&run->record, event, "the run", &error) == NNFS_OK;
}

/* Whether there is anything to tell. */
static bool has_begun(const train_run *run)
{
    return run->options->report && run->record.start;
}

nnfs_status record_report(train_run *run, nnfs_error *error)
{
    output_file file;
    if (!has_begun(run)) {
        return NNFS_OK;
    }
    if (!run->recorded) {
        return set_error(error, NNFS_ERROR_MEMORY, "the report '%s': out of memory",
                         run->options->report);
    }
    nnfs_status status = output_open(run->options->report, &file, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(html_page(file.stream, &run->record, 1, error));
    status = output_commit(&file, error);
cleanup:
    output_discard(&file);
    return status;
}
