/* SPDX-License-Identifier: ISC */
/*
 * The documents say what the parser does.  The templates are looked for in
 * the source directory: $srcdir, else the current one.
 */
#include "base/base_memory.h"
#include "config/config_document.h"
#include "config/config_option.h"
#include "test_config.h"
#include "test_unit.h"

static FILE *
open_template(const char *name)
{
	const char *directory = getenv("srcdir");
	char path[500];
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/%s",
	    directory == NULL ? "." : directory, name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	return file;
}

/* The caller frees. */
static char *
document(enum config_document kind, FILE *template)
{
	struct error error = { .text = "" };
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int result = config_document_write(kind, template, to, &error);

	ck_assert_msg(result == 0, "%s", error.text);
	fclose(to);
	fclose(template);
	return text;
}

static char *
sample(void)
{
	return document(
	    CONFIG_DOCUMENT_SAMPLE, open_template("cohort.conf.in"));
}

static char *
manual(void)
{
	return document(
	    CONFIG_DOCUMENT_MANUAL, open_template("cohort.conf.5.in"));
}

/* Whether every option stands in text as format makes it of its name. */
static void
check_mentions(const char *text, const char *format)
{
	const struct config_option *option;
	char expected[200];
	int section;

	for (section = 0; section < CONFIG_SECTION_COUNT; section++) {
		option = NULL;
		while ((option = config_option_next(
			    (enum config_section)section, option)) != NULL) {
			snprintf(
			    expected, sizeof(expected), format, option->name);
			ck_assert_msg(strstr(text, expected) != NULL,
			    "%s is missing", option->name);
		}
	}
}

START_TEST(manual_mentions_all)
{
	char *text = manual();

	check_mentions(text, "\n.It Ic %s No = Ar ");
	ck_assert_ptr_null(strstr(text, "@"));
	free(text);
}
END_TEST

START_TEST(sample_mentions_all)
{
	char *text = sample();
	char *line, *rest = text;

	check_mentions(text, "%s = ");
	ck_assert_ptr_null(strstr(text, "@"));
	while ((line = strsep(&rest, "\n")) != NULL) {
		ck_assert_msg(line[0] == '#' || line[0] == '\0', "%s", line);
		ck_assert_uint_le(strlen(line), 80);
	}
	free(text);
}
END_TEST

/*
 * Keeps what stands behind marker at the beginning of a line, where this is
 * not followed by a byte of but.
 */
static void
uncomment(char *text, const char *marker, const char *but)
{
	size_t size = strlen(marker);
	char *line, *rest = strdup(text), *copy = rest;

	text[0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, marker, size) == 0 &&
		    (line[size] == '\0' || strchr(but, line[size]) == NULL))
			text = strcat(text, line + size);
		text = strcat(text, "\n");
	}
	free(copy);
}

START_TEST(sample_is_all_comment)
{
	struct test_config config;
	char *text = sample();

	ck_assert_int_eq(test_config_parse(&config, text, NULL), -1);
	ck_assert_ptr_nonnull(strstr(config.error.text, "nowhere to listen"));
	free(text);
}
END_TEST

static void
check_defaults(enum config_section section, const void *object, const char *but)
{
	const struct config_option *option = NULL;
	struct buffer value;

	buffer_init(&value, 0);
	while ((option = config_option_next(section, option)) != NULL) {
		if (option->default_text == NULL ||
		    strcmp(option->name, but) == 0)
			continue;
		buffer_clear(&value);
		buffer_append_byte(&value, ' ');
		config_option_print(option, object, &value);
		if (option->type != CONFIG_TYPE_DURATION)
			ck_assert_str_eq(value.data + 1, option->default_text);
	}
	buffer_fini(&value);
}

