/* SPDX-License-Identifier: ISC */
/*
 * Jobs and blocking handlers for tests/system/test_blocking.c.  What blocks
 * waits for one byte of the FIFO that the setting gate names.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cohort/cohort.h>

struct work {
	const char *gate;
	struct cohort_str body;
	uint64_t sum;
};

static cohort_handler hello, job, deliver, blocking, pid;

static void
wait_at(const char *gate)
{
	int fd = open(gate, O_RDONLY | O_CLOEXEC);
	char byte;

	cohort_log(NULL, COHORT_INFO, "job begins");
	if (fd == -1 || read(fd, &byte, 1) != 1)
		abort();
	close(fd);
}

static uint64_t
sum(struct cohort_str body)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < body.size; i++)
		total += (unsigned char)body.data[i];
	return total;
}

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "hello\n");
}

static void
work(void *context)
{
	struct work *given = context;

	wait_at(given->gate);
	given->sum = sum(given->body);
	cohort_log(NULL, COHORT_INFO, "job ends: %llu",
	    (unsigned long long)given->sum);
}

static void
free_work(void *context)
{
	cohort_log(NULL, COHORT_INFO, "job is freed");
}

static enum cohort_verdict
deliver(struct cohort_request *request, void *context)
{
	const struct work *given = context;

	return cohort_reply_text(
	    request, 200, "%llu\n", (unsigned long long)given->sum);
}

static enum cohort_verdict
job(struct cohort_request *request, void *context)
{
	struct work *given = cohort_alloc(request, sizeof(*given));

	given->gate = context;
	given->body = cohort_body(request);
	return cohort_await_job(request, work, deliver, given, free_work);
}

static enum cohort_verdict
blocking(struct cohort_request *request, void *context)
{
	cohort_doing(request, "waiting at the gate");
	wait_at(context);
	cohort_log(request, COHORT_INFO, "handler ends");
	return cohort_reply_text(request, 200, "%llu\n",
	    (unsigned long long)sum(cohort_body(request)));
}

static enum cohort_verdict
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

static void
on_stop(struct cohort_worker *worker, void *context)
{
	cohort_log(NULL, COHORT_INFO, "stop hook");
}

static int
setup(struct cohort_app *app)
{
	void *gate = (void *)(uintptr_t)cohort_setting(app, "gate", NULL);

	if (gate == NULL)
		return cohort_setup_error(app, "there is no gate");
	cohort_on_stop(app, on_stop, NULL);
	cohort_get(app, "/hello", hello, NULL);
	cohort_get(app, "/pid", pid, NULL);
	cohort_route(app, "GET POST", "/job", job, gate);
	return cohort_route_option(
	    cohort_route(app, "GET POST", "/blocking", blocking, gate),
	    "blocking", "yes");
}

COHORT_MODULE("blocking", setup);
