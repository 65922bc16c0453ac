/* SPDX-License-Identifier: ISC */
/*
 * Lookups in ipc/ipc_close.tbl.
 */
#include "conn/conn_close.h"

static const struct {
	const char *word;
	bool is_error;
} reasons[CONN_CLOSE_COUNT] = {
#define IPC_CLOSE(name, word, is_error, text) \
	[CONN_CLOSE_##name] = { word, is_error },
#include "ipc/ipc_close.tbl"
#undef IPC_CLOSE
};

const char *
conn_close_word(enum conn_close reason)
{
	return reasons[reason].word;
}

bool
conn_close_is_error(enum conn_close reason)
{
	return reasons[reason].is_error;
}
