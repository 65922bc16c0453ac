/* SPDX-License-Identifier: ISC */
/*
 * HUP: under load nobody notices it, every setting may change, and what
 * cannot become a new cohort leaves the old one serving.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_client.h"
#include "test_daemon.h"
#include "test_unit.h"

#define LISTEN "listen \"127.0.0.1:0\" {}\n"
#define DEBUG  "log_level = \"debug\"\n"

/* What a reload, good or bad, says in any case. */
static void
expect_reloads(struct test_daemon *daemon)
{
	test_daemon_expect(daemon, " info: reload: reading");
}

/* A fresh daemon with module_test at / and these lines before. */
static struct test_daemon *
start(const char *more)
{
	struct test_daemon *daemon = test_daemon_new();

	expect_reloads(daemon);
	test_daemon_configure(daemon, "%s" TEST_SERVE_MODULE, more,
	    test_daemon_module(daemon, "module_test"));
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	return daemon;
}

static void
configure(struct test_daemon *daemon, const char *more, const char *listeners)
{
	test_daemon_configure(daemon,
	    "%s%shost \"*\" { mount \"/\" { module = \"@/module_test.so\" } "
	    "}\n",
	    more, listeners);
}

static void
reload(struct test_daemon *daemon)
{
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, " info: reloaded: cohort ");
}

static pid_t
get_pid(unsigned port)
{
	struct test_response response;
	pid_t pid;

	test_get(port, "/pid", &response);
	ck_assert_int_eq(response.status, 200);
	pid = (pid_t)atoi(response.body);
	test_response_free(&response);
	return pid;
}

/* Waits until that many are left; the log has to be of level debug. */
static void
wait_workers(struct test_daemon *daemon, size_t count)
{
	pid_t workers[16];

	while (test_daemon_workers(daemon, workers, 16) != count)
		test_daemon_wait(daemon, " is gone");
}

/* ---- load: clients of one poll loop, each a small HTTP client ---- */

#define LOAD_CLIENTS 100
#define LOAD_RELOADS 20
#define LOAD_ROOM    32768

struct load_client {
	int fd;
	bool is_waiting; /* for a response */
	char data[LOAD_ROOM];
	size_t size;
};

struct load {
	unsigned port;
	struct load_client clients[LOAD_CLIENTS];
	struct pollfd polls[LOAD_CLIENTS];
	unsigned answered[LOAD_CLIENTS]; /* since the last reload */
	unsigned long responses;
};

/* Every fourth idles between reloads, and is asked once after each. */
static bool
is_lazy(size_t index)
{
	return index % 4 == 3;
}

static void
load_connect(struct load *load, size_t index)
{
	struct load_client *client = &load->clients[index];
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)load->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	memset(client, 0, sizeof(*client));
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(client->fd, -1);
	ck_assert_msg(
	    connect(client->fd, (struct sockaddr *)&name, sizeof(name)) == 0,
	    "connect: %s", strerror(errno));
}

