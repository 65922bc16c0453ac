/* SPDX-License-Identifier: ISC */
/*
 * A whole worker, with the test in the place of the master: what it inherits,
 * the order of its life, accepting and its limits, and what application code
 * gets from it.  Sockets cannot be avoided here; every wait has an end.
 */
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_log.h"
#include "base/base_memory.h"
#include "config/config_parse.h"
#include "conn/conn_close.h"
#include "ipc/ipc_channel.h"
#include "ipc/ipc_exit.h"
#include "test_network.h"
#include "test_unit.h"
#include "worker/worker.h"

#include <cohort/cohort.h>

#define WAIT_MS   10000
#define ROW_COUNT 1000 /* of the connection table */

/* ---- the application ---- */

static const char *broken; /* what the module is to do wrong */
static int left_open = -1; /* of the master's, not inherited */

static char waited_text[] = "waited\n", resumed_text[] = "resumed\n";

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_text(
	    request, 200, "hello from %d\n", (int)getpid());
}

static enum cohort_verdict
say(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%s", (const char *)context);
}

static enum cohort_verdict
wait_time(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 20, say, waited_text);
}

static enum cohort_verdict
wait_for_ever(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 3600000, say, waited_text);
}

static void
close_descriptor(void *context)
{
	close((int)(intptr_t)context);
}

static enum cohort_verdict
read_pipe(struct cohort_request *request, void *context)
{
	char text[16] = "";
	int fd = (int)(intptr_t)context;

	if (read(fd, text, sizeof(text) - 1) == -1)
		return COHORT_FAILED;
	close_descriptor(context);
	return cohort_reply_text(request, 200, "%s", text);
}

static enum cohort_verdict
wait_descriptor(struct cohort_request *request, void *context)
{
	int ends[2];

	if (pipe(ends) == -1 || write(ends[1], "piped\n", 6) != 6)
		return COHORT_FAILED;
	close(ends[1]);
	return cohort_await_fd(request, ends[0], COHORT_READ, read_pipe,
	    (void *)(intptr_t)ends[0]);
}

struct job {
	struct cohort_worker *worker;
	cohort_ticket ticket;
	pthread_t thread;
};

static void
join(struct cohort_request *request, enum cohort_end end, void *context)
{
	struct job *job = context;

	pthread_join(job->thread, NULL);
	free(job);
}

static void *
work(void *context)
{
	struct job *job = context;

	cohort_resume(job->worker, job->ticket, say, resumed_text, NULL);
	return NULL;
}

static enum cohort_verdict
wait_thread(struct cohort_request *request, void *context)
{
	struct job *job = malloc(sizeof(*job));

	job->worker = cohort_worker(request);
	job->ticket = cohort_request_ticket(request);
	cohort_on_end(request, join, job);
	pthread_create(&job->thread, NULL, work, job);
	return COHORT_LATER;
}

static enum cohort_verdict
dies(struct cohort_request *request, void *context)
{
	raise(SIGKILL);
	return COHORT_FAILED;
}

static enum cohort_verdict
tell_signals(struct cohort_request *request, void *context)
{
	struct sigaction action;
	sigset_t blocked;
	char text[NSIG + 1];
	int i;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (i = 0; i < 32; i++) {
		text[i] = '-';
		if (i == 0 || sigaction(i, NULL, &action) == -1)
			continue;
		text[i] = action.sa_handler == SIG_DFL ? 'd' :
		    action.sa_handler == SIG_IGN       ? 'i' :
							 'h';
		if (sigismember(&blocked, i))
			text[i] = 'b';
	}
	text[i] = '\0';
	return cohort_reply_text(request, 200, "%s", text);
}

static enum cohort_verdict
tell_identity(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%u %u %d", getuid(), getgid(),
	    fcntl(left_open, F_GETFD) == -1);
}

/* No descriptor more than those that are open now. */
static enum cohort_verdict
use_up(struct cohort_request *request, void *context)
{
	int fd = open("/dev/null", O_RDONLY);
	struct rlimit limit = { (rlim_t)fd, 0 };

	close(fd);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)fd;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		return COHORT_FAILED;
	return cohort_reply_text(request, 200, "%d", fd);
}

static void
note_call(struct cohort_worker *worker, void *context)
{
	log_warn("a call ran");
}

static void
stop(struct cohort_worker *worker, void *context)
{
	log_warn("stopped");
}

