/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl_record.h"
#include "test_unit.h"

static json_t *
parse(const char *text)
{
	json_error_t problem;
	json_t *json = json_loads(text, 0, &problem);

	ck_assert_msg(json != NULL, "%s in %s", problem.text, text);
	return json;
}

static void
expect(void (*describe)(struct buffer *words, const json_t *record),
    const char *text, const char *wanted)
{
	json_t *record = parse(text);
	struct buffer words;

	buffer_init(&words, 0);
	describe(&words, record);
	ck_assert_str_eq(words.data, wanted);
	buffer_fini(&words);
	json_decref(record);
}

START_TEST(ends)
{
	expect(ctl_record_end, "{\"signal\": \"SEGV\"}", "SIGSEGV");
	expect(ctl_record_end, "{\"signal\": \"ABRT\", \"hung_ms\": 30000}",
	    "SIGABRT (hung)");
	expect(ctl_record_end, "{\"signal\": null, \"exit\": 3}", "exit 3");
	expect(ctl_record_end, "{}", "-");
}
END_TEST

START_TEST(requests)
{
	expect(ctl_record_request,
	    "{\"request\": {\"method\": \"GET\", \"target\": \"/a\"}}",
	    "GET /a");
	expect(ctl_record_request, "{\"request\": null, \"doing\": \"timer\"}",
	    "timer");
	expect(ctl_record_request, "{\"request\": null, \"doing\": null}", "-");
	expect(ctl_record_request, "{\"request\": {}}", "- -");
}
END_TEST

START_TEST(frames)
{
	expect(ctl_record_frame,
	    "{\"function\": \"f\", \"file\": \"a.c\", \"line\": 3}",
	    "f (a.c:3)");
	expect(ctl_record_frame,
	    "{\"function\": \"f\", \"file\": \"a.c\", \"line\": null}",
	    "f (a.c)");
	expect(ctl_record_frame, "{\"function\": \"f\", \"file\": null}", "f");
	expect(ctl_record_frame,
	    "{\"image\": \"/m.so\", \"offset\": \"0x12\", \"address\": "
	    "\"0x9\"}",
	    "/m.so+0x12");
	expect(ctl_record_frame, "{\"address\": \"0x9\"}", "0x9");
}
END_TEST

static char *
print(const char *text)
{
	json_t *record = parse(text);
	char *printed = NULL;
	size_t size;
	FILE *stream = open_memstream(&printed, &size);

	ck_assert_ptr_nonnull(stream);
	ctl_record_print(record, stream);
	ck_assert_int_eq(fclose(stream), 0);
	json_decref(record);
	return printed;
}

START_TEST(the_whole)
{
	char *printed = print(
	    "{\"id\": 4, \"count\": 2, \"first\": \"x\", \"last\": \"y\","
	    " \"slot\": 1, \"pid\": 99, \"cohort\": 3, \"state\": \"serving\","
	    " \"signal\": \"SEGV\", \"code\": \"SEGV_MAPERR\","
	    " \"address\": \"0x8\", \"core\": true, \"adopted\": 5,"
	    " \"lost\": 1, \"answered\": 2, \"hung_ms\": null,"
	    " \"request\": {\"method\": \"GET\", \"target\": \"/a\","
	    "  \"id\": \"00ff\", \"peer\": \"127.0.0.1\", \"route\": \"/{x}\","
	    "  \"module\": \"/m.so\", \"mount\": \"/\", \"running_ms\": 1500},"
	    " \"stack\": [{\"function\": \"f\", \"file\": \"a.c\","
	    "  \"line\": 3}, {\"address\": \"0x9\"}],"
	    " \"modules\": [{\"path\": \"/m.so\", \"build_id\": \"ab\","
	    "  \"load\": \"0x7000\"}]}");

	ck_assert_str_eq(printed,
	    "crash       4\n"
	    "count       2\n"
	    "first       x\n"
	    "last        y\n"
	    "worker      slot 1, pid 99, cohort 3, state serving\n"
	    "end         SIGSEGV, SEGV_MAPERR at 0x8, core dumped\n"
	    "request     GET /a\n"
	    "id          00ff\n"
	    "peer        127.0.0.1\n"
	    "route       /{x}\n"
	    "module      /m.so\n"
	    "mount       /\n"
	    "running     1s\n"
	    "connections adopted 5, lost 1, answered 2\n"
	    "#0          f (a.c:3)\n"
	    "#1          0x9\n"
	    "loaded      /m.so at 0x7000, build ab\n");
	free(printed);
}
END_TEST

/* A file of another version, or of nobody's making. */
START_TEST(a_record_without_anything)
{
	char *printed = print("{\"stack\": 3, \"modules\": \"x\"}");

	ck_assert_ptr_nonnull(strstr(printed, "end         -\n"));
	free(printed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_record");
	TCase *tcase = tcase_create("ctl_record");

	tcase_add_test(tcase, ends);
	tcase_add_test(tcase, requests);
	tcase_add_test(tcase, frames);
	tcase_add_test(tcase, the_whole);
	tcase_add_test(tcase, a_record_without_anything);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
