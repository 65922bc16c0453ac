/* SPDX-License-Identifier: ISC */
#include <signal.h>

#include "ctl/ctl_screen.h"
#include "test_unit.h"

START_TEST(a_page_is_cut)
{
	static const struct {
		const char *page;
		size_t rows, columns;
		const char *words;
	} rows[] = {
		{ "one\ntwo\n", 24, 80,
		    "\033[Hone\033[K\r\ntwo\033[K\r\n\033[J" },
		{ "one\ntwo\nthree\n", 2, 80, "\033[Hone\033[K\r\ntwo\033[K" },
		{ "one\n\nthree\n", 4, 3,
		    "\033[Hone\r\n\033[K\r\nthr\r\n\033[J" },
		{ "", 4, 3, "\033[H\r\n\033[J" },
	};
	struct buffer words;
	size_t i;

	buffer_init(&words, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buffer_clear(&words);
		ctl_screen_fit(
		    &words, rows[i].page, rows[i].rows, rows[i].columns);
		ck_assert_str_eq(words.data, rows[i].words);
	}
	buffer_fini(&words);
}
END_TEST

START_TEST(a_signal_ends_the_wait)
{
	struct ctl_screen *screen = ctl_screen_open();

	ck_assert(ctl_screen_wait(screen, 1));
	ck_assert_int_eq(raise(SIGINT), 0);
	ck_assert(!ctl_screen_wait(screen, 60000));
	ctl_screen_close(&screen);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_screen");
	TCase *tcase = tcase_create("ctl_screen");

	tcase_add_test(tcase, a_page_is_cut);
	tcase_add_test(tcase, a_signal_ends_the_wait);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
