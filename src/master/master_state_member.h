/* SPDX-License-Identifier: ISC */
/*
 * Members of structs as members of JSON objects, by tables: what is written
 * and what is read is one row.  A reader passes over what it does not know;
 * what it does not find keeps its value, unless it is NEEDED.
 */
#ifndef MASTER_STATE_MEMBER_H
#define MASTER_STATE_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"

enum master_member_kind {
	MASTER_MEMBER_NUMBER,     /* unsigned or an enum, of 4 or 8 bytes */
	MASTER_MEMBER_DESCRIPTOR, /* int; -1: none */
	MASTER_MEMBER_BOOLEAN,    /* bool */
	MASTER_MEMBER_TEXT,       /* char *, or NULL: freed when replaced */
	MASTER_MEMBER_ARRAY       /* char[]: NUL-terminated */
};

struct master_member {
	const char *name;
	enum master_member_kind kind;
	bool is_needed;
	size_t offset, size;
	uint64_t least, most; /* of numbers */
};

struct master_member_table {
	const struct master_member *members;
	size_t count;
};

#define NEEDED true
#define SPARE  false

/* clang-format off */
#define MASTER_MEMBER(type, kind_, member, needed, least_, most_) \
	{ #member, MASTER_MEMBER_##kind_, needed,                 \
	    offsetof(type, member), sizeof(((type *)NULL)->member), least_, \
	    most_ }
/* clang-format on */

#define MASTER_MEMBER_TABLE(members)                            \
	{                                                       \
		members, sizeof(members) / sizeof((members)[0]) \
	}

/* Adds them to the object. */
void master_member_put(
    json_t *to, const struct master_member_table *table, const void *object);

/* 0, or -1 with the name of what is missing or makes no sense. */
int master_member_take(const json_t *from,
    const struct master_member_table *table, void *object, struct error *error);

/* Calls back with each descriptor that is not -1; ends at the first -1. */
int master_member_each_descriptor(const struct master_member_table *table,
    const void *object,
    int (*on_descriptor)(void *context, int fd, struct error *error),
    void *context, struct error *error);

#endif
