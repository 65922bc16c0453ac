/* SPDX-License-Identifier: ISC */
/*
 * A word that begins with a slash is the target, so that the method before
 * it may be left out.  What is let through here is written as a request, so
 * nothing is that could end its line.
 */
#include "config/config_self_check.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "config/config_value.h"

#define FORM                                                           \
	"[METHOD] target [host], as in \"GET /healthz\": a method in " \
	"letters, a path that begins with /, a host name"

static const char blanks[] = " \t";

/* The next word, and *text behind it; NULL: there is none. */
static const char *
take_word(const char **text, size_t *size_r)
{
	const char *word = *text + strspn(*text, blanks);

	*size_r = strcspn(word, blanks);
	*text = word + *size_r;
	return *size_r == 0 ? NULL : word;
}

static bool
is_made_of(const char *word, size_t size, int (*is_good)(int byte))
{
	size_t i;

	for (i = 0; i < size; i++)
		if ((unsigned char)word[i] > 126 ||
		    !is_good((unsigned char)word[i]))
			return false;
	return size > 0;
}

static int
is_of_host(int byte)
{
	return isalnum(byte) || strchr("-._[]:", byte) != NULL;
}

static int
is_of_target(int byte)
{
	return isgraph(byte) && byte != '#';
}

static bool
is_sound(const struct config_self_check *check)
{
	return is_made_of(check->method, check->method_size, isalpha) &&
	    check->target[0] == '/' &&
	    is_made_of(check->target, check->target_size, is_of_target) &&
	    (check->host_size == 0 ||
		is_made_of(check->host, check->host_size, is_of_host));
}

int
config_self_check_parse(
    const char *text, struct config_self_check *check_r, struct error *error)
{
	struct config_self_check check = {
		.method = "GET",
		.method_size = strlen("GET"),
		.host = "",
	};
	const char *rest = text, *word;
	size_t size;

	word = take_word(&rest, &size);
	if (word != NULL && word[0] != '/') {
		check.method = word;
		check.method_size = size;
		word = take_word(&rest, &size);
	}
	check.target = word;
	check.target_size = size;
	word = take_word(&rest, &size);
	if (word != NULL) {
		check.host = word;
		check.host_size = size;
	}
	if (check.target == NULL || take_word(&rest, &size) != NULL ||
	    strlen(text) > CONFIG_SELF_CHECK_MAX || !is_sound(&check))
		return config_value_refuse(text, FORM, error);
	*check_r = check;
	return 0;
}