static int
start(struct cohort_worker *worker, void *context)
{
	cohort_call(worker, note_call, NULL);
	return broken != NULL && strcmp(broken, "start") == 0 ? -1 : 0;
}

static int
setup(struct cohort_app *app)
{
	if (broken != NULL && strcmp(broken, "setup") == 0)
		return cohort_setup_error(app, "no database");
	if (broken != NULL && strcmp(broken, "crash") == 0)
		raise(SIGKILL);
	if (broken != NULL && strcmp(broken, "exit") == 0)
		_exit(3);
	if (broken != NULL && strcmp(broken, "hang") == 0)
		pause();
	cohort_get(app, "/", hello, NULL);
	cohort_get(app, "/time", wait_time, NULL);
	cohort_get(app, "/ever", wait_for_ever, NULL);
	cohort_get(app, "/descriptor", wait_descriptor, NULL);
	cohort_get(app, "/thread", wait_thread, NULL);
	cohort_get(app, "/dies", dies, NULL);
	cohort_get(app, "/signals", tell_signals, NULL);
	cohort_get(app, "/identity", tell_identity, NULL);
	cohort_get(app, "/use-up", use_up, NULL);
	cohort_on_start(app, start, NULL);
	cohort_on_stop(app, stop, NULL);
	return 0;
}

static const struct cohort_module module = {
	.magic = COHORT_MODULE_MAGIC,
	.abi = COHORT_ABI,
	.size = sizeof(struct cohort_module),
	.api = COHORT_API,
	.name = "test",
	.built = COHORT_VERSION,
	.setup = setup,
};

/* ---- the master ---- */

static struct error error;
static struct settings *settings;
static struct ipc_listener listener = {
	.fd = -1,
	.name = "here",
	.proxy_protocol = "",
};
static struct ipc_heritage heritage;
static struct ipc_process *process; /* the master's mapping */
static int channel = -1, error_log = -1, access_log = -1;
static struct ipc_packet packet;
static struct ipc_message message; /* the packet's */
static pid_t pid;

static struct ipc_slot *
slot(void)
{
	return &heritage.scoreboard->slots[heritage.slot];
}

static void
set_text(char **member, const char *text)
{
	memory_free(*member);
	*member = memory_copy_text(text);
}

static void
make_settings(void)
{
	const char *listen_on = "127.0.0.1:1";
	const struct config_overrides overrides = {
		.listen = &listen_on,
		.listen_count = 1,
		.has_builtin = true,
	};

	ck_assert_msg(
	    config_parse(&overrides, &settings, &error) == 0, "%s", error.text);
	set_text(&settings->user, "");
	set_text(&settings->error_log, "a file");
	settings->max_connections = 50;
	settings->open_files = 10;
	settings->http.linger_timeout = 50;
}

static void
make_listener(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	listener.fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	listener.is_tcp = true;
	ck_assert_int_eq(
	    bind(listener.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener.fd, 100), 0);
}

static void
make_master(void)
{
	make_settings();
	make_listener();
	error_log = memfd_create("errors", MFD_CLOEXEC);
	access_log = memfd_create("access", MFD_CLOEXEC);
	heritage = (struct ipc_heritage) {
		.cohort = 1,
		.slot = 2,
		.generation = 1234,
		.master = getpid(),
		.settings = settings,
		.builtin = &module,
		.listeners = &listener,
		.listener_count = 1,
		.quarantine_fd = -1,
		.error_log = error_log,
		.access_log = access_log,
	};
	ck_assert_int_eq(ipc_scoreboard_open(4, &heritage.scoreboard,
			     &heritage.scoreboard_fd, &error),
	    0);
	heritage.scoreboard->slots_used = 4;
	ck_assert_int_eq(ipc_process_open(1234, ROW_COUNT, &process,
			     &heritage.process_fd, &error),
	    0);
	ck_assert_int_eq(
	    ipc_channel_open(&channel, &heritage.channel, &error), 0);
	slot()->cohort = 1;
	slot()->generation = 1234;
}

static void
free_master(void)
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	ipc_scoreboard_close(&heritage.scoreboard, &heritage.scoreboard_fd);
	ipc_process_close(&process, &heritage.process_fd);
	fd_close(&channel);
	fd_close(&heritage.channel);
	fd_close(&listener.fd);
	fd_close(&error_log);
	fd_close(&access_log);
	settings_free(&settings);
}

static void
on_signal(int number)
{
	abort();
}

