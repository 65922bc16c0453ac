/* SPDX-License-Identifier: ISC */
#include "http1/h1_framing.h"

#include "base/base_number.h"
#include "http/http_field.h"
#include "http/http_uri.h"

/* What has been seen so far. */
struct reading {
	struct h1_framing *framing;
	int index; /* of the field */
	bool has_length;
	bool has_coding, ends_chunked, has_unknown_coding;
	bool says_close, says_keep_alive;
};

static enum h1_fault
read_host(struct reading *reading, struct cohort_str value)
{
	if (reading->framing->host != -1)
		return H1_FAULT_HOST_REPEATED;
	reading->framing->host = reading->index;
	/* Empty: the default host (RFC 9112, 3.3). */
	if (value.size > 0 && !http_uri_is_authority(value.data, value.size))
		return H1_FAULT_HOST_SYNTAX;
	return H1_FAULT_NONE;
}

static enum h1_fault
read_length(struct reading *reading, struct cohort_str value)
{
	uint64_t size;

	if (reading->has_length)
		return H1_FAULT_LENGTH_REPEATED;
	reading->has_length = true;
	if (number_parse_bytes(value.data, value.size, INT64_MAX, &size) == -1)
		return H1_FAULT_LENGTH_SYNTAX;
	reading->framing->body_size = (int64_t)size;
	return H1_FAULT_NONE;
}

/* One transfer coding, perhaps with parameters (RFC 9112, 7). */
static enum h1_fault
read_coding(struct reading *reading, struct cohort_str coding)
{
	size_t size = 0;

	while (size < coding.size && coding.data[size] != ';' &&
	    !http_is_white(coding.data[size]))
		size++;
	if (!http_token_is_valid(coding.data, size))
		return H1_FAULT_CODING_SYNTAX;
	if (!http_name_equals(coding.data, size, "chunked")) {
		reading->has_unknown_coding = true;
		reading->ends_chunked = false;
		return H1_FAULT_NONE;
	}
	if (size != coding.size)
		return H1_FAULT_CODING_SYNTAX;
	if (reading->framing->body_size == -1)
		return H1_FAULT_CODING_REPEATED;
	reading->framing->body_size = -1;
	reading->ends_chunked = true;
	return H1_FAULT_NONE;
}

static enum h1_fault
read_codings(struct reading *reading, struct cohort_str value)
{
	struct cohort_str coding;
	enum h1_fault fault;

	if (reading->has_length)
		return H1_FAULT_LENGTH_AND_CODING;
	reading->has_coding = true;
	while (http_list_next(&value, &coding)) {
		fault = read_coding(reading, coding);
		if (fault != H1_FAULT_NONE)
			return fault;
	}
	return H1_FAULT_NONE;
}

/* RFC 9110, 7.6.1: a list; options that we do not know are ignored. */
static enum h1_fault
read_connection(struct reading *reading, struct cohort_str value)
{
	struct cohort_str option;

	while (http_list_next(&value, &option)) {
		if (http_name_equals(option.data, option.size, "close"))
			reading->says_close = true;
		if (http_name_equals(option.data, option.size, "keep-alive"))
			reading->says_keep_alive = true;
	}
	return H1_FAULT_NONE;
}

static enum h1_fault
read_expect(struct reading *reading, struct cohort_str value)
{
	struct cohort_str expectation;

	while (http_list_next(&value, &expectation)) {
		if (!http_name_equals(
			expectation.data, expectation.size, "100-continue"))
			return H1_FAULT_EXPECTATION;
		reading->framing->expects_continue = true;
	}
	return H1_FAULT_NONE;
}

/* By size of the name, as no two of them are equally long. */
#define READER(name, function) [sizeof(name) - 1] = { name, function }

static const struct {
	char name[sizeof("transfer-encoding")]; /* "": of none */
	enum h1_fault (*read)(struct reading *reading, struct cohort_str value);
} readers[] = {
	READER("host", read_host),
	READER("expect", read_expect),
	READER("connection", read_connection),
	READER("content-length", read_length),
	READER("transfer-encoding", read_codings),
};

/* The bit makes letters lower-case, and no other tchar a letter or a
 * hyphen. */
static bool
is_byte_of_name(char byte, char expected)
{
	return (byte | 0x20) == expected;
}

/* Most fields differ in size or first letter. */
static bool
is_known(const char *name, size_t size)
{
	const char *known;
	size_t i;

	if (size >= sizeof(readers) / sizeof(*readers))
		return false;
	known = readers[size].name;
	for (i = 0; is_byte_of_name(name[i], known[i]);)
		if (++i == size)
			return true;
	return false;
}

static enum h1_fault
read_fields(struct reading *reading, const char *head,
    const struct h1_field *fields, size_t count)
{
	const struct h1_field *field, *end = fields + count;

	for (field = fields; field < end; field++) {
		struct cohort_str value;
		enum h1_fault fault;

		if (!is_known(head + field->name.offset, field->name.size))
			continue;
		value.data = head + field->value.offset;
		value.size = field->value.size;
		reading->index = (int)(field - fields);
		fault = readers[field->name.size].read(reading, value);
		if (fault != H1_FAULT_NONE)
			return fault;
	}
	return H1_FAULT_NONE;
}

/* RFC 9112, 6.1 and 6.3. */
static enum h1_fault
conclude_coding(const struct reading *reading, unsigned version)
{
	if (reading->has_length)
		return H1_FAULT_LENGTH_AND_CODING;
	if (version < 0x0101)
		return H1_FAULT_CODING_IN_1_0;
	if (!reading->ends_chunked)
		return H1_FAULT_CODING_NOT_FINAL;
	if (reading->has_unknown_coding)
		return H1_FAULT_CODING_UNKNOWN;
	return H1_FAULT_NONE;
}

enum h1_fault
h1_framing_read(const char *head, unsigned version,
    const struct h1_field *fields, size_t count, struct h1_framing *framing_r)
{
	struct reading reading = { .framing = framing_r };
	bool is_1_1 = version >= 0x0101;
	enum h1_fault fault;

	*framing_r = (struct h1_framing) { .host = -1 };
	fault = read_fields(&reading, head, fields, count);
	if (fault != H1_FAULT_NONE)
		return fault;
	if (is_1_1 && framing_r->host == -1)
		return H1_FAULT_HOST_MISSING;
	framing_r->is_persistent =
	    !reading.says_close && (is_1_1 || reading.says_keep_alive);
	/* RFC 9110, 10.1.1: ignored in 1.0 and without content. */
	if (!is_1_1 || framing_r->body_size == 0)
		framing_r->expects_continue = false;
	return reading.has_coding ? conclude_coding(&reading, version) :
				    H1_FAULT_NONE;
}
