/* SPDX-License-Identifier: ISC */
/*
 * Intrusive doubly linked list.  A struct list_link is a member of the
 * object; a struct list is the head.  Everything is O(1).  A link that
 * stands in no list points to nothing; list_remove leaves it so.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_link {
	struct list_link *next, *previous;
};

struct list {
	struct list_link head;
};

#define LIST_OBJECT(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

#define LIST_FOREACH(link, list)                                  \
	for ((link) = (list)->head.next; (link) != &(list)->head; \
	     (link) = (link)->next)

/* The body may remove and free link. */
#define LIST_FOREACH_SAFE(link, following, list)                     \
	for ((link) = (list)->head.next, (following) = (link)->next; \
	     (link) != &(list)->head;                                \
	     (link) = (following), (following) = (link)->next)

static inline void
list_init(struct list *list)
{
	list->head.next = list->head.previous = &list->head;
}

static inline bool
list_is_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static inline bool
list_is_linked(const struct list_link *link)
{
	return link->next != NULL;
}

/* NULL when empty. */
static inline struct list_link *
list_first(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->head.next;
}

/* NULL if it is empty. */
static inline struct list_link *
list_last(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->head.previous;
}

static inline void
list_insert_before(struct list_link *link, struct list_link *position)
{
	link->next = position;
	link->previous = position->previous;
	position->previous->next = link;
	position->previous = link;
}

static inline void
list_append(struct list *list, struct list_link *link)
{
	list_insert_before(link, &list->head);
}

static inline void
list_prepend(struct list *list, struct list_link *link)
{
	list_insert_before(link, list->head.next);
}

/* Does nothing to a link that stands in no list. */
static inline void
list_remove(struct list_link *link)
{
	if (link->next == NULL)
		return;
	link->next->previous = link->previous;
	link->previous->next = link->next;
	link->next = link->previous = NULL;
}

/* Removes and returns the first link, or NULL. */
static inline struct list_link *
list_take_first(struct list *list)
{
	struct list_link *link = list_first(list);

	if (link != NULL)
		list_remove(link);
	return link;
}

#endif