static void
spawn(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t all, before;

	/* The master has handlers of its own. */
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		worker_run(&heritage);
	sigprocmask(SIG_SETMASK, &before, NULL);
	fd_close(&heritage.channel);
	slot()->pid = pid;
}

static enum ipc_received
hear(void)
{
	struct pollfd descriptor = { .fd = channel, .events = POLLIN };
	enum ipc_received received;

	ck_assert_int_eq(poll(&descriptor, 1, WAIT_MS), 1);
	received =
	    ipc_channel_receive(channel, IPC_SIDE_MASTER, &packet, &error);
	message = packet.message;
	return received;
}

static void
expect_message(enum ipc_message_type type)
{
	ck_assert_int_eq(hear(), IPC_RECEIVED_MESSAGE);
	ck_assert_msg(message.type == type, "%s: %s",
	    ipc_message_name(message.type), message.text);
	ck_assert_uint_eq(message.generation, 1234);
}

static void
tell_all(enum ipc_message_type type, uint64_t value, uint64_t generation,
    const int *descriptors, size_t count)
{
	const struct ipc_message sent = {
		.layout = IPC_LAYOUT,
		.type = type,
		.generation = generation,
		.value = value,
	};

	ck_assert_int_eq(
	    ipc_channel_send(channel, &sent, descriptors, count, &error), 0);
}

static void
tell(enum ipc_message_type type, uint64_t value)
{
	tell_all(type, value, 1234, NULL, 0);
}

static void
expect_exit(int code)
{
	int status, waited;

	for (waited = 0; waited < WAIT_MS; waited++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			pid = 0;
			ck_assert_msg(
			    WIFEXITED(status) && WEXITSTATUS(status) == code,
			    "status %x", (unsigned)status);
			return;
		}
		test_pause();
	}
	ck_abort_msg("the worker is still there");
}

static void
await(const uint64_t *number, uint64_t value)
{
	int waited;

	for (waited = 0; waited < WAIT_MS; waited++) {
		if (__atomic_load_n(number, __ATOMIC_RELAXED) == value)
			return;
		test_pause();
	}
	ck_assert_uint_eq(*number, value);
}

static void
await_flag(const uint32_t *flag, uint32_t value)
{
	int waited;

	for (waited = 0; waited < WAIT_MS; waited++) {
		if (__atomic_load_n(flag, __ATOMIC_RELAXED) == value)
			return;
		test_pause();
	}
	ck_assert_uint_eq(*flag, value);
}

static void
start_serving(void)
{
	spawn();
	expect_message(IPC_MESSAGE_READY);
	tell(IPC_MESSAGE_SERVE, 0);
	await_flag(&slot()->accepting, 1);
}

static const char *
read_log(int fd)
{
	static char text[65536];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	text[size < 0 ? 0 : size] = '\0';
	return text;
}

static void
expect_log(const char *words)
{
	ck_assert_msg(strstr(read_log(error_log), words) != NULL,
	    "no \"%s\" in:\n%s", words, read_log(error_log));
}

/* ---- its clients ---- */

static int
dial(void)
{
	const struct timeval wait = { WAIT_MS / 1000, 0 };
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	getsockname(listener.fd, (struct sockaddr *)&address, &size);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, size), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

static void
ask(int fd, const char *path)
{
	char text[256];
	int size = snprintf(
	    text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);

	ck_assert_int_eq(send(fd, text, (size_t)size, MSG_NOSIGNAL), size);
}

/* Until the body's last byte, or the end. */
static const char *
answer(int fd)
{
	static char text[8192];
	const char *body, *length;
	size_t size = 0, wanted;
	ssize_t part;

	for (;;) {
		part = recv(fd, text + size, sizeof(text) - 1 - size, 0);
		size += part > 0 ? (size_t)part : 0;
		text[size] = '\0';
		if (part <= 0)
			return text;
		body = strstr(text, "\r\n\r\n");
		length = strcasestr(text, "\r\ncontent-length:");
		if (body == NULL || length == NULL)
			continue;
		wanted =
		    strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
		if (size - (size_t)(body + 4 - text) >= wanted)
			return text;
	}
}

static void
expect_answer(int fd, const char *words)
{
	const char *text = answer(fd);

	ck_assert_msg(strstr(text, words) != NULL, "no \"%s\" in:\n%s\n%s",
	    words, text, read_log(error_log));
}

static void
expect_end(int fd)
{
	char byte;

	ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
}

static void
exchange(const char *path, const char *words)
{
	int fd = dial();

	ask(fd, path);
	expect_answer(fd, words);
	close(fd);
}

