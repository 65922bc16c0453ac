/* SPDX-License-Identifier: ISC */
/*
 * A module that may fail its proof: at set-up, as the setting "how" says, or
 * when it is asked; and that may crash once it serves.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cohort/cohort.h>

static enum cohort_verdict
fine(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "fine for %s\n",
	    cohort_header(request, "User-Agent"));
}

static enum cohort_verdict
broken(struct cohort_request *request, void *context)
{
	return cohort_reply_text(
	    request, 500, "the database\x01 is away\nand more\n");
}

static enum cohort_verdict
never(struct cohort_request *request, void *context)
{
	(void)cohort_request_ticket(request);
	return COHORT_LATER;
}

static enum cohort_verdict
crash(struct cohort_request *request, void *context)
{
	raise(SIGSEGV);
	return COHORT_FAILED;
}

/* What the mount says. */
struct settings {
	const char *file, *name;
};

static enum cohort_verdict
missing(struct cohort_request *request, void *context)
{
	const struct settings *settings = context;

	return access(settings->file, F_OK) == 0 ?
	    cohort_reply_text(request, 200, "there\n") :
	    cohort_reply_text(request, 503, "not there\n");
}

static enum cohort_verdict
large(struct cohort_request *request, void *context)
{
	return cohort_reply_static(
	    request, 200, "text/plain", context, 1024 * 1024);
}

static enum cohort_verdict
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

static enum cohort_verdict
name(struct cohort_request *request, void *context)
{
	const struct settings *settings = context;

	return cohort_reply_text(request, 200, "%s", settings->name);
}

static int
setup(struct cohort_app *app)
{
	static char bytes[1024 * 1024];
	static struct settings settings;
	const char *how = cohort_setting(app, "how", "");

	if (strcmp(how, "refuse") == 0)
		return cohort_setup_error(app, "the set-up says no");
	if (strcmp(how, "crash") == 0)
		raise(SIGSEGV);
	while (strcmp(how, "hang") == 0)
		pause();
	memset(bytes, 'x', sizeof(bytes));
	settings.file = cohort_setting(app, "file", "/nowhere");
	settings.name = cohort_setting(app, "name", "none");
	cohort_get(app, "/fine", fine, NULL);
	cohort_get(app, "/broken", broken, NULL);
	cohort_get(app, "/never", never, NULL);
	cohort_get(app, "/crash", crash, NULL);
	cohort_get(app, "/large", large, bytes);
	cohort_get(app, "/missing", missing, &settings);
	cohort_get(app, "/name", name, &settings);
	return cohort_get(app, "/pid", pid, NULL);
}

COHORT_MODULE("check", setup);
