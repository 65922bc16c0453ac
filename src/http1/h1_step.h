/* SPDX-License-Identifier: ISC */
/*
 * The request loop: takes from the input what can be taken now.  Called by
 * protocol functions only.
 */
#ifndef H1_STEP_H
#define H1_STEP_H

#include <stdbool.h>

struct h1_connection;

/* Makes steps until nothing more can be done. */
void h1_step_run(struct h1_connection *connection);

/* Tells the active exchange of room if it wants to know; false if not. */
bool h1_step_give_room(struct h1_connection *connection);

#endif
