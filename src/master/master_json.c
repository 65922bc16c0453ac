/* SPDX-License-Identifier: ISC */
#include "master/master_json.h"

#include <string.h>

#include "base/base_buffer.h"

json_t *
master_json_text(const char *data, size_t size)
{
	struct buffer escaped;
	json_t *text;

	buffer_init(&escaped, 0);
	buffer_append_escaped(&escaped, data, size);
	text = json_stringn(escaped.size > 0 ? escaped.data : "", escaped.size);
	buffer_fini(&escaped);
	return text;
}

json_t *
master_json_text_or_null(const char *text)
{
	return text == NULL ? json_null() :
			      master_json_text(text, strlen(text));
}

json_t *
master_json_time(time_t seconds)
{
	char text[64];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}
