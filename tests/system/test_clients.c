/* SPDX-License-Identifier: ISC */
/*
 * Clients that others wrote, unmodified.  Python's, which is always there,
 * makes the thousand requests; those that are not there are passed over.
 */
#include <sys/wait.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define BIG_SIZE (1024 * 1024)

/* The same bytes as in the clients. */
static void
make_files(struct test_daemon *daemon)
{
	const char *path = test_daemon_path(daemon, "big");
	FILE *file = fopen(path, "w");
	int i;

	ck_assert_ptr_nonnull(file);
	for (i = 0; i < BIG_SIZE; i++)
		putc(i * 7 % 251, file);
	ck_assert_int_eq(fclose(file), 0);
	test_daemon_write(
	    daemon, "digits.txt", "0123456789abcdefghijklmnopqrstuvwxyz");
}

static struct test_daemon *
start(void)
{
	struct test_daemon *daemon = test_daemon_new();

	make_files(daemon);
	test_daemon_configure(daemon,
	    "workers = 2\nlisten \"127.0.0.1:0\" {}\n"
	    "host \"*\" {\n"
	    "mount \"/\" { module = \"%s\" }\n"
	    "mount \"/files\" { files = \"@\" }\n"
	    "}\n",
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

/* Runs to the end and must succeed; its words are shown. */
static void
run(const char *const *arguments, struct test_output *output_r)
{
	test_run_command(arguments, NULL, NULL, output_r);
	ck_assert_msg(
	    WIFEXITED(output_r->status) && WEXITSTATUS(output_r->status) == 0,
	    "%s: wait status %#x: %s", arguments[0], (unsigned)output_r->status,
	    output_r->text);
}

static void
run_script(const char *program, const char *name)
{
	struct test_daemon *daemon;
	struct test_output output;
	const char *top = getenv("srcdir");
	char path[512], port[16];
	const char *const arguments[] = { program, path, port, NULL };

	if (!test_program_is_there(program))
		return;
	daemon = start();
	snprintf(path, sizeof(path), "%s/tests/system/%s",
	    top == NULL ? ".." : top, name);
	snprintf(port, sizeof(port), "%u", test_daemon_port(daemon));
	run(arguments, &output);
	printf("%s", output.text);
	test_output_free(&output);
	test_daemon_stop(&daemon);
}

START_TEST(python_makes_a_thousand_requests)
{
	run_script("python3", "client_python.py");
}
END_TEST

START_TEST(node_makes_some)
{
	run_script("node", "client_node.js");
}
END_TEST

/* ---- curl ---- */

static unsigned
count_lines(const char *text, const char *line)
{
	unsigned count = 0;
	size_t size = strlen(line);

	for (; text != NULL && *text != '\0'; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, line, size) == 0 && text[size] == '\n')
			count++;
	}
	return count;
}

START_TEST(curl_keeps_its_connection)
{
	struct test_daemon *daemon;
	struct test_output output;
	char hello[64], file[64];
	const char *const arguments[] = { "curl", "-sS", "-o", "/dev/null",
		"-w", "%{http_code} %{num_connects}\n", hello, file, "-o",
		"/dev/null", NULL };

	if (!test_program_is_there("curl"))
		return;
	daemon = start();
	snprintf(hello, sizeof(hello), "http://127.0.0.1:%u/hello/[1-150]",
	    test_daemon_port(daemon));
	snprintf(file, sizeof(file), "http://127.0.0.1:%u/files/big?[1-50]",
	    test_daemon_port(daemon));
	run(arguments, &output);
	ck_assert_uint_eq(count_lines(output.text, "200 1"), 1);
	ck_assert_uint_eq(count_lines(output.text, "200 0"), 199);
	printf("  200 requests by curl on one connection\n");
	test_output_free(&output);
	test_daemon_stop(&daemon);
}
END_TEST

/* Each with "-sS"; $ is http://127.0.0.1:PORT, @ the daemon's directory. */
struct call {
	const char *arguments[12];
	const char *expected; /* in the output */
};