static void
load_ask(struct load *load, size_t index)
{
	static const char get[] = "GET /hello/load HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char wait[] = "GET /wait/3 HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char post[] = "POST /echo HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 11\r\n\r\nhello hello";
	static const char *const requests[] = { get, wait, post, get };
	const char *text = requests[index % 4];
	struct load_client *client = &load->clients[index];

	ck_assert_int_eq(
	    send(client->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	client->is_waiting = true;
}

static bool
is_complete(const struct load_client *client)
{
	const char *end, *length;

	if (client->size == 0)
		return false;
	end = strstr(client->data, "\r\n\r\n");
	if (end == NULL)
		return false;
	length = strstr(client->data, "\r\nContent-Length: ");
	ck_assert_msg(length != NULL && length < end, "%s", client->data);
	return client->size ==
	    (size_t)(end + 4 - client->data) + strtoul(length + 18, NULL, 10);
}

/* The whole response is there. */
static void
load_answered(struct load *load, size_t index)
{
	static const char *const bodies[] = { "Hello, load!\n", "waited\n",
		"hello hello", "Hello, load!\n" };
	struct load_client *client = &load->clients[index];
	const char *body = bodies[index % 4];

	ck_assert_msg(strncmp(client->data, "HTTP/1.1 200 ", 13) == 0, "%s",
	    client->data);
	ck_assert_str_eq(client->data + client->size - strlen(body), body);
	ck_assert_ptr_null(strstr(client->data, "\r\nConnection: "));
	client->is_waiting = false;
	client->size = 0;
	load->answered[index]++;
	load->responses++;
	if (!is_lazy(index))
		load_ask(load, index);
}

static void
load_read(struct load *load, size_t index)
{
	struct load_client *client = &load->clients[index];
	ssize_t size = recv(client->fd, client->data + client->size,
	    LOAD_ROOM - 1 - client->size, MSG_DONTWAIT);

	ck_assert_msg(size != 0,
	    "closed while %s, after %zu bytes of a response",
	    client->is_waiting ? "a response is due" : "idle", client->size);
	ck_assert_msg(size > 0, "recv: %s", strerror(errno));
	ck_assert(client->is_waiting);
	client->size += (size_t)size;
	client->data[client->size] = '\0';
	if (is_complete(client))
		load_answered(load, index);
}

/* Waits for some of what is due, and handles it. */
static void
load_step(struct load *load)
{
	size_t i;

	for (i = 0; i < LOAD_CLIENTS; i++)
		load->polls[i] = (struct pollfd) { .fd = load->clients[i].fd,
			.events = POLLIN };
	ck_assert_int_gt(poll(load->polls, LOAD_CLIENTS, TEST_DEADLINE_MS), 0);
	for (i = 0; i < LOAD_CLIENTS; i++)
		if (load->polls[i].revents != 0)
			load_read(load, i);
}

static bool
all_answered(const struct load *load, unsigned least)
{
	size_t i;

	for (i = 0; i < LOAD_CLIENTS; i++)
		if (load->answered[i] < (is_lazy(i) ? 1 : least))
			return false;
	return true;
}

/* Each busy client is answered several times, each lazy one once. */
static void
load_round(struct load *load)
{
	size_t i;

	memset(load->answered, 0, sizeof(load->answered));
	for (i = 0; i < LOAD_CLIENTS; i++)
		if (is_lazy(i))
			load_ask(load, i);
	while (!all_answered(load, 3))
		load_step(load);
}

static void
load_start(struct load *load, unsigned port)
{
	size_t i;

	load->port = port;
	for (i = 0; i < LOAD_CLIENTS; i++) {
		load_connect(load, i);
		if (!is_lazy(i))
			load_ask(load, i);
	}
}

static void
load_stop(struct load *load)
{
	size_t i;

	for (i = 0; i < LOAD_CLIENTS; i++)
		close(load->clients[i].fd);
}

static size_t
count_descriptors(pid_t pid)
{
	char *text = test_process_descriptors(pid), *at = text;
	size_t count = 0;

	while ((at = strchr(at, '\n')) != NULL) {
		at++;
		count++;
	}
	free(text);
	return count;
}

START_TEST(nobody_notices_reloads_under_load)
{
	struct test_daemon *daemon = start(DEBUG "workers = 2\n");
	struct load *load = calloc(1, sizeof(*load));
	size_t descriptors = count_descriptors(test_daemon_pid(daemon));
	char text[64];
	unsigned i;

	test_daemon_expect(daemon, " info: reloaded: cohort ");
	load_start(load, test_daemon_port(daemon));
	load_round(load);
	for (i = 1; i <= LOAD_RELOADS; i++) {
		snprintf(text, sizeof(text), "reloaded: cohort %u ", i + 1);
		test_daemon_signal(daemon, SIGHUP);
		while (test_daemon_count(daemon, text) == 0)
			load_step(load);
		load_round(load);
	}
	load_stop(load);
	printf("%lu responses, %u reloads\n", load->responses, LOAD_RELOADS);
	test_daemon_wait(daemon, "cohort 20 is gone");
	while (test_daemon_count(daemon, " is gone") < LOAD_RELOADS)
		test_daemon_wait(daemon, " is gone");
	ck_assert_uint_eq(
	    count_descriptors(test_daemon_pid(daemon)), descriptors);
	free(load);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what a reload changes ---- */

/* The word to retire may reach the worker behind a request or two. */
static void
wait_moved(struct test_client *client, pid_t before)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;

	while (test_client_pid(client) == before)
		ck_assert_int_lt(test_now_ms(), until);
}

/* The old worker may take a connection or two until it is told. */
static void
wait_other(unsigned port, pid_t before)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;

	while (get_pid(port) == before)
		ck_assert_int_lt(test_now_ms(), until);
}

START_TEST(a_request_in_progress_is_finished_by_the_old_worker)
{
	struct test_daemon *daemon = start("workers = 1\n");
	unsigned port = test_daemon_port(daemon);
	struct test_response response;
	struct test_client client;
	pid_t before = get_pid(port);

	test_client_connect(&client, port);
	test_client_send_text(&client,
	    "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /wait/500 HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_read(&client, "GET", &response);
	test_response_free(&response);
	reload(daemon);
	wait_other(port, before);
	test_client_read(&client, "GET", &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert_str_eq(response.body, "waited\n");
	ck_assert_ptr_null(test_response_field(&response, "Connection"));
	test_response_free(&response);
	wait_moved(&client, before);
	test_client_close(&client);
	test_daemon_stop(&daemon);
}
END_TEST

/* Nobody may wait in the queue of a socket that nobody accepts from. */
static void
wait_refused(in_addr_t address, unsigned port)
{
	long long until = test_now_ms() + TEST_DEADLINE_MS;
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)port),
		.sin_addr.s_addr = htonl(address),
	};
	int fd, number;

	do {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_ne(fd, -1);
		number =
		    connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0 ?
		    0 :
		    errno;
		/* Whom the closing socket meets half way is reset. */
		ck_assert_msg(number == 0 || number == ECONNREFUSED ||
			number == ECONNRESET,
		    "connect: %s", strerror(number));
		close(fd);
		ck_assert_msg(test_now_ms() < until,
		    "the kernel still takes connections for nobody");
		if (number != ECONNREFUSED)
			test_pause();
	} while (number != ECONNREFUSED);
}

