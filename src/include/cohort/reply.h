/* SPDX-License-Identifier: ISC */
/*
 * The reply: whole, or as a stream.
 *
 * The first reply counts; a second is refused and logged, but `after`
 * middleware and error pages replace it.  Giving one only queues: no request
 * ends, and no function of the module runs, inside these calls.  For HEAD,
 * 204 and 304 the body is dropped (RFC 9110 sections 9.3.2, 15.3.5, 15.4.5).
 *
 * Who owns the bytes is in the name: _copy, _text and _json copy them,
 * _static borrows them for good, _owned and _file take them.  What is taken
 * is released exactly once, also when the call fails.
 *
 * Functions that return a verdict return DONE, or FAILED with the reason
 * logged: "return cohort_reply_...".  Status: 200 to 599.  type is the
 * Content-Type; NULL sends none.
 *
 * Phases: before, handler and continuations, after, error pages; streams in
 * handler and continuations only.
 */
#ifndef COHORT_REPLY_H
#define COHORT_REPLY_H

#include <cohort/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Header fields of the reply: before a stream begins, for a whole reply also
 * until the function that gave it returns, and in `after`.  Both texts are
 * copied.  set replaces all of that name, add appends one.
 *
 * A refused field sticks: a bad name, or CR, LF or NUL in a value (RFC 9110
 * section 5.5), makes the reply a 500, as a security header silently lost is
 * worse.  So do Content-Length, Transfer-Encoding, Connection and the like:
 * framing is the protocol's.  0, or -1.
 */
COHORT_EXPORT int cohort_reply_set(
    struct cohort_request *request, const char *name, const char *value);
COHORT_EXPORT int cohort_reply_add(
    struct cohort_request *request, const char *name, const char *value);

/* Removes all fields of that name; none is no error.  0, or -1. */
COHORT_EXPORT int cohort_reply_remove(
    struct cohort_request *request, const char *name);

/*
 * Adds a Set-Cookie (RFC 6265 section 4.1); value NULL removes the cookie
 * at the client.  attributes are as they stand in the field, "Path=/;
 * Max-Age=3600; Secure", each checked; NULL is "Path=/; HttpOnly;
 * SameSite=Lax".  What is refused sticks as with cohort_reply_set.  0, or
 * -1.
 */
COHORT_EXPORT int cohort_reply_cookie(struct cohort_request *request,
    const char *name, const char *value, const char *attributes);

/*
 * The first field of that name that the reply has so far, or NULL; valid
 * until the fields change.
 */
COHORT_EXPORT const char *cohort_reply_get(
    const struct cohort_request *request, const char *name);

/* The reply's status; 0: no reply yet. */
COHORT_EXPORT int cohort_reply_status(const struct cohort_request *request);

/* text/plain; charset=utf-8. */
COHORT_EXPORT enum cohort_verdict cohort_reply_text(
    struct cohort_request *request, int status, const char *format, ...)
    COHORT_PRINTF(3, 4);
COHORT_EXPORT enum cohort_verdict cohort_reply_text_v(
    struct cohort_request *request, int status, const char *format,
    va_list arguments) COHORT_PRINTF(3, 0);

/* application/json (RFC 8259); the bytes are copied. */
COHORT_EXPORT enum cohort_verdict cohort_reply_json(
    struct cohort_request *request, int status, const char *data, size_t size);

/* Bytes that are copied. */
COHORT_EXPORT enum cohort_verdict cohort_reply_copy(
    struct cohort_request *request, int status, const char *type,
    const void *data, size_t size);

/* Bytes that never change nor go. */
COHORT_EXPORT enum cohort_verdict cohort_reply_static(
    struct cohort_request *request, int status, const char *type,
    const void *data, size_t size);

/*
 * Bytes that live until free_owner(owner) is called; they may lie inside
 * what owner points to.
 */
COHORT_EXPORT enum cohort_verdict cohort_reply_owned(
    struct cohort_request *request, int status, const char *type,
    const void *data, size_t size, cohort_free *free_owner, void *owner);

/*
 * size bytes of a regular file from offset on; size -1: to its end.  fd is
 * taken and closed.  A file that shrinks meanwhile cuts the reply.
 */
COHORT_EXPORT enum cohort_verdict cohort_reply_file(
    struct cohort_request *request, int status, const char *type, int fd,
    int64_t offset, int64_t size);

/* No body: 204, or any status with Content-Length: 0. */
COHORT_EXPORT enum cohort_verdict cohort_reply_empty(
    struct cohort_request *request, int status);

/*
 * 301, 302, 303, 307 or 308 (RFC 9110 section 15.4) with this Location, a
 * URI reference that is already encoded.
 */
COHORT_EXPORT enum cohort_verdict cohort_reply_redirect(
    struct cohort_request *request, int status, const char *location);

/*
 * The client's fault, status 400 to 599: the words are the reply, as
 * text/plain, instead of one not yet sent, and logged at level info; a
 * stream that began is cut.  Returns FAILED.
 */
COHORT_EXPORT enum cohort_verdict cohort_refuse(struct cohort_request *request,
    int status, const char *format, ...) COHORT_PRINTF(3, 4);
COHORT_EXPORT enum cohort_verdict cohort_refuse_v(
    struct cohort_request *request, int status, const char *format,
    va_list arguments) COHORT_PRINTF(3, 0);

/*
 * Our fault, status 400 to 599: the words are logged at level error and the
 * client gets the error page of status, instead of a reply not yet sent; a
 * stream that began is cut.  Returns FAILED.
 */
COHORT_EXPORT enum cohort_verdict cohort_fail(struct cohort_request *request,
    int status, const char *format, ...) COHORT_PRINTF(3, 4);
COHORT_EXPORT enum cohort_verdict cohort_fail_v(struct cohort_request *request,
    int status, const char *format, va_list arguments) COHORT_PRINTF(3, 0);

/*
 * Begins a reply whose body comes piece by piece: cohort_write, await room
 * when that is FULL, return DONE at the end.  size -1: unknown, otherwise
 * enforced: a byte too many is refused, DONE too early cuts.  The setting
 * stream_idle bounds how long the stream may make no progress.  0, or -1.
 */
COHORT_EXPORT int cohort_stream(
    struct cohort_request *request, int status, const char *type, int64_t size);

/*
 * Sends bytes of a stream; they are copied.  COHORT_ROOM; COHORT_FULL: await
 * room before the next (cohort_await_room); or -1: no stream, beyond the
 * declared size, or written on so far past FULL that the stream is cut.
 */
COHORT_EXPORT int cohort_write(
    struct cohort_request *request, const void *data, size_t size);

/*
 * Begins a stream of server-sent events (WHATWG HTML, section 9.2): 200,
 * text/event-stream, not cached.  After each heartbeat_ms of silence a
 * comment line goes out, which finds dead clients and counts as progress;
 * 0: none.  The stream is ended when the worker retires, as browsers
 * reconnect.  0, or -1.
 */
COHORT_EXPORT int cohort_sse(
    struct cohort_request *request, uint32_t heartbeat_ms);

/*
 * Sends one event.  event and id may be NULL and hold no line ends; data
 * may have several lines, with any line end.  Returns as cohort_write.
 */
COHORT_EXPORT int cohort_sse_send(struct cohort_request *request,
    const char *event, const char *id, const char *data);

#ifdef __cplusplus
}
#endif

#endif
