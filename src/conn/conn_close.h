/* SPDX-License-Identifier: ISC */
/*
 * Reasons for the end of a connection, from ipc/ipc_close.tbl.
 */
#ifndef CONN_CLOSE_H
#define CONN_CLOSE_H

#include <stdbool.h>

enum conn_close {
#define IPC_CLOSE(name, word, is_error, text) CONN_CLOSE_##name,
#include "ipc/ipc_close.tbl"
#undef IPC_CLOSE
	CONN_CLOSE_COUNT
};

const char *conn_close_word(enum conn_close reason);
bool conn_close_is_error(enum conn_close reason);

#endif
