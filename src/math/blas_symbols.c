/* Looks up the functions of the loaded BLAS. */
#include "math/blas_symbols.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define SYMBOL(name)                        \
    {                                       \
#name, offsetof(blas_symbols, name) \
    }

static const struct {
    const char *name;
    size_t offset;
} symbol_names[] = {
    SYMBOL(openblas_get_config),        SYMBOL(openblas_get_corename),
    SYMBOL(openblas_get_parallel),      SYMBOL(openblas_get_num_threads),
    SYMBOL(openblas_set_num_threads),   SYMBOL(blas_memory_alloc),
    SYMBOL(blas_memory_free),           SYMBOL(bli_info_get_version_str),
    SYMBOL(bli_arch_query_id),          SYMBOL(bli_arch_string),
    SYMBOL(bli_thread_get_num_threads), SYMBOL(bli_thread_set_num_threads),
};

static pthread_once_t symbols_once = PTHREAD_ONCE_INIT;
static blas_symbols symbols;

static void find_symbols(void)
{
    for (size_t i = 0; i < sizeof symbol_names / sizeof *symbol_names; i++) {
        void *found = dlsym(RTLD_DEFAULT, symbol_names[i].name);
        memcpy((char *)&symbols + symbol_names[i].offset, &found, sizeof found);
    }
}

const blas_symbols *blas_find_symbols(void)
{
    (void)pthread_once(&symbols_once, find_symbols);
    return &symbols;
}
