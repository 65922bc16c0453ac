/* SPDX-License-Identifier: ISC */
/*
 * Tries to spoil responses: fields with line ends in them, bodies where none
 * may be, more or less than was declared.  What a function refuses it goes on
 * from as if nothing had been.
 */
#include <stdint.h>

#include <cohort/cohort.h>

#define INJECTED "x\r\nInjected: yes"
#define BARE_LF  "x\nInjected: yes"
#define BARE_CR  "x\rInjected: yes"

static const struct field {
	const char *path, *name, *value;
} fields[] = {
	{ "/field/value", "X", INJECTED },
	{ "/field/value-lf", "X", BARE_LF },
	{ "/field/value-cr", "X", BARE_CR },
	{ "/field/value-body", "X", "x\r\n\r\nInjected: yes" },
	{ "/field/name", "X: x\r\nInjected", "yes" },
	{ "/field/name-lf", "X\nInjected", "yes" },
	{ "/field/name-colon", "X:", "yes" },
	{ "/field/name-space", "X ", "yes" },
	{ "/field/name-empty", "", "yes" },
	{ "/field/location", "Location", "/" INJECTED },
	{ "/field/set-cookie", "Set-Cookie", "a=" INJECTED },
	{ "/field/length", "Content-Length", "1" },
	{ "/field/length-case", "content-LENGTH", "1" },
	{ "/field/coding", "Transfer-Encoding", "chunked" },
	{ "/field/connection", "Connection", "keep-alive" },
	{ "/field/upgrade", "Upgrade", "h2c" },
	{ "/field/trailer", "Trailer", "X" },
	{ "/field/date", "Date", "x" },
};

/* Before the reply, or behind it. */
static enum cohort_verdict
edit_field(struct cohort_request *request, void *context)
{
	const struct field *field = context;
	int result;

	if (cohort_query(request, "add") == NULL) {
		result = cohort_reply_set(request, field->name, field->value);
		return cohort_reply_text(request, 200, "set: %d", result);
	}
	cohort_reply_text(request, 200, "to be edited");
	cohort_reply_add(request, field->name, field->value);
	return COHORT_DONE;
}

static const struct cookie {
	const char *path, *name, *value, *attributes;
} cookies[] = {
	{ "/cookie/name", INJECTED, "1", NULL },
	{ "/cookie/value", "a", INJECTED, NULL },
	{ "/cookie/value-lf", "a", BARE_LF, NULL },
	{ "/cookie/value-quoted", "a", "\"" BARE_CR "\"", NULL },
	{ "/cookie/value-semicolon", "a", "1; Domain=b", NULL },
	{ "/cookie/path", "a", "1", "Path=/" INJECTED },
	{ "/cookie/domain", "a", "1", "Domain=" BARE_LF },
	{ "/cookie/attribute", "a", "1", "Secure\r\nInjected: yes" },
	{ "/cookie/attributes", "a", "1", "Secure; \r\nInjected: yes" },
};

static enum cohort_verdict
set_cookie(struct cohort_request *request, void *context)
{
	const struct cookie *cookie = context;
	int result = cohort_reply_cookie(
	    request, cookie->name, cookie->value, cookie->attributes);

	return cohort_reply_text(request, 200, "set: %d", result);
}

static enum cohort_verdict
copy_type(struct cohort_request *request, void *context)
{
	return cohort_reply_copy(request, 200, "text/" INJECTED, "a", 1);
}

static enum cohort_verdict
static_type(struct cohort_request *request, void *context)
{
	return cohort_reply_static(request, 200, "text/" BARE_LF, "a", 1);
}

static enum cohort_verdict
owned_type(struct cohort_request *request, void *context)
{
	return cohort_reply_owned(
	    request, 200, "text/" BARE_CR, "a", 1, NULL, NULL);
}

static enum cohort_verdict
stream_type(struct cohort_request *request, void *context)
{
	if (cohort_stream(request, 200, "text/" INJECTED, -1) == -1)
		return COHORT_FAILED;
	cohort_write(request, "a", 1);
	return COHORT_DONE;
}

static enum cohort_verdict
redirect(struct cohort_request *request, void *context)
{
	return cohort_reply_redirect(request, 302, "/" INJECTED);
}

/* The words are body, and log. */
static enum cohort_verdict
refuse(struct cohort_request *request, void *context)
{
	return cohort_refuse(request, 400, "%s", INJECTED);
}

/* The number at the end of the path. */
static int
number_of(const struct cohort_request *request)
{
	int64_t number = 0;

	cohort_number(cohort_path_param(request, "number"), 0, 1000, &number);
	return (int)number;
}

static enum cohort_verdict
whole_body(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, number_of(request), "a body");
}

static enum cohort_verdict
stream_body(struct cohort_request *request, void *context)
{
	if (cohort_stream(request, number_of(request), "text/plain", -1) == -1)
		return COHORT_FAILED;
	cohort_write(request, "a body", 6);
	return COHORT_DONE;
}

/* Declares six bytes, and writes so many times three. */
static enum cohort_verdict
write_pieces(struct cohort_request *request, void *context)
{
	int pieces = number_of(request);

	if (cohort_stream(request, 200, "text/plain", 6) == -1)
		return COHORT_FAILED;
	while (pieces-- > 0)
		cohort_write(request, "abc", 3);
	return COHORT_DONE;
}

static enum cohort_verdict
fine(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "fine");
}

static int
setup(struct cohort_app *app)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		cohort_get(app, fields[i].path, edit_field,
		    (void *)(uintptr_t)&fields[i]);
	for (i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++)
		cohort_get(app, cookies[i].path, set_cookie,
		    (void *)(uintptr_t)&cookies[i]);
	cohort_get(app, "/type/copy", copy_type, NULL);
	cohort_get(app, "/type/static", static_type, NULL);
	cohort_get(app, "/type/owned", owned_type, NULL);
	cohort_get(app, "/type/stream", stream_type, NULL);
	cohort_get(app, "/redirect", redirect, NULL);
	cohort_get(app, "/refuse", refuse, NULL);
	cohort_get(app, "/body/{number}", whole_body, NULL);
	cohort_get(app, "/stream/{number}", stream_body, NULL);
	cohort_get(app, "/pieces/{number}", write_pieces, NULL);
	return cohort_get(app, "/fine", fine, NULL);
}

COHORT_MODULE("reply", setup);
