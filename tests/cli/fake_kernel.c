/*
 * Preloaded into a tool: an OpenBLAS that chose its Haswell kernels, and has whichever others
 * OPENBLAS_CORETYPE asks for. Each start of a process is a line of the file $STARTS, with the
 * variable's value and the process's number, its name and its arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

char *openblas_get_config(void);
char *openblas_get_corename(void);

char *openblas_get_config(void)
{
    static char config[] = "OpenBLAS 0.3.21 DYNAMIC_ARCH Haswell MAX_THREADS=64";
    return config;
}

char *openblas_get_corename(void)
{
    static char haswell[] = "Haswell";
    char *wanted = getenv("OPENBLAS_CORETYPE");
    return wanted && *wanted ? wanted : haswell;
}

/* glibc hands main's arguments to constructors too. */
__attribute__((constructor)) static void note_start(int argc, char **argv)
{
    const char *path = getenv("STARTS");
    FILE *file = path ? fopen(path, "ae") : NULL;
    const char *wanted = getenv("OPENBLAS_CORETYPE");
    char name[17] = "";
    (void)prctl(PR_GET_NAME, name);
    if (file) {
        (void)fprintf(file, "[%s] %d %s:", wanted ? wanted : "unset", (int)getpid(), name);
        for (int i = 0; i < argc; i++) {
            (void)fprintf(file, " '%s'", argv[i]);
        }
        (void)fputc('\n', file);
        (void)fclose(file);
    }
}