/* ---- its life ---- */

START_TEST(serves_from_serve_to_retire)
{
	int early, idle;

	spawn();
	expect_message(IPC_MESSAGE_READY);
	ck_assert_uint_eq(slot()->serving, 0);
	early = dial();
	ask(early, "/");
	tell(IPC_MESSAGE_SERVE, 0);
	expect_answer(early, "hello from");
	ck_assert_uint_eq(slot()->serving, 1);
	ck_assert_uint_eq(slot()->accepting, 1);
	close(early);
	idle = dial();
	ask(idle, "/");
	expect_answer(idle, "200 OK");
	await(&slot()->exchanges, 2);
	await(&slot()->open, 1);
	ck_assert_uint_eq(slot()->busy, 0);
	ck_assert_uint_eq(slot()->accepted, 2);
	ck_assert_uint_eq(slot()->statuses[2], 2);
	ck_assert_uint_eq(slot()->closed[CONN_CLOSE_CLIENT], 1);
	ck_assert_uint_eq(slot()->busy_since_ms, 0);
	ck_assert_uint_eq(slot()->max_connections, 50);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_STOP);
	expect_end(idle);
	expect_exit(IPC_EXIT_OK);
	ck_assert_uint_eq(slot()->serving, 0);
	ck_assert_uint_eq(slot()->accepting, 0);
	ck_assert_int_eq(hear(), IPC_RECEIVED_END);
	expect_log("warn: a call ran, worker 2");
	expect_log("warn: stopped, worker 2");
	ck_assert_ptr_nonnull(
	    strstr(read_log(access_log), "\"GET / HTTP/1.1\" 200 "));
	close(idle);
}
END_TEST

static const struct {
	const char *broken, *words;
} failures[] = {
	{ "setup", "no database" },
	{ "start", "" },
};

START_TEST(failed_set_up_is_told)
{
	broken = failures[_i].broken;
	spawn();
	expect_message(IPC_MESSAGE_FAILED);
	ck_assert_ptr_nonnull(strstr(message.text, failures[_i].words));
	ck_assert_uint_gt(strlen(message.text), 0);
	expect_exit(IPC_EXIT_LOAD);
}
END_TEST

START_TEST(unusable_user_is_told)
{
	if (geteuid() != 0)
		return;
	set_text(&settings->user, "no-such-user-here");
	spawn();
	expect_message(IPC_MESSAGE_FAILED);
	ck_assert_str_eq(
	    message.text, "user \"no-such-user-here\": no such user");
	expect_exit(IPC_EXIT_CONFIG);
}
END_TEST

START_TEST(retires_before_it_served)
{
	spawn();
	expect_message(IPC_MESSAGE_READY);
	tell(IPC_MESSAGE_RETIRE, (uint64_t)_i + 1);
	expect_exit(IPC_EXIT_OK);
}
END_TEST

/* What the client sees of it is nothing; the master has it now. */
static void
expect_handed(int client, unsigned count)
{
	char byte;

	expect_message(IPC_MESSAGE_ORPHANS);
	ck_assert_uint_eq(packet.handover.count, count);
	ck_assert_uint_eq(packet.descriptor_count, count);
	ck_assert_int_eq(recv(client, &byte, 1, MSG_DONTWAIT), -1);
	ipc_packet_close(&packet);
}

START_TEST(replaced_worker_hands_over)
{
	unsigned came = 0;
	int idle, busy;
	char byte;

	start_serving();
	idle = dial();
	ask(idle, "/");
	expect_answer(idle, "200 OK");
	busy = dial();
	ask(busy, "/time");
	await(&slot()->open, 2); /* from here on the first is not busy */
	await(&slot()->busy, 1);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_REPLACED);
	/* The busy one comes behind, unless it was quick. */
	while (came < 2) {
		expect_message(IPC_MESSAGE_ORPHANS);
		ck_assert_uint_eq(packet.handover.orphans[0].request_count, 1);
		if (came == 0)
			ck_assert_int_eq(
			    recv(idle, &byte, 1, MSG_DONTWAIT), -1);
		came += packet.handover.count;
		if (came == 2)
			ck_assert_ptr_null(
			    strstr(answer(busy), "Connection: "));
		ipc_packet_close(&packet);
	}
	expect_exit(IPC_EXIT_OK);
	ck_assert_uint_eq(slot()->closed[CONN_CLOSE_HANDED], 2);
	ck_assert_uint_eq(slot()->open, 0);
	close(idle);
	close(busy);
}
END_TEST

