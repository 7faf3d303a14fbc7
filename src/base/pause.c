/* Waiting for another thread. */
#include "base/pause.h"

#include <time.h>

/* Some tens of microseconds of spinning: about what a phase of a small network takes. */
#define SPINS 3000

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void nap(long nanoseconds)
{
    const struct timespec spell = {.tv_nsec = nanoseconds};
    (void)nanosleep(&spell, NULL);
}

int pause_once(int turns)
{
    if (turns < SPINS) {
        relax();
        return turns + 1;
    }
    nap(20000);
    return turns;
}

void pause_rest(void)
{
    nap(500000);
}
