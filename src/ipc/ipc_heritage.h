/* SPDX-License-Identifier: ISC */
/*
 * Everything that crosses the fork from the master to a worker.  The master
 * fills one of these before fork(2); the child keeps exactly the descriptors
 * named here, closes all others, and looks at nothing else of the master's
 * memory.  What is pointed to is never written again by either side, but for
 * the shared areas, whose headers say who writes what.
 */
#ifndef IPC_HERITAGE_H
#define IPC_HERITAGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_settings.h"
#include "ipc/ipc_process.h"
#include "ipc/ipc_scoreboard.h"

struct cohort_module;

struct ipc_listener {
	int fd;           /* bound, listening, non-blocking */
	const char *name; /* "127.0.0.1:8080", for the log */
	uint32_t id;      /* the master's, for ever; in a handover */
	bool is_tcp;
	const char *proxy_protocol; /* networks, as configured */
};

/* The bytes of a module as its cohort has them, whatever became of the file. */
struct ipc_module {
	const char *path; /* as configured */
	int fd;           /* a sealed memfd */
};

struct ipc_heritage {
	uint32_t cohort;     /* numbered from 1 */
	uint32_t slot;       /* index in the scoreboard */
	uint64_t generation; /* of this worker: unique for ever */
	pid_t master;

	const struct settings *settings;
	const struct cohort_module *builtin; /* COHORT_MAIN, or NULL */

	int channel; /* the worker's end */
	struct ipc_scoreboard *scoreboard;
	int scoreboard_fd;
	int process_fd;    /* to be mapped: ipc_process_map */
	int quarantine_fd; /* to be mapped: ipc_quarantine_map; -1: off */

	const struct ipc_listener *listeners;
	size_t listener_count;

	const struct ipc_module *modules; /* each path of settings once */
	size_t module_count;

	int error_log;  /* -1: stderr or syslog */
	int access_log; /* -1: none */
};

#endif
