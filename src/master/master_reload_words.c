/* SPDX-License-Identifier: ISC */
/*
 * What is said of a reload: in the log, and to who ordered it.
 */
#include "base/base_buffer.h"
#include "base/base_log.h"
#include "master/master_reload.h"

void
master_reload_say_serving(const struct master_cohort *cohort, uint32_t previous)
{
	struct buffer words;

	buffer_init(&words, 0);
	buffer_format(&words, "%s: cohort %u serves with %u workers",
	    cohort->returns_to == 0 ? "reloaded" : "returned", cohort->number,
	    master_cohort_count(cohort));
	if (cohort->returns_to != 0)
		buffer_format(&words, " and the settings of cohort %u",
		    cohort->returns_to);
	if (previous != 0)
		buffer_format(&words, "; cohort %u retires", previous);
	log_info("%s", words.data);
	buffer_fini(&words);
}

static void
append_summary(struct buffer *words, const struct master_reload_result *result)
{
	buffer_format(words, "cohort %u proven in %llu ms (%u worker%s)",
	    result->cohort, (unsigned long long)result->took_ms,
	    result->workers, result->workers == 1 ? "" : "s");
	if (result->previous != 0)
		buffer_format(words,
		    "; cohort %u retired, %llu connections handed over, "
		    "%llu finishing",
		    result->previous, (unsigned long long)result->handed_over,
		    (unsigned long long)result->finishing);
}

json_t *
master_reload_report(const struct master_reload_result *result)
{
	struct buffer words;
	json_t *report;

	buffer_init(&words, 0);
	append_summary(&words, result);
	log_info("reload: %s", words.data);
	report = json_pack("{s:I, s:o, s:I, s:I, s:I, s:I, s:s}", "cohort",
	    (json_int_t)result->cohort, "previous",
	    result->previous == 0 ? json_null() :
				    json_integer(result->previous),
	    "workers", (json_int_t)result->workers, "took_ms",
	    (json_int_t)result->took_ms, "handed_over",
	    (json_int_t)result->handed_over, "finishing",
	    (json_int_t)result->finishing, "summary", words.data);
	buffer_fini(&words);
	return report;
}

json_t *
master_reload_refuse(const struct error *failure)
{
	static const char prefix[] = "reload failed, nothing was changed: ";

	log_error("%s%s", prefix, failure->text);
	return master_command_error("%s%s", prefix, failure->text);
}