START_TEST(some_are_shed_while_it_serves)
{
	int first, second;

	start_serving();
	first = dial();
	ask(first, "/");
	expect_answer(first, "200 OK");
	second = dial();
	ask(second, "/");
	expect_answer(second, "200 OK");
	tell(IPC_MESSAGE_SHED, 1);
	expect_handed(first, 1);
	ask(second, "/");
	expect_answer(second, "200 OK");
	exchange("/", "hello from");
	close(first);
	close(second);
}
END_TEST

#define HEAVY      150
#define HEAVY_SIZE 8000

/* More than the channel takes at a time: they wait for room, and none is
 * lost.  The worker reads what it gets of each with its one read. */
START_TEST(a_full_channel_holds_them_up)
{
	static char part[HEAVY_SIZE] = "GET /";
	unsigned i, came = 0;
	int clients[HEAVY];

	memset(part + 5, 'x', sizeof(part) - 5);
	settings->max_connections = HEAVY + 10;
	start_serving();
	for (i = 0; i < HEAVY; i++) {
		clients[i] = dial();
		ck_assert_int_eq(
		    send(clients[i], part, sizeof(part), 0), sizeof(part));
	}
	exchange("/", "hello from");
	await(&slot()->open, HEAVY);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_REPLACED);
	await_flag(&slot()->serving, 0);
	while (came < HEAVY) {
		expect_message(IPC_MESSAGE_ORPHANS);
		ck_assert_uint_le(packet.handover.count, 8);
		came += packet.handover.count;
		ipc_packet_close(&packet);
	}
	expect_exit(IPC_EXIT_OK);
	ck_assert_uint_eq(slot()->closed[CONN_CLOSE_HANDED], HEAVY);
	for (i = 0; i < HEAVY; i++)
		close(clients[i]);
}
END_TEST

START_TEST(unknown_listener_is_not_forgotten)
{
	start_serving();
	tell(IPC_MESSAGE_FORGET, 99);
	exchange("/", "hello from");
	expect_log("told to forget listener 99, which is unknown here");
}
END_TEST

START_TEST(what_nobody_takes_over_finishes_politely)
{
	int idle, second;

	start_serving();
	idle = dial();
	ask(idle, "/");
	expect_answer(idle, "200 OK");
	tell(IPC_MESSAGE_FORGET, listener.id);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_REPLACED);
	await_flag(&slot()->serving, 0);
	second = dial(); /* the kernel's queue is the master's */
	ask(idle, "/");
	expect_answer(idle, "Connection: close");
	expect_end(idle);
	expect_exit(IPC_EXIT_OK);
	close(idle);
	close(second);
}
END_TEST

START_TEST(busy_request_finishes)
{
	int fd;

	start_serving();
	fd = dial();
	ask(fd, "/time");
	await(&slot()->busy, 1);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_STOP);
	expect_answer(fd, "waited\n");
	expect_exit(IPC_EXIT_OK);
	close(fd);
}
END_TEST

/* Each time with a request that would take for ever. */
static const struct {
	uint64_t timeout_ms;
	uint64_t first, then; /* enum ipc_retire; 0: none */
	bool channel_ends;
	const char *words;
} cuts[] = {
	{ 100, IPC_RETIRE_STOP, 0, false,
	    "1 connections are cut: shutdown_timeout is over, worker 2" },
	{ 100, IPC_RETIRE_REPLACED, 0, false, "shutdown_timeout is over" },
	{ 0, IPC_RETIRE_STOP, 0, false, "shutdown_timeout is over" },
	{ 3600000, IPC_RETIRE_NOW, 0, false, "told to stop at once" },
	{ 3600000, IPC_RETIRE_STOP, IPC_RETIRE_NOW, false,
	    "told to stop at once" },
	{ 100, 0, 0, true, "the master is gone: retiring" },
	{ 100, IPC_RETIRE_STOP, 0, true, "shutdown_timeout is over" },
	{ 100, IPC_RETIRE_REPLACED, 0, true, "shutdown_timeout is over" },
	{ 100, 99, IPC_RETIRE_STOP, false, "in an unknown way: ignored" },
};

