/* SPDX-License-Identifier: ISC */
/*
 * The two formats: NCSA combined, for the tools there are, and JSON, which
 * says more.
 */
#include "worker/worker_access_format.h"

#include <jansson.h>
#include <string.h>

#include "base/base_clock.h"
#include "base/base_number.h"
#include "base/base_panic.h"
#include "http/http_field.h"

/* What of each is shown; beyond it CUT_MARK. */
#define METHOD_MAX  64
#define TARGET_MAX  4096
#define HOST_MAX    256
#define REFERER_MAX 2048
#define AGENT_MAX   1024
#define CUT_MARK    "..."

/* JSON needs at most six bytes for one (as in "\u0001"); the rest of a
 * line is names and numbers. */
_Static_assert(
    (METHOD_MAX + TARGET_MAX + HOST_MAX + REFERER_MAX + AGENT_MAX) * 6 + 2048 <
	WORKER_ACCESS_LINE_MAX,
    "the longest line fits");

/* ---- values ---- */

/* Not in the middle of a character, if it is UTF-8. */
static struct cohort_str
cut(const char *data, size_t size, size_t limit, bool *was_cut_r)
{
	const size_t least = limit - 3;

	*was_cut_r = size > limit;
	if (size <= limit)
		return (struct cohort_str) { data, size };
	while (limit > least && ((unsigned char)data[limit] & 0xc0) == 0x80)
		limit--;
	return (struct cohort_str) { data, limit };
}

/* data is NULL when there is no such field. */
static struct cohort_str
find_field(const struct http_exchange *exchange, const char *name)
{
	const struct http_request *request = &exchange->request;
	int index =
	    http_field_find(request->fields, request->field_count, name, 0);

	if (index == -1)
		return (struct cohort_str) { NULL, 0 };
	return request->fields[index].value;
}

static const char *
peer_address(const struct http_exchange *exchange, char text[NETWORK_TEXT_SIZE])
{
	const struct http_peer *peer = exchange->request.peer;

	if (peer == NULL)
		return "-";
	network_address_format(&peer->address, text);
	return text;
}

/* A request that was refused early may have no method. */
static const char *
method_name(const struct http_exchange *exchange)
{
	const char *name = exchange->request.method_name;

	return name == NULL ? "" : name;
}

/* Each number is one digit (RFC 9112, 2.3). */
static void
write_version(unsigned version, char text_r[sizeof("HTTP/0.0")])
{
	memcpy(text_r, "HTTP/0.0", sizeof("HTTP/0.0"));
	text_r[5] = (char)('0' + (version >> 8 & 0xff) % 10);
	text_r[7] = (char)('0' + (version & 0xff) % 10);
}

/* ---- combined ---- */

static void
append_number(struct buffer *line, uint64_t number)
{
	char digits[20];

	buffer_append(line, digits, number_write(digits, number));
}

static bool
is_plain(char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void
append_escaped(struct buffer *line, struct cohort_str text)
{
	size_t start = 0, end;

	if (text.size == 0)
		return;
	for (end = 0; end < text.size; end++) {
		if (is_plain(text.data[end]))
			continue;
		buffer_append(line, text.data + start, end - start);
		buffer_append_escaped(line, text.data + end, 1);
		start = end + 1;
	}
	buffer_append(line, text.data + start, end - start);
}

static void
append_cut(struct buffer *line, const char *data, size_t size, size_t limit)
{
	bool was_cut;

	append_escaped(line, cut(data, size, limit, &was_cut));
	if (was_cut)
		buffer_append_text(line, CUT_MARK);
}

static void
append_request_line(struct buffer *line, const struct http_exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	const char *method = method_name(exchange);
	char version[sizeof("HTTP/0.0")];

	if (method[0] == '\0') {
		buffer_append_byte(line, '-');
		return;
	}
	append_cut(line, method, strlen(method), METHOD_MAX);
	buffer_append_byte(line, ' ');
	append_cut(
	    line, request->target.data, request->target.size, TARGET_MAX);
	if (request->version == 0)
		return;
	write_version(request->version, version);
	buffer_append_byte(line, ' ');
	buffer_append_text(line, version);
}

static void
append_field(struct buffer *line, const struct http_exchange *exchange,
    const char *name, size_t limit)
{
	struct cohort_str value = find_field(exchange, name);

	buffer_append_text(line, " \"");
	if (value.data == NULL)
		buffer_append_byte(line, '-');
	else
		append_cut(line, value.data, value.size, limit);
	buffer_append_byte(line, '"');
}

/* The month's name not by strftime(3): a module may have set a locale. */
static void
date_combined(const struct tm *date, char text_r[WORKER_ACCESS_DATE_SIZE])
{
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	strftime(
	    text_r, WORKER_ACCESS_DATE_SIZE, "%d/mmm/%Y:%H:%M:%S +0000", date);
	memcpy(text_r + 3, months[date->tm_mon], 3);
}

/* As other servers write it, with three digits also for no status. */
static void
line_combined(struct buffer *line, const char *date,
    const struct http_exchange *exchange, enum cohort_end end)
{
	char peer[NETWORK_TEXT_SIZE];

	buffer_append_text(line, peer_address(exchange, peer));
	buffer_append_text(line, " - - [");
	buffer_append_text(line, date);
	buffer_append_text(line, "] \"");
	append_request_line(line, exchange);
	buffer_append_text(line, "\" ");
	if (exchange->status == 0)
		buffer_append_text(line, "000");
	else
		append_number(line, (uint64_t)exchange->status);
	buffer_append_byte(line, ' ');
	append_number(line, exchange->body_sent);
	append_field(line, exchange, "referer", REFERER_MAX);
	append_field(line, exchange, "user-agent", AGENT_MAX);
	buffer_append_byte(line, '\n');
}

/* ---- JSON ---- */

/* JSON is of UTF-8; other bytes are shown as \xNN. */
static json_t *
json_of(const char *data, size_t size)
{
	json_t *json = json_stringn(size == 0 ? "" : data, size);
	struct buffer text;

	if (json != NULL)
		return json;
	buffer_init(&text, 0);
	append_escaped(&text, (struct cohort_str) { data, size });
	json = json_stringn(text.data, text.size);
	buffer_fini(&text);
	return json;
}

static void
set_text(json_t *object, const char *name, const char *data, size_t size,
    size_t limit)
{
	struct cohort_str text;
	bool was_cut;

	text = cut(data, size, limit, &was_cut);
	json_object_set_new(object, name, json_of(text.data, text.size));
	if (was_cut)
		json_object_set_new(object, "cut", json_true());
}

static void
set_field(json_t *object, const char *name,
    const struct http_exchange *exchange, const char *field, size_t limit)
{
	struct cohort_str value = find_field(exchange, field);

	if (value.data != NULL)
		set_text(object, name, value.data, value.size, limit);
}

static void
set_number(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, json_integer((json_int_t)number));
}

