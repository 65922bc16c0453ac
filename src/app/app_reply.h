/* SPDX-License-Identifier: ISC */
/*
 * The reply of a request while it is made: status, header fields, and a body
 * of pieces, or the mark that it is a stream.  Nothing of it goes out before
 * app_send.h says so; until then it may be edited and replaced.  Private to
 * app/, but for app_reply_pieces, which services use.  Loop thread.
 */
#ifndef APP_REPLY_H
#define APP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cohort/cohort.h>

enum app_reply_kind {
	APP_REPLY_NONE,
	APP_REPLY_ERROR, /* a status that nobody has worded yet */
	APP_REPLY_WHOLE,
	APP_REPLY_STREAM
};

/* A part of a body: bytes, or, with data NULL, a part of a file. */
struct app_piece {
	const void *data;
	int fd;
	int64_t offset; /* in the file */
	int64_t size;
};

/* What a body took, and how it is given back. */
struct app_release {
	cohort_free *function; /* NULL: nothing was taken */
	void *owner;
	bool is_ours; /* no module's: needs no frame */
};

#define APP_REPLY_FIELDS 16 /* more go to request memory */

struct app_reply {
	enum app_reply_kind kind;
	int status;
	bool refused;         /* a field was: the reply becomes a 500 */
	bool is_failure;      /* cohort_fail and cohort_refuse made it */
	bool has_second;      /* a second reply was refused */
	bool has_lent_fields; /* some live only until release (app_service.h) */

	struct cohort_pair *fields;
	size_t field_count, field_capacity;

	/* Of a whole one. */
	const struct app_piece *pieces;
	size_t piece_count;
	int64_t size;
	struct app_release release;

	/* Where most replies fit in; not cleared. */
	struct app_piece piece;
	struct cohort_pair own_fields[APP_REPLY_FIELDS];
};

/* Empty, for a new request. */
void app_reply_init(struct app_reply *reply);

/* Adds the fields of from's reply to the one of to; names and values are
 * shared. */
void app_reply_copy_fields(
    struct cohort_request *to, const struct cohort_request *from);

/* The reply of to becomes that of from, which is left empty.  Its pieces stay
 * where they are, so from outlives to. */
void app_reply_take(struct cohort_request *to, struct cohort_request *from);

/* Releases what the body took; fields and status stay.  A module's release runs
 * in a phase of its own, so the request is entered unless release.is_ours. */
void app_reply_release(struct cohort_request *request);

/*
 * Makes the reply an error that nobody has worded yet, in place of what it
 * was; fields that described the old content go.
 */
void app_reply_error(struct cohort_request *request, int status);

/* A whole reply of bytes that live as long as the request, whatever the reply
 * was; type is as app_field_set_type has it. */
void app_reply_replace(struct cohort_request *request, int status,
    struct cohort_str type, const char *text, size_t size);

/*
 * May that function give a reply of that status now?  If not, says so in the
 * log.  The first reply counts; `after` functions and pages replace it.
 */
bool app_reply_may_begin(
    struct cohort_request *request, int status, const char *function);

/*
 * As cohort_reply_owned, for a body of several pieces, of files as well:
 * pieces, what they point to, and their descriptors live until
 * release(owner), which is called exactly once, also on failure.  release is
 * the program's own: it calls nothing of cohort.h, and no request is entered
 * for it.
 */
enum cohort_verdict app_reply_pieces(struct cohort_request *request, int status,
    const char *type, const struct app_piece *pieces, size_t count,
    cohort_free *release, void *owner);

#endif