START_TEST(listeners_are_added_and_removed)
{
	struct test_daemon *daemon = start("workers = 2\n");
	unsigned port = test_daemon_port(daemon), other;
	struct test_client client;

	configure(
	    daemon, "workers = 2\n", LISTEN "listen \"127.0.0.2:0\" {}\n");
	reload(daemon);
	other = test_daemon_port_of(daemon, "127.0.0.2");
	test_client_connect_to(&client, "127.0.0.2", other);
	ck_assert_int_eq(test_client_status(&client, "/hello/x"), 200);
	test_client_close(&client);
	/* The other one kept its socket. */
	get_pid(port);
	ck_assert_uint_eq(
	    test_daemon_count(daemon, " listening on 127.0.0.1:"), 1);

	configure(daemon, "workers = 2\n", LISTEN);
	reload(daemon);
	wait_refused(INADDR_LOOPBACK + 1, other);
	get_pid(port);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_removed_listener_does_not_wait_for_old_requests)
{
	struct test_daemon *daemon = test_daemon_new();
	struct test_response response;
	struct test_client busy;

	expect_reloads(daemon);
	test_daemon_module(daemon, "module_test");
	configure(daemon, "workers = 1\nshutdown_timeout = 10m\n",
	    LISTEN "listen \"127.0.0.2:0\" {}\n");
	test_daemon_start(daemon, "-c", "@/conf", NULL);
	test_client_connect(&busy, test_daemon_port(daemon));
	test_client_send_text(&busy,
	    "GET /pid HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
	test_client_read(&busy, "GET", &response);
	test_response_free(&response);
	configure(daemon, "workers = 1\n", LISTEN);
	reload(daemon);
	wait_refused(
	    INADDR_LOOPBACK + 1, test_daemon_port_of(daemon, "127.0.0.2"));
	ck_assert(test_client_is_quiet(&busy));
	test_client_close(&busy);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(the_number_of_workers_changes)
{
	static const struct {
		const char *settings;
		size_t count;
	} steps[] = { { DEBUG "workers = 4\n", 4 },
		{ DEBUG "workers = 2\n", 2 }, { DEBUG "workers = 1\n", 1 } };
	struct test_daemon *daemon = start(DEBUG "workers = 1\n");
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		configure(daemon, steps[i].settings, LISTEN);
		reload(daemon);
		wait_workers(daemon, steps[i].count);
		get_pid(test_daemon_port(daemon));
	}
	test_daemon_stop(&daemon);
}
END_TEST

static void
ask(unsigned port, const char *target, int status)
{
	struct test_response response;

	test_get(port, target, &response);
	ck_assert_int_eq(response.status, status);
	test_response_free(&response);
}

START_TEST(the_access_log_changes)
{
	struct test_daemon *daemon = start(DEBUG "access_log = \"@/first\"\n");
	unsigned port = test_daemon_port(daemon);
	char *text;

	ask(port, "/hello/one", 200);
	test_file_wait(test_daemon_path(daemon, "first"), "/hello/one ");
	configure(daemon,
	    DEBUG "access_log = \"@/second\"\naccess_format = \"json\"\n",
	    LISTEN);
	reload(daemon);
	test_daemon_wait(daemon, "cohort 1 is gone");
	ask(port, "/hello/two", 200);
	test_file_wait(test_daemon_path(daemon, "second"), "/hello/two");
	text = test_file_read(test_daemon_path(daemon, "second"), NULL);
	ck_assert_int_eq(text[0], '{');
	ck_assert_ptr_null(strstr(text, "/hello/one"));
	free(text);
	text = test_file_read(test_daemon_path(daemon, "first"), NULL);
	ck_assert_ptr_null(strstr(text, "/hello/two"));
	free(text);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(new_code_is_loaded)
{
	struct test_daemon *daemon = start(DEBUG "workers = 2\n");
	unsigned port = test_daemon_port(daemon);
	char from[256], to[256];

	ask(port, "/", 404);
	snprintf(
	    from, sizeof(from), "%s", test_daemon_module(daemon, "module_bad"));
	snprintf(
	    to, sizeof(to), "%s/module_test.so", test_daemon_directory(daemon));
	ck_assert_int_eq(rename(from, to), 0);
	reload(daemon);
	test_daemon_wait(daemon, "cohort 1 is gone");
	ask(port, "/", 200);
	ask(port, "/hello/x", 404);
	test_daemon_stop(&daemon);
}
END_TEST

/* ---- what must not become a cohort ---- */

struct bad {
	const char *name;
	const char *conf; /* "%u" is a port that is taken */
	const char *reason;
};

#define MOUNT_TEST \
	"host \"*\" { mount \"/\" { module = \"@/module_test.so\" } }\n"
#define MOUNT_BAD(how)                                             \
	"host \"*\" { mount \"/\" { module = \"@/module_bad.so\" " \
	"read = \"@\" set { how "                                  \
	"= \"" how "\" } } }\n"

static const struct bad bads[] = {
	{ "syntax", "workers = = 2\n", "/conf:1" },
	{ "unknown option", "wrokers = 2\n" LISTEN MOUNT_TEST, "wrokers" },
	{ "nothing mounted", LISTEN, "mount" },
	{ "missing module",
	    LISTEN "host \"*\" { mount \"/\" { module = \"/nowhere.so\" } }\n",
	    "/nowhere.so" },
	{ "missing directory",
	    LISTEN "host \"*\" { mount \"/\" { files = \"/nowhere\" } }\n",
	    "/nowhere" },
	{ "port taken",
	    LISTEN "listen \"127.0.0.3:0\" {}\n"
		   "listen \"127.0.0.1:%u\" {}\n" MOUNT_TEST,
	    "in use" },
	{ "pid file changed", "pid_file = \"@/other\"\n" LISTEN MOUNT_TEST,
	    "pid_file changed" },
	{ "user changed", "user = \"daemon\"\n" LISTEN MOUNT_TEST,
	    "user changed" },
	{ "log in no directory",
	    "access_log = \"/nowhere/log\"\n" LISTEN MOUNT_TEST,
	    "/nowhere/log" },
	{ "set-up refuses", LISTEN MOUNT_BAD("refuse"), "the set-up says no" },
	{ "start hook fails", "workers = 3\n" LISTEN MOUNT_BAD("@/fail"),
	    "module_bad" },
	{ "start hook ends the worker",
	    "workers = 3\n" LISTEN MOUNT_BAD("@/die"), "exited with 9" },
	{ "a setting that the module does not know",
	    LISTEN "host \"*\" { mount \"/\" { module = \"@/module_test.so\" "
		   "set { colour = \"red\" } } }\n",
	    "colour" },
};

static int
take_port(unsigned *port_r)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, size), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	*port_r = ntohs(name.sin_port);
	return fd;
}