START_TEST(what_does_not_finish_is_cut)
{
	int fd;

	settings->shutdown_timeout = cuts[_i].timeout_ms;
	start_serving();
	fd = dial();
	ask(fd, "/ever");
	await(&slot()->busy, 1);
	if (cuts[_i].first != 0)
		tell(IPC_MESSAGE_RETIRE, cuts[_i].first);
	if (cuts[_i].then != 0)
		tell(IPC_MESSAGE_RETIRE, cuts[_i].then);
	if (cuts[_i].channel_ends)
		fd_close(&channel);
	expect_exit(IPC_EXIT_OK);
	expect_log(cuts[_i].words);
	ck_assert_uint_eq(slot()->closed[CONN_CLOSE_SHUTDOWN], 1);
	close(fd);
}
END_TEST

START_TEST(wrong_word_is_ignored)
{
	start_serving();
	tell(IPC_MESSAGE_SERVE, 0);
	tell_all(IPC_MESSAGE_RETIRE, IPC_RETIRE_NOW, 1233, NULL, 0);
	ck_assert_int_eq(send(channel, "nonsense", 8, 0), 8);
	exchange("/", "hello from");
	expect_log("told to serve while serving: ignored");
	expect_log("\"retire\" for another worker: ignored");
	expect_log("wrong size: ignored");
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_NOW);
	expect_exit(IPC_EXIT_OK);
}
END_TEST

/* ---- what it inherits ---- */

START_TEST(signals_are_the_masters_business)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP,
		SIGWINCH, SIGTTIN, SIGTTOU, SIGUSR1, SIGPIPE };
	static const int handled[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
		SIGSYS, SIGTRAP, SIGUSR2 };
	char expected[33], words[64];
	size_t i;

	memset(expected, 'd', 32);
	expected[0] = '-';
	expected[32] = '\0';
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		expected[ignored[i]] = 'i';
	for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		expected[handled[i]] = 'h';
	snprintf(words, sizeof(words), "\r\n\r\n%s", expected);
	start_serving();
	exchange("/signals", words);
	kill(pid, SIGTERM);
	kill(pid, SIGHUP);
	kill(pid, SIGINT);
	kill(pid, SIGUSR1);
	exchange("/", "hello from");
}
END_TEST

START_TEST(nothing_else_is_inherited)
{
	char words[64];

	left_open = fcntl(STDIN_FILENO, F_DUPFD, 100);
	if (geteuid() == 0)
		set_text(&settings->user, "nobody");
	snprintf(words, sizeof(words), "\r\n\r\n%u %u 1",
	    geteuid() == 0 ? 65534 : getuid(),
	    geteuid() == 0 ? 65534 : getgid());
	start_serving();
	exchange("/identity", words);
	close(left_open);
}
END_TEST

/* The connection that is there goes on, the new one waits. */
START_TEST(a_pause_and_its_end)
{
	int fd, waiting;

	start_serving();
	fd = dial();
	ask(fd, "/");
	ck_assert_ptr_nonnull(strstr(answer(fd), "hello from"));
	tell(IPC_MESSAGE_PAUSE, 1);
	expect_message(IPC_MESSAGE_PAUSED);
	ck_assert_uint_eq(slot()->accepting, 0);
	waiting = dial();
	ask(waiting, "/");
	ask(fd, "/time");
	ck_assert_ptr_nonnull(strstr(answer(fd), "waited"));
	ck_assert_uint_eq(slot()->accepted, 1);
	tell(IPC_MESSAGE_PAUSE, 0);
	expect_message(IPC_MESSAGE_PAUSED);
	ck_assert_ptr_nonnull(strstr(answer(waiting), "hello from"));
	close(waiting);
	close(fd);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_STOP);
	expect_exit(IPC_EXIT_OK);
}
END_TEST

/* In the order of the channel: it never accepts in between. */
START_TEST(a_pause_before_it_serves)
{
	spawn();
	expect_message(IPC_MESSAGE_READY);
	tell(IPC_MESSAGE_PAUSE, 1);
	tell(IPC_MESSAGE_SERVE, 0);
	expect_message(IPC_MESSAGE_PAUSED);
	await_flag(&slot()->serving, 1);
	ck_assert_uint_eq(slot()->accepting, 0);
	tell(IPC_MESSAGE_PAUSE, 0);
	expect_message(IPC_MESSAGE_PAUSED);
	ck_assert_uint_eq(slot()->accepting, 1);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_STOP);
	expect_exit(IPC_EXIT_OK);
}
END_TEST

