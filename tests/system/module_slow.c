/* SPDX-License-Identifier: ISC */
/*
 * What takes its time, for reloads under load: hello and echo for test_load,
 * /drip/PIECES/MS and /count for test_slow, /version for who wants to know
 * which code answers.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cohort/cohort.h>

#ifndef VERSION
#define VERSION "one"
#endif

static cohort_handler hello, echo, pid, version, drip, next_piece, count;

struct drip {
	int64_t pieces, ms, sent;
};

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
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

static enum cohort_verdict
version(struct cohort_request *request, void *context)
{
	return cohort_reply_text(
	    request, 200, "%s %d\n", VERSION, (int)getpid());
}

static enum cohort_verdict
count(struct cohort_request *request, void *context)
{
	return cohort_reply_text(
	    request, 200, "%zu\n", cohort_body(request).size);
}

static enum cohort_verdict
next_piece(struct cohort_request *request, void *context)
{
	struct drip *state = context;
	const char *piece;

	if (state->sent == state->pieces)
		return COHORT_DONE;
	piece = cohort_format(request, "piece %lld\n", (long long)state->sent);
	state->sent++;
	if (cohort_write(request, piece, strlen(piece)) == -1)
		return COHORT_FAILED;
	return cohort_await_time(
	    request, (uint32_t)state->ms, next_piece, state);
}

static enum cohort_verdict
drip(struct cohort_request *request, void *context)
{
	struct drip *state = cohort_alloc(request, sizeof(*state));

	if (cohort_number(cohort_path_param(request, "pieces"), 1, 1000,
		&state->pieces) == -1 ||
	    cohort_number(
		cohort_path_param(request, "ms"), 1, 10000, &state->ms) == -1)
		return cohort_refuse(request, 400, "pieces, ms");
	if (cohort_stream(request, 200, "text/plain", -1) == -1)
		return COHORT_FAILED;
	return next_piece(request, state);
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/hello/{name}", hello, NULL);
	cohort_post(app, "/echo", echo, NULL);
	cohort_post(app, "/count", count, NULL);
	cohort_get(app, "/version", version, NULL);
	cohort_get(app, "/drip/{pieces}/{ms}", drip, NULL);
	return cohort_get(app, "/pid", pid, NULL);
}

COHORT_MODULE("slow", setup);
