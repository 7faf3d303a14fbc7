/* Which BLAS runs, and its threads. */
#include "math/blas_runtime.h"

#include "base/minmax.h"
#include "math/blas_symbols.h"
#include "math/gemm.h"
#include "platform/cpu.h"

#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Who is it? ----------------------------------------------------------------------------- */

enum { SERIAL, PTHREAD, OPENMP }; /* openblas_get_parallel() */

static bool is_openblas(void)
{
    const blas_symbols *blas = blas_find_symbols();
    return gemm_default() != &gemm_naive && blas->openblas_get_config &&
           blas->openblas_get_corename && blas->openblas_get_parallel &&
           blas->openblas_get_num_threads && blas->openblas_set_num_threads;
}

/* openblas_get_config puts its answer together anew each time, in the same place: asked once. */
static pthread_once_t config_once = PTHREAD_ONCE_INIT;
static char config_copy[256];

static void copy_config(void)
{
    (void)snprintf(config_copy, sizeof config_copy, "%s",
                   blas_find_symbols()->openblas_get_config());
}

/* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ... MAX_THREADS=64" */
static const char *openblas_config(void)
{
    (void)pthread_once(&config_once, copy_config);
    return config_copy;
}

static bool is_blis(void)
{
    const blas_symbols *blas = blas_find_symbols();
    return gemm_default() != &gemm_naive && blas->bli_info_get_version_str &&
           blas->bli_arch_query_id && blas->bli_arch_string && blas->bli_thread_get_num_threads &&
           blas->bli_thread_set_num_threads;
}

/*
 * OpenBLAS built for one thread keeps static buffers without locks: calls at the same time spoil
 * each other's results.
 */
static bool is_reentrant(void)
{
    return !is_openblas() || blas_find_symbols()->openblas_get_parallel() != SERIAL;
}

/* ---- Is it at its best? --------------------------------------------------------------------- */

