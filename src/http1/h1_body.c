/* SPDX-License-Identifier: ISC */
/*
 * One reader for both framings, so that nobody else asks which it is.
 */
#include "http1/h1_body.h"

void
h1_body_init(struct h1_body *body, const struct h1_framing *framing,
    const struct h1_limits *limits)
{
	body->is_chunked = framing->body_size == -1;
	body->is_wanted = body->is_end_owed = false;
	body->is_too_large = body->is_refusal_owed = false;
	body->expects_continue = framing->expects_continue;
	body->left = body->is_chunked ? 0 : (uint64_t)framing->body_size;
	body->received = body->limit = body->drained = 0;
	body->waited_for = 0;
	if (body->is_chunked)
		h1_chunked_init(&body->chunked, limits);
}

static enum h1_body_result
read_counted(struct h1_body *body, const char *data, size_t size,
    size_t *used_r, struct cohort_str *piece_r)
{
	*used_r = 0;
	if (body->left == 0)
		return H1_BODY_END;
	if (size == 0)
		return H1_BODY_MORE;
	if (size > body->left)
		size = (size_t)body->left;
	body->left -= size;
	*used_r = size;
	*piece_r = (struct cohort_str) { data, size };
	return H1_BODY_DATA;
}

static enum h1_body_result
read_chunked(struct h1_body *body, const char *data, size_t size,
    size_t *used_r, struct cohort_str *piece_r, enum h1_fault *fault_r)
{
	static const enum h1_body_result results[] = {
		[H1_CHUNKED_MORE] = H1_BODY_MORE,
		[H1_CHUNKED_DATA] = H1_BODY_DATA,
		[H1_CHUNKED_END] = H1_BODY_END,
		[H1_CHUNKED_FAULT] = H1_BODY_FAULT,
	};

	return results[h1_chunked_read(
	    &body->chunked, data, size, used_r, piece_r, fault_r)];
}

enum h1_body_result
h1_body_read(struct h1_body *body, const char *data, size_t size,
    size_t *used_r, struct cohort_str *piece_r, enum h1_fault *fault_r)
{
	enum h1_body_result result;

	if (body->is_chunked)
		result =
		    read_chunked(body, data, size, used_r, piece_r, fault_r);
	else
		result = read_counted(body, data, size, used_r, piece_r);
	if (result == H1_BODY_DATA)
		body->received += piece_r->size;
	return result;
}

bool
h1_body_can_be_drained(const struct h1_body *body)
{
	return body->left <= H1_DRAIN_MAX && body->drained <= H1_DRAIN_MAX;
}
