/* SPDX-License-Identifier: ISC */
/*
 * Owns the command line: from options to settings to master_run.  This is
 * cohort_main: cohortd calls it without a module, programs made with
 * COHORT_MAIN with their own.
 */
#include "config.h"

#include <event2/event.h>
#include <getopt.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"
#include "base/base_memory.h"
#include "base/base_title.h"
#include "config/config_parse.h"
#include "config/config_print.h"
#include "ipc/ipc_exit.h"
#include "master/master.h"
#include "worker/worker.h"

#include <cohort/cohort.h>

static const char usage_text[] =
    "usage: cohortd [-f] [-c FILE] [-l ADDRESS]... [-m MODULE]... "
    "[-r DIRECTORY]\n"
    "               [-w WORKERS] [-u USER[:GROUP]] [-p PIDFILE] "
    "[-t | -T]\n"
    "               [-s SIGNAL] [-v | -V | -h]\n"
    "  -f  stay in the foreground, log to standard error\n"
    "  -c  configuration file (default " COHORT_CONFIG_FILE ")\n"
    "  -l  listen on 127.0.0.1:8080, [::1]:8080, *:8080, name:8080 or\n"
    "      unix:/path, instead of the file's listeners\n"
    "  -m  serve a module's routes at /\n"
    "  -r  serve the files of a directory at /, behind the modules\n"
    "  -w  number of workers (0: one for each CPU)\n"
    "  -u  user, and group, of the workers when started as root\n"
    "  -p  pid file\n"
    "  -t  test configuration and modules, bind nothing\n"
    "  -T  the same, and print the effective settings\n"
    "  -s  signal the running daemon: reload, stop, quit, reopen, upgrade\n"
    "  -v  version; -V  version and how it was built; -h  this\n"
    "See cohortd(8) and cohort.conf(5).\n";

struct command_line {
	struct master_options options;
	bool test, print;
	const char *signal_word;
	bool done;          /* -v, -V, -h: nothing more to do */
	enum ipc_exit code; /* then, or when parsing failed */
};

static void
append(const char ***list, size_t *count, const char *value)
{
	*list = memory_resize(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = value;
}

static void
print_build(void)
{
	const struct scmp_version *seccomp = seccomp_version();

	printf("cohortd %s\n", PACKAGE_VERSION);
	printf("ABI %d, API %d\n", COHORT_ABI, COHORT_API);
	printf("libevent %s\n", event_get_version());
	printf("libseccomp %u.%u.%u\n", seccomp->major, seccomp->minor,
	    seccomp->micro);
	printf("configuration %s\n", COHORT_CONFIG_FILE);
	printf("compiler %s\n", __VERSION__);
}

static void
finish(struct command_line *line, enum ipc_exit code)
{
	line->done = true;
	line->code = code;
}

static void
take_option(struct command_line *line, int option, const char *value)
{
	struct config_overrides *overrides = &line->options.overrides;

	switch (option) {
	case 'f':
		line->options.foreground = overrides->foreground = true;
		break;
	case 'c':
		overrides->file = value;
		break;
	case 'l':
		append(&overrides->listen, &overrides->listen_count, value);
		break;
	case 'm':
		append(&overrides->modules, &overrides->module_count, value);
		break;
	case 'r':
		overrides->root = value;
		break;
	case 'w':
		overrides->workers = value;
		break;
	case 'u':
		overrides->user = value;
		break;
	case 'p':
		overrides->pid_file = value;
		break;
	case 't':
		line->test = true;
		break;
	case 'T':
		line->test = line->print = true;
		break;
	case 's':
		line->signal_word = value;
		break;
	case 'v':
		printf("cohortd %s\n", PACKAGE_VERSION);
		finish(line, IPC_EXIT_OK);
		break;
	case 'V':
		print_build();
		finish(line, IPC_EXIT_OK);
		break;
	case 'h':
		fputs(usage_text, stdout);
		finish(line, IPC_EXIT_OK);
		break;
	default:
		fputs(usage_text, stderr);
		finish(line, IPC_EXIT_USAGE);
		break;
	}
}

static void
read_command_line(struct command_line *line, int argc, char **argv)
{
	int option;

	while (!line->done &&
	    (option = getopt(argc, argv, "fc:l:m:r:w:u:p:tTs:vVh")) != -1)
		take_option(line, option, optarg);
	if (!line->done && optind < argc) {
		fprintf(stderr, "cohortd: unexpected argument \"%s\"\n",
		    argv[optind]);
		fputs(usage_text, stderr);
		finish(line, IPC_EXIT_USAGE);
	}
}

static enum ipc_exit
report(const struct error *error)
{
	fprintf(stderr, "cohortd: %s\n", error->text);
	return ipc_exit_for(error);
}

static enum ipc_exit
test(const struct command_line *line, struct settings *settings)
{
	struct error error;

	if (worker_check(settings, line->options.builtin, &error) == -1)
		return report(&error);
	if (line->print)
		config_print(settings, stdout);
	else
		fprintf(stderr, "cohortd: the configuration is good\n");
	return IPC_EXIT_OK;
}

static enum ipc_exit
run(struct command_line *line)
{
	struct settings *settings;
	struct error error;
	enum ipc_exit code;

	if (line->options.state != NULL)
		return master_resume(&line->options);
	if (config_parse(&line->options.overrides, &settings, &error) == -1)
		return report(&error);
	if (!line->test && line->signal_word == NULL)
		return master_run(&line->options, settings);
	code = line->test ? test(line, settings) :
			    master_running_order(line->signal_word, settings);
	settings_free(&settings);
	return code;
}

static void
command_line_fini(struct command_line *line)
{
	memory_free(line->options.overrides.listen);
	memory_free(line->options.overrides.modules);
	master_disinherit(&line->options);
}

int
cohort_main(int argc, char **argv, const struct cohort_module *module)
{
	struct command_line line = { .options.builtin = module };
	struct error error;

	if (fd_open_standard(&error) == -1)
		return report(&error);
	title_init(argc, argv);
	line.options.overrides.has_builtin = module != NULL;
	line.options.overrides.is_root = geteuid() == 0;
	line.options.arguments = argv;
	if (master_inherit(&line.options, argv[0], &error) == -1)
		return report(&error);
	line.options.overrides.directory = line.options.directory;
	read_command_line(&line, argc, argv);
	if (!line.done)
		line.code = run(&line);
	command_line_fini(&line);
	return line.code;
}
