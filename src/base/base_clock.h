/* SPDX-License-Identifier: ISC */
/*
 * Clocks.  The coarse ones cost a few nanoseconds and no system call and
 * are right to one kernel tick (at most 10 ms): deadlines and dates use
 * them.  The precise one is for durations in the access log.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <sys/time.h>

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC_COARSE in milliseconds. */
uint64_t clock_monotonic_ms(void);

/* CLOCK_MONOTONIC in microseconds. */
uint64_t clock_monotonic_us(void);

/* CLOCK_REALTIME_COARSE in whole seconds since 1970. */
time_t clock_wall_seconds(void);

/* A duration as libevent wants it. */
struct timeval clock_timeval(uint64_t ms);

#endif
