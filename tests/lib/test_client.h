/* SPDX-License-Identifier: ISC */
/*
 * A raw HTTP client for system tests: it sends the bytes it is given, and
 * reads responses as an independent reader of RFC 9112 would.  All waits end
 * at TEST_DEADLINE_MS with a failed test.
 */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct test_client {
	int fd;
	char *data; /* read and not yet taken */
	size_t size, room;
};

struct test_response {
	int status;
	char *head; /* NUL-terminated, with its last CRLF */
	char *body; /* NUL-terminated, decoded */
	size_t size;
};

/* 127.0.0.1 */
void test_client_connect(struct test_client *client, unsigned port);
/* A numeric address. */
void test_client_connect_to(
    struct test_client *client, const char *address, unsigned port);
void test_client_connect_unix(struct test_client *client, const char *path);
void test_client_close(struct test_client *client);

void test_client_send(
    struct test_client *client, const char *data, size_t size);
void test_client_send_text(struct test_client *client, const char *text);
void test_client_send_format(struct test_client *client, const char *format,
    ...) __attribute__((format(printf, 2, 3)));
/* shutdown(2) of our sending side. */
void test_client_finish(struct test_client *client);

/* Reads one response; method decides whether it has a body. */
void test_client_read(struct test_client *client, const char *method,
    struct test_response *response_r);

/* Waits until the server closed: true; or bytes came instead: false. */
bool test_client_is_closed(struct test_client *client);

/* Is there nothing to be read, neither bytes nor an end, right now? */
bool test_client_is_quiet(struct test_client *client);

/* Waits for at least size bytes, without taking them; the bytes. */
const char *test_client_peek(struct test_client *client, size_t size);

void test_response_free(struct test_response *response);

/* The value of a field, or NULL; static until the next call. */
const char *test_response_field(
    const struct test_response *response, const char *name);

/* Reads a response, which must have this status and, unless NULL, body. */
void test_client_expect(struct test_client *client, const char *method,
    int status, const char *body);

/* The worker that serves it, by module_test's /pid. */
pid_t test_client_pid(struct test_client *client);

/* The same of a connection that lasts no longer. */
pid_t test_client_new_pid(unsigned port);

/* A GET that lets the connection be kept, and its response. */
void test_client_get(struct test_client *client, const char *target,
    struct test_response *response_r);

/* The same, of which only the status matters. */
int test_client_status(struct test_client *client, const char *target);

/* A connection, a GET, a response, in one. */
void test_get(
    unsigned port, const char *target, struct test_response *response_r);

/* Sends bytes on a connection of their own, and reads one response and then
 * the end; the status. */
int test_refused(unsigned port, const char *text);

#endif