static bool has_avx512(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

/* OpenBLAS's kernels for x86-64 that do without AVX-512, the newest first. */
static const char *const older_kernels[] = {
    "Haswell",     "Zen",     "Excavator",  "Steamroller", "Piledriver",   "Bulldozer",
    "Sandybridge", "Nehalem", "Dunnington", "Penryn",      "Core2",        "Atom",
    "Prescott",    "Bobcat",  "Barcelona",  "Opteron",     "Opteron_SSE3", "Nano",
};

static bool is_older(const char *kernel)
{
    for (size_t i = 0; i < sizeof older_kernels / sizeof *older_kernels; i++) {
        if (strcmp(older_kernels[i], kernel) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Debian 12's OpenBLAS does not know newer CPUs and falls back to AVX2 kernels on them. Of its
 * kernels with AVX-512 the SkylakeX ones are in every release, and the Cooperlake ones no faster.
 */
static const char *better_kernel(const char *kernel)
{
    const char *best = "SkylakeX";
    const char *wanted = getenv("OPENBLAS_CORETYPE");
    bool has_choice = strstr(openblas_config(), "DYNAMIC_ARCH") != NULL;
    bool is_refused = wanted && strcasecmp(wanted, best) == 0; /* it was asked for, in vain */
    if (has_avx512() && has_choice && is_older(kernel) && !is_refused) {
        return best;
    }
    return "";
}

static void advise_openblas(blas_info *info)
{
    if (!info->reentrant) {
        (void)snprintf(info->advice, sizeof info->advice,
                       "this OpenBLAS is built for one thread and limits nnfs to one: install its "
                       "pthread or openmp build (libopenblas0-pthread)");
    } else if (info->better_kernel[0] && getenv("OPENBLAS_CORETYPE")) {
        (void)snprintf(info->advice, sizeof info->advice,
                       "OPENBLAS_CORETYPE holds OpenBLAS to its %s kernels although this CPU has "
                       "AVX-512: with OPENBLAS_CORETYPE=%s it is faster",
                       info->kernel, info->better_kernel);
    } else if (info->better_kernel[0]) {
        (void)snprintf(info->advice, sizeof info->advice,
                       "OpenBLAS runs its %s kernels although this CPU has AVX-512: set "
                       "OPENBLAS_CORETYPE=%s in the environment for the faster ones",
                       info->kernel, info->better_kernel);
    }
}

/* ---- Products in place ---------------------------------------------------------------------- */

static pthread_once_t limit_once = PTHREAD_ONCE_INIT;
static int in_place_limit;

/* By what was measured: 0.3.21 and later, on the kernels below. */
static void find_limit(void)
{
    static const char *const kernels[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
    int major = 0, minor = 0, patch = 0;
    if (!is_openblas() ||
        sscanf(openblas_config(), "OpenBLAS %d.%d.%d", &major, &minor, &patch) != 3 ||
        (major * 100 + minor) * 100 + patch < 321) {
        return;
    }
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (strcasecmp(blas_find_symbols()->openblas_get_corename(), kernels[i]) == 0) {
            in_place_limit = BLAS_IN_PLACE_LIMIT;
        }
    }
}

int blas_in_place_limit(void)
{
    (void)pthread_once(&limit_once, find_limit);
    return in_place_limit;
}

/* ---- In words ------------------------------------------------------------------------------ */

static void describe_openblas(blas_info *info)
{
    static const char *const flavours[] = {
        [SERIAL] = "serial", [PTHREAD] = "pthread", [OPENMP] = "openmp"};
    /* releases before 0.3 lack the first two words */
    const char *config = openblas_config();
    int name_length = 0;
    (void)sscanf(config, "OpenBLAS %*s%n", &name_length);
    int flavour = blas_find_symbols()->openblas_get_parallel();
    (void)snprintf(info->name, sizeof info->name, "%.*s (%s)",
                   name_length > 0 ? name_length : (int)strlen("OpenBLAS"),
                   name_length > 0 ? config : "OpenBLAS",
                   flavour >= SERIAL && flavour <= OPENMP ? flavours[flavour] : "unknown");
    (void)snprintf(info->kernel, sizeof info->kernel, "%s",
                   blas_find_symbols()->openblas_get_corename());
    (void)snprintf(info->better_kernel, sizeof info->better_kernel, "%s",
                   better_kernel(info->kernel));
    advise_openblas(info);
}

void blas_describe(blas_info *info)
{
    *info = (blas_info){.reentrant = is_reentrant()};
    if (is_openblas()) {
        describe_openblas(info);
    } else if (is_blis()) {
        (void)snprintf(info->name, sizeof info->name, "BLIS %s",
                       blas_find_symbols()->bli_info_get_version_str());
        (void)snprintf(
            info->kernel, sizeof info->kernel, "%s",
            blas_find_symbols()->bli_arch_string(blas_find_symbols()->bli_arch_query_id()));
    } else {
        (void)snprintf(info->name, sizeof info->name, "%s",
                       gemm_default() == &gemm_naive ? "naive loops" : "CBLAS");
    }
}

/* ---- Its threads ---------------------------------------------------------------------------- */

/* BLIS returns -1 for "not set", and accepts it. */
int blas_own_threads(void)
{
    if (is_openblas()) {
        return blas_find_symbols()->openblas_get_num_threads();
    }
    if (!is_blis()) {
        return 0;
    }
    return (int)blas_find_symbols()->bli_thread_get_num_threads();
}

void blas_set_own_threads(int threads)
{
    if (is_openblas()) {
        /* its OpenMP build calls omp_set_num_threads too, which is not its to change here */
        int limit = omp_get_max_threads();
        blas_find_symbols()->openblas_set_num_threads(threads);
        omp_set_num_threads(limit);
    } else if (is_blis()) {
        blas_find_symbols()->bli_thread_set_num_threads(threads);
    }
}

static pthread_mutex_t pin_lock = PTHREAD_MUTEX_INITIALIZER;
static int pin_count;
static int callers_threads;

void blas_enter(void)
{
    (void)pthread_mutex_lock(&pin_lock);
    if (pin_count++ == 0) {
        callers_threads = blas_own_threads();
        blas_set_own_threads(1);
    }
    (void)pthread_mutex_unlock(&pin_lock);
}

void blas_leave(void)
{
    (void)pthread_mutex_lock(&pin_lock);
    if (--pin_count == 0) {
        blas_set_own_threads(callers_threads);
    }
    (void)pthread_mutex_unlock(&pin_lock);
}

/*
 * OpenBLAS allocates its buffers for a maximum number of threads, prints a warning when more
 * compute at once, and before long spoils the process. Releases before 0.3.4 do not tell.
 */
static pthread_once_t most_once = PTHREAD_ONCE_INIT;
static int most_threads;

static void find_most_threads(void)
{
    int most = INT_MAX;
    const char *said = NULL;
    if (is_openblas()) {
        said = strstr(openblas_config(), "MAX_THREADS=");
    }
    if (said && sscanf(said, "MAX_THREADS=%d", &most) == 1 && most < 1) {
        most = 1;
    }
    most_threads = is_reentrant() ? most : 1;
}

int blas_threads(int wanted)
{
    int threads = cpu_threads(wanted);
    (void)pthread_once(&most_once, find_most_threads);
    return MIN(threads, most_threads);
}
