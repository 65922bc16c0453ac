/* SPDX-License-Identifier: ISC */
/*
 * What reads a list splits it in the same way: base_words.h, base_network.h.
 */
#include "config/config_list.h"

#include <string.h>

#include "base/base_buffer.h"
#include "base/base_memory.h"
#include "base/base_network.h"
#include "base/base_system_call.h"
#include "base/base_words.h"
#include "config/config_value.h"

int
config_networks_check(const char *text, struct error *error)
{
	struct network_list networks;

	if (network_list_parse(&networks, text, error) == -1)
		return -1;
	network_list_fini(&networks);
	return 0;
}

int
config_calls_check(const char *text, struct error *error)
{
	char *name;
	bool is_known = true;

	while (is_known && words_next(&text, ' ', &name)) {
		is_known = system_call_is_known(name);
		if (!is_known)
			config_value_refuse(
			    name, "there is no such system call", error);
		memory_free(name);
	}
	return is_known ? 0 : -1;
}

char *
config_path_absolute(const char *text, const char *directory)
{
	if (text[0] == '/' || directory == NULL)
		return memory_copy_text(text);
	while (strncmp(text, "./", 2) == 0)
		text += 2;
	return memory_format(
	    "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, text);
}

char *
config_paths_absolute(const char *text, const char *directory)
{
	char *path, *whole, *result;
	struct buffer paths;

	buffer_init(&paths, 0);
	while (words_next(&text, ':', &path)) {
		whole = config_path_absolute(path, directory);
		buffer_format(&paths, "%s%s", paths.size > 0 ? ":" : "", whole);
		memory_free(whole);
		memory_free(path);
	}
	result = memory_copy_text(paths.size > 0 ? paths.data : "");
	buffer_fini(&paths);
	return result;
}