static const struct call calls[] = {
	{ { "$/hello/curl" }, "Hello, curl!\n" },
	{ { "-0", "$/hello/curl" }, "Hello, curl!\n" },
	{ { "-I", "$/hello/curl" }, "HTTP/1.1 200 OK\r\n" },
	{ { "-d", "some data", "$/echo" }, "some data" },
	{ { "--data-binary", "@@/big", "-H", "Expect: 100-continue", "-o",
	      "@/got", "-w", "%{size_download} %{http_code}", "$/echo" },
	    "1048576 200" },
	{ { "-T", "@/big", "-X", "POST", "-H", "Transfer-Encoding: chunked",
	      "-o", "@/got", "-w", "%{size_download} %{http_code}", "$/echo" },
	    "1048576 200" },
	{ { "-r", "10-12", "$/files/digits.txt" }, "abc" },
	{ { "-r", "-2", "$/files/digits.txt" }, "yz" },
	{ { "-r", "0-1,34-", "-w", "%{http_code} %{content_type}",
	      "$/files/digits.txt" },
	    "206 multipart/byteranges; boundary=" },
	{ { "-C", "30", "$/files/digits.txt" }, "uvwxyz" },
	{ { "-z", "@/digits.txt", "-w", "%{http_code}", "$/files/digits.txt" },
	    "304" },
	{ { "-w", "%{http_code}", "--path-as-is", "$/files/../files/x" },
	    "404" },
	{ { "-m", "0.2", "$/forever" }, "timed out" },
	{ { "-w", " %{http_code}", "$/slow" }, " 503" },
	{ { "--raw", "$/stream/0" }, "0\r\n\r\n" },
};

static char *
expand(const char *text, const struct test_daemon *daemon)
{
	size_t size;
	char *result;
	FILE *stream = open_memstream(&result, &size);

	for (; *text != '\0'; text++) {
		if (*text == '$')
			fprintf(stream, "http://127.0.0.1:%u",
			    test_daemon_port(daemon));
		else if (*text == '@' && text[1] == '@')
			putc(*text, stream);
		else if (*text == '@')
			fputs(test_daemon_directory(daemon), stream);
		else
			putc(*text, stream);
	}
	fclose(stream);
	return result;
}

static void
call_curl(struct test_daemon *daemon, const struct call *call)
{
	const char *arguments[16] = { "curl", "-sS" };
	struct test_output output;
	size_t i, count = 2;

	for (i = 0; i < 12 && call->arguments[i] != NULL; i++)
		arguments[count++] = expand(call->arguments[i], daemon);
	test_run_command(arguments, NULL, NULL, &output);
	if (call->expected != NULL)
		ck_assert_msg(strstr(output.text, call->expected) != NULL,
		    "curl %s %s...: %s", arguments[2], arguments[3],
		    output.text);
	test_output_free(&output);
	for (i = 2; i < count; i++)
		free((char *)(uintptr_t)arguments[i]);
}

START_TEST(curl_gets_what_it_asks_for)
{
	struct test_daemon *daemon;
	size_t i;

	if (!test_program_is_there("curl"))
		return;
	daemon = start();
	test_daemon_expect(daemon, "gave no reply within its timeout");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		call_curl(daemon, &calls[i]);
	printf("%5zu calls of curl\n", i);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- h2load ---- */

static void
run_h2load(const char *target, const char *clients, const char *pipelined)
{
	struct test_daemon *daemon;
	struct test_output output;
	char url[128];
	const char *const arguments[] = { "h2load", "--h1", "-n", "1000", "-c",
		clients, "-m", pipelined, url, NULL };

	if (!test_program_is_there("h2load"))
		return;
	daemon = start();
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s",
	    test_daemon_port(daemon), target);
	run(arguments, &output);
	ck_assert_msg(strstr(output.text,
			  "1000 done, 1000 succeeded, 0 failed, 0 errored, "
			  "0 timeout") != NULL,
	    "%s", output.text);
	ck_assert_msg(strstr(output.text, "status codes: 1000 2xx") != NULL,
	    "%s", output.text);
	printf(" 1000 requests by h2load, -c %s -m %s: %s\n", clients,
	    pipelined, target);
	test_output_free(&output);
	test_daemon_stop(&daemon);
}

START_TEST(h2load_pipelines)
{
	run_h2load("/hello/h2load", "10", "16");
	run_h2load("/files/digits.txt", "10", "1");
	run_h2load("/wait/1", "50", "4");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clients");
	TCase *tcase = tcase_create("clients");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, python_makes_a_thousand_requests);
	tcase_add_test(tcase, node_makes_some);
	tcase_add_test(tcase, curl_keeps_its_connection);
	tcase_add_test(tcase, curl_gets_what_it_asks_for);
	tcase_add_test(tcase, h2load_pipelines);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
