/* What the benchmarks share. */
#include "bench.h"

#include "base/clock.h"
#include "math/blas_runtime.h"
#include "platform/peak.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

bool bench_start(int threads, bench_machine *machine)
{
    nnfs_error error;
    if (nnfs_machine_prepare(threads, &machine->machine, &error) != NNFS_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        return false;
    }
    machine->threads = blas_threads(threads);
    machine->peak_one = peak_gflops(1, &machine->instructions);
    machine->peak_all = peak_gflops(machine->threads, NULL);
    return true;
}

void bench_print_machine(const bench_machine *m)
{
    printf("CPU       %s, %d cores for this process\n", m->machine.cpu, m->machine.cores);
    printf("BLAS      %s%s%s\n", m->machine.blas, m->machine.kernel[0] ? ", kernel " : "",
           m->machine.kernel);
    printf("FMA peak  %.0f GFLOP/s on 1 thread, %.0f on %d (%s)\n", m->peak_one, m->peak_all,
           m->threads, m->instructions);
    if (m->machine.advice[0]) {
        printf("Advice    %s\n", m->machine.advice);
    }
}

double bench_peak(const bench_machine *machine, int threads)
{
    return threads == 1                  ? machine->peak_one
           : threads == machine->threads ? machine->peak_all
                                         : peak_gflops(threads, NULL);
}

int bench_threads(const bench_machine *machine, int asked, int threads[BENCH_THREADS])
{
    threads[0] = asked > 0 ? asked : 1;
    threads[1] = machine->threads;
    return asked > 0 || machine->threads == 1 ? 1 : 2;
}

/* ---- Networks ------------------------------------------------------------------------------- */

nnfs_status bench_network(const int widths[BENCH_WIDTHS], nnfs_network **network, nnfs_error *error)
{
    nnfs_layer layers[BENCH_WIDTHS];
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = widths[0];
    settings.layers = layers;
    for (int count = 0; widths[count + 1] > 0; settings.layer_count = ++count) {
        layers[count] = (nnfs_layer){widths[count + 1], NNFS_RELU};
    }
    layers[settings.layer_count - 1].activation = NNFS_SOFTMAX;
    return nnfs_network_create(&settings, network, error);
}

static bool is_item(const char *item, size_t length, const char *name)
{
    return length == strlen(name) && strncmp(item, name, length) == 0;
}

bool bench_is_listed(const char *list, const char *network, int number)
{
    char numbered[64];
    (void)snprintf(numbered, sizeof numbered, "%s:%d", network, number);
    bool listed = list == NULL;
    for (const char *item = list; item && *item; item += strspn(item, ",")) {
        size_t length = strcspn(item, ",");
        listed = listed || is_item(item, length, network) || is_item(item, length, numbered);
        item += length;
    }
    return listed;
}

/* ---- Timing --------------------------------------------------------------------------------- */

static const double shortest_sample = 200e-6;

static double time_runs(const bench_task *task, int runs)
{
    double start = clock_seconds();
    for (int i = 0; i < runs; i++) {
        task->run(task->context);
    }
    return (clock_seconds() - start) / runs;
}

/* How often threads of this process had to leave their CPU to others. */
static long interruptions(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
}

static void take_sample(bench_task *task, int runs, int at)
{
    long before = interruptions();
    task->each[at] = time_runs(task, runs);
    task->interrupted += interruptions() > before;
}

/* The number of runs that make a sample, and what one took in the last trial. */
static int calibrate(const bench_task *task, double *seconds)
{
    int runs = 1;
    *seconds = time_runs(task, runs);
    while (*seconds * runs < shortest_sample) {
        runs *= 2;
        *seconds = time_runs(task, runs);
    }
    return runs;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, int count)
{
    double sorted[BENCH_SAMPLES];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_doubles);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
}

void bench_measure(bench_task *tasks, int count, double budget)
{
    int runs[BENCH_TASKS];
    double start = clock_seconds();
    for (int t = 0; t < count; t++) {
        runs[t] = calibrate(&tasks[t], &tasks[t].each[0]);
    }
    int taken = 1; /* the calibration's last: all there is of what takes longer than the budget */
    double round = clock_seconds() - start;
    while (taken < BENCH_SAMPLES && clock_seconds() - start + round < budget) {
        double round_start = clock_seconds();
        for (int t = 0; t < count; t++) {
            take_sample(&tasks[t], runs[t], taken);
        }
        taken++;
        round = clock_seconds() - round_start;
    }
    for (int t = 0; t < count; t++) {
        tasks[t].seconds = median(tasks[t].each, taken);
        tasks[t].samples = taken;
    }
}

double bench_quotient(const bench_task *a, const bench_task *b)
{
    double quotients[BENCH_SAMPLES] = {0};
    for (int i = 0; i < a->samples; i++) {
        quotients[i] = a->each[i] / b->each[i];
    }
    return median(quotients, a->samples);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

json_t *bench_report(const char *name, const bench_machine *m)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:i, s:i, s:s, s:f, s:f}, s:[]}", /**/
                     "schema", "nnfs-bench/1", "benchmark", name, "machine",         /**/
                     "cpu", m->machine.cpu, "blas", m->machine.blas, "kernel", m->machine.kernel,
                     "cores", m->machine.cores, "threads", m->threads, /**/
                     "instructions", m->instructions, "peak_gflops_one_thread", m->peak_one,
                     "peak_gflops", m->peak_all, "rows");
}

json_t *bench_works(const char *schema, const bench_machine *m, const int *threads, int count)
{
    json_t *peaks = json_object();
    for (int i = 0; i < count; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", threads[i]);
        (void)json_object_set_new(peaks, number, json_real(bench_peak(m, threads[i])));
    }
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:[]}", "schema", schema, "machine", /**/
                     "cpu", m->machine.cpu, "blas", m->machine.blas, "kernel", m->machine.kernel,
                     "peak_gflops", peaks, "works");
}

FILE *bench_open(const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        (void)fprintf(stderr, "cannot write %s: %s\n", path, strerror(errno));
    }
    return file;
}

static bool write_report(FILE *file, const json_t *report)
{
    bool written = report && json_dumpf(report, file, JSON_INDENT(1)) == 0;
    if (!written) {
        (void)fprintf(stderr, "the JSON could not be written\n");
    }
    return written;
}

bool bench_close(FILE *file, json_t *report, bool done)
{
    done = done && (!file || write_report(file, report));
    if (file && fclose(file) != 0) {
        (void)fprintf(stderr, "the JSON could not be written: %s\n", strerror(errno));
        done = false;
    }
    json_decref(report);
    return done;
}

/* ---- Options ---- */

int bench_thread_count(const char *value, struct argp_state *state)
{
    char *end = NULL;
    long threads = strtol(value, &end, 10);
    if (threads < 1 || threads > 1024 || *end) {
        argp_error(state, "--threads takes a number from 1 to 1024, not '%s'", value);
    }
    return (int)threads;
}
