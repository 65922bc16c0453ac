/* SPDX-License-Identifier: ISC */
/* The hello of module_bench.c, by Kore. */
#include <kore/kore.h>
/* Needs the one above. */
#include <kore/http.h>

int hello(struct http_request *);

int
hello(struct http_request *request)
{
	http_response_header(request, "content-type", "text/plain");
	http_response(request, 200, "Hello, World!", 13);
	return KORE_RESULT_OK;
}