START_TEST(logs_are_replaced)
{
	int logs[2];

	start_serving();
	exchange("/", "hello from");
	logs[0] = memfd_create("errors", MFD_CLOEXEC);
	logs[1] = memfd_create("access", MFD_CLOEXEC);
	tell_all(
	    IPC_MESSAGE_LOGS, IPC_LOGS_ERROR | IPC_LOGS_ACCESS, 1234, logs, 2);
	expect_message(IPC_MESSAGE_REOPENED);
	ck_assert_ptr_nonnull(strstr(read_log(access_log), "GET / "));
	exchange("/time", "waited");
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_STOP);
	expect_exit(IPC_EXIT_OK);
	ck_assert_ptr_null(strstr(read_log(access_log), "GET /time "));
	ck_assert_ptr_nonnull(strstr(read_log(logs[1]), "GET /time "));
	ck_assert_ptr_null(strstr(read_log(error_log), "stopped"));
	ck_assert_ptr_nonnull(strstr(read_log(logs[0]), "stopped"));
	close(logs[0]);
	close(logs[1]);
}
END_TEST

/* ---- accepting ---- */

START_TEST(limit_closes_the_gate)
{
	int first, second;
	struct pollfd descriptor;

	settings->max_connections = 1;
	start_serving();
	first = dial();
	ask(first, "/");
	expect_answer(first, "hello from");
	await_flag(&slot()->accepting, 0);
	second = dial();
	ask(second, "/");
	descriptor = (struct pollfd) { .fd = second, .events = POLLIN };
	ck_assert_int_eq(poll(&descriptor, 1, 200), 0);
	close(first);
	expect_answer(second, "hello from");
	close(second);
	await_flag(&slot()->accepting, 1);
}
END_TEST

/* Another worker with less to do leaves us without; then it is stuck. */
START_TEST(load_closes_the_gate)
{
	struct ipc_slot *other = &heritage.scoreboard->slots[0];
	int fds[20], i;

	*other = (struct ipc_slot) {
		.pid = 1,
		.cohort = 1,
		.serving = 1,
		.max_connections = 50,
	};
	settings->max_connections = 100;
	start_serving();
	for (i = 0; i < 20; i++)
		fds[i] = dial();
	await(&slot()->open, 20);
	ck_assert_uint_eq(slot()->accepting, 1);
	/* At 33 the mean is 16, and 33 more than 32. */
	for (i = 0; i < 13; i++)
		dial();
	await(&slot()->open, 33);
	await_flag(&slot()->accepting, 0);
	for (i = 0; i < 20; i++)
		close(fds[i]);
	await_flag(&slot()->accepting, 1);
	for (i = 0; i < 20; i++)
		fds[i] = dial();
	await_flag(&slot()->accepting, 0);
	other->busy_since_ms = 1;
	await_flag(&slot()->accepting, 1);
}
END_TEST

/* Stopped while it ran nothing that the scoreboard would show. */
START_TEST(who_waits_for_a_stopped_worker_is_taken_in)
{
	struct ipc_slot *other = &heritage.scoreboard->slots[0];
	int i;

	*other = (struct ipc_slot) {
		.pid = 1,
		.cohort = 1,
		.serving = 1,
		.max_connections = 50,
	};
	settings->max_connections = 100;
	start_serving();
	for (i = 0; i < 60; i++)
		dial();
	await(&slot()->open, 60);
	ck_assert_uint_eq(slot()->accepting, 0);
}
END_TEST

START_TEST(lack_of_descriptors_is_told_to_one_client)
{
	int user, refused, later;

	start_serving();
	user = dial();
	ask(user, "/use-up");
	expect_answer(user, "200 OK");
	refused = dial();
	expect_answer(refused, "503 Service Unavailable");
	expect_end(refused);
	later = dial();
	ask(later, "/");
	expect_log("warn: listen here: accept: Too many open files: "
		   "pausing for 500 ms, worker 2");
	close(user);
	expect_answer(later, "hello from");
	ck_assert_uint_eq(slot()->closed[CONN_CLOSE_OVERLOAD], 1);
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_NOW);
	expect_exit(IPC_EXIT_OK);
	close(refused);
	close(later);
}
END_TEST

START_TEST(limit_of_descriptors_lowers_max_connections)
{
	const struct rlimit limit = { 200, 200 };

	settings->max_connections = 1000;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	/* As root could raise it again. */
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	start_serving();
	ck_assert_uint_eq(slot()->max_connections, 200 - 64 - 10 - 1);
	expect_log("warn: max_connections is 125 instead of 1000");
}
END_TEST

/* ---- what application code gets ---- */

