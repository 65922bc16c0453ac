/* SPDX-License-Identifier: ISC */
/*
 * The lower half of a number is the place and one, so that 0 is no ticket;
 * the upper half is the generation.
 */
#include "app/app_ticket.h"

#include "base/base_object.h"

struct place {
	struct cohort_request *request; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* place and one; 0: none */
};

#define APP_TICKETS_MAGIC 0x5f458173u

struct app_tickets {
	unsigned magic;
	struct place *places;
	uint32_t count;
	uint32_t first_free;
};

struct app_tickets *
app_tickets_new(void)
{
	struct app_tickets *tickets;

	OBJECT_NEW(tickets, APP_TICKETS_MAGIC);
	return tickets;
}

void
app_tickets_free(struct app_tickets **source)
{
	struct app_tickets *tickets;

	OBJECT_TAKE(tickets, source, APP_TICKETS_MAGIC);
	memory_free(tickets->places);
	OBJECT_FREE(tickets);
}

static void
grow(struct app_tickets *tickets)
{
	uint32_t count = tickets->count == 0 ? 16 : tickets->count * 2;
	uint32_t i;

	tickets->places =
	    memory_resize(tickets->places, count, sizeof(*tickets->places));
	for (i = count; i > tickets->count; i--) {
		tickets->places[i - 1] = (struct place) {
			.next_free = tickets->first_free,
		};
		tickets->first_free = i;
	}
	tickets->count = count;
}

static struct place *
find(const struct app_tickets *tickets, cohort_ticket ticket)
{
	uint32_t number = (uint32_t)ticket.id;
	struct place *place;

	if (number == 0 || number > tickets->count)
		return NULL;
	place = &tickets->places[number - 1];
	if (place->request == NULL ||
	    place->generation != (uint32_t)(ticket.id >> 32))
		return NULL;
	return place;
}

cohort_ticket
app_ticket_take(struct app_tickets *tickets, struct cohort_request *request)
{
	struct place *place;
	uint32_t number;

	if (tickets->first_free == 0)
		grow(tickets);
	number = tickets->first_free;
	place = &tickets->places[number - 1];
	tickets->first_free = place->next_free;
	place->request = request;
	place->generation++;
	return (cohort_ticket) { (uint64_t)place->generation << 32 | number };
}

struct cohort_request *
app_ticket_find(const struct app_tickets *tickets, cohort_ticket ticket)
{
	struct place *place = find(tickets, ticket);

	return place == NULL ? NULL : place->request;
}

void
app_ticket_drop(struct app_tickets *tickets, cohort_ticket ticket)
{
	struct place *place = find(tickets, ticket);

	if (place == NULL)
		return;
	place->request = NULL;
	place->next_free = tickets->first_free;
	tickets->first_free = (uint32_t)ticket.id;
}
