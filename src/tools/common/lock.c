#include "common/lock.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

bool lock_file(int file)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    for (int tries = 0; flock(file, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK || tries == 20) {
            return errno != EWOULDBLOCK;
        }
        (void)nanosleep(&pause, NULL);
    }
    return true;
}