/* Uncommented, it changes nothing: that is what it says of itself. */
START_TEST(sample_uncommented)
{
	const struct settings_mount *mounts;
	struct test_config config;
	char *text = sample();

	uncomment(text, "#", " ");
	test_config_must_parse(&config, text, NULL);
	check_defaults(CONFIG_SECTION_ROOT, config.settings, "workers");
	check_defaults(CONFIG_SECTION_HTTP, &config.settings->http, "");
	check_defaults(CONFIG_SECTION_LISTEN, config.settings->listeners, "");
	ck_assert_uint_eq(config.settings->http.keep_alive, 60000);
	ck_assert_uint_eq(config.settings->hosts[0].mount_count, 3);
	mounts = config.settings->hosts[0].mounts;
	check_defaults(CONFIG_SECTION_FILES, &mounts[0], "");
	ck_assert_uint_eq(mounts[0].max_body, config.settings->http.max_body);
	ck_assert_uint_eq(mounts[1].set_count, 1);
	check_defaults(CONFIG_SECTION_REDIRECT, &mounts[2], "");
	free(text);
	test_config_fini(&config);
}
END_TEST

START_TEST(sample_example)
{
	struct test_config config;
	char *text = sample();
	char *example = strstr(text, "\n#     ");

	ck_assert_ptr_nonnull(example);
	uncomment(example, "#     ", "");
	test_config_must_parse(&config, example, NULL);
	ck_assert_uint_eq(config.settings->listener_count, 1);
	ck_assert_uint_eq(config.settings->hosts[0].mount_count, 3);
	free(text);
	test_config_fini(&config);
}
END_TEST

START_TEST(manual_example)
{
	struct test_config config;
	char *text = manual();
	static const char begin[] = ".Sh EXAMPLES\n.Bd -literal -offset indent";
	char *example = strstr(text, begin), *end;

	ck_assert_ptr_nonnull(example);
	example += sizeof(begin) - 1;
	end = strstr(example, "\n.Ed");
	ck_assert_ptr_nonnull(end);
	end[1] = '\0';
	test_config_must_parse(&config, example, NULL);
	ck_assert_uint_eq(config.settings->listener_count, 2);
	ck_assert_uint_eq(config.settings->hosts[0].mount_count, 3);
	free(text);
	test_config_fini(&config);
}
END_TEST

static FILE *
template_of(const char *text)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	rewind(file);
	return file;
}

START_TEST(directive)
{
	char *text = document(CONFIG_DOCUMENT_SAMPLE,
	    template_of("a\n\t@options MODULE module /m so@\nb\n"));

	ck_assert_str_eq(text,
	    "a\n"
	    "# Serves what this module's routes answer.\n"
	    "#\tmodule = \"/m so\"\n"
	    "\n"
	    "# Files, and directories with all below, that the module may "
	    "read\n"
	    "# besides (landlock), as they are when a worker starts. They "
	    "must be\n"
	    "# there. All modules of a worker may.\n"
	    "# Allowed: paths with colons between them.\n"
	    "#\tread = \"\"\n"
	    "\n"
	    "# The same for what it may read, write, make and remove.\n"
	    "# Allowed: paths with colons between them.\n"
	    "#\twrite = \"\"\n"
	    "\n"
	    "# System calls that seccomp would refuse and the module needs, by "
	    "name.\n"
	    "# All modules of a worker may.\n"
	    "# Allowed: names of system calls with spaces between them.\n"
	    "#\tsystem_calls = \"\"\n"
	    "b\n");
	free(text);
}
END_TEST

START_TEST(bad_directive)
{
	static const char *const directives[] = {
		"@options NONE@\n",
		"@options MODULE module@\n",
		"@options @\n",
	};
	FILE *template = template_of(directives[_i]);
	FILE *to = tmpfile();
	struct error error;

	ck_assert_int_eq(
	    config_document_write(CONFIG_DOCUMENT_SAMPLE, template, to, &error),
	    -1);
	ck_assert_ptr_nonnull(strstr(error.text, directives[_i]));
	fclose(template);
	fclose(to);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_document");
	TCase *tests = tcase_create("config_document");

	tcase_add_test(tests, manual_mentions_all);
	tcase_add_test(tests, sample_mentions_all);
	tcase_add_test(tests, sample_is_all_comment);
	tcase_add_test(tests, sample_uncommented);
	tcase_add_test(tests, sample_example);
	tcase_add_test(tests, manual_example);
	tcase_add_test(tests, directive);
	tcase_add_loop_test(tests, bad_directive, 0, 3);
	suite_add_tcase(suite, tests);
	return test_run(suite);
}
