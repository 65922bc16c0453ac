/* SPDX-License-Identifier: ISC */
/*
 * Whole replies.  All of them come down to pieces with one release function;
 * what is taken is released even where the reply is refused, so each public
 * function ends in begin() or in a release of its own.
 */
#include "app/app_reply.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_field.h"
#include "app/app_request.h"
#include "app/app_type.h"
#include "base/base_rare.h"
#include "http/http_status.h"

#define TEXT_GUESS 512   /* most texts are shorter */
#define ARENA_MOST 16384 /* copies that are larger go to the heap */

/* A whole reply as it is given. */
struct offer {
	const char *function;
	int status;
	const char *type;           /* as somebody gave it; or NULL: */
	struct cohort_str own_type; /* one of ours, or none */
	struct app_release release;
};

void
app_reply_init(struct app_reply *reply)
{
	size_t end = offsetof(struct app_reply, piece);

	memset(reply, 0, end);
	reply->fields = reply->own_fields;
	reply->field_capacity = APP_REPLY_FIELDS;
}

static void
run_release(struct app *app, const struct app_release *release)
{
	if (release->is_ours)
		release->function(release->owner);
	else
		app_call_free(app, release->function, release->owner);
}

void
app_reply_release(struct cohort_request *request)
{
	struct app_reply *reply = &request->reply;
	const struct app_release release = reply->release;

	reply->release.function = NULL;
	reply->pieces = NULL;
	reply->piece_count = 0;
	reply->size = 0;
	if (release.function != NULL)
		run_release(request->app, &release);
}

/* Forgets status and body, of a stream as well. */
static RARE void
forget(struct cohort_request *request)
{
	struct app_reply *reply = &request->reply;

	if (reply->has_lent_fields)
		app_field_own(request);
	app_reply_release(request);
	app_stream_drop(request);
	reply->kind = APP_REPLY_NONE;
	reply->is_failure = false;
}

/* Most replies are the first. */
static void
drop(struct cohort_request *request)
{
	if (request->reply.kind != APP_REPLY_NONE)
		forget(request);
}

void
app_reply_copy_fields(
    struct cohort_request *to, const struct cohort_request *from)
{
	const struct cohort_pair *fields = from->reply.fields;
	size_t i;

	for (i = 0; i < from->reply.field_count; i++)
		app_field_add(to, fields[i].name.data, fields[i].value.data);
}

void
app_reply_take(struct cohort_request *to, struct cohort_request *from)
{
	struct app_reply *reply = &to->reply, *taken = &from->reply;

	drop(to);
	reply->field_count = 0;
	app_reply_copy_fields(to, from);
	reply->kind = taken->kind;
	reply->status = taken->status;
	reply->refused = taken->refused;
	reply->is_failure = taken->is_failure;
	reply->has_second = taken->has_second;
	reply->pieces = taken->pieces;
	reply->piece_count = taken->piece_count;
	reply->size = taken->size;
	reply->release = taken->release;
	app_reply_init(taken);
}

void
app_reply_error(struct cohort_request *request, int status)
{
	drop(request);
	app_field_remove_content(request);
	request->reply.kind = APP_REPLY_ERROR;
	request->reply.status = status;
}

bool
app_reply_may_begin(
    struct cohort_request *request, int status, const char *function)
{
	struct app_reply *reply = &request->reply;

	if (!app_request_may(request, APP_MAY_REPLY, function))
		return false;
	if (!http_status_is_final(status)) {
		log_error("%s: status %d is none of a reply", function, status);
		return false;
	}
	if (reply->kind == APP_REPLY_NONE ||
	    app_request_phase(request) == APP_PHASE_AFTER ||
	    app_request_phase(request) == APP_PHASE_PAGE)
		return true;
	log_error(
	    "%s: a second reply, with status %d, refused", function, status);
	reply->has_second = true;
	return false;
}

static void
set_type(struct cohort_request *request, const struct offer *offer)
{
	if (offer->type != NULL)
		app_field_give_type(request, offer->function, offer->type);
	else
		app_field_set_type(request, offer->own_type);
}

/* The reply is what was offered, whatever it was; its body is to follow. */
static void
take(struct cohort_request *request, const struct offer *offer)
{
	struct app_reply *reply = &request->reply;

	drop(request);
	reply->kind = APP_REPLY_WHOLE;
	reply->status = offer->status;
	reply->release = offer->release;
	set_type(request, offer);
}

/* Takes the offer, or releases what it took. */
static bool
begin(struct cohort_request *request, const struct offer *offer)
{
	if (app_reply_may_begin(request, offer->status, offer->function)) {
		take(request, offer);
		return true;
	}
	if (offer->release.function != NULL)
		run_release(request->app, &offer->release);
	return false;
}

