/* SPDX-License-Identifier: ISC */
/*
 * gmtime_r(3) and strptime(3) are avoided: the one takes glibc's time zone
 * lock and may read files, the other knows locales.  Days are counted from
 * 1 March of year 0, so that a leap day is the last of its year.
 */
#include "http/http_date.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DAY 86400

#define DAYS_PER_400_YEARS 146097
#define DAYS_TO_1970       719468 /* from 0000-03-01 */

/* 0001-01-01 and the last second of 9999: years of four digits. */
#define LEAST (-62135596800)
#define MOST  253402300799

/* From 1970-01-01, a Thursday, on. */
static const char short_days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue",
	"Wed" };
static const char long_days[7][10] = { "Thursday", "Friday", "Saturday",
	"Sunday", "Monday", "Tuesday", "Wednesday" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

struct moment {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
	bool short_year; /* of two digits */
};

static int64_t
days_to(const struct moment *moment)
{
	int64_t year = moment->month > 2 ? moment->year : moment->year - 1;
	int64_t month = (moment->month + 9) % 12; /* from March */

	return year * 365 + year / 4 - year / 100 + year / 400 +
	    (month * 153 + 2) / 5 + moment->day - 1 - DAYS_TO_1970;
}

static int64_t
seconds_to(const struct moment *moment)
{
	return days_to(moment) * DAY + moment->hour * 3600 +
	    moment->minute * 60 + moment->second;
}

/* The date of the day that many after 0000-03-01. */
static void
set_date(struct moment *moment, int64_t days)
{
	int64_t era = days / DAYS_PER_400_YEARS;
	int64_t rest = days % DAYS_PER_400_YEARS;
	int64_t year =
	    (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int64_t month;

	rest -= year * 365 + year / 4 - year / 100;
	month = (rest * 5 + 2) / 153;
	moment->day = (int)(rest - (month * 153 + 2) / 5 + 1);
	moment->month = (int)(month < 10 ? month + 3 : month - 9);
	moment->year = (int)(era * 400 + year + (moment->month <= 2));
}

static void
split(struct moment *moment, int64_t when)
{
	int64_t days = (when - LEAST) / DAY, rest = (when - LEAST) % DAY;

	set_date(moment, days + LEAST / DAY + DAYS_TO_1970);
	moment->hour = (int)(rest / 3600);
	moment->minute = (int)(rest / 60 % 60);
	moment->second = (int)(rest % 60);
}

static char *
write_digits(char *to, int number, int count)
{
	int i;

	for (i = count - 1; i >= 0; i--) {
		to[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return to + count;
}

static char *
write_text(char *to, const char *text, size_t size)
{
	memcpy(to, text, size);
	return to + size;
}

void
http_date_write(char *to, time_t when)
{
	int64_t bounded = when < LEAST ? LEAST : when > MOST ? MOST : when;
	int64_t weekday = ((bounded - LEAST) / DAY + LEAST / DAY) % 7;
	struct moment moment;

	split(&moment, bounded);
	to = write_text(to, short_days[(weekday + 7) % 7], 3);
	to = write_text(to, ", ", 2);
	to = write_digits(to, moment.day, 2);
	*to++ = ' ';
	to = write_text(to, months[moment.month - 1], 3);
	*to++ = ' ';
	to = write_digits(to, moment.year, 4);
	*to++ = ' ';
	to = write_digits(to, moment.hour, 2);
	*to++ = ':';
	to = write_digits(to, moment.minute, 2);
	*to++ = ':';
	to = write_digits(to, moment.second, 2);
	write_text(to, " GMT", sizeof(" GMT"));
}

/* What is left to read; each take_ function advances it or says false. */
struct reader {
	const char *data;
	size_t size;
};

static bool
take_text(struct reader *reader, const char *text, size_t size)
{
	if (reader->size < size || memcmp(reader->data, text, size) != 0)
		return false;
	reader->data += size;
	reader->size -= size;
	return true;
}

static bool
take_digits(struct reader *reader, size_t count, int *number_r)
{
	int number = 0;
	size_t i;

	if (reader->size < count)
		return false;
	for (i = 0; i < count; i++) {
		if (reader->data[i] < '0' || reader->data[i] > '9')
			return false;
		number = number * 10 + (reader->data[i] - '0');
	}
	reader->data += count;
	reader->size -= count;
	*number_r = number;
	return true;
}

/* One of count names that stand stride bytes apart; from 1. */
static bool
take_name(struct reader *reader, const char *names, size_t stride, int count,
    int *number_r)
{
	int i;

	for (i = 0; i < count; i++, names += stride) {
		if (take_text(reader, names, strlen(names))) {
			*number_r = i + 1;
			return true;
		}
	}
	return false;
}

static bool
take_time(struct reader *reader, struct moment *moment)
{
	return take_digits(reader, 2, &moment->hour) &&
	    take_text(reader, ":", 1) &&
	    take_digits(reader, 2, &moment->minute) &&
	    take_text(reader, ":", 1) &&
	    take_digits(reader, 2, &moment->second);
}

/*
 * The most recent year of these two last digits that does not put the
 * moment more than 50 years into the future (RFC 9110, 5.6.7).
 */
static void
complete_year(struct moment *moment, int64_t now)
{
	struct moment today, earlier = *moment;
	int most;

	split(&today, now < LEAST ? LEAST : now > MOST ? MOST : now);
	most = today.year + 50;
	moment->year = most - (most - moment->year) % 100;
	earlier.year = moment->year - 50;
	if (seconds_to(&earlier) > now)
		moment->year -= 100;
}

/*
 * The three forms.  a, A: short, long name of the day (which need not agree
 * with the date); d, e: day in digits, in digits or with a space before it;
 * b: month; Y, y: year in four or two digits; t: time; else itself.
 */
static const char *const forms[] = {
	"a, d b Y t GMT", /* IMF-fixdate */
	"A, d-b-y t GMT", /* RFC 850 */
	"a b e t Y",      /* asctime(3) */
};

static bool
take_part(struct reader *reader, char part, struct moment *moment)
{
	int weekday;

	switch (part) {
	case 'a':
		return take_name(
		    reader, short_days[0], sizeof(*short_days), 7, &weekday);
	case 'A':
		return take_name(
		    reader, long_days[0], sizeof(*long_days), 7, &weekday);
	case 'b':
		return take_name(
		    reader, months[0], sizeof(*months), 12, &moment->month);
	case 'd':
		return take_digits(reader, 2, &moment->day);
	case 'e':
		return take_text(reader, " ", 1) ?
		    take_digits(reader, 1, &moment->day) :
		    take_digits(reader, 2, &moment->day);
	case 'Y':
		return take_digits(reader, 4, &moment->year);
	case 'y':
		moment->short_year = true;
		return take_digits(reader, 2, &moment->year);
	case 't':
		return take_time(reader, moment);
	default:
		return take_text(reader, &part, 1);
	}
}

static bool
take_form(struct reader reader, const char *form, struct moment *moment)
{
	*moment = (struct moment) { 0 };
	for (; *form != '\0'; form++)
		if (!take_part(&reader, *form, moment))
			return false;
	return reader.size == 0;
}

static bool
is_leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* A second may be the 60th, once in a while. */
static bool
is_possible(const struct moment *moment)
{
	static const uint8_t lengths[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	int length = lengths[moment->month];

	if (moment->month == 2 && is_leap_year(moment->year))
		length++;
	return moment->year >= 1 && moment->day >= 1 && moment->day <= length &&
	    moment->hour <= 23 && moment->minute <= 59 && moment->second <= 60;
}

int
http_date_parse(const char *data, size_t size, time_t now, time_t *when_r)
{
	struct reader reader = { data, size };
	struct moment moment;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (!take_form(reader, forms[i], &moment))
			continue;
		if (moment.short_year)
			complete_year(&moment, now);
		if (!is_possible(&moment))
			return -1;
		*when_r = (time_t)seconds_to(&moment);
		return 0;
	}
	return -1;
}

const char *
http_date_line(struct http_date_cache *cache, time_t now)
{
	char *to = cache->line;

	if (cache->made == now && to[0] != '\0')
		return to;
	to = write_text(to, "Date: ", 6);
	http_date_write(to, now);
	write_text(to + HTTP_DATE_SIZE, "\r\n", sizeof("\r\n"));
	cache->made = now;
	return cache->line;
}
