/* SPDX-License-Identifier: ISC */
#include "test_wire_case.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands for the octet in files that have an octets line. */
#define MARK "@@"

struct folder {
	struct test_wire_case *cases;
	size_t count;
};

/* A file's lines before its bytes. */
struct header {
	char *octets; /* "00-08 7f", or NULL */
	char *expected;
	bool stays_open;
};

static void *
checked(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static char *
read_file(const char *path, size_t *size_r)
{
	FILE *stream = fopen(path, "r"), *copy;
	char *data;
	int byte;

	if (stream == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	copy = checked(open_memstream(&data, size_r));
	while ((byte = getc(stream)) != EOF)
		putc(byte, copy);
	fclose(copy);
	fclose(stream);
	return data;
}

/* Behind word, if the line begins with it. */
static const char *
argument(const char *line, const char *word)
{
	size_t size = strlen(word);

	return strncmp(line, word, size) == 0 ? line + size : NULL;
}

static void
read_line(struct header *header, const char *line, FILE *expected)
{
	const char *value;

	if ((value = argument(line, "# expect: ")) != NULL)
		fprintf(expected, "%s\n", value);
	else if ((value = argument(line, "# then: ")) != NULL)
		header->stays_open = strcmp(value, "open") == 0;
	else if ((value = argument(line, "# octets: ")) != NULL)
		header->octets = checked(strdup(value));
}

/* Where the bytes begin. */
static char *
read_header(struct header *header, char *at, const char *end)
{
	size_t size;
	FILE *expected = checked(open_memstream(&header->expected, &size));

	while (end - at > 2 && at[0] == '#' && at[1] == ' ') {
		char *behind = memchr(at, '\n', (size_t)(end - at));

		*behind = '\0';
		read_line(header, at, expected);
		at = behind + 1;
	}
	fclose(expected);
	return at;
}

/* With each mark replaced; what is there without an octet stays. */
static char *
replace(const char *data, size_t size, int octet, size_t *size_r)
{
	const char *end = data + size;
	char *text;
	FILE *stream = checked(open_memstream(&text, size_r));

	for (; data < end; data++)
		if (octet != -1 && end - data >= 2 &&
		    memcmp(data, MARK, 2) == 0) {
			putc(octet, stream);
			data++;
		} else {
			putc(*data, stream);
		}
	fclose(stream);
	return text;
}

static void
add_case(struct folder *folder, const struct header *header, const char *path,
    const char *data, size_t size, int octet, bool is_valid)
{
	struct test_wire_case *wire;
	char name[4096];
	size_t ignored;

	folder->cases = checked(realloc(
	    folder->cases, (folder->count + 1) * sizeof(*folder->cases)));
	wire = &folder->cases[folder->count++];
	if (octet == -1)
		snprintf(name, sizeof(name), "%s", path);
	else
		snprintf(name, sizeof(name), "%s (octet %02x)", path, octet);
	wire->name = checked(strdup(name));
	wire->data = replace(data, size, octet, &wire->size);
	wire->expected = replace(
	    header->expected, strlen(header->expected), octet, &ignored);
	wire->octet_at = SIZE_MAX;
	if (octet != -1)
		wire->octet_at = (size_t)((const char *)checked(memmem(
					      data, size, MARK, strlen(MARK))) -
		    data);
	wire->is_valid = is_valid;
	wire->stays_open = header->stays_open;
}

static void
add_octets(struct folder *folder, const struct header *header, const char *path,
    const char *data, size_t size, bool is_valid)
{
	const char *text = header->octets;
	char *end;

	while (*text != '\0') {
		unsigned long first = strtoul(text, &end, 16), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 16);
		if (end == text || last > 0xff) {
			fprintf(stderr, "%s: bad octets line\n", path);
			exit(EXIT_FAILURE);
		}
		for (; first <= last; first++)
			add_case(folder, header, path, data, size, (int)first,
			    is_valid);
		text = end;
	}
}

static void
read_case(struct folder *folder, const char *path, bool is_valid)
{
	struct header header = { .stays_open = is_valid };
	size_t size;
	char *file = read_file(path, &size);
	char *data = read_header(&header, file, file + size);

	size -= (size_t)(data - file);
	if (header.expected[0] == '\0') {
		fprintf(stderr, "%s: no expect line\n", path);
		exit(EXIT_FAILURE);
	}
	if (header.octets != NULL)
		add_octets(folder, &header, path, data, size, is_valid);
	else
		add_case(folder, &header, path, data, size, -1, is_valid);
	free(header.octets);
	free(header.expected);
	free(file);
}

static int
is_case(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".http") == 0;
}

static void
read_folder(struct folder *folder, const char *name, bool is_valid)
{
	const char *top = getenv("srcdir");
	struct dirent **entries;
	char path[4096];
	int count, i;

	snprintf(path, sizeof(path), "%s/tests/wire/%s",
	    top != NULL ? top : ".", name);
	count = scandir(path, &entries, is_case, alphasort);
	if (count < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/tests/wire/%s/%s",
		    top != NULL ? top : ".", name, entries[i]->d_name);
		read_case(folder, path, is_valid);
		free(entries[i]);
	}
	free(entries);
}

const struct test_wire_case *
test_wire_cases(size_t *count_r)
{
	struct folder folder = { NULL, 0 };

	read_folder(&folder, "valid", true);
	read_folder(&folder, "invalid", false);
	*count_r = folder.count;
	return folder.cases;
}

char *
test_wire_words(int status, bool is_head, const char *body, size_t size)
{
	char *text;
	size_t text_size;
	FILE *stream = checked(open_memstream(&text, &text_size));

	fprintf(stream, "%d", status);
	if (is_head)
		fputs(" -", stream);
	else if (status == 200)
		fprintf(stream, " %.*s", (int)size, body);
	putc('\n', stream);
	fclose(stream);
	return text;
}
