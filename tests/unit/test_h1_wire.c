/* SPDX-License-Identifier: ISC */
/*
 * Feeds tests/wire to the protocol: at every split position, and byte by
 * byte.  See tests/wire/README for what the files say.
 */
#include "test_unit.h"

#include <dirent.h>
#include <stdio.h>

#include "test_h1_fake.h"

#define SECOND        "GET /second HTTP/1.1\r\nHost: second\r\n\r\n"
#define SECOND_ANSWER "200 GET /second host second\n"
#define FILES_LEAST   200
#define DENSE         600
#define STRIDE        61

struct wire_case {
	char *name;
	char *file; /* its bytes */
	const char *data;
	size_t size;
	char *expected; /* "200 GET / host a\n400\n" */
	bool is_valid;
	bool stays_open;
};

static struct wire_case *cases;
static size_t case_count;
static struct fake fake;

/* ---- files ---- */

static char *
read_file(const char *path, size_t *size_r)
{
	struct buffer buffer;
	FILE *stream = fopen(path, "r");
	char block[4096];
	size_t size;

	if (stream == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	buffer_init(&buffer, 0);
	while ((size = fread(block, 1, sizeof(block), stream)) > 0)
		buffer_append(&buffer, block, size);
	fclose(stream);
	*size_r = buffer.size;
	return buffer.data;
}

/* Behind word, if the line begins with it. */
static const char *
argument(const char *line, const char *word)
{
	size_t size = strlen(word);

	return strncmp(line, word, size) == 0 ? line + size : NULL;
}

static void
read_line(struct wire_case *wire, const char *line, struct buffer *expected)
{
	const char *value;

	if ((value = argument(line, "# expect: ")) != NULL)
		buffer_format(expected, "%s\n", value);
	else if ((value = argument(line, "# then: ")) != NULL)
		wire->stays_open = strcmp(value, "open") == 0;
}

static void
read_case(struct wire_case *wire, const char *path, bool is_valid)
{
	struct buffer expected;
	size_t size;
	char *at, *end;

	*wire = (struct wire_case) {
		.name = strdup(path),
		.is_valid = is_valid,
		.stays_open = is_valid,
	};
	buffer_init(&expected, 0);
	at = wire->file = read_file(path, &size);
	end = at + size;
	while (end - at > 2 && at[0] == '#' && at[1] == ' ') {
		char *behind = memchr(at, '\n', (size_t)(end - at));

		*behind = '\0';
		read_line(wire, at, &expected);
		at = behind + 1;
	}
	if (expected.size == 0) {
		fprintf(stderr, "%s: no expect line\n", path);
		exit(EXIT_FAILURE);
	}
	wire->data = at;
	wire->size = (size_t)(end - at);
	wire->expected = expected.data;
}

static int
is_case(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".http") == 0;
}

static void
read_folder(const char *folder, bool is_valid)
{
	const char *top = getenv("srcdir");
	struct dirent **entries;
	char path[4096];
	int count, i;

	snprintf(path, sizeof(path), "%s/tests/wire/%s",
	    top != NULL ? top : ".", folder);
	count = scandir(path, &entries, is_case, alphasort);
	if (count < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	cases = realloc(cases, (case_count + (size_t)count) * sizeof(*cases));
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/tests/wire/%s/%s",
		    top != NULL ? top : ".", folder, entries[i]->d_name);
		read_case(&cases[case_count++], path, is_valid);
		free(entries[i]);
	}
	free(entries);
}

/* ---- responses ---- */

static size_t
content_length(const char *head, const char *end)
{
	const char *field = strstr(head, "\r\nContent-Length: ");

	if (field == NULL || field > end)
		return 0;
	return strtoul(field + strlen("\r\nContent-Length: "), NULL, 10);
}

