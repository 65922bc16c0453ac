/* SPDX-License-Identifier: ISC */
/*
 * The module whose requests are poison or not: the file of that name in the
 * directory that the setting says, if it is there, is what happens to them.
 * The first letter: c crash, s spin, d spin without an ear for SIGABRT,
 * w wait for ever.
 *
 *	/poison/NAME	in the handler
 *	/remedy/NAME	the same, of another route
 *	/job/NAME	in a job of the pool
 *	/blocking/NAME	in a blocking handler
 *	/always/NAME	crashes whatever there is
 *	/wait/MS	without any work
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <cohort/cohort.h>

#define FAULT __attribute__((noinline, no_sanitize("address", "undefined")))

/* Longer than any test lasts. */
#define MS_MAX 60000

static cohort_handler hello, pid, taste, finish, job, always, wait_ms;

static volatile bool truth = true;

static FAULT void
fault(void)
{
	int *volatile pointer = NULL;

	*(volatile int *)pointer = 1;
}

/* '\0': there is no such file. */
static char
look_up(const char *directory, const char *name)
{
	char path[512], letter = '\0';
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return '\0';
	if (read(fd, &letter, 1) != 1)
		letter = '\0';
	close(fd);
	return letter;
}

static void
take_effect(char letter)
{
	if (letter == '\0' || letter == 'w')
		return;
	cohort_log(NULL, COHORT_INFO, "poison");
	if (letter == 'd')
		signal(SIGABRT, SIG_IGN);
	while (letter != 'c' && truth)
		continue;
	fault();
}

static enum cohort_verdict
finish(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "survived\n");
}

static enum cohort_verdict
taste(struct cohort_request *request, void *context)
{
	char letter = look_up(context, cohort_path_param(request, "name"));

	take_effect(letter);
	if (letter == 'w') {
		cohort_log(request, COHORT_INFO, "poison");
		return cohort_await_time(request, MS_MAX, finish, NULL);
	}
	return finish(request, context);
}

static void
take_effect_there(void *context)
{
	const char *letter = context;

	take_effect(*letter);
}

static enum cohort_verdict
job(struct cohort_request *request, void *context)
{
	char *letter = cohort_alloc(request, 1);

	*letter = look_up(context, cohort_path_param(request, "name"));
	return cohort_await_job(
	    request, take_effect_there, finish, letter, NULL);
}

static enum cohort_verdict
always(struct cohort_request *request, void *context)
{
	take_effect('c');
	return COHORT_FAILED;
}

static enum cohort_verdict
wait_ms(struct cohort_request *request, void *context)
{
	int64_t ms;

	if (cohort_number(cohort_path_param(request, "ms"), 1, MS_MAX, &ms) ==
	    -1)
		return cohort_refuse(request, 400, "ms: 1 to %d", MS_MAX);
	return cohort_await_time(request, (uint32_t)ms, finish, NULL);
}

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "hello\n");
}

static enum cohort_verdict
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

static int
setup(struct cohort_app *app)
{
	void *directory =
	    (void *)(uintptr_t)cohort_setting(app, "directory", NULL);

	if (directory == NULL)
		return cohort_setup_error(app, "there is no directory");
	cohort_route(app, "GET POST", "/poison/{name}", taste, directory);
	cohort_get(app, "/remedy/{name}", taste, directory);
	cohort_get(app, "/job/{name}", job, directory);
	cohort_route_option(
	    cohort_route(app, "GET", "/blocking/{name}", taste, directory),
	    "blocking", "yes");
	cohort_get(app, "/always/{name}", always, NULL);
	cohort_get(app, "/wait/{ms}", wait_ms, NULL);
	cohort_get(app, "/hello", hello, NULL);
	return cohort_get(app, "/pid", pid, NULL);
}

COHORT_MODULE("poison", setup);
