/* SPDX-License-Identifier: ISC */
/*
 * What RFC 9112 and RFC 9110 demand of a request head and http-parser does
 * not check: all of it stands here, and the reasons in h1_fault.tbl.  A
 * front proxy that reads a request in another way than we do is a hole;
 * therefore what is doubtful is refused, and the connection closed.
 *
 * The checks need no more than the bytes: no arena, no exchange.  Offsets
 * are from the begin of the input.
 */
#ifndef H1_STRICT_H
#define H1_STRICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum h1_fault {
	H1_FAULT_NONE,
#define H1_FAULT(name, status, section, text) H1_FAULT_##name,
#include "http1/h1_fault.tbl"
#undef H1_FAULT
	H1_FAULT_COUNT
};

/* What is answered to it; its section; words. */
int h1_fault_status(enum h1_fault fault);
const char *h1_fault_section(enum h1_fault fault);
const char *h1_fault_text(enum h1_fault fault);

struct h1_span {
	uint32_t offset, size;
};

struct h1_field {
	struct h1_span name;
	struct h1_span value; /* without white space around it */
};

/* A request line that passed. */
struct h1_line {
	struct h1_span method, target;
	unsigned version; /* 0x0100 or 0x0101 */
};

/* What the fields say about the message and the connection. */
struct h1_framing {
	int64_t body_size;  /* as in struct http_request */
	int host;           /* index of the Host field, or -1 */
	bool is_persistent; /* RFC 9112, 9.3 */
	bool expects_continue;
};

/*
 * The bytes from begin on, which hold no LF yet: may they become a request
 * line?  So that who speaks something else hears it at once.
 */
enum h1_fault h1_strict_begin(const char *head, size_t begin, size_t end);

/* What is wrong with a line of which these bytes are too many. */
enum h1_fault h1_strict_long_line(const char *head, size_t begin, size_t end);

/* The request line, from begin to its LF at end. */
enum h1_fault h1_strict_line(
    const char *head, size_t begin, size_t end, struct h1_line *line_r);

/*
 * The field lines, from begin to the end of the head, as http-parser found
 * them; every byte between them is accounted for.  Trims the values.
 */
enum h1_fault h1_strict_fields(const char *head, size_t begin, size_t end,
    struct h1_field *fields, size_t count);

/* What the fields, all of which passed h1_strict_fields, mean together. */
enum h1_fault h1_strict_framing(const char *head, const struct h1_line *line,
    const struct h1_field *fields, size_t count, struct h1_framing *framing_r);

#endif
