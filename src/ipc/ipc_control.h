/* SPDX-License-Identifier: ISC */
/*
 * The client's end of the master's control socket: a connection, requests
 * and their replies, each a JSON object.  cohortctl and cohortd -s use it;
 * the other end is master/master_control.h.
 */
#ifndef IPC_CONTROL_H
#define IPC_CONTROL_H

#include <jansson.h>
#include <stdint.h>

#include "base/base_error.h"

struct ipc_control;

/* Connects to the socket at path.  An error of number ENOENT or ECONNREFUSED
 * means that no daemon is there, and says so. */
int ipc_control_open(
    const char *path, struct ipc_control **control_r, struct error *error);
void ipc_control_close(struct ipc_control **control);

/*
 * Sends a request and waits for its reply, which is an object and the
 * caller's reference.  At most timeout_ms, and without an end when that is
 * 0: some orders take as long as they take.  After an error the connection
 * is good for nothing more.  A refusal is a reply.
 */
int ipc_control_ask(struct ipc_control *control, const json_t *request,
    uint64_t timeout_ms, json_t **reply_r, struct error *error);

/* Why there is nothing else in the reply; NULL: it was not refused. */
const char *ipc_control_refusal(const json_t *reply);

#endif
