/* SPDX-License-Identifier: ISC */
/*
 * cohortctl: asks a running daemon, over its control socket, and prints what
 * it says.
 */
#include "ctl/ctl.h"

#include <stdio.h>

#include "base/base_fd.h"

int
main(int argc, char **argv)
{
	struct ctl_options options;
	enum ipc_exit code;
	struct error error;

	if (fd_open_standard(&error) == -1)
		return ipc_exit_for(&error);
	if (!ctl_options_read(argc, argv, &options, &code))
		return code;
	code = options.run(&options);
	if (code == IPC_EXIT_OK && fflush(stdout) == EOF) {
		perror("cohortctl: standard output");
		code = IPC_EXIT_FAILURE;
	}
	return code;
}
