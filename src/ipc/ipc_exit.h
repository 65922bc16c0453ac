/* SPDX-License-Identifier: ISC */
/*
 * Exit codes, from ipc_exit.tbl.
 */
#ifndef IPC_EXIT_H
#define IPC_EXIT_H

enum ipc_exit {
#define IPC_EXIT(name, number, text) IPC_EXIT_##name = number,
#include "ipc/ipc_exit.tbl"
#undef IPC_EXIT
};

struct error;

/* The code for an error's kind. */
enum ipc_exit ipc_exit_for(const struct error *error);

/* Words for a code, "unknown exit code" for others. */
const char *ipc_exit_text(int code);

#endif
