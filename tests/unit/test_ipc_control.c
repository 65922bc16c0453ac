/* SPDX-License-Identifier: ISC */
/*
 * A socket of the test's own is the daemon: what it says is there before it
 * is asked.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "ipc/ipc_control.h"
#include "test_unit.h"

static char directory[64], *path;
static int listener;
static struct error error;

static void
set_up(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(directory, "/tmp/cohort-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	path = memory_format("%s/control", directory);
	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (void *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
}

static void
tear_down(void)
{
	close(listener);
	unlink(path);
	rmdir(directory);
	memory_free(path);
}

/* A daemon that says just that, and closes if so told. */
static struct ipc_control *
connect_to(const char *words, bool closes, int *other_r)
{
	struct ipc_control *control;

	ck_assert_int_eq(ipc_control_open(path, &control, &error), 0);
	*other_r = accept(listener, NULL, NULL);
	ck_assert_int_ne(*other_r, -1);
	ck_assert_int_eq(
	    send(*other_r, words, strlen(words), 0), (ssize_t)strlen(words));
	if (closes)
		shutdown(*other_r, SHUT_RDWR);
	return control;
}

static int
ask(struct ipc_control *control, uint64_t timeout_ms, json_t **reply_r)
{
	json_t *request = json_pack("{s:s}", "command", "status");
	int result =
	    ipc_control_ask(control, request, timeout_ms, reply_r, &error);

	json_decref(request);
	return result;
}

START_TEST(a_request_and_its_reply)
{
	struct ipc_control *control;
	json_t *reply;
	char bytes[64];
	ssize_t size;
	int other;

	control = connect_to("{\"summary\": \"fine\"}\n", false, &other);
	ck_assert_int_eq(ask(control, 0, &reply), 0);
	ck_assert_ptr_null(ipc_control_refusal(reply));
	ck_assert_str_eq(
	    json_string_value(json_object_get(reply, "summary")), "fine");
	json_decref(reply);
	size = recv(other, bytes, sizeof(bytes), 0);
	ck_assert_int_eq(size, 21);
	ck_assert_int_eq(memcmp(bytes, "{\"command\":\"status\"}\n", 21), 0);
	ck_assert_int_eq(send(other, "{\"error\": \"no\"}\n", 16, 0), 16);
	ck_assert_int_eq(ask(control, 1000, &reply), 0);
	ck_assert_str_eq(ipc_control_refusal(reply), "no");
	json_decref(reply);
	ipc_control_close(&control);
	close(other);
}
END_TEST

START_TEST(what_is_no_reply)
{
	static const struct {
		const char *words;
		bool closes;
		uint64_t timeout_ms;
		const char *error;
	} rows[] = {
		{ "HTTP/1.1 400 Bad Request\r\n", false, 0, "makes no sense" },
		{ "[]\n", false, 0, "makes no sense" },
		{ "\n", false, 0, "makes no sense" },
		{ "{\"a\": 1, \"a\": 2}\n", false, 0, "makes no sense" },
		{ "{\"a\": 1}", true, 0, "was closed" },
		{ "", true, 0, "was closed" },
		{ "{\"a\":", false, 20, "no reply within 20 ms" },
		{ "", false, 1000, "no reply within 1 s" },
	};
	struct ipc_control *control;
	json_t *reply;
	size_t i;
	int other;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		control = connect_to(rows[i].words, rows[i].closes, &other);
		ck_assert_int_eq(ask(control, rows[i].timeout_ms, &reply), -1);
		ck_assert_msg(strstr(error.text, rows[i].error) != NULL,
		    "%s: %s", rows[i].words, error.text);
		ipc_control_close(&control);
		close(other);
	}
}
END_TEST

START_TEST(nobody_is_there)
{
	struct ipc_control *control;
	char text[200];

	ck_assert_int_eq(
	    ipc_control_open("/nowhere/control", &control, &error), -1);
	ck_assert_int_eq(error.number, ENOENT);
	ck_assert_ptr_nonnull(strstr(error.text, "no cohortd is running"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(ipc_control_open(text, &control, &error), -1);
	ck_assert_int_eq(error.kind, ERROR_CONFIG);
	close(listener);
	ck_assert_int_eq(ipc_control_open(path, &control, &error), -1);
	ck_assert_int_eq(error.number, ECONNREFUSED);
	ck_assert_int_eq(error.kind, ERROR_RUNTIME);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ipc_control");
	TCase *tcase = tcase_create("ipc_control");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_request_and_its_reply);
	tcase_add_test(tcase, what_is_no_reply);
	tcase_add_test(tcase, nobody_is_there);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
