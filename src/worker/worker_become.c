/* SPDX-License-Identifier: ISC */
/*
 * The steps right after the fork, in the only safe order: signals first, as
 * the master's handlers must never run here; then the log, whose descriptor
 * is closed with all others that are not inherited; all of it with the
 * master's rights, which go next (worker_sandbox.c).
 */
#include <sys/stat.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_title.h"
#include "worker/worker_private.h"

/* For everything that is neither a connection nor a file being served. */
#define DESCRIPTORS_KEPT 64

/*
 * Whoever sends these, a terminal, a service manager that signals the whole
 * group (so TERM is among them), or an operator, means the master.
 */
static const int ignored[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGWINCH,
	SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGPIPE };

static void
set_disposition(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	/* Fails for KILL and STOP, and for what the C library uses. */
	sigaction(number, &action, NULL);
}

static void
reset_signals(void)
{
	sigset_t none;
	size_t i;
	int number;

	for (number = 1; number < NSIG; number++)
		set_disposition(number, SIG_DFL);
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		set_disposition(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
use_log(const struct ipc_heritage *heritage)
{
	enum log_target target = LOG_TARGET_FILE;
	enum log_level level = LOG_LEVEL_INFO;

	if (strcmp(heritage->settings->error_log, "stderr") == 0)
		target = LOG_TARGET_STDERR;
	else if (strcmp(heritage->settings->error_log, "syslog") == 0)
		target = LOG_TARGET_SYSLOG;
	log_level_parse(heritage->settings->log_level, &level);
	log_open("cohortd", target, heritage->error_log, level);
}

/*
 * A daemon's standard error is the terminal, or the pipe, of the command
 * that started it, which waits for its end.  What libraries print there
 * goes to the log file, if there is one.
 */
static int
leave_launcher(const struct ipc_heritage *heritage, struct error *error)
{
	if (strcmp(heritage->settings->error_log, "stderr") == 0)
		return 0;
	if (fd_redirect_standard(true, error) == -1)
		return -1;
	if (heritage->error_log != -1 &&
	    dup2(heritage->error_log, STDERR_FILENO) == -1)
		return error_set_errno(error, "dup2");
	return 0;
}

static int
close_others(const struct ipc_heritage *heritage, struct error *error)
{
	const int own[] = { heritage->channel, heritage->scoreboard_fd,
		heritage->process_fd, heritage->quarantine_fd,
		heritage->error_log, heritage->access_log };
	const size_t own_count = sizeof(own) / sizeof(own[0]);
	int *keep, result;
	size_t i, count = own_count;

	keep = memory_alloc_array(
	    own_count + heritage->listener_count + heritage->module_count,
	    sizeof(*keep));
	memcpy(keep, own, sizeof(own));
	for (i = 0; i < heritage->listener_count; i++)
		keep[count++] = heritage->listeners[i].fd;
	for (i = 0; i < heritage->module_count; i++)
		keep[count++] = heritage->modules[i].fd;
	result = fd_close_all_but(keep, count, error);
	memory_free(keep);
	return result;
}

/* Descriptors that are not for connections. */
static uint64_t
others(const struct ipc_heritage *heritage)
{
	return heritage->settings->open_files + heritage->listener_count +
	    heritage->module_count + DESCRIPTORS_KEPT;
}

/* Descriptors suffice for so many connections; at least half of the limit
 * is theirs. */
static uint64_t
room_for_connections(const struct worker *worker, size_t limit)
{
	uint64_t kept = others(worker->heritage);

	if (kept > limit / 2)
		kept = limit / 2;
	return limit > kept ? limit - kept : 1;
}

static int
limit_connections(struct worker *worker, struct error *error)
{
	const struct settings *settings = worker->heritage->settings;
	size_t limit;

	if (fd_raise_limit(settings->max_connections + others(worker->heritage),
		&limit, error) == -1)
		return -1;
	worker->max_connections = room_for_connections(worker, limit);
	if (worker->max_connections >= settings->max_connections)
		worker->max_connections = settings->max_connections;
	else
		log_warn("max_connections is %llu instead of %llu, as there "
			 "may be no more than %zu open descriptors",
		    (unsigned long long)worker->max_connections,
		    (unsigned long long)settings->max_connections, limit);
	worker->slot->max_connections = worker->max_connections;
	return 0;
}

int
worker_become(struct worker *worker, struct error *error)
{
	const struct ipc_heritage *heritage = worker->heritage;

	reset_signals();
	use_log(heritage);
	if (leave_launcher(heritage, error) == -1 ||
	    close_others(heritage, error) == -1 ||
	    ipc_process_map(heritage->process_fd, &worker->process, error) ==
		-1 ||
	    worker_quarantine_open(worker, error) == -1)
		return -1;
	title_set("worker %u, cohort %u", heritage->slot, heritage->cohort);
	return limit_connections(worker, error);
}
