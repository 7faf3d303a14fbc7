/* pthread_create as it is where the number of processes is limited: no thread starts. */
#include <errno.h>
#include <pthread.h>

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc reserves its names */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    (void)thread;
    (void)attributes;
    (void)start;
    (void)argument;
    return EAGAIN;
}