static void
set_body(struct app_reply *reply, const void *data, size_t size)
{
	reply->piece = (struct app_piece) {
		.data = data,
		.fd = -1,
		.size = (int64_t)size,
	};
	reply->pieces = &reply->piece;
	reply->piece_count = size == 0 ? 0 : 1;
	reply->size = (int64_t)size;
}

static void
set_pieces(struct cohort_request *request, const struct app_piece *pieces,
    size_t count)
{
	struct app_reply *reply = &request->reply;
	struct app_piece *kept = &reply->piece;
	size_t i;

	if (count > 1)
		kept = arena_alloc_raw(
		    &request->exchange->arena, count * sizeof(*kept));
	for (i = 0; i < count; i++) {
		kept[i] = pieces[i];
		reply->size += pieces[i].size;
	}
	reply->pieces = kept;
	reply->piece_count = count;
}

/* The usual offer: bytes. */
static enum cohort_verdict
give_bytes(struct cohort_request *request, const struct offer *offer,
    const void *data, size_t size)
{
	if (!begin(request, offer))
		return COHORT_FAILED;
	set_body(&request->reply, data, size);
	return COHORT_DONE;
}

static void
free_copy(void *copy)
{
	memory_free(copy);
}

/* It is the offer's, and not request memory. */
static RARE const void *
copy_large(struct offer *offer, const void *data, size_t size)
{
	offer->release = (struct app_release) {
		.function = free_copy,
		.owner = memory_copy_bytes(data, size),
		.is_ours = true,
	};
	return offer->release.owner;
}

/* The request's own body is not changed any more, and lives as long as its
 * reply. */
static const void *
copy_data(struct cohort_request *request, struct offer *offer, const void *data,
    size_t size)
{
	if (app_body_has(&request->body, data, size))
		return data;
	if (size > ARENA_MOST)
		return copy_large(offer, data, size);
	return arena_copy(&request->exchange->arena, data, size);
}

/* As give_bytes, of a copy. */
static enum cohort_verdict
give_copy(struct cohort_request *request, struct offer *offer, const void *data,
    size_t size)
{
	if (!app_reply_may_begin(request, offer->status, offer->function))
		return COHORT_FAILED;
	data = copy_data(request, offer, data, size);
	take(request, offer);
	set_body(&request->reply, data, size);
	return COHORT_DONE;
}

void
app_reply_replace(struct cohort_request *request, int status,
    struct cohort_str type, const char *text, size_t size)
{
	const struct offer offer = { .status = status, .own_type = type };

	take(request, &offer);
	set_body(&request->reply, text, size);
}

enum cohort_verdict
cohort_reply_text(
    struct cohort_request *request, int status, const char *format, ...)
{
	enum cohort_verdict verdict;
	va_list arguments;

	va_start(arguments, format);
	verdict = cohort_reply_text_v(request, status, format, arguments);
	va_end(arguments);
	return verdict;
}

enum cohort_verdict
cohort_reply_text_v(struct cohort_request *request, int status,
    const char *format, va_list arguments)
{
	struct offer offer = {
		.function = "cohort_reply_text",
		.status = status,
		.own_type = APP_LITERAL(APP_TYPE_TEXT),
	};
	enum cohort_verdict verdict;
	char guess[TEXT_GUESS];
	va_list again;
	int size;

	va_copy(again, arguments);
	size = vsnprintf(guess, sizeof(guess), format, arguments);
	if (size >= 0 && (size_t)size < sizeof(guess)) {
		verdict = give_copy(request, &offer, guess, (size_t)size);
	} else {
		offer.release = (struct app_release) {
			.function = free_copy,
			.owner = memory_format_v(format, again),
			.is_ours = true,
		};
		verdict = give_bytes(request, &offer, offer.release.owner,
		    strlen(offer.release.owner));
	}
	va_end(again);
	return verdict;
}

enum cohort_verdict
cohort_reply_json(
    struct cohort_request *request, int status, const char *data, size_t size)
{
	struct offer offer = {
		.function = __func__,
		.status = status,
		.own_type = APP_LITERAL("application/json"),
	};

	return give_copy(request, &offer, data, size);
}

enum cohort_verdict
cohort_reply_copy(struct cohort_request *request, int status, const char *type,
    const void *data, size_t size)
{
	struct offer offer = {
		.function = __func__,
		.status = status,
		.type = type,
	};

	return give_copy(request, &offer, data, size);
}

