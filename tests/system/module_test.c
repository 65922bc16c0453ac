/* SPDX-License-Identifier: ISC */
/*
 * The module that system tests mount: one route for each thing a handler
 * can do, well or badly.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cohort/cohort.h>

static cohort_handler hello, echo, wait_ms, finish_wait, fail, refuse,
    no_verdict, segfault, spin, stream, write_more, pid, slow, large, hoard,
    release, events, leak;

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_text(
	    request, 200, "Hello, %s!\n", cohort_path_param(request, "name"));
}

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);

	return cohort_reply_copy(
	    request, 200, "application/octet-stream", body.data, body.size);
}

static enum cohort_verdict
finish_wait(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "waited\n");
}

static enum cohort_verdict
wait_ms(struct cohort_request *request, void *context)
{
	int64_t ms;

	if (cohort_number(cohort_path_param(request, "ms"), 1, 60000, &ms) ==
	    -1)
		return cohort_refuse(request, 400, "ms: 1 to 60000");
	return cohort_await_time(request, (uint32_t)ms, finish_wait, NULL);
}

static enum cohort_verdict
slow(struct cohort_request *request, void *context)
{
	cohort_doing(request, "waiting for ever");
	(void)cohort_request_ticket(request);
	return COHORT_LATER;
}

static enum cohort_verdict
fail(struct cohort_request *request, void *context)
{
	return cohort_fail(request, 500, "the secret reason");
}

static enum cohort_verdict
refuse(struct cohort_request *request, void *context)
{
	return cohort_refuse(request, 422, "a <bad> thing");
}

static enum cohort_verdict
no_verdict(struct cohort_request *request, void *context)
{
	return (enum cohort_verdict)0;
}

static enum cohort_verdict
segfault(struct cohort_request *request, void *context)
{
	raise(SIGSEGV);
	return COHORT_FAILED;
}

static enum cohort_verdict
spin(struct cohort_request *request, void *context)
{
	volatile bool for_ever = true;

	cohort_log(request, COHORT_INFO, "spinning");
	while (for_ever)
		continue;
	return COHORT_FAILED;
}

struct progress {
	int64_t left;
};

static enum cohort_verdict
write_more(struct cohort_request *request, void *context)
{
	static const char piece[4096] = { 'x' };
	struct progress *progress = context;
	int result;

	while (progress->left > 0) {
		progress->left--;
		result = cohort_write(request, piece, sizeof(piece));
		if (result == -1)
			return COHORT_FAILED;
		if (result == COHORT_FULL)
			return cohort_await_room(request, write_more, progress);
	}
	return COHORT_DONE;
}

static enum cohort_verdict
stream(struct cohort_request *request, void *context)
{
	struct progress *progress = cohort_alloc(request, sizeof(*progress));

	if (cohort_number(cohort_path_param(request, "pieces"), 0, 1000000,
		&progress->left) == -1)
		return cohort_refuse(request, 400, "pieces: 0 to 1000000");
	if (cohort_stream(request, 200, "text/plain", -1) == -1)
		return COHORT_FAILED;
	return write_more(request, progress);
}

static enum cohort_verdict
large(struct cohort_request *request, void *context)
{
	return cohort_reply_static(
	    request, 200, "text/plain", context, 4 * 1024 * 1024);
}

static enum cohort_verdict
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

/* Descriptors that are taken from the worker. */
struct hoarded {
	int fds[4096];
	size_t count;
};

static enum cohort_verdict
hoard(struct cohort_request *request, void *context)
{
	struct hoarded *hoarded = context;
	int fd;

	while (hoarded->count < 4096 &&
	    (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1)
		hoarded->fds[hoarded->count++] = fd;
	return cohort_reply_text(request, 200, "%zu", hoarded->count);
}

static enum cohort_verdict
release(struct cohort_request *request, void *context)
{
	struct hoarded *hoarded = context;

	while (hoarded->count > 0)
		close(hoarded->fds[--hoarded->count]);
	return cohort_reply_text(request, 200, "released\n");
}

/* A stream that goes on until somebody ends it. */
static enum cohort_verdict
events(struct cohort_request *request, void *context)
{
	if (context == NULL && cohort_sse(request, 0) == -1)
		return COHORT_FAILED;
	if (cohort_sse_send(request, NULL, NULL, "an event") == -1)
		return COHORT_FAILED;
	return cohort_await_time(request, 3600000, events, request);
}

/* MiB that nothing points to any more; unknown to leak checkers. */
static enum cohort_verdict
leak(struct cohort_request *request, void *context)
{
	int64_t count;
	size_t size;
	char *lost;

	if (cohort_number(cohort_path_param(request, "mib"), 1, 1024, &count) ==
	    -1)
		return cohort_refuse(request, 400, "mib: 1 to 1024");
	size = (size_t)count << 20;
	lost = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (lost == MAP_FAILED)
		return COHORT_FAILED;
	memset(lost, 'x', size);
	return cohort_reply_text(request, 200, "%c", lost[size / 2]);
}

static int
setup(struct cohort_app *app)
{
	static char bytes[4 * 1024 * 1024];
	static struct hoarded hoarded;

	cohort_get(app, "/hello/{name}", hello, NULL);
	cohort_post(app, "/echo", echo, NULL);
	cohort_get(app, "/wait/{ms}", wait_ms, NULL);
	cohort_route_option(
	    cohort_route(app, "GET", "/slow", slow, NULL), "timeout", "200ms");
	cohort_get(app, "/forever", slow, NULL);
	cohort_get(app, "/fail", fail, NULL);
	cohort_get(app, "/refuse", refuse, NULL);
	cohort_get(app, "/no-verdict", no_verdict, NULL);
	cohort_get(app, "/segfault", segfault, NULL);
	cohort_route_option(
	    cohort_route(app, "GET", "/spin", spin, NULL), "name", "the spin");
	cohort_get(app, "/stream/{pieces}", stream, NULL);
	memset(bytes, 'x', sizeof(bytes));
	cohort_get(app, "/large", large, bytes);
	cohort_get(app, "/hoard", hoard, &hoarded);
	cohort_get(app, "/release", release, &hoarded);
	cohort_get(app, "/events", events, NULL);
	cohort_get(app, "/leak/{mib}", leak, NULL);
	return cohort_get(app, "/pid", pid, NULL);
}

COHORT_MODULE("test", setup);
