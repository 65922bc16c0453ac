/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ctl/ctl.h"
#include "test_unit.h"

#define WORDS_MAX 8

static bool
read_words(const char *const *words, struct ctl_options *options_r,
    enum ipc_exit *code_r)
{
	static char storage[WORDS_MAX + 1][64];
	static char *argv[WORDS_MAX + 2];
	int argc = 1;

	argv[0] = storage[WORDS_MAX];
	strcpy(argv[0], "cohortctl");
	for (; *words != NULL; words++, argc++)
		argv[argc] = strcpy(storage[argc - 1], *words);
	argv[argc] = NULL;
	return ctl_options_read(argc, argv, options_r, code_r);
}

START_TEST(verbs)
{
	static const struct {
		const char *words[WORDS_MAX];
		enum ipc_exit (*run)(const struct ctl_options *options);
		const char *operand;
	} rows[] = {
		{ { "status" }, ctl_status, NULL },
		{ { "crashes" }, ctl_crashes_list, NULL },
		{ { "crashes", "7" }, ctl_crashes_show, "7" },
		{ { "crashes", "show", "7" }, ctl_crashes_show, "7" },
		{ { "crashes", "clear" }, ctl_crashes_clear, NULL },
		{ { "quarantine" }, ctl_quarantine_list, NULL },
		{ { "quarantine", "list" }, ctl_quarantine_list, NULL },
		{ { "quarantine", "clear" }, ctl_quarantine_clear, NULL },
		{ { "gdb", "core.1" }, ctl_gdb, "core.1" },
		{ { "top" }, ctl_top, NULL },
		{ { "reload" }, ctl_order, NULL },
		{ { "stop" }, ctl_order, NULL },
		{ { "quit" }, ctl_order, NULL },
		{ { "reopen" }, ctl_order, NULL },
		{ { "workers", "4" }, ctl_order, "4" },
		{ { "pause" }, ctl_order, NULL },
		{ { "resume" }, ctl_order, NULL },
	};
	struct ctl_options options;
	enum ipc_exit code;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(read_words(rows[i].words, &options, &code));
		ck_assert(options.run == rows[i].run);
		ck_assert_str_eq(options.verb, rows[i].words[0]);
		ck_assert(!options.json);
		ck_assert_uint_eq(options.rest_count, 0);
		if (rows[i].operand == NULL)
			ck_assert_ptr_null(options.operand);
		else
			ck_assert_str_eq(options.operand, rows[i].operand);
	}
}
END_TEST

START_TEST(options_stand_anywhere)
{
	static const char *const words[] = { "status", "--json", "-S", "/s",
		NULL };
	struct ctl_options options;
	enum ipc_exit code;

	ck_assert(read_words(words, &options, &code));
	ck_assert(options.json);
	ck_assert_str_eq(options.socket, "/s");
	ck_assert_ptr_null(options.file);
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		const char *words[WORDS_MAX];
		uint64_t timeout_ms, interval_ms, frames;
	} rows[] = {
		{ { "reload" }, 0, 1000, 0 },
		{ { "reload", "--timeout", "30" }, 30000, 1000, 0 },
		{ { "--timeout", "0.25", "workers", "1" }, 250, 1000, 0 },
		{ { "stop", "--timeout", "1." }, 1000, 1000, 0 },
		{ { "top" }, 0, 1000, 0 },
		{ { "top", "-n", "3", "--interval", "0.1" }, 0, 100, 3 },
	};
	struct ctl_options options;
	enum ipc_exit code;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(read_words(rows[i].words, &options, &code));
		ck_assert_uint_eq(options.timeout_ms, rows[i].timeout_ms);
		ck_assert_uint_eq(options.interval_ms, rows[i].interval_ms);
		ck_assert_uint_eq(options.frames, rows[i].frames);
	}
}
END_TEST

START_TEST(the_rest_is_not_ours)
{
	static const char *const words[] = { "gdb", "-c", "conf", "core", "--",
		"-batch", "-x", NULL };
	struct ctl_options options;
	enum ipc_exit code;

	ck_assert(read_words(words, &options, &code));
	ck_assert_str_eq(options.file, "conf");
	ck_assert_str_eq(options.operand, "core");
	ck_assert_uint_eq(options.rest_count, 2);
	ck_assert_str_eq(options.rest[0], "-batch");
	ck_assert_str_eq(options.rest[1], "-x");
}
END_TEST

START_TEST(what_is_wrong)
{
	static const char *const rows[][WORDS_MAX] = {
		{ NULL },
		{ "jump" },
		{ "reload", "now" },
		{ "workers" },
		{ "workers", "1", "2" },
		{ "top", "--json" },
		{ "top", "-n", "0" },
		{ "top", "-n", "x" },
		{ "top", "--interval", "0.05" },
		{ "top", "--timeout", "1" },
		{ "reload", "--interval", "1" },
		{ "reload", "-n", "1" },
		{ "status", "--timeout", "1" },
		{ "stop", "--timeout", "0" },
		{ "stop", "--timeout", "" },
		{ "stop", "--timeout", "." },
		{ "stop", "--timeout", "1.2.3" },
		{ "stop", "--timeout", "-1" },
		{ "stop", "--timeout", "1e3" },
		{ "stop", "--timeout", "inf" },
		{ "stop", "--timeout", "86401" },
		{ "status", "now" },
		{ "crashes", "show" },
		{ "crashes", "clear", "1" },
		{ "quarantine", "drop" },
		{ "gdb" },
		{ "gdb", "core", "other" },
		{ "gdb", "core", "--json" },
		{ "status", "--", "-batch" },
		{ "status", "-x" },
		{ "status", "-c" },
		{ "status", "-c", "a", "-S", "b" },
	};
	struct ctl_options options;
	enum ipc_exit code;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(!read_words(rows[i], &options, &code));
		ck_assert_int_eq(code, IPC_EXIT_USAGE);
	}
}
END_TEST

START_TEST(what_ends_at_once)
{
	static const char *const rows[][WORDS_MAX] = { { "-h" }, { "-V" },
		{ "status", "-h" } };
	struct ctl_options options;
	enum ipc_exit code;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(!read_words(rows[i], &options, &code));
		ck_assert_int_eq(code, IPC_EXIT_OK);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_options");
	TCase *tcase = tcase_create("ctl_options");

	tcase_add_test(tcase, verbs);
	tcase_add_test(tcase, options_stand_anywhere);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, the_rest_is_not_ours);
	tcase_add_test(tcase, what_is_wrong);
	tcase_add_test(tcase, what_ends_at_once);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
