/* SPDX-License-Identifier: ISC */
/*
 * A thread of another process, as the kernel knows it.  The number is what
 * that process says: the kernel looks whether it is one of its threads.
 */
#ifndef MASTER_THREAD_H
#define MASTER_THREAD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct master_thread {
	bool is_held;   /* stopped or traced: somebody's will */
	bool is_asleep; /* in the kernel, which lets no signal through */
};

/* Of one that is not there, neither. */
struct master_thread master_thread_look(pid_t pid, uint32_t tid);

/* The same of what stands in its /proc/PID/task/TID/status. */
struct master_thread master_thread_parse(const char *status);

void master_thread_signal(pid_t pid, uint32_t tid, int number);

#endif
