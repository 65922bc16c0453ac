/* SPDX-License-Identifier: ISC */
/*
 * The handlers and their slot, before anything can crash.  What could not be
 * done in a handler is done here: backtrace(3) loads a library when it is
 * called first.
 */
#include "worker/worker_crash.h"

#include <sys/stat.h>

#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include "worker/worker_crash_private.h"
#include "worker/worker_private.h"

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS,
	SIGTRAP };

#define FAULT_COUNT (sizeof(faults) / sizeof(faults[0]))

/* A fault within a handler is seen; nothing else comes between. */
static sigset_t
all_but_faults(void)
{
	sigset_t set;
	size_t i;

	sigfillset(&set);
	for (i = 0; i < FAULT_COUNT; i++)
		sigdelset(&set, faults[i]);
	return set;
}

static int
install(int signal, const struct sigaction *action, struct error *error)
{
	if (sigaction(signal, action, NULL) == -1)
		return error_set_errno(error, "sigaction of %d", signal);
	return 0;
}

static int
install_faults(struct error *error)
{
	const struct sigaction action = {
		.sa_sigaction = worker_crash_on_fault,
		.sa_mask = all_but_faults(),
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};
	size_t i;

	for (i = 0; i < FAULT_COUNT; i++)
		if (install(faults[i], &action, error) == -1)
			return -1;
	return 0;
}

static int
install_report(struct error *error)
{
	struct sigaction action = {
		.sa_sigaction = worker_crash_on_report,
		.sa_mask = all_but_faults(),
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
	};

	sigdelset(&action.sa_mask, WORKER_CRASH_STOP);
	return install(SIGUSR2, &action, error);
}

static int
install_stop(struct error *error)
{
	const struct sigaction action = {
		.sa_handler = worker_crash_on_stop,
		.sa_mask = all_but_faults(),
		.sa_flags = SA_ONSTACK,
	};

	return install(WORKER_CRASH_STOP, &action, error);
}

static int
note_channel(int fd, struct error *error)
{
	struct worker_crash *crash = worker_crash_slot();
	struct stat status;

	if (fstat(fd, &status) == -1)
		return error_set_errno(error, "fstat of the channel");
	crash->channel = fd;
	crash->channel_device = status.st_dev;
	crash->channel_inode = status.st_ino;
	return 0;
}

static void
fill_slot(const struct worker *worker)
{
	const struct settings *settings = worker->heritage->settings;
	struct worker_crash *crash = worker_crash_slot();

	crash->pid = getpid();
	crash->generation = worker->heritage->generation;
	crash->process = worker->process;
	crash->denials = settings->seccomp ? &worker->process->denials : NULL;
	crash->denied = &worker->slot->denied;
	crash->row_count = worker->process->row_count;
	crash->thread_count = (uint32_t)settings->threads;
	crash->linger_ms = settings->http.linger_timeout;
}

int
worker_crash_install_denied(
    struct ipc_denials *denials, uint64_t *denied, struct error *error)
{
	const struct sigaction action = {
		.sa_sigaction = worker_crash_on_denied,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	worker_crash_slot()->denials = denials;
	worker_crash_slot()->denied = denied;
	return install(SIGSYS, &action, error);
}

void
worker_crash_leave_channel(void)
{
	worker_crash_slot()->channel = -1;
}

int
worker_crash_install(struct worker *worker, struct error *error)
{
	struct worker_crash_base *base = &worker_crash_slot()->base;

	base->count = backtrace(base->frames, IPC_FRAMES_MAX);
	worker_images_note(worker);
	fill_slot(worker);
	worker_crash_stop_prepare();
	if (note_channel(worker->channel_fd, error) == -1 ||
	    worker_thread_begin(worker, IPC_THREAD_LOOP, error) == -1 ||
	    install_stop(error) == -1 || install_report(error) == -1)
		return -1;
	return install_faults(error);
}
