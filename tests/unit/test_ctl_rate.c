/* SPDX-License-Identifier: ISC */
#include <jansson.h>

#include "base/base_memory.h"
#include "ctl/ctl_rate.h"
#include "test_unit.h"

static json_t *
parse(const char *text)
{
	json_error_t problem;
	json_t *json = json_loads(text, 0, &problem);

	ck_assert_msg(json != NULL, "%s", problem.text);
	return json;
}

static const json_t *
worker_of(const json_t *status, size_t index)
{
	return json_array_get(json_object_get(status, "workers"), index);
}

#define EARLIER                                                        \
	"{\"pid\": 1, \"time_us\": 1000000, \"totals\": "              \
	"{\"requests\": 100}, \"workers\": ["                          \
	"{\"slot\": 0, \"pid\": 10, \"requests\": 60, \"cpu_ms\": 0}," \
	"{\"slot\": 1, \"pid\": 11, \"requests\": 40, \"cpu_ms\": 5}]}"

START_TEST(rates_of_a_worker)
{
	static const struct {
		const char *name, *worker;
		double requests, cpu;
	} rows[] = {
		{ "the same",
		    "{\"slot\": 0, \"pid\": 10, \"requests\": 260, "
		    "\"cpu_ms\": 1000}",
		    100, 50 },
		{ "nothing happened",
		    "{\"slot\": 1, \"pid\": 11, \"requests\": 40, "
		    "\"cpu_ms\": 5}",
		    0, 0 },
		{ "a new process in the slot",
		    "{\"slot\": 1, \"pid\": 12, \"requests\": 60, "
		    "\"cpu_ms\": 1}",
		    10, -1 },
		{ "a new slot",
		    "{\"slot\": 2, \"pid\": 13, \"requests\": 7, "
		    "\"cpu_ms\": 1}",
		    -1, -1 },
		{ "one that lost its slot",
		    "{\"slot\": 0, \"pid\": 10, \"cpu_ms\": 20}", -1, 1 },
		{ "without a number",
		    "{\"slot\": 0, \"pid\": 10, \"requests\": \"x\", "
		    "\"cpu_ms\": null}",
		    -1, -1 },
		{ "backwards",
		    "{\"slot\": 0, \"pid\": 10, \"requests\": 59, "
		    "\"cpu_ms\": 0}",
		    -1, 0 },
	};
	json_t *earlier = parse(EARLIER), *later;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		later = json_pack("{s:i, s:i, s:[o]}", "pid", 1, "time_us",
		    3000000, "workers", parse(rows[i].worker));
		ck_assert_double_eq_tol(
		    ctl_rate_requests(earlier, later, worker_of(later, 0)),
		    rows[i].requests, 1e-9);
		ck_assert_double_eq_tol(
		    ctl_rate_cpu(earlier, later, worker_of(later, 0)),
		    rows[i].cpu, 1e-9);
		json_decref(later);
	}
	json_decref(earlier);
}
END_TEST

START_TEST(rate_of_all)
{
	static const struct {
		const char *later;
		double rate;
	} rows[] = {
		{ "{\"pid\": 1, \"time_us\": 1500000, \"totals\": "
		  "{\"requests\": 150}}",
		    100 },
		{ "{\"pid\": 1, \"time_us\": 1000000, \"totals\": "
		  "{\"requests\": 150}}",
		    -1 },
		{ "{\"pid\": 2, \"time_us\": 1500000, \"totals\": "
		  "{\"requests\": 150}}",
		    -1 },
		{ "{\"pid\": 1, \"time_us\": 1500000}", -1 },
		{ "{}", -1 },
	};
	json_t *earlier = parse(EARLIER), *later;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		later = parse(rows[i].later);
		ck_assert_double_eq_tol(
		    ctl_rate_total(earlier, later), rows[i].rate, 1e-9);
		ck_assert_double_eq_tol(ctl_rate_total(NULL, later), -1, 1e-9);
		json_decref(later);
	}
	json_decref(earlier);
}
END_TEST

START_TEST(workers_by_slot)
{
	json_t *status = parse("{\"workers\": [{\"slot\": 7}, {\"slot\": 2}, "
			       "{\"slot\": 300}, {}]}");
	size_t count;
	const json_t **workers = ctl_rate_workers(status, &count);

	ck_assert_uint_eq(count, 4);
	ck_assert_ptr_eq(workers[1], worker_of(status, 1));
	ck_assert_ptr_eq(workers[2], worker_of(status, 0));
	ck_assert_ptr_eq(workers[3], worker_of(status, 2));
	memory_free(workers);
	workers = ctl_rate_workers(NULL, &count);
	ck_assert_uint_eq(count, 0);
	memory_free(workers);
	json_decref(status);
}
END_TEST

START_TEST(in_words)
{
	static const struct {
		double rate;
		const char *words;
	} rows[] = { { -1, "-" }, { 0, "0.0" }, { 9.94, "9.9" }, { 9.96, "10" },
		{ 1234.4, "1234" } };
	struct buffer words;
	size_t i;

	buffer_init(&words, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buffer_clear(&words);
		ctl_rate_append(&words, rows[i].rate);
		ck_assert_str_eq(words.data, rows[i].words);
	}
	buffer_fini(&words);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_rate");
	TCase *tcase = tcase_create("ctl_rate");

	tcase_add_test(tcase, rates_of_a_worker);
	tcase_add_test(tcase, rate_of_all);
	tcase_add_test(tcase, workers_by_slot);
	tcase_add_test(tcase, in_words);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
