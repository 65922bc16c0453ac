/* SPDX-License-Identifier: ISC */
/*
 * The command line of cohortctl, and the verbs that it may have.
 */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/ipc_exit.h"

struct ctl_options;

/* Everything points into argv. */
struct ctl_options {
	const char *file;   /* -c; NULL: the default */
	const char *socket; /* -S, or NULL */
	bool json;
	uint64_t timeout_ms;  /* --timeout; 0: none */
	uint64_t interval_ms; /* --interval */
	uint64_t frames;      /* -n; 0: without an end */
	const char *verb;
	enum ipc_exit (*run)(const struct ctl_options *options);
	const char *operand; /* ID, CORE, N, PROGRAM; or NULL */
	char **rest;         /* what stands behind "--" */
	size_t rest_count;
};

/*
 * True: *options_r says what is to be run.  False: nothing is, as -h, -V or
 * a complaint was printed, and *code_r is the exit code.
 */
bool ctl_options_read(int argc, char **argv, struct ctl_options *options_r,
    enum ipc_exit *code_r);

#endif
