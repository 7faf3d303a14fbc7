/* What short regions remember of threads that came late. */
#include "program/late_threads.h"
#include "base/minmax.h"

/* A thread is late if it keeps the caller for longer than this, and than LATE times the
 * caller's own work. */
#define LATE_SECONDS 0.001
#define LATE         2.0

/* Without threads after a late region, at first; twice as long after each that is late again. */
#define HOLD_SECONDS      0.1
#define HOLD_SECONDS_MOST 4.0

bool late_threads_expected(const late_threads *l, double now, double work)
{
    return now < atomic_load(&l->until) && work <= LATE * atomic_load(&l->work);
}

void late_threads_note(late_threads *l, double now, double work, double own, double waited)
{
    if (waited < LATE_SECONDS || waited < LATE * own) {
        atomic_store(&l->hold, 0.0);
        return;
    }
    double longer = 2.0 * atomic_load(&l->hold);
    double hold = MIN(MAX(longer, HOLD_SECONDS), HOLD_SECONDS_MOST);
    atomic_store(&l->hold, hold);
    atomic_store(&l->work, work);
    atomic_store(&l->until, now + hold);
}
