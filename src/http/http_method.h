/* SPDX-License-Identifier: ISC */
/*
 * Request methods, from http_method.tbl.  They are case-sensitive.
 */
#ifndef HTTP_METHOD_H
#define HTTP_METHOD_H

#include <stddef.h>

enum http_method {
	HTTP_METHOD_OTHER,
#define HTTP_METHOD(name) HTTP_METHOD_##name,
#include "http/http_method.tbl"
#undef HTTP_METHOD
	HTTP_METHOD_COUNT
};

/* HTTP_METHOD_OTHER for what is not in the table. */
enum http_method http_method_parse(const char *name, size_t size);

/* NULL for HTTP_METHOD_OTHER. */
const char *http_method_name(enum http_method method);

#endif
