/* SPDX-License-Identifier: ISC */
/*
 * Lookups in ipc_exit.tbl.  An error is never about the application: that
 * it cannot load is for the worker to decide.
 */
#include "ipc/ipc_exit.h"

#include <stddef.h>

#include "base/base_error.h"

static const struct {
	int code;
	const char *text;
} exits[] = {
#define IPC_EXIT(name, number, text) { number, text },
#include "ipc/ipc_exit.tbl"
#undef IPC_EXIT
};

enum ipc_exit
ipc_exit_for(const struct error *error)
{
	switch (error->kind) {
	case ERROR_NONE:
		return IPC_EXIT_OK;
	case ERROR_CONFIG:
		return IPC_EXIT_CONFIG;
	case ERROR_SYSTEM:
		return IPC_EXIT_SYSTEM;
	case ERROR_RUNTIME:
		return IPC_EXIT_FAILURE;
	}
	return IPC_EXIT_FAILURE;
}

const char *
ipc_exit_text(int code)
{
	size_t i;

	for (i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		if (exits[i].code == code)
			return exits[i].text;
	return "unknown exit code";
}