START_TEST(what_cannot_serve_changes_nothing)
{
	const struct bad *bad = &bads[_i];
	struct test_daemon *daemon = start(DEBUG "workers = 1\n");
	unsigned port = test_daemon_port(daemon), taken;
	int fd = take_port(&taken);
	struct test_client idle;
	pid_t before;

	test_daemon_module(daemon, "module_bad");
	test_daemon_write(daemon, "fail", "fail");
	test_daemon_write(daemon, "die", "die");
	test_client_connect(&idle, port);
	ck_assert_int_eq(test_client_status(&idle, "/hello/x"), 200);
	before = get_pid(port);
	test_daemon_configure(daemon, bad->conf, taken);
	test_daemon_expect(daemon, bad->reason);
	test_daemon_expect(daemon, "exited with 70");
	test_daemon_expect(daemon, "exited with 9");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reload failed, nothing was changed: ");
	ck_assert_msg(test_daemon_count(daemon, bad->reason) > 0,
	    "%s: the log does not say \"%s\"", bad->name, bad->reason);
	ck_assert_int_eq(get_pid(port), before);
	ck_assert_int_eq(test_client_status(&idle, "/hello/x"), 200);
	test_client_close(&idle);
	if (strstr(bad->conf, "127.0.0.3") != NULL)
		ck_assert_uint_eq(test_daemon_count(daemon,
				      "no longer listening on 127.0.0.3"),
		    1);

	/* A good one is as good as if there had been none. */
	configure(daemon, DEBUG "workers = 2\n", LISTEN);
	reload(daemon);
	wait_workers(daemon, 2);
	ck_assert_int_ne(get_pid(port), before);
	close(fd);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_cohort_that_does_not_get_ready_in_time_is_none)
{
	struct test_daemon *daemon = start(DEBUG "workers = 1\n");
	unsigned port = test_daemon_port(daemon);
	pid_t before = get_pid(port);

	test_daemon_module(daemon, "module_bad");
	/* Its start hook reads a FIFO that nobody writes. */
	ck_assert_int_eq(mkfifo(test_daemon_path(daemon, "fifo"), 0666), 0);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "fifo"), 0666), 0);
	test_daemon_configure(daemon,
	    "workers = 2\nstart_timeout = 300ms\n" LISTEN MOUNT_BAD("@/fifo"));
	test_daemon_expect(daemon, "ms: killed");
	test_daemon_expect(daemon, "killed by");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reload failed, nothing was changed: ");
	ck_assert_int_eq(get_pid(port), before);
	test_daemon_stop(&daemon);
}
END_TEST

