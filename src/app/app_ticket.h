/* SPDX-License-Identifier: ISC */
/*
 * Tickets: numbers that stand for requests and safely stop working.  A table
 * of places; a number is a place and its generation, so that a place used
 * again does not answer to an old number.  Loop thread.  Private to app/.
 */
#ifndef APP_TICKET_H
#define APP_TICKET_H

#include <cohort/cohort.h>

struct app_tickets;

struct app_tickets *app_tickets_new(void);

/* None is taken any more.  Nulls *tickets. */
void app_tickets_free(struct app_tickets **tickets);

cohort_ticket app_ticket_take(
    struct app_tickets *tickets, struct cohort_request *request);

/* The request, or NULL when it has ended, or never was. */
struct cohort_request *app_ticket_find(
    const struct app_tickets *tickets, cohort_ticket ticket);

/* The ticket works no more.  One that does not is fine. */
void app_ticket_drop(struct app_tickets *tickets, cohort_ticket ticket);

#endif
