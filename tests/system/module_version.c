/* SPDX-License-Identifier: ISC */
/*
 * A module, or a program, that is built in several versions: each says which
 * one it is, and which process answers.  They differ in size, so that the one
 * does not work with the bytes of the other.
 */
#include <signal.h>
#include <unistd.h>

#include <cohort/cohort.h>

static const char version[VERSION_SIZE] = VERSION;

static cohort_handler answer, crash;

static enum cohort_verdict
answer(struct cohort_request *request, void *context)
{
	return cohort_reply_text(
	    request, 200, "%s %d\n", version, (int)getpid());
}

static enum cohort_verdict
crash(struct cohort_request *request, void *context)
{
	raise(SIGSEGV);
	return COHORT_FAILED;
}

static int
setup(struct cohort_app *app)
{
	cohort_get(app, "/version", answer, NULL);
	return cohort_get(app, "/crash", crash, NULL);
}

#ifdef PROGRAM
COHORT_MAIN("module_version", setup);
#else
COHORT_MODULE("module_version", setup);
#endif