static void
let_start(struct test_daemon *daemon)
{
	int fd = open(test_daemon_path(daemon, "fifo"), O_WRONLY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, "go", 2), 2);
	close(fd);
}

START_TEST(reloads_do_not_overlap)
{
	struct test_daemon *daemon = start(DEBUG "workers = 1\n");
	unsigned port = test_daemon_port(daemon);
	pid_t before = get_pid(port);

	test_daemon_module(daemon, "module_bad");
	ck_assert_int_eq(mkfifo(test_daemon_path(daemon, "fifo"), 0666), 0);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "fifo"), 0666), 0);
	test_daemon_configure(
	    daemon, DEBUG "workers = 1\n" LISTEN MOUNT_BAD("@/fifo"));
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reload: reading");
	ck_assert_int_eq(get_pid(port), before);
	/* Asked for twice meanwhile: one reload follows. */
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "got SIGHUP");
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "got SIGHUP");
	configure(daemon, DEBUG "workers = 1\n", LISTEN);
	let_start(daemon);
	test_daemon_wait(daemon, "reloaded: cohort 2 ");
	test_daemon_wait(daemon, "reloaded: cohort 3 ");
	test_daemon_wait(daemon, "cohort 2 is gone");
	ask(port, "/hello/x", 200);
	ck_assert_uint_eq(test_daemon_count(daemon, "reload: reading"), 2);
	test_daemon_stop(&daemon);
}
END_TEST

START_TEST(a_stop_during_a_reload_stops)
{
	struct test_daemon *daemon = start(DEBUG "workers = 1\n");

	test_daemon_module(daemon, "module_bad");
	ck_assert_int_eq(mkfifo(test_daemon_path(daemon, "fifo"), 0666), 0);
	ck_assert_int_eq(chmod(test_daemon_path(daemon, "fifo"), 0666), 0);
	test_daemon_configure(daemon,
	    "workers = 2\nshutdown_timeout = 300ms\n" LISTEN MOUNT_BAD(
		"@/fifo"));
	test_daemon_signal(daemon, SIGHUP);
	test_daemon_wait(daemon, "reload: reading");
	test_daemon_expect(daemon, "ms: killed");
	test_daemon_expect(daemon, "killed by");
	test_daemon_stop(&daemon);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reload");
	TCase *tcase = tcase_create("reload");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, nobody_notices_reloads_under_load);
	tcase_add_test(
	    tcase, a_request_in_progress_is_finished_by_the_old_worker);
	tcase_add_test(tcase, listeners_are_added_and_removed);
	tcase_add_test(
	    tcase, a_removed_listener_does_not_wait_for_old_requests);
	tcase_add_test(tcase, the_number_of_workers_changes);
	tcase_add_test(tcase, the_access_log_changes);
	tcase_add_test(tcase, new_code_is_loaded);
	tcase_add_loop_test(tcase, what_cannot_serve_changes_nothing, 0,
	    (int)(sizeof(bads) / sizeof(bads[0])));
	tcase_add_test(tcase, a_cohort_that_does_not_get_ready_in_time_is_none);
	tcase_add_test(tcase, reloads_do_not_overlap);
	tcase_add_test(tcase, a_stop_during_a_reload_stops);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