/* The responses in the words of expect lines. */
static void
describe_output(const char *output, bool is_head, struct buffer *text)
{
	while (*output != '\0') {
		const char *end = strstr(output, "\r\n\r\n");
		size_t size;

		ck_assert_ptr_nonnull(end);
		ck_assert_int_eq(strncmp(output, "HTTP/1.1 ", 9), 0);
		buffer_append(text, output + 9, 3);
		size = content_length(output, end);
		output = end + 4;
		if (is_head) {
			buffer_append_text(text, " -");
			size = 0;
			is_head = false;
		} else if (memcmp(text->data + text->size - 3, "200", 3) == 0) {
			buffer_append_byte(text, ' ');
			buffer_append(text, output, size);
		}
		buffer_append_byte(text, '\n');
		ck_assert_uint_le(size, strlen(output));
		output += size;
	}
}

static bool
ends_with(const struct buffer *text, const char *end)
{
	size_t size = strlen(end);

	return text->size >= size &&
	    memcmp(text->data + text->size - size, end, size) == 0;
}

static void
check_outcome(const struct wire_case *wire, const char *how, size_t where)
{
	struct buffer text;
	struct buffer expected;

	buffer_init(&text, 0);
	buffer_init(&expected, 0);
	buffer_append_text(&expected, wire->expected);
	if (wire->stays_open)
		buffer_append_text(&expected, SECOND_ANSWER);
	describe_output(fake_take_output(fake.conn),
	    strncmp(wire->data, "HEAD ", 5) == 0, &text);
	if (strcmp(fake_text(&text), expected.data) != 0)
		ck_abort_msg("%s, %s %zu:\n%snot:\n%s", wire->name, how, where,
		    fake_text(&text), expected.data);
	if (!wire->stays_open &&
	    (!fake.conn->is_closed || ends_with(&text, SECOND_ANSWER) ||
		strstr(fake_text(&fake.notes), "/second") != NULL))
		ck_abort_msg("%s, %s %zu: not closed", wire->name, how, where);
	if (!wire->is_valid &&
	    (fake.conn->reason != CONN_CLOSE_REFUSED || !fake.conn->lingers))
		ck_abort_msg("%s, %s %zu: wrong end", wire->name, how, where);
	buffer_fini(&text);
	buffer_fini(&expected);
}

static void
feed_split(const struct wire_case *wire, size_t split)
{
	char *rest = malloc(wire->size - split + strlen(SECOND));

	memcpy(rest, wire->data + split, wire->size - split);
	memcpy(rest + wire->size - split, SECOND, strlen(SECOND));
	fake_feed_all(fake.conn, wire->data, split);
	fake_feed_all(fake.conn, rest, wire->size - split + strlen(SECOND));
	free(rest);
	check_outcome(wire, "split at", split);
	fake_restart(&fake);
}

static void
feed_bytes(const struct wire_case *wire)
{
	static const char second[] = SECOND;
	size_t i;

	for (i = 0; i < wire->size; i++)
		fake_feed(fake.conn, wire->data + i, 1);
	for (i = 0; i + 1 < sizeof(second); i++)
		fake_feed(fake.conn, second + i, 1);
	check_outcome(wire, "by bytes of", wire->size);
	fake_restart(&fake);
}

/* ---- tests ---- */

static void
setup(void)
{
	fake_init(&fake);
	fake.settings.limits.max_request_line = 1024;
	fake.settings.limits.max_head = 2048;
	fake_start(&fake);
}

static void
teardown(void)
{
	fake_fini(&fake);
}

/* Every one, but for the middle of what is only long. */
static size_t
next_split(const struct wire_case *wire, size_t split)
{
	bool is_inside = split > DENSE && split + DENSE < wire->size;

	return split + (is_inside ? STRIDE : 1);
}

START_TEST(test_wire)
{
	const struct wire_case *wire = &cases[_i];
	size_t split;

	for (split = 0; split <= wire->size; split = next_split(wire, split))
		feed_split(wire, split);
	feed_bytes(wire);
}
END_TEST

START_TEST(test_count)
{
	ck_assert_uint_ge(case_count, FILES_LEAST);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("h1_wire");
	TCase *tcase = tcase_create("all");

	read_folder("valid", true);
	read_folder("invalid", false);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_count);
	tcase_add_loop_test(tcase, test_wire, 0, (int)case_count);
	return test_run(suite);
}
