/* SPDX-License-Identifier: ISC */
/*
 * The rules of one process.  Modules are loaded from memory, which no rule is
 * needed for; what they need is not, and lies where the linker looks for it.
 * Of the folder of a module nothing is allowed but the module.  To start
 * programs is a system call, so system_calls allows both.
 */
#include "worker/worker_landlock.h"

#include <fcntl.h>
#include <glob.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app_needed.h"
#include "base/base_fd.h"
#include "base/base_memory.h"
#include "worker/worker_sandbox.h"
#include "worker/worker_seccomp.h"

struct rules {
	int fd;
	int version;
	int result; /* of what has no result of its own */
	struct error *error;
};

static int
allow(struct rules *rules, const char *path, enum worker_landlock_access access)
{
	if (rules->result == 0)
		rules->result = worker_landlock_allow(
		    rules->fd, rules->version, path, access, rules->error);
	return rules->result;
}

/* worker_landlock_visit */
static int
on_place(void *context, const struct worker_landlock_place *place,
    struct error *error)
{
	(void)error;
	return place->is_shared ? 0 :
				  allow(context, place->path, place->access);
}

static void
allow_fixed(struct rules *rules)
{
	static const struct {
		const char *path;
		enum worker_landlock_access access;
	} places[] = {
#define PLACE(path, access, why) { path, WORKER_LANDLOCK_##access },
#include "worker/worker_landlock.tbl"
#undef PLACE
	};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		allow(rules, places[i].path, places[i].access);
}

static void
allow_spool(struct rules *rules, const struct settings *settings)
{
	char *path;

	worker_spool_open(settings, &path);
	if (path != NULL)
		allow(rules, path, WORKER_LANDLOCK_KEEP);
	memory_free(path);
}

/* ---- libraries ---- */

static void
on_folder(void *context, const char *folder)
{
	allow(context, folder, WORKER_LANDLOCK_READ);
}

static void
allow_module(struct rules *rules, const char *path, int inherited)
{
	int own = -1, fd = inherited;

	if (fd == -1)
		fd = own = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd != -1)
		app_needed_folders(path, fd, on_folder, rules);
	fd_close(&own);
	allow(rules, path, WORKER_LANDLOCK_READ);
}

static int
inherited_bytes(
    const struct app_bytes *modules, size_t module_count, const char *path)
{
	size_t i;

	for (i = 0; i < module_count; i++)
		if (strcmp(modules[i].path, path) == 0)
			return modules[i].fd;
	return -1;
}

static void
allow_modules(struct rules *rules, const struct settings *settings,
    const struct app_bytes *modules, size_t module_count)
{
	const struct settings_mount *mount;
	uint16_t number = 1;

	for (; (mount = settings_find_mount(settings, number)) != NULL;
	     number++)
		if (mount->module != NULL)
			allow_module(rules, mount->module,
			    inherited_bytes(
				modules, module_count, mount->module));
}

/* Of a file of the linker's: a folder in each line. */
static void
allow_listed(struct rules *rules, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (file == NULL)
		return;
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, " \t#=\n")] = '\0';
		if (line[0] == '/')
			on_folder(rules, line);
	}
	free(line);
	fclose(file);
}

/* Its files are all that ld.so.conf includes, wherever there is one. */
static void
allow_linker_folders(struct rules *rules)
{
	glob_t files;
	size_t i;

	allow_listed(rules, "/etc/ld.so.conf");
	if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &files) != 0)
		return;
	for (i = 0; i < files.gl_pathc; i++)
		allow_listed(rules, files.gl_pathv[i]);
	globfree(&files);
}

/* What is running already may be read by whoever writes a stack trace. */
static int
on_image(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	return allow(context,
	    info->dlpi_name[0] == '\0' ? "/proc/self/exe" : info->dlpi_name,
	    WORKER_LANDLOCK_READ);
}

/* ---- all of it ---- */

/* procfs may forget an inode that nobody uses, and the rule with it. */
static void
pin_own_process(void)
{
	(void)!open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int
fill(struct rules *rules, const struct settings *settings,
    const struct app_bytes *modules, size_t module_count)
{
	allow_fixed(rules);
	allow_linker_folders(rules);
	dl_iterate_phdr(on_image, rules);
	allow_modules(rules, settings, modules, module_count);
	allow_spool(rules, settings);
	worker_landlock_each(settings, on_place, rules, rules->error);
	return rules->result;
}

int
worker_landlock_apply(const struct settings *settings,
    const struct app_bytes *modules, size_t module_count, struct error *error)
{
	struct rules rules = {
		.version = worker_landlock_version(),
		.error = error,
	};
	int result;

	if (!settings->landlock || rules.version == 0)
		return 0;
	pin_own_process();
	if (worker_landlock_open(rules.version,
		worker_seccomp_is_allowed(settings, "execve"), &rules.fd,
		error) == -1)
		return -1;
	result = fill(&rules, settings, modules, module_count);
	if (result == 0)
		result = worker_landlock_enforce(rules.fd, error);
	fd_close(&rules.fd);
	return result;
}
