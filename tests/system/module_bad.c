/* SPDX-License-Identifier: ISC */
/*
 * A module that misbehaves at set-up, as the file "how" beside the daemon's
 * working settings says: refuse, exit at start, hang, or work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cohort/cohort.h>

static enum cohort_verdict
answer(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "fine\n");
}

/* Where they are read. */
struct orders {
	const char *path;
};

static int
start(struct cohort_worker *worker, void *context)
{
	const struct orders *orders = context;
	char word[32] = "";
	FILE *file = fopen(orders->path, "r");

	if (file == NULL || fgets(word, sizeof(word), file) == NULL)
		word[0] = '\0';
	if (file != NULL)
		fclose(file);
	if (strcmp(word, "die") == 0)
		_exit(9);
	while (strcmp(word, "hang") == 0)
		pause();
	return strcmp(word, "fail") == 0 ? -1 : 0;
}

static int
setup(struct cohort_app *app)
{
	static struct orders orders;
	const char *how = cohort_setting(app, "how", "");

	cohort_get(app, "/", answer, NULL);
	if (strcmp(how, "refuse") == 0)
		return cohort_setup_error(app, "the set-up says no");
	orders.path = how;
	return cohort_on_start(app, start, &orders);
}

COHORT_MODULE("bad", setup);
