/* SPDX-License-Identifier: ISC */
#include "config/config_unknown.h"
#include "test_unit.h"

static const char *const words[] = { "log_level", "threads", "thread_queue",
	"error_log", "types", "type_x", "set", NULL };

static const struct {
	const char *name, *advice;
} cases[] = {
	/* an option's place, also of two, and a section's */
	{ "tcp_unsent", ": it stands in listen" },
	{ "trusted_proxies", ": it stands in http" },
	{ "system_calls", ": it stands in mount" },
	{ "landlock", ": it stands outside of all sections" },
	{ "max_body", ": it stands in http or in mount" },
	{ "mount", ": it stands in host" },

	/* a slip: inserted, removed, replaced, swapped */
	{ "loglevel", ": did you mean log_level?" },
	{ "threadss", ": did you mean threads?" },
	{ "thread_quoue", ": did you mean thread_queue?" },
	{ "erorr_log", ": did you mean error_log?" },
	{ "sett", ": did you mean set?" },

	/* the nearest only, all of them */
	{ "type_s", ": did you mean types or type_x?" },
	{ "type", ": did you mean types?" },

	/* a third may be wrong, and no more */
	{ "xyreads", ": did you mean threads?" },
	{ "xyzwads",
	    ": here may stand log_level, threads, thread_queue, error_log, "
	    "types, type_x or set" },
	{ "",
	    ": here may stand log_level, threads, thread_queue, error_log, "
	    "types, type_x or set" },
};

START_TEST(test_advice)
{
	struct buffer text;

	buffer_init(&text, 0);
	config_unknown_describe(cases[_i].name, words, &text);
	ck_assert_str_eq(text.data, cases[_i].advice);
	buffer_fini(&text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_unknown");
	TCase *tcase = tcase_create("all");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(
	    tcase, test_advice, 0, sizeof(cases) / sizeof(cases[0]));
	return test_run(suite);
}
