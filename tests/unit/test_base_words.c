/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/base_memory.h"
#include "base/base_words.h"
#include "test_unit.h"

static const struct {
	const char *text;
	char separator;
	const char *joined; /* the words, each with a bar behind it */
} lists[] = {
	{ "", ':', "" },
	{ "::", ':', "" },
	{ "/a", ':', "/a|" },
	{ "/a:/b c:/d", ':', "/a|/b c|/d|" },
	{ ":/a::/b:", ':', "/a|/b|" },
	{ " ptrace  execve", ' ', "ptrace|execve|" },
};

START_TEST(a_list_has_these_words)
{
	const char *rest = lists[_i].text;
	char joined[64] = "", *word;

	while (words_next(&rest, lists[_i].separator, &word)) {
		strcat(strcat(joined, word), "|");
		memory_free(word);
	}
	ck_assert_str_eq(joined, lists[_i].joined);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base_words");
	TCase *tests = tcase_create("words");

	tcase_add_loop_test(
	    tests, a_list_has_these_words, 0, sizeof(lists) / sizeof(lists[0]));
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
