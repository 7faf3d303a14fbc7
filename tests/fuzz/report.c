/*
 * The run log as nnfs-report reads it: all of it is drawn, alone and beside itself, as
 * a page whose tags are all closed, each inside its own.
 */
#include "fuzz.h"
#include "report/html_page.h"
#include "report/run_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tags ---- */

enum { DEEPEST = 64 };

typedef struct open_tags {
    const char *names[DEEPEST];
    size_t lengths[DEEPEST];
    size_t count;
} open_tags;

/* One tag from behind its '<' to its '>': text has neither, as all of it is escaped. */
static void take_tag(open_tags *open, const char *tag, const char *end)
{
    bool closes = *tag == '/';
    const char *name = closes ? tag + 1 : tag;
    size_t length = strcspn(name, " />\n");
    if (end[-1] == '/' || *tag == '!') {
        return;
    }
    if (!closes) {
        fuzz_check(open->count < DEEPEST);
        open->names[open->count] = name;
        open->lengths[open->count++] = length;
        return;
    }
    fuzz_check(open->count > 0);
    open->count--;
    fuzz_check(length == open->lengths[open->count] &&
               memcmp(name, open->names[open->count], length) == 0);
}

static void check_page(const char *page)
{
    open_tags open = {.count = 0};
    for (const char *at = strchr(page, '<'); at; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        fuzz_check(end && end > at + 1);
        fuzz_check(memchr(at + 1, '<', (size_t)(end - at - 1)) == NULL);
        take_tag(&open, at + 1, end);
        at = end;
    }
    fuzz_check(open.count == 0);
}

/* ---- Pages ---- */

static void draw(const run_record *runs, size_t count)
{
    static char *page; /* static, as gcc 12 takes page itself for what strchr returns later */
    static size_t length;
    nnfs_error error = {.status = NNFS_OK};
    FILE *out = open_memstream(&page, &length);
    fuzz_check(out != NULL);
    fuzz_check(html_page(out, runs, count, &error) == NNFS_OK);
    fuzz_check(fclose(out) == 0);
    fuzz_check(strlen(page) == length);
    check_page(page);
    free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_record runs[2];
    nnfs_error error = {.status = NNFS_OK};
    fuzz_check(run_record_create(&runs[0], "<run> & 'run'", &error) == NNFS_OK);
    nnfs_status status = run_record_read(&runs[0], fuzz_file(0, data, size), &error);
    fuzz_check_error(status, &error);
    if (status == NNFS_OK) {
        runs[1] = runs[0];
        draw(runs, 1);
        draw(runs, 2);
    }
    run_record_free(&runs[0]);
    return 0;
}
