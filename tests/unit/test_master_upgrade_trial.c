/* SPDX-License-Identifier: ISC */
/*
 * What is made of what a program on trial writes, and of how it ends.
 */
#include <sys/wait.h>

#include <signal.h>

#include "master/master_upgrade.h"
#include "test_master_setup.h"
#include "test_unit.h"

#define EXITED(code) W_EXITCODE(code, 0)
#define KILLED(by)   W_EXITCODE(0, by)

static const struct {
	const char *output;
	int status;
	const char *version; /* or */
	const char *why;
} cases[] = {
	{ "cohort-probe {\"version\": \"1.2\"}\n", EXITED(0), "1.2", NULL },
	{ "words\ncohort-probe {\"version\": \"1.2\"}\nmore", EXITED(0), "1.2",
	    NULL },
	{ "cohort-probe {\"error\": \"x\"}\ncohort-probe {\"version\": "
	  "\"2\"}\n",
	    EXITED(0), "2", NULL },
	/* Only at the beginning of a line, and only JSON. */
	{ "a cohort-probe {\"version\": \"1\"}\n", EXITED(0), NULL,
	    "exited with 0: a cohort-probe" },
	{ "cohort-probe version\n", EXITED(0), NULL, "exited with 0: cohort" },
	{ "cohort-probe {\"version\": 1}\n", EXITED(0), NULL, "exited with 0" },
	{ "cohort-probe [\n", EXITED(0), NULL, "exited with 0" },
	/* A good word is not enough. */
	{ "cohort-probe {\"version\": \"1\"}\n", EXITED(3), NULL,
	    "exited with 3: cohort-probe" },
	{ "cohort-probe {\"version\": \"1\"}\n", KILLED(SIGSEGV), NULL,
	    "ended by SIGSEGV" },
	{ "cohort-probe {\"error\": \"no port\"}\n", EXITED(1), NULL,
	    "no port" },
	{ "cohort-probe {\"error\": \"no port\"}\n", KILLED(SIGABRT), NULL,
	    "no port" },
	{ "", EXITED(0), NULL, "without a word" },
	{ "", EXITED(127), NULL, "exited with 127 without a word" },
	{ "\n\nlibcohort.so.0: not found\nx", EXITED(127), NULL,
	    "exited with 127: libcohort.so.0: not found" },
	{ "\033[2J", EXITED(2), NULL, "exited with 2: \\x1b[2J" },
	{ "", KILLED(SIGKILL), NULL, "ended by SIGKILL" },
};

#define CASE_COUNT (int)(sizeof(cases) / sizeof(cases[0]))

START_TEST(verdicts)
{
	const char *output = cases[_i].output;
	char *version = NULL;
	int result = master_trial_judge(
	    output, strlen(output), cases[_i].status, &version, &error);

	ck_assert_pstr_eq(version, cases[_i].version);
	ck_assert_int_eq(result, cases[_i].why == NULL ? 0 : -1);
	if (result == -1)
		ck_assert_msg(strstr(error.text, cases[_i].why) != NULL, "%s",
		    error.text);
	memory_free(version);
}
END_TEST

START_TEST(long_words_are_cut)
{
	char output[5000], *version = NULL;

	memset(output, 'x', sizeof(output) - 1);
	output[sizeof(output) - 1] = '\0';
	ck_assert_int_eq(master_trial_judge(output, sizeof(output) - 1,
			     EXITED(1), &version, &error),
	    -1);
	ck_assert_uint_lt(strlen(error.text), 400);
}
END_TEST

static Suite *
trial_suite(void)
{
	Suite *suite = suite_create("master_upgrade_trial");
	TCase *tcase = tcase_create("trial");

	tcase_add_loop_test(tcase, verdicts, 0, CASE_COUNT);
	tcase_add_test(tcase, long_words_are_cut);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return test_run(trial_suite());
}
