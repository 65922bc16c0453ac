/* SPDX-License-Identifier: ISC */
/*
 * The log writes into a pipe in packet mode, so that one read(2) returns
 * what one write(2) wrote.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base_log.h"
#include "base/base_panic.h"
#include "test_unit.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define DAY         "[0-9]{4}-[0-9]{2}-[0-9]{2}"
#define TIME        DAY "T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"

static int ends[2];
static char packet[2 * LOG_LINE_MAX];

static void
set_up(void)
{
	ck_assert_int_eq(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
	log_open("unit", LOG_TARGET_FILE, ends[1], LOG_LEVEL_INFO);
}

/* The next line that was written, which is one packet, or "". */
static const char *
next_line(void)
{
	ssize_t size = read(ends[0], packet, sizeof(packet) - 1);

	packet[size > 0 ? size : 0] = '\0';
	ck_assert_int_le(size, LOG_LINE_MAX);
	if (size > 0)
		ck_assert_ptr_eq(strchr(packet, '\n'), packet + size - 1);
	return packet;
}

/* The next line from behind "unit[pid] " on, without the newline. */
static const char *
next_text(void)
{
	char *text;

	next_line();
	text = strstr(packet, "] ");
	ck_assert_ptr_nonnull(text);
	text[strlen(text) - 1] = '\0';
	return text + 2;
}

