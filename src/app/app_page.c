/* SPDX-License-Identifier: ISC */
/*
 * The built-in page says what the status says, as HTML to those that name
 * HTML among what they accept, that is browsers, else as one line of text;
 * caches are told that it depends on that (RFC 9110, 12.5.5).
 */
#include "app/app_page.h"

#include <string.h>

#include "app/app_field.h"
#include "app/app_request.h"
#include "http/http_field.h"
#include "http/http_status.h"

static const char html[] = "<!DOCTYPE html>\n"
			   "<html lang=\"en\">\n"
			   "<head><title>%d %s</title></head>\n"
			   "<body><h1>%d %s</h1></body>\n"
			   "</html>\n";

static bool
accepts_html(const struct http_request *head)
{
	int index =
	    http_field_find(head->fields, head->field_count, "accept", 0);

	return index != -1 &&
	    strcasestr(head->fields[index].value.data, "text/html") != NULL;
}

static void
word_built_in(struct cohort_request *request, int status)
{
	struct arena *arena = &request->exchange->arena;
	const char *reason = http_status_reason(status), *type, *text;

	if (accepts_html(&request->exchange->request)) {
		type = "text/html; charset=utf-8";
		text =
		    arena_format(arena, html, status, reason, status, reason);
	} else {
		type = "text/plain; charset=utf-8";
		text = arena_format(arena, "%d %s\n", status, reason);
	}
	app_reply_replace(request, status,
	    (struct cohort_str) { type, strlen(type) }, text, strlen(text));
	app_field_add(request, "Vary", "Accept");
}

/* Did the page give a reply that can be sent? */
static bool
run_page(struct cohort_request *request, const struct app_handler *page)
{
	struct app_reply *reply = &request->reply;
	int status = reply->status;
	enum cohort_verdict verdict =
	    app_request_run(request, APP_PHASE_PAGE, *page);

	if (verdict == COHORT_DONE && reply->kind == APP_REPLY_WHOLE &&
	    !reply->refused)
		return true;
	log_error("the error page for %d gave no reply", status);
	reply->refused = false;
	app_reply_error(request, status);
	return false;
}

void
app_page_word(struct cohort_request *request)
{
	struct app_reply *reply = &request->reply;
	const struct app_handler *page = NULL;

	if (request->scope != NULL)
		page = app_scope_page(request->scope, reply->status);
	if (page == NULL || !run_page(request, page))
		word_built_in(request, reply->status);
}