static void
set_request(json_t *object, const struct http_exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	const char *method = method_name(exchange);
	char version[sizeof("HTTP/0.0")];

	if (method[0] != '\0')
		set_text(object, "method", method, strlen(method), METHOD_MAX);
	if (request->target.size > 0)
		set_text(object, "target", request->target.data,
		    request->target.size, TARGET_MAX);
	if (request->version != 0) {
		write_version(request->version, version);
		json_object_set_new(object, "protocol", json_string(version));
	}
	if (request->host != NULL)
		set_text(object, "host", request->host, strlen(request->host),
		    HOST_MAX);
	set_field(object, "referer", exchange, "referer", REFERER_MAX);
	set_field(object, "user_agent", exchange, "user-agent", AGENT_MAX);
}

static const char *
end_word(enum cohort_end end)
{
	static const char *const words[] = {
		[COHORT_END_SENT] = "sent",
		[COHORT_END_GONE] = "gone",
		[COHORT_END_TIMEOUT] = "timeout",
		[COHORT_END_RETIRED] = "retired",
		[COHORT_END_FAILED] = "failed",
	};

	if ((size_t)end >= sizeof(words) / sizeof(words[0]) ||
	    words[end] == NULL)
		return words[COHORT_END_GONE];
	return words[end];
}

static void
set_outcome(
    json_t *object, const struct http_exchange *exchange, enum cohort_end end)
{
	set_number(object, "status", (uint64_t)exchange->status);
	set_number(object, "bytes", exchange->body_sent);
	if (exchange->started_us != 0)
		set_number(object, "duration_us",
		    clock_monotonic_us() - exchange->started_us);
	json_object_set_new(object, "end", json_string(end_word(end)));
}

static void
dump(const json_t *object, struct buffer *line)
{
	const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII;
	size_t size;

	buffer_reserve(line, WORKER_ACCESS_LINE_MAX);
	size = json_dumpb(
	    object, line->data + line->size, WORKER_ACCESS_LINE_MAX, flags);
	if (size == 0 || size >= WORKER_ACCESS_LINE_MAX)
		panic("a line of the access log needs %zu bytes", size);
	line->size += size;
	buffer_append_byte(line, '\n');
}

static void
date_json(const struct tm *date, char text_r[WORKER_ACCESS_DATE_SIZE])
{
	strftime(text_r, WORKER_ACCESS_DATE_SIZE, "%Y-%m-%dT%H:%M:%SZ", date);
}

static void
line_json(struct buffer *line, const char *date,
    const struct http_exchange *exchange, enum cohort_end end)
{
	json_t *object = json_object();
	char id[HTTP_ID_SIZE], peer[NETWORK_TEXT_SIZE];

	http_exchange_id(exchange, id);
	json_object_set_new(object, "time", json_string(date));
	json_object_set_new(object, "id", json_string(id));
	json_object_set_new(
	    object, "peer", json_string(peer_address(exchange, peer)));
	set_request(object, exchange);
	set_outcome(object, exchange, end);
	dump(object, line);
	json_decref(object);
}

/* ---- the table ---- */

static const struct worker_access_format formats[] = {
	{ "combined", false, date_combined, line_combined },
	{ "json", true, date_json, line_json },
};

const struct worker_access_format *
worker_access_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return &formats[0];
}