static bool
matches(const char *text, const char *pattern)
{
	regex_t compiled;
	bool found;

	ck_assert_int_eq(
	    regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
	found = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return found;
}

static void
describe_text(const void *object, struct buffer *line)
{
	const char *text = object;

	buffer_format(line, ", %s", text);
}

START_TEST(line_has_time_program_process_and_level)
{
	char pattern[200];

	log_warn("some %s", "words");
	snprintf(pattern, sizeof(pattern),
	    "^" TIME " unit\\[%d\\] warn: some words\n$", (int)getpid());
	ck_assert_msg(matches(next_line(), pattern), "%s", packet);
	ck_assert_str_eq(next_line(), "");
}
END_TEST

static const char *const names[LOG_LEVEL_COUNT] = { "debug", "info", "warn",
	"error" };

START_TEST(level_names_are_known)
{
	enum log_level level = LOG_LEVEL_COUNT;

	ck_assert_int_eq(log_level_parse(names[_i], &level), 0);
	ck_assert_int_eq(level, _i);
}
END_TEST

START_TEST(unknown_level_is_refused)
{
	enum log_level level = LOG_LEVEL_WARN;

	ck_assert_int_eq(log_level_parse("", &level), -1);
	ck_assert_int_eq(log_level_parse("WARN", &level), -1);
	ck_assert_int_eq(log_level_parse("warning", &level), -1);
	ck_assert_int_eq(level, LOG_LEVEL_WARN);
}
END_TEST

static int evaluations;

static int
evaluate(void)
{
	return ++evaluations;
}

START_TEST(only_wanted_levels_are_written)
{
	int level;

	log_open("unit", LOG_TARGET_FILE, ends[1], (enum log_level)_i);
	for (level = 0; level < LOG_LEVEL_COUNT; level++) {
		log_write((enum log_level)level, "words");
		ck_assert_int_eq(*next_line() != '\0', level >= _i);
		ck_assert_int_eq(
		    log_is_wanted((enum log_level)level), level >= _i);
	}
	log_debug("%d", evaluate());
	ck_assert_int_eq(evaluations, _i == LOG_LEVEL_DEBUG);
}
END_TEST

static const struct {
	const char *text, *expected;
} injections[] = {
	{ "a\nb", "a\\x0ab" },
	{ "a\r\n2026-01-01 fake", "a\\x0d\\x0a2026-01-01 fake" },
	{ "\x1b[2J", "\\x1b[2J" },
	{ "\t", "\\x09" },
	{ "\x7f\x80\xff", "\\x7f\\x80\\xff" },
	{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
	{ "GET \"/\\x0a\"", "GET \"/\\x0a\"" },
	{ "~ !%s%n", "~ !%s%n" },
};

START_TEST(nothing_forges_a_line)
{
	char expected[200];
	const char *text = injections[_i].text;
	struct log_scope scope = { .describe = describe_text, .object = text };

	log_enter(&scope);
	log_info("%s", text);
	log_leave(&scope);
	snprintf(expected, sizeof(expected), "info: %s, %s",
	    injections[_i].expected, injections[_i].expected);
	ck_assert_str_eq(next_text(), expected);
}
END_TEST

static const struct {
	int words, context;
	char byte;
	bool words_cut, context_cut;
} lengths[] = {
	{ 3000, 500, 'x', false, false },
	{ 3100, 500, 'x', true, false },
	{ 100, 3900, 'x', false, false },
	{ 100, 4000, 'x', false, true },
	{ 10000, 10, 'x', true, false },
	{ 10, 10000, 'x', false, true },
	{ 10000, 10000, 'x', true, true },
	{ 10000, 10000, '\n', true, true },
	{ 4096, 4096, '\xff', true, true },
};

static void
check_cut(const char *text, int row)
{
	ck_assert_msg(matches(text, "^error: W.*, C.*$"), "%s", text);
	ck_assert_int_eq(matches(text, "\\.\\.\\., C"), lengths[row].words_cut);
	ck_assert_int_eq(matches(text, "\\.\\.\\.$"), lengths[row].context_cut);
	if (lengths[row].byte != 'x')
		ck_assert(matches(text,
		    "^error: W(\\\\x[0-9a-f]{2})*\\.\\.\\., "
		    "C(\\\\x[0-9a-f]{2})*\\.\\.\\.$"));
}

/*
 * Whichever is long, the beginning of both is there, and the line ends.
 * Names of several lengths, so that escapes meet the end everywhere.
 */
START_TEST(long_line_is_cut)
{
	static const char program[] = "uuuuuuuu";
	char *words = calloc(1, 10001), *context = calloc(1, 10001);
	struct log_scope scope = { .describe = describe_text,
		.object = context };
	int i;

	memset(words, lengths[_i].byte, (size_t)lengths[_i].words);
	memset(context, lengths[_i].byte, (size_t)lengths[_i].context);
	*words = 'W';
	*context = 'C';
	log_enter(&scope);
	for (i = 0; i < 4; i++) {
		log_open(program + i, LOG_TARGET_FILE, ends[1], LOG_LEVEL_INFO);
		log_error("%s", words);
		check_cut(next_text(), _i);
	}
	log_leave(&scope);
	free(words);
	free(context);
}
END_TEST

START_TEST(scopes_follow_from_the_outermost_on)
{
	struct log_scope worker = { .describe = describe_text,
		.object = "worker 3" };
	struct log_scope request = { .describe = describe_text,
		.object = "request 4f2a-12 GET \"/x\"" };

	log_enter(&worker);
	log_enter(&request);
	log_info("one");
	log_leave(&request);
	log_info("two");
	log_leave(&worker);
	log_info("three");
	ck_assert_str_eq(
	    next_text(), "info: one, worker 3, request 4f2a-12 GET \"/x\"");
	ck_assert_str_eq(next_text(), "info: two, worker 3");
	ck_assert_str_eq(next_text(), "info: three");
}
END_TEST

static void
count_description(const void *object, struct buffer *line)
{
	evaluate();
}

START_TEST(scope_is_described_only_for_a_written_line)
{
	struct log_scope scope = { .describe = count_description };

	log_enter(&scope);
	log_write(LOG_LEVEL_DEBUG, "words");
	ck_assert_int_eq(evaluations, 0);
	log_info("words");
	ck_assert_int_eq(evaluations, 1);
	log_leave(&scope);
}
END_TEST

START_TEST(leaving_an_outer_scope_panics)
{
	struct log_scope outer = { .describe = describe_text, .object = "a" };
	struct log_scope inner = { .describe = describe_text, .object = "b" };

	log_enter(&outer);
	log_enter(&inner);
	log_leave(&outer);
}
END_TEST

static void
describe_by_logging(const void *object, struct buffer *line)
{
	log_warn("inside");
	buffer_append_text(line, ", scope");
}

START_TEST(scope_that_logs_does_not_recurse)
{
	struct log_scope scope = { .describe = describe_by_logging };

	log_enter(&scope);
	log_info("outside");
	log_leave(&scope);
	ck_assert_str_eq(next_text(), "warn: inside");
	ck_assert_str_eq(next_text(), "info: outside, scope");
}
END_TEST

static void
describe_by_panic(const void *object, struct buffer *line)
{
	panic("broken scope");
}

START_TEST(scope_that_panics_leaves_one_line)
{
	struct log_scope scope = { .describe = describe_by_panic };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		log_enter(&scope);
		log_info("words");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	ck_assert_str_eq(next_text(), "error: panic: broken scope");
	ck_assert_str_eq(next_line(), "");
}
END_TEST

START_TEST(panic_logs_its_context_and_aborts)
{
	struct log_scope scope = { .describe = describe_text,
		.object = "worker 3" };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		log_enter(&scope);
		panic("%s %d", "odd", 7);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	ck_assert_str_eq(next_text(), "error: panic: odd 7, worker 3");
}
END_TEST

START_TEST(errno_is_kept)
{
	errno = EACCES;
	log_info("open: %m");
	ck_assert_int_eq(errno, EACCES);
	ck_assert_str_eq(next_text(), "info: open: Permission denied");
	log_open("unit", LOG_TARGET_FILE, -1, LOG_LEVEL_INFO);
	errno = EACCES;
	log_info("into nothing");
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

static void *
log_from_thread(void *argument)
{
	struct log_scope scope = { .describe = describe_text,
		.object = argument };
	int i;

	log_enter(&scope);
	for (i = 0; i < 8; i++)
		log_info("%s", (const char *)argument);
	log_leave(&scope);
	return NULL;
}

START_TEST(threads_have_scopes_and_lines_of_their_own)
{
	static char thread_names[2][8] = { "left", "right" };
	struct log_scope scope = { .describe = describe_text,
		.object = "main" };
	pthread_t threads[2];
	int i, seen[2] = { 0, 0 };
	const char *text;

	log_enter(&scope);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
				     log_from_thread, thread_names[i]),
		    0);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	log_leave(&scope);
	for (i = 0; i < 16; i++) {
		text = next_text();
		seen[0] += strcmp(text, "info: left, left") == 0;
		seen[1] += strcmp(text, "info: right, right") == 0;
	}
	ck_assert_int_eq(seen[0], 8);
	ck_assert_int_eq(seen[1], 8);
}
END_TEST

START_TEST(descriptor_is_that_of_the_target)
{
	ck_assert_int_eq(log_descriptor(), ends[1]);
	log_open("unit", LOG_TARGET_STDERR, -1, LOG_LEVEL_INFO);
	ck_assert_int_eq(log_descriptor(), STDERR_FILENO);
	log_open("unit", LOG_TARGET_SYSLOG, -1, LOG_LEVEL_INFO);
	ck_assert_int_eq(log_descriptor(), -1);
}
END_TEST

START_TEST(without_open_goes_to_standard_error_at_info)
{
	ck_assert_int_eq(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(log_descriptor(), STDERR_FILENO);
	log_debug("hidden");
	log_info("shown");
	ck_assert(
	    matches(next_line(), "^" TIME " cohortd\\[.*\\] info: shown"));
}
END_TEST

static const struct {
	enum log_target target;
	int inode_offset;
	const char *pattern;
} journals[] = {
	{ LOG_TARGET_STDERR, 0, "^<4>unit\\[[0-9]+\\] warn: words\n$" },
	{ LOG_TARGET_STDERR, 1, "^" TIME " unit\\[[0-9]+\\] warn: words\n$" },
	{ LOG_TARGET_FILE, 0, "^" TIME " unit\\[[0-9]+\\] warn: words\n$" },
};

START_TEST(journal_gets_a_priority_and_no_time)
{
	struct stat status;
	char stream[64];

	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino + (uintmax_t)journals[_i].inode_offset);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("unit", journals[_i].target, ends[1], LOG_LEVEL_INFO);
	log_warn("words");
	ck_assert_msg(matches(next_line(), journals[_i].pattern), "%s", packet);
}
END_TEST

static void
add_line_tests(TCase *tcase)
{
	tcase_add_test(tcase, line_has_time_program_process_and_level);
	tcase_add_loop_test(tcase, nothing_forges_a_line, 0, ROWS(injections));
	tcase_add_loop_test(tcase, long_line_is_cut, 0, ROWS(lengths));
	tcase_add_test(tcase, errno_is_kept);
	tcase_add_test(tcase, panic_logs_its_context_and_aborts);
}

static void
add_level_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, level_names_are_known, 0, LOG_LEVEL_COUNT);
	tcase_add_test(tcase, unknown_level_is_refused);
	tcase_add_loop_test(
	    tcase, only_wanted_levels_are_written, 0, LOG_LEVEL_COUNT);
}

static void
add_scope_tests(TCase *tcase)
{
	tcase_add_test(tcase, scopes_follow_from_the_outermost_on);
	tcase_add_test(tcase, scope_is_described_only_for_a_written_line);
	tcase_add_test_raise_signal(
	    tcase, leaving_an_outer_scope_panics, SIGABRT);
	tcase_add_test(tcase, scope_that_logs_does_not_recurse);
	tcase_add_test(tcase, scope_that_panics_leaves_one_line);
	tcase_add_test(tcase, threads_have_scopes_and_lines_of_their_own);
}

int
main(void)
{
	Suite *suite = suite_create("base_log");
	TCase *tcase = tcase_create("log"),
	      *unopened = tcase_create("unopened");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	add_line_tests(tcase);
	add_level_tests(tcase);
	add_scope_tests(tcase);
	tcase_add_test(tcase, descriptor_is_that_of_the_target);
	tcase_add_loop_test(
	    tcase, journal_gets_a_priority_and_no_time, 0, ROWS(journals));
	suite_add_tcase(suite, tcase);
	tcase_add_test(unopened, without_open_goes_to_standard_error_at_info);
	suite_add_tcase(suite, unopened);
	return test_run(suite);
}
