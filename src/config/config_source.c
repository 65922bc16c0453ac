/* SPDX-License-Identifier: ISC */
/*
 * Why libconfuse does not read the file itself.  Its scanner ends the
 * process when read(2) fails (a directory will do), expands a leading ~ of
 * the name, and counts a comment as two lines too many (libconfuse 3.3), so
 * that every error below a comment would name the wrong line.  Comments are
 * therefore blanked before it sees them: this knows strings and comments
 * and nothing else of the language.
 */
#include "config/config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"

#define SIZE_MOST  (1024 * 1024)
#define READ_PIECE 16384

/* Whatever it is, the operator named the file. */
static int
fail(const char *name, struct error *error)
{
	error_set_errno(error, "%s", name);
	error->kind = ERROR_CONFIG;
	return -1;
}

static int
read_all(int fd, const char *name, struct buffer *text, struct error *error)
{
	ssize_t size;

	do {
		buffer_reserve(text, READ_PIECE);
		size = read(fd, text->data + text->size, READ_PIECE);
		if (size == -1 && errno == EINTR)
			continue;
		if (size == -1)
			return fail(name, error);
		text->size += (size_t)size;
		if (text->size > SIZE_MOST)
			return error_set(error, ERROR_CONFIG,
			    "%s: larger than %d bytes", name, SIZE_MOST);
	} while (size != 0);
	text->data[text->size] = '\0';
	if (memchr(text->data, '\0', text->size) != NULL)
		return error_set(
		    error, ERROR_CONFIG, "%s: holds a NUL byte", name);
	return 0;
}

int
config_source_read(const char *path, const char *name, struct buffer *text,
    struct error *error)
{
	int fd, result;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return fail(name, error);
	result = read_all(fd, name, text, error);
	fd_close(&fd);
	return result;
}

struct scan {
	char quote;   /* inside a string of these, or NUL */
	bool comment; /* inside a comment */
	bool word;    /* the last byte was part of an unquoted word */
	int line;
	int begun; /* line where the string began */
};

/* Looks at the byte outside of strings and comments. */
static int
scan_plain(
    struct scan *scan, const char *at, const char *name, struct error *error)
{
	if (!scan->word && at[0] == '/' && (at[1] == '/' || at[1] == '*'))
		return error_set(error, ERROR_CONFIG,
		    "%s:%d: \"%.2s\": comments begin with #", name, scan->line,
		    at);
	if (*at == '#')
		scan->comment = true;
	else if (*at == '"' || *at == '\'') {
		scan->quote = *at;
		scan->begun = scan->line;
	}
	scan->word = strchr(" \t\r\n={}()+,#\"'", *at) == NULL;
	return 0;
}

int
config_source_blank(char *text, const char *name, struct error *error)
{
	struct scan scan = { .line = 1 };
	char *at;

	for (at = text; *at != '\0'; at++) {
		if (*at == '\n')
			scan.comment = false;
		if (scan.quote != '\0') {
			if (*at == scan.quote)
				scan.quote = '\0';
			else if (*at == '\\' && at[1] != '\0')
				at++;
		} else if (!scan.comment &&
		    scan_plain(&scan, at, name, error) == -1)
			return -1;
		if (scan.comment)
			*at = ' ';
		if (*at == '\n')
			scan.line++;
	}
	if (scan.quote != '\0')
		return error_set(error, ERROR_CONFIG,
		    "%s:%d: a string begins here and does not end", name,
		    scan.begun);
	return 0;
}
