/* SPDX-License-Identifier: ISC */
/*
 * Owns the opening of log files.  The master opens them, with its own
 * rights, and workers inherit or are sent the descriptors: after the
 * privilege drop they could not.  All writers append whole lines by single
 * writes, so processes can share a file.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_object.h"
#include "master/master_private.h"

/* Not blocking, as a pipe without a reader must stop neither the master
 * here nor a worker at its next line. */
#define FILE_FLAGS \
	(O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static bool
is_file(const char *name)
{
	return name[0] != '\0' && strcmp(name, "stderr") != 0 &&
	    strcmp(name, "syslog") != 0;
}

static int
open_file(const char *name, const char *option, int *fd_r, struct error *error)
{
	if (strcmp(name, "stdout") == 0)
		*fd_r = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		*fd_r = open(name, FILE_FLAGS, 0640);
	if (*fd_r == -1)
		return error_set_errno(
		    error, "%s: cannot open %s", option, name);
	return 0;
}

int
master_logs_open(struct master_logs *logs, const struct settings *settings,
    struct error *error)
{
	logs->error_log = logs->access_log = -1;
	if (is_file(settings->error_log) &&
	    open_file(settings->error_log, "error_log", &logs->error_log,
		error) == -1)
		return -1;
	if (is_file(settings->access_log) &&
	    open_file(settings->access_log, "access_log", &logs->access_log,
		error) == -1) {
		fd_close(&logs->error_log);
		return -1;
	}
	return 0;
}

void
master_logs_close(struct master_logs *logs)
{
	fd_close(&logs->error_log);
	fd_close(&logs->access_log);
}

void
master_logs_use(struct master *master, const struct master_logs *logs,
    const struct settings *settings)
{
	enum log_target target = LOG_TARGET_FILE;
	enum log_level level = LOG_LEVEL_INFO;
	int before = master->log;

	master->log = -1;
	if (strcmp(settings->error_log, "stderr") == 0)
		target = LOG_TARGET_STDERR;
	else if (strcmp(settings->error_log, "syslog") == 0)
		target = LOG_TARGET_SYSLOG;
	else
		master->log = fcntl(logs->error_log, F_DUPFD_CLOEXEC, 3);
	log_level_parse(settings->log_level, &level);
	log_open("cohortd", target, master->log, level);
	master->uses_logs = true;
	fd_close(&before);
}

/* The new file takes the old one's descriptor number, which others know. */
static void
reopen(const char *name, const char *option, int fd)
{
	struct error error;
	int opened = -1;

	if (fd == -1 || strcmp(name, "stdout") == 0)
		return;
	if (open_file(name, option, &opened, &error) == -1) {
		log_error("reopen: %s: the old file stays", error.text);
		return;
	}
	if (dup3(opened, fd, O_CLOEXEC) == -1)
		log_error("reopen: %s: %m: the old file stays", option);
	fd_close(&opened);
}

/* Whose logs the master's own lines go to. */
static const struct master_cohort *
speaker(const struct master *master)
{
	if (master->current != NULL)
		return master->current;
	if (master->withdrawn != NULL)
		return master->withdrawn;
	if (list_is_empty(&master->cohorts))
		return NULL;
	return LIST_OBJECT(
	    master->cohorts.head.previous, struct master_cohort, link);
}

void
master_logs_reopen(struct master *master)
{
	const struct master_cohort *own = speaker(master);
	struct list_link *cohort_link, *link;
	struct master_cohort *cohort;

	LIST_FOREACH (cohort_link, &master->cohorts) {
		cohort = LIST_OBJECT(cohort_link, struct master_cohort, link);
		reopen(cohort->settings->error_log, "error_log",
		    cohort->logs.error_log);
		reopen(cohort->settings->access_log, "access_log",
		    cohort->logs.access_log);
		LIST_FOREACH (link, &cohort->workers)
			master_channel_tell_logs(
			    LIST_OBJECT(link, struct master_worker, link),
			    &cohort->logs);
	}
	if (own != NULL)
		master_logs_use(master, &own->logs, own->settings);
	log_info("logs reopened");
}