static const struct {
	const char *path, *words;
} waits[] = {
	{ "/time", "waited\n" },
	{ "/descriptor", "piped\n" },
	{ "/thread", "resumed\n" },
};

START_TEST(wait_ends)
{
	int fd, i;

	start_serving();
	fd = dial();
	for (i = 0; i < 5; i++) {
		ask(fd, waits[_i].path);
		expect_answer(fd, waits[_i].words);
	}
	tell(IPC_MESSAGE_RETIRE, IPC_RETIRE_STOP);
	expect_exit(IPC_EXIT_OK);
	close(fd);
}
END_TEST

START_TEST(what_ran_is_known_after_death)
{
	struct ipc_current current;
	int fd, status;

	start_serving();
	fd = dial();
	ask(fd, "/dies?by=kill");
	ck_assert_str_eq(answer(fd), "");
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	pid = 0;
	ck_assert(ipc_current_read(process, IPC_THREAD_LOOP, &current));
	ck_assert_uint_ne(current.exchange_id, 0);
	ck_assert_mem_eq(current.method, "GET", 3);
	ck_assert_uint_eq(current.target_size, 13);
	ck_assert_mem_eq(current.target, "/dies?by=kill", 13);
	network_expect(&current.peer, "127.0.0.1");
	ck_assert_uint_ne(slot()->busy_since_ms, 0);
	close(fd);
}
END_TEST

/* ---- worker_check ---- */

static const struct {
	const char *broken, *words; /* words NULL: it is good */
} checks[] = {
	{ NULL, NULL },
	{ "start", NULL }, /* start hooks are not run */
	{ "setup", "no database" },
	{ "crash", "the modules' set-up was killed by SIGKILL" },
	{ "exit", "the modules' set-up ended the process with 3" },
	{ "hang", "takes longer than start_timeout" },
};

START_TEST(check_says_what_is_wrong)
{
	broken = checks[_i].broken;
	settings->start_timeout = 1000;
	if (checks[_i].words == NULL) {
		ck_assert_msg(worker_check(settings, &module, &error) == 0,
		    "%s", error.text);
		return;
	}
	ck_assert_int_eq(worker_check(settings, &module, &error), -1);
	ck_assert_msg(
	    strstr(error.text, checks[_i].words) != NULL, "%s", error.text);
	ck_assert_int_eq(ipc_exit_for(&error), IPC_EXIT_CONFIG);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void
add_life(TCase *tests)
{
	tcase_add_test(tests, serves_from_serve_to_retire);
	tcase_add_loop_test(tests, failed_set_up_is_told, 0, ROWS(failures));
	tcase_add_test(tests, unusable_user_is_told);
	tcase_add_loop_test(tests, retires_before_it_served, 0, 3);
	tcase_add_test(tests, replaced_worker_hands_over);
	tcase_add_test(tests, some_are_shed_while_it_serves);
	tcase_add_test(tests, a_full_channel_holds_them_up);
	tcase_add_test(tests, unknown_listener_is_not_forgotten);
	tcase_add_test(tests, what_nobody_takes_over_finishes_politely);
	tcase_add_test(tests, busy_request_finishes);
	tcase_add_loop_test(tests, what_does_not_finish_is_cut, 0, ROWS(cuts));
	tcase_add_test(tests, wrong_word_is_ignored);
}

static void
add_rest(TCase *tests)
{
	tcase_add_test(tests, signals_are_the_masters_business);
	tcase_add_test(tests, nothing_else_is_inherited);
	tcase_add_test(tests, a_pause_and_its_end);
	tcase_add_test(tests, a_pause_before_it_serves);
	tcase_add_test(tests, logs_are_replaced);
	tcase_add_test(tests, limit_closes_the_gate);
	tcase_add_test(tests, load_closes_the_gate);
	tcase_add_test(tests, who_waits_for_a_stopped_worker_is_taken_in);
	tcase_add_test(tests, lack_of_descriptors_is_told_to_one_client);
	tcase_add_test(tests, limit_of_descriptors_lowers_max_connections);
	tcase_add_loop_test(tests, wait_ends, 0, ROWS(waits));
	tcase_add_test(tests, what_ran_is_known_after_death);
	tcase_add_loop_test(tests, check_says_what_is_wrong, 0, ROWS(checks));
}

int
main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tests = tcase_create("worker");

	tcase_add_checked_fixture(tests, make_master, free_master);
	tcase_set_timeout(tests, 30);
	add_life(tests);
	add_rest(tests);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