enum cohort_verdict
cohort_reply_static(struct cohort_request *request, int status,
    const char *type, const void *data, size_t size)
{
	const struct offer offer = {
		.function = __func__,
		.status = status,
		.type = type,
	};

	return give_bytes(request, &offer, data, size);
}

enum cohort_verdict
cohort_reply_owned(struct cohort_request *request, int status, const char *type,
    const void *data, size_t size, cohort_free *free_owner, void *owner)
{
	const struct offer offer = {
		.function = __func__,
		.status = status,
		.type = type,
		.release = { free_owner, owner, false },
	};

	return give_bytes(request, &offer, data, size);
}

/* A descriptor as the owner of a piece. */
static void
close_owner(void *owner)
{
	close((int)(intptr_t)owner);
}

/* Completes the piece: size -1 is what is left.  Is it within the file? */
static bool
is_within(struct app_piece *piece, int64_t file_size)
{
	if (piece->offset < 0 || piece->offset > file_size)
		return false;
	if (piece->size == -1)
		piece->size = file_size - piece->offset;
	return piece->size >= 0 && piece->size <= file_size - piece->offset;
}

/* Completes the piece; false, with the reason logged, if it is not there. */
static bool
measure_file(struct app_piece *piece, const char *function)
{
	struct stat status;

	if (fstat(piece->fd, &status) == -1) {
		log_error("%s: fstat: %m", function);
		return false;
	}
	if (!S_ISREG(status.st_mode)) {
		log_error("%s: not a regular file", function);
		return false;
	}
	if (is_within(piece, status.st_size))
		return true;
	log_error("%s: %lld bytes from %lld on are not within the %lld of the "
		  "file",
	    function, (long long)piece->size, (long long)piece->offset,
	    (long long)status.st_size);
	return false;
}

enum cohort_verdict
cohort_reply_file(struct cohort_request *request, int status, const char *type,
    int fd, int64_t offset, int64_t size)
{
	struct app_piece piece = { .fd = fd, .offset = offset, .size = size };
	const struct offer offer = {
		.function = __func__,
		.status = status,
		.type = type,
		.release = { close_owner, (void *)(intptr_t)fd, true },
	};

	if (!measure_file(&piece, __func__)) {
		if (fd >= 0)
			close(fd);
		return COHORT_FAILED;
	}
	if (!begin(request, &offer))
		return COHORT_FAILED;
	set_pieces(request, &piece, piece.size == 0 ? 0 : 1);
	return COHORT_DONE;
}

enum cohort_verdict
app_reply_pieces(struct cohort_request *request, int status, const char *type,
    const struct app_piece *pieces, size_t count, cohort_free *release,
    void *owner)
{
	const struct offer offer = {
		.function = __func__,
		.status = status,
		.type = type,
		.release = { release, owner, true },
	};

	if (!begin(request, &offer))
		return COHORT_FAILED;
	set_pieces(request, pieces, count);
	return COHORT_DONE;
}

enum cohort_verdict
cohort_reply_empty(struct cohort_request *request, int status)
{
	const struct offer offer = { .function = __func__, .status = status };

	return give_bytes(request, &offer, NULL, 0);
}

/* RFC 9110, 15.4: those that send the client to one other place. */
static bool
is_redirect(int status)
{
	return (status >= 301 && status <= 303) || status == 307 ||
	    status == 308;
}

/* As in a target, only what is already encoded (RFC 3986, 2). */
static bool
is_encoded(const char *location)
{
	for (; *location != '\0'; location++)
		if (*location <= ' ' || *location >= 0x7f ||
		    strchr("\"<>\\^`{|}", *location) != NULL)
			return false;
	return true;
}

enum cohort_verdict
cohort_reply_redirect(
    struct cohort_request *request, int status, const char *location)
{
	const struct offer offer = { .function = __func__, .status = status };

	if (!app_request_may(request, APP_MAY_REPLY, __func__))
		return COHORT_FAILED;
	if (!is_redirect(status)) {
		log_error("%s: status %d is no redirection", __func__, status);
		return COHORT_FAILED;
	}
	if (give_bytes(request, &offer, NULL, 0) == COHORT_FAILED)
		return COHORT_FAILED;
	if (location == NULL || !is_encoded(location)) {
		app_field_refuse(request, __func__, "Location", "bad value");
		return COHORT_DONE;
	}
	cohort_reply_set(request, "Location", location);
	return COHORT_DONE;
}

int
cohort_reply_status(const struct cohort_request *request)
{
	if (!app_request_may(request, APP_MAY_READ_HEAD, __func__))
		return 0;
	return request->reply.status;
}
