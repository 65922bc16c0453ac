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

/* The file of that name, where there was one before; else -1. */
static int
open_anew(const char *name, const char *option, int before, int *fd_r,
    struct error *error)
{
	*fd_r = -1;
	if (before == -1 || strcmp(name, "stdout") == 0)
		return 0;
	return open_file(name, option, fd_r, error);
}

static int
open_all_anew(const struct master_cohort *cohort, struct master_logs *logs_r,
    struct error *error)
{
	const struct settings *settings = cohort->settings;

	logs_r->access_log = -1;
	if (open_anew(settings->error_log, "error_log", cohort->logs.error_log,
		&logs_r->error_log, error) == -1)
		return -1;
	return open_anew(settings->access_log, "access_log",
	    cohort->logs.access_log, &logs_r->access_log, error);
}

/* The new file takes the old one's descriptor number, which others know. */
static void
put_in_place(const char *option, int fd, int place)
{
	if (fd != -1 && dup3(fd, place, O_CLOEXEC) == -1)
		log_error("reopen: %s: %m: the old file stays", option);
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
	    list_last(&master->cohorts), struct master_cohort, link);
}

/* As many as there are cohorts, in their order; count_r were opened. */
static int
open_everything(const struct master *master, struct master_logs **logs_r,
    size_t *count_r, struct error *error)
{
	const struct master_cohort *cohort;
	struct list_link *link;
	int result = 0;

	*logs_r = NULL;
	*count_r = 0;
	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		*logs_r =
		    memory_resize(*logs_r, *count_r + 1, sizeof(**logs_r));
		result = open_all_anew(cohort, &(*logs_r)[(*count_r)++], error);
		if (result == -1)
			break;
	}
	return result;
}

static void
use_everything(struct master *master, const struct master_logs *logs)
{
	const struct master_cohort *cohort, *own = speaker(master);
	struct list_link *link;
	size_t i = 0;

	LIST_FOREACH (link, &master->cohorts) {
		cohort = LIST_OBJECT(link, struct master_cohort, link);
		put_in_place(
		    "error_log", logs[i].error_log, cohort->logs.error_log);
		put_in_place(
		    "access_log", logs[i].access_log, cohort->logs.access_log);
		i++;
	}
	if (own != NULL)
		master_logs_use(master, &own->logs, own->settings);
}

int
master_logs_reopen(struct master *master, struct error *error)
{
	struct master_logs *logs;
	size_t i, count;
	int result = open_everything(master, &logs, &count, error);

	if (result == 0)
		use_everything(master, logs);
	for (i = 0; i < count; i++)
		master_logs_close(&logs[i]);
	memory_free(logs);
	return result;
}
