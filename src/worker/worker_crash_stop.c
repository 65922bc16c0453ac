/* SPDX-License-Identifier: ISC */
/*
 * The loop stops between two callbacks, where the connection table and the
 * connections agree (struct ipc_loop); threads of the pool stop anywhere, and
 * so does the loop if its callback does not end.  A thread of a module's own
 * has all signals blocked and goes on: it touches no connection.
 *
 * The loop says that it runs by plain stores (conn_set.c).  What it stored
 * before it looked at park is made visible from here, by a barrier in all
 * threads (membarrier(2)).
 */
#include "worker/worker_crash_private.h"

#include <sys/syscall.h>

#include <linux/membarrier.h>
#include <unistd.h>

#define PARK_MAX_MS 300
#define STOP_MAX_MS 200

static bool
is_between_callbacks(const struct ipc_loop *loop)
{
	return __atomic_load_n(&loop->running, __ATOMIC_SEQ_CST) == 0 ||
	    __atomic_load_n(&loop->parked, __ATOMIC_SEQ_CST) == 1;
}

/* Linux may have been built without it, a container may refuse it.  No store
 * takes a millisecond to be seen either. */
static void
make_barrier_everywhere(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) ==
	    -1)
		worker_crash_pause(1);
}

void
worker_crash_stop_prepare(void)
{
	syscall(
	    SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

static bool
park_loop(struct ipc_loop *loop)
{
	int waited;

	__atomic_store_n(&loop->park, 1, __ATOMIC_SEQ_CST);
	make_barrier_everywhere();
	for (waited = 0; waited < PARK_MAX_MS; waited++) {
		if (is_between_callbacks(loop))
			return true;
		worker_crash_pause(1);
	}
	return is_between_callbacks(loop);
}

static uint32_t
stop_thread(const struct worker_crash *crash, uint32_t row)
{
	pid_t tid = (pid_t)crash->process->threads[row].tid;

	if (tid <= 0 || tid == crash->tid)
		return 0;
	return syscall(SYS_tgkill, crash->pid, tid, WORKER_CRASH_STOP) == 0 ?
	    1 :
	    0;
}

static void
wait_for(const struct worker_crash *crash, uint32_t count)
{
	int waited;

	for (waited = 0; waited < STOP_MAX_MS; waited++) {
		if (__atomic_load_n(&crash->stopped, __ATOMIC_SEQ_CST) >= count)
			return;
		worker_crash_pause(1);
	}
}

void
worker_crash_stop_others(struct worker_crash *crash)
{
	uint32_t row, count = 0;

	for (row = IPC_THREAD_LOOP + 1; row <= crash->thread_count; row++)
		count += stop_thread(crash, row);
	if (crash->row != IPC_THREAD_LOOP && !park_loop(&crash->process->loop))
		count += stop_thread(crash, IPC_THREAD_LOOP);
	wait_for(crash, count);
}
