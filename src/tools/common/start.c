/* How a tool starts: again, where need be, because OpenBLAS reads its environment when
 * it is loaded. */
#include "common/start.h"

#include "common/exit.h"
#include "common/text.h"

#include <limits.h>
#include <omp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/*
 * The path of the program that runs; false without /proc, or if it has been deleted since, or where
 * the dynamic loader was run by hand, and so is that program: the kernel then maps no other loader.
 * Running the path and not /proc/self/exe keeps the name that ps and top show.
 */
static bool own_path(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    if (length <= 0 || length >= PATH_MAX || getauxval(AT_BASE) == 0) {
        return false;
    }
    path[length] = '\0';
    return access(path, X_OK) == 0;
}

/* ---- OpenBLAS while it is loaded ---- */

/*
 * OpenBLAS starts its threads when it is loaded, before main, and raises SIGINT if it cannot. The
 * message says so; a SIGINT from elsewhere does what it always does. write(2) and _exit(2) alone
 * are safe here.
 */
static void on_early_signal(int number, siginfo_t *info, void *context)
{
    static const char message[] =
        "nnfs: OpenBLAS could not start its threads: the number of processes or the memory is "
        "limited (ulimit -u, ulimit -v); OPENBLAS_NUM_THREADS=1 makes it start none\n";
    (void)context;
    if (info->si_code == SI_TKILL && info->si_pid == getpid()) {
        ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
        (void)written;
        _exit(EXIT_CANNOT_RUN);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static bool catches_early; /* until main */
static bool ignores_hangup;

static void handle_early_signals(void)
{
    struct sigaction old;
    struct sigaction action = {.sa_sigaction = on_early_signal, .sa_flags = SA_SIGINFO};
    if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
        catches_early = sigaction(SIGINT, &action, NULL) == 0;
    }
    ignores_hangup = sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
}

/* Runs before the libraries are initialised, and so before those of the sanitizers, too. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(void) = handle_early_signals;
#endif

/* ---- Starting again ---- */

/* Sets a variable that the user has not set. */
static bool set_new(const char *name, const char *value)
{
    return !getenv(name) && setenv(name, value, 1) == 0;
}

/* Whether OpenBLAS started threads of its own, which nnfs never uses. */
static bool has_idle_threads(const nnfs_machine *machine)
{
    return machine->cores > 1 && strstr(machine->blas, "OpenBLAS") &&
           strstr(machine->blas, "(pthread)");
}

/*
 * Under OMP_PROC_BIND the OpenMP runtime has bound this thread to its first place before main. The
 * next process inherits that mask and takes it for all there is: it gets the CPUs of all places
 * instead. The mask to go back to if there is no next process is left in *bound.
 */
static bool widen_affinity(cpu_set_t *bound)
{
    int cpus[CPU_SETSIZE];
    cpu_set_t all;
    int places = 0;
    if (sched_getaffinity(0, sizeof *bound, bound) == 0) {
        places = omp_get_num_places();
    }
    CPU_ZERO(&all);
    for (int place = 0; place < places; place++) {
        int count = omp_get_place_num_procs(place);
        if (count > CPU_SETSIZE) {
            return false;
        }
        omp_get_place_proc_ids(place, cpus);
        for (int i = 0; i < count; i++) {
            CPU_SET((size_t)cpus[i], &all);
        }
    }
    return CPU_COUNT(&all) > 0 && sched_setaffinity(0, sizeof all, &all) == 0;
}

void restart_with_better_blas(char **argv)
{
    static const char kernel[] = "OPENBLAS_CORETYPE";
    static const char timeout[] = "OPENBLAS_THREAD_TIMEOUT"; /* 2 to that power, in clock cycles */
    nnfs_machine machine;
    char path[PATH_MAX];
    if (catches_early) {
        (void)signal(SIGINT, SIG_DFL);
    }
    if (ignores_hangup) {
        (void)signal(SIGHUP, SIG_IGN); /* as nohup asked; UCX, which Open MPI loads, catches it */
    }
    nnfs_machine_describe(&machine);
    bool other_kernel = machine.better_kernel[0] && set_new(kernel, machine.better_kernel);
    bool other_timeout = has_idle_threads(&machine) && set_new(timeout, "4");
    if ((other_kernel || other_timeout) && own_path(path)) {
        cpu_set_t bound;
        CPU_ZERO(&bound);
        bool widened = widen_affinity(&bound);
        (void)execv(path, argv);
        if (widened) {
            (void)sched_setaffinity(0, sizeof bound, &bound);
        }
    }
    if (other_kernel) {
        (void)unsetenv(kernel); /* the machine's advice then speaks of it */
    }
    if (other_timeout) {
        (void)unsetenv(timeout);
    }
}

/* What in OpenMP's environment allows no more threads than that; NULL: nothing. */
static const char *openmp_bound(int threads)
{
    if (omp_get_max_active_levels() < 1) {
        return "OMP_MAX_ACTIVE_LEVELS is 0";
    }
    return threads == omp_get_thread_limit() ? "OMP_THREAD_LIMIT allows no more" : NULL;
}

/* What is lost with this number of threads. */
static void advise_threads(int wanted, const nnfs_machine *machine)
{
    const char *bound = openmp_bound(machine->threads);
    if (wanted == 0 && getenv("OMP_NUM_THREADS")) {
        wanted = omp_get_max_threads();
    } else if (wanted == 0 && bound) {
        wanted = machine->cores;
    }
    if (wanted > machine->threads) {
        cli_message("%d thread%s, not %d: %s", machine->threads, text_plural(machine->threads),
                    wanted, bound ? bound : "this BLAS takes no more");
    }
    if (machine->threads > machine->cores) {
        cli_message("%d threads on %d core%s: expect it to be slower", machine->threads,
                    machine->cores, text_plural(machine->cores));
    }
}

nnfs_status prepare_machine(int threads, bool quiet, nnfs_machine *machine, nnfs_error *error)
{
    omp_set_dynamic(0); /* OMP_DYNAMIC: as many as the load suggests */
    TRY(nnfs_machine_prepare(threads, machine, error));
    if (!quiet) {
        if (machine->advice[0]) {
            cli_message("advice: %s", machine->advice);
        }
        advise_threads(threads, machine);
    }
    return NNFS_OK;
}
