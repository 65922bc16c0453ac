/* SPDX-License-Identifier: ISC */
/*
 * A comparison with a constant of known length is one or two machine
 * instructions, and the commonest method stands first: no hash is faster.
 */
#include "http/http_method.h"

#include <string.h>

enum http_method
http_method_parse(const char *name, size_t size)
{
#define HTTP_METHOD(word)                                \
	if (size == sizeof(#word) - 1 &&                 \
	    memcmp(name, #word, sizeof(#word) - 1) == 0) \
		return HTTP_METHOD_##word;
#include "http/http_method.tbl"
#undef HTTP_METHOD
	return HTTP_METHOD_OTHER;
}

const char *
http_method_name(enum http_method method)
{
	static const char *const names[HTTP_METHOD_COUNT] = {
#define HTTP_METHOD(word) [HTTP_METHOD_##word] = #word,
#include "http/http_method.tbl"
#undef HTTP_METHOD
	};

	return names[method];
}
