/* SPDX-License-Identifier: ISC */
/*
 * clock: a page whose clock is driven by the server, by a stream of
 * server-sent events, one each second.
 *
 *	make && cohortd -f -l 127.0.0.1:8080 -m ./clock.so
 *	curl -N http://127.0.0.1:8080/events
 *
 * A stream costs no thread and no process: between two events nothing of it
 * runs, and a worker holds thousands.
 */
#include <cohort/cohort.h>

#include <time.h>

#define HEARTBEAT_MS 15000

static const char page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Clock</title>\n"
    "<style>\n"
    "body { display: grid; place-content: center; min-height: 100vh;\n"
    "  margin: 0; text-align: center; background: #14213d;\n"
    "  color: #f4f1e8; font: 1.1rem/1.5 system-ui, sans-serif; }\n"
    "#time { margin: 0; font-size: clamp(3rem, 18vw, 10rem);\n"
    "  font-variant-numeric: tabular-nums; }\n"
    "#state { color: #b8c0d4; }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<h1 id=\"time\">--:--:--</h1>\n"
    "<p id=\"state\">connecting</p>\n"
    "<script>\n"
    "const time = document.getElementById('time');\n"
    "const state = document.getElementById('state');\n"
    "const events = new EventSource('events');\n"
    "events.onopen = () => { state.textContent = 'UTC'; };\n"
    "events.onerror = () => { state.textContent = 'reconnecting'; };\n"
    "events.addEventListener('time', event => {\n"
    "  time.textContent = event.data.slice(11, 19);\n"
    "});\n"
    "</script>\n"
    "</body>\n"
    "</html>\n";

static enum cohort_verdict
get_page(struct cohort_request *request, void *context)
{
	(void)context;
	return cohort_reply_static(
	    request, 200, "text/html; charset=utf-8", page, sizeof(page) - 1);
}

/*
 * Sends the time and comes back in a second.  A client that is too slow is
 * FULL: then nothing is sent until it has taken what there is, instead of
 * ever more waiting for it here.
 *
 * The text is made on the stack, not by cohort_format: memory of a request
 * is given back when the request ends, and this one may take days.
 */
static enum cohort_verdict
tick(struct cohort_request *request, void *context)
{
	time_t now = time(NULL);
	struct tm date;
	char text[32];

	gmtime_r(&now, &date);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &date);
	switch (cohort_sse_send(request, "time", NULL, text)) {
	case COHORT_ROOM:
		return cohort_await_time(request, 1000, tick, context);
	case COHORT_FULL:
		return cohort_await_room(request, tick, context);
	default:
		return COHORT_FAILED;
	}
}

/*
 * The worker goes, for a reload or a stop: the stream ends as a whole one,
 * and browsers connect again, to another worker.
 */
static enum cohort_verdict
farewell(struct cohort_request *request, void *context)
{
	(void)context;
	if (cohort_sse_send(request, "farewell", NULL, "") == -1)
		return COHORT_FAILED;
	return COHORT_DONE;
}

static enum cohort_verdict
get_events(struct cohort_request *request, void *context)
{
	if (cohort_sse(request, HEARTBEAT_MS) == -1 ||
	    cohort_on_retire(request, farewell, NULL) == -1)
		return COHORT_FAILED;
	return tick(request, context);
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/", get_page, NULL);
	cohort_get(app, "/events", get_events, NULL);
	return 0; /* what failed above has made set-up fail already */
}

COHORT_MODULE("clock", setup);
