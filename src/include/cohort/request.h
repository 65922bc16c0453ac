/* SPDX-License-Identifier: ISC */
/*
 * What the client asked for, and memory that lives as long as the request.
 *
 * Getters do not fail: what is absent is NULL.  Results belong to the
 * request and live as long as it.  Texts end in a NUL; a decoded value that
 * holds a NUL itself is NULL here and visible by cohort_item only, so
 * "admin%00x" is never taken for "admin".
 *
 * Phases: getters of the head in guard, before, handler and continuations,
 * after, error pages, and on_end; cohort_body in handler and continuations.
 */
#ifndef COHORT_REQUEST_H
#define COHORT_REQUEST_H

#include <cohort/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As received, case-sensitive (RFC 9110 section 9.1); never NULL. */
COHORT_EXPORT const char *cohort_method(const struct cohort_request *request);

/*
 * The whole path, decoded once and normal: no "//", "." or ".." segments
 * (RFC 3986 section 6.2.2).  An encoded slash is decoded here too: for
 * decisions use parameters, which were cut before decoding.  Never NULL.
 */
COHORT_EXPORT const char *cohort_path(const struct cohort_request *request);

/* The part of the path that mount and scopes took so far; "" for "/". */
COHORT_EXPORT const char *cohort_mount(const struct cohort_request *request);

/* The request target as received, undecoded (RFC 9112 section 3.2). */
COHORT_EXPORT struct cohort_str cohort_target(
    const struct cohort_request *request);

/*
 * "http" or "https": how the client asked, as a trusted proxy tells it, else
 * how the connection is; never NULL.
 */
COHORT_EXPORT const char *cohort_scheme(const struct cohort_request *request);

/*
 * The host asked for (Host or :authority, or what a trusted proxy tells), with
 * the port if the client named one; NULL if it named none.
 */
COHORT_EXPORT const char *cohort_host(const struct cohort_request *request);

/*
 * The client's numeric address, "unix" on unix sockets; never NULL.  Who
 * that is, a PROXY header may have told (proxy_protocol), and if it is a
 * trusted proxy (trusted_proxies), the fields that it sends: see
 * cohort.conf(5).  Others are not believed.  The fields stay as they came.
 */
COHORT_EXPORT const char *cohort_peer(const struct cohort_request *request);

/* The client's port; 0 on unix sockets, or if a trusted proxy named none. */
COHORT_EXPORT int cohort_peer_port(const struct cohort_request *request);

/* Names the request in the log; never NULL. */
COHORT_EXPORT const char *cohort_request_id(
    const struct cohort_request *request);

/* 0x0100, 0x0101, 0x0200: major and minor of HTTP. */
COHORT_EXPORT int cohort_version(const struct cohort_request *request);

/*
 * A parameter of the matched pattern and its scopes' prefixes, decoded.  In
 * a handler those that the pattern names are never NULL, unless one holds a
 * NUL.
 */
COHORT_EXPORT const char *cohort_path_param(
    const struct cohort_request *request, const char *name);

/*
 * The first value of that name in the query, decoded as a form is: '+' is a
 * space, a bad %-escape stays as it is.  "?a" and "?a=" give "".
 */
COHORT_EXPORT const char *cohort_query(
    const struct cohort_request *request, const char *name);

/* The first header field of that name, whatever its case (RFC 9110, 5.1). */
COHORT_EXPORT const char *cohort_header(
    const struct cohort_request *request, const char *name);

/* The first cookie of that name, undecoded (RFC 6265 section 4.2). */
COHORT_EXPORT const char *cohort_cookie(
    const struct cohort_request *request, const char *name);

/* The value number index, from 0, of that name: repeated ones, not joined. */
COHORT_EXPORT const char *cohort_value(const struct cohort_request *request,
    enum cohort_part part, const char *name, size_t index);

/*
 * Gives the item number index, from 0, in order of arrival; false when there
 * is none: for (i = 0; cohort_item(request, COHORT_QUERY, i, &pair); i++).
 */
COHORT_EXPORT bool cohort_item(const struct cohort_request *request,
    enum cohort_part part, size_t index, struct cohort_pair *pair_r);

/*
 * Reads a decimal number of min to max: an optional '-', digits, nothing
 * else.  text may be NULL, so getters can stand as arguments.  0, or -1 with
 * *number_r untouched; logs nothing.  Any phase, any thread.
 */
COHORT_EXPORT int cohort_number(
    const char *text, int64_t min, int64_t max, int64_t *number_r);

/* The whole body, contiguous; size 0 if there is none. */
COHORT_EXPORT struct cohort_str cohort_body(
    const struct cohort_request *request);

/*
 * The state that cohort_state_set gave to the nearest app or scope of this
 * request; NULL if none.  Phases: as the head's.
 */
COHORT_EXPORT void *cohort_state(
    const struct cohort_request *request, const void *key);

/*
 * Memory of the request: zeroed, aligned for anything, never NULL, never
 * given back by hand.  Beyond the setting request_memory the worker aborts,
 * which costs this one request.  Phases: whoever is given a request that is
 * not const.
 */
COHORT_EXPORT void *cohort_alloc(struct cohort_request *request, size_t size);

/* Text in memory of the request, as cohort_alloc; never NULL. */
COHORT_EXPORT char *cohort_format(struct cohort_request *request,
    const char *format, ...) COHORT_PRINTF(2, 3);
COHORT_EXPORT char *cohort_format_v(struct cohort_request *request,
    const char *format, va_list arguments) COHORT_PRINTF(2, 0);

/*
 * Hangs data on the request: from middleware to handler.  key is the address
 * of a static of the module.  data is taken if free_data is not NULL: it is
 * freed after the on_end functions, last in first out, or at once on
 * failure.  An earlier one of the same key is freed and replaced.  0, or -1.
 * Phases: before, handler and continuations.
 */
COHORT_EXPORT int cohort_attach(struct cohort_request *request, const void *key,
    void *data, cohort_free *free_data);

/* What was attached with key, or NULL.  Phases: as the head's. */
COHORT_EXPORT void *cohort_attached(
    const struct cohort_request *request, const void *key);

#ifdef __cplusplus
}
#endif

#endif
