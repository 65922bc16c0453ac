/* SPDX-License-Identifier: ISC */
/*
 * Answers that a worker gives without an exchange, as text, so that one send
 * is all.  Their page is that of app_page.c; they have no Date, which a 5xx
 * need not have (RFC 9110, 6.6.1).
 */
#ifndef WORKER_ANSWER_H
#define WORKER_ANSWER_H

/* Of literals.  status: with its reason; more: fields, each with its line
 * end, or "". */
#define WORKER_ANSWER_HEAD(status, page_size, more)                      \
	"HTTP/1.1 " status "\r\n"                                        \
	"Content-Type: text/plain; charset=utf-8\r\n"                    \
	"Content-Length: " page_size "\r\n" more "Connection: close\r\n" \
	"\r\n"
#define WORKER_ANSWER_PAGE(status) status "\n"

#define WORKER_ANSWER_500_HEAD \
	WORKER_ANSWER_HEAD("500 Internal Server Error", "26", "")
#define WORKER_ANSWER_500_PAGE WORKER_ANSWER_PAGE("500 Internal Server Error")
_Static_assert(sizeof(WORKER_ANSWER_500_PAGE) - 1 == 26, "its page_size");

/* It is over in a moment. */
#define WORKER_ANSWER_503_HEAD \
	WORKER_ANSWER_HEAD(    \
	    "503 Service Unavailable", "24", "Retry-After: 1\r\n")
#define WORKER_ANSWER_503_PAGE WORKER_ANSWER_PAGE("503 Service Unavailable")
_Static_assert(sizeof(WORKER_ANSWER_503_PAGE) - 1 == 24, "its page_size");

/* Its other connections may take longer than that. */
#define WORKER_ANSWER_429_HEAD \
	WORKER_ANSWER_HEAD("429 Too Many Requests", "22", "Retry-After: 10\r\n")
#define WORKER_ANSWER_429_PAGE WORKER_ANSWER_PAGE("429 Too Many Requests")
_Static_assert(sizeof(WORKER_ANSWER_429_PAGE) - 1 == 22, "its page_size");

#endif
