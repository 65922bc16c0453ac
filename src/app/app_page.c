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
#include "app/app_type.h"
#include "http/http_field.h"
#include "http/http_status.h"

#define TEXT(status, reason) status " " reason "\n"
#define HTML(status, reason)                                  \
	"<!DOCTYPE html>\n"                                   \
	"<html lang=\"en\">\n"                                \
	"<head><title>" status " " reason "</title></head>\n" \
	"<body><h1>" status " " reason "</h1></body>\n"       \
	"</html>\n"

#define CASE(number, page) \
	case number:       \
		return (struct cohort_str)APP_LITERAL(page);

/* The pages of listed statuses stand ready; size 0 for any other status. */
static struct cohort_str
ready_text(int status)
{
	switch (status) {
#define HTTP_STATUS(number, reason) CASE(number, TEXT(#number, reason))
#include "http/http_status.tbl"
#undef HTTP_STATUS
	default:
		return (struct cohort_str) { NULL, 0 };
	}
}

static struct cohort_str
ready_html(int status)
{
	switch (status) {
#define HTTP_STATUS(number, reason) CASE(number, HTML(#number, reason))
#include "http/http_status.tbl"
#undef HTTP_STATUS
	default:
		return (struct cohort_str) { NULL, 0 };
	}
}

static struct cohort_str
make_page(struct cohort_request *request, int status, bool is_html)
{
	const char *reason = http_status_reason(status), *page;

	page = arena_format(&request->exchange->arena,
	    is_html ? HTML("%d", "%s") : TEXT("%d", "%s"), status, reason,
	    status, reason);
	return (struct cohort_str) { page, strlen(page) };
}

static bool
accepts_html(const struct http_request *head)
{
	int index =
	    http_field_find(head->fields, head->field_count, "accept", 0);

	return index != -1 &&
	    strcasestr(head->fields[index].value.data, "text/html") != NULL;
}

static const struct cohort_str html_type =
    APP_LITERAL("text/html; charset=utf-8");
static const struct cohort_str text_type = APP_LITERAL(APP_TYPE_TEXT);

static void
word_built_in(struct cohort_request *request, int status)
{
	bool is_html = accepts_html(&request->exchange->request);
	struct cohort_str page =
	    is_html ? ready_html(status) : ready_text(status);

	if (page.size == 0)
		page = make_page(request, status, is_html);
	app_reply_replace(request, status, is_html ? html_type : text_type,
	    page.data, page.size);
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
