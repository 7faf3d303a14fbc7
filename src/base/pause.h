/*
 * How a thread waits for another that needs some ten microseconds: it spins for a while, and when
 * that was in vain sleeps for short spells, because then the CPU may be wanted by the very thread
 * that is waited for. (Giving way with sched_yield instead costs milliseconds where another program
 * wants the CPU: the one who yields is then last in the queue, and threads that wait for each other
 * yield in turn.)
 */
#ifndef NNFS_BASE_PAUSE_H
#define NNFS_BASE_PAUSE_H

/* One turn of waiting; takes and returns the number of turns so far. */
int pause_once(int turns);

/* A longer rest, for a thread that is waited for only where a region ends. */
void pause_rest(void);

#endif
