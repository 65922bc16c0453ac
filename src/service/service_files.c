/* SPDX-License-Identifier: ISC */
/*
 * From path to file: the request is a file, a directory with its index or
 * listing, a directory that lacks its slash, or nothing of ours.  Owns what
 * a mount of files consists of.
 */
#include "service/service_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "app/app_service.h"
#include "base/base_object.h"
#include "service/service_cache.h"
#include "service/service_listing.h"
#include "service/service_location.h"
#include "service/service_path.h"
#include "service/service_send.h"

#define SERVICE_FILES_MAGIC 0xacff8050u

struct files {
	unsigned magic;
	struct cohort_app *app;
	const struct settings_mount *mount; /* outlives the app */
	size_t open_files;                  /* this mount's share */
	uint64_t open_files_valid;
	struct service_types *types;

	/* From the start hook on. */
	struct service_root root;
	struct service_cache *cache;
	char boundary[sizeof("cohort-0123456789abcdef")];
};

static const char files_key;

/* ---- answers ---- */

/* Why the client cannot have it. */
static enum cohort_verdict
fail(struct cohort_request *request, const char *path, int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return COHORT_DECLINED;
	case EXDEV:
		return cohort_refuse(
		    request, 403, "a link that leads elsewhere is not served");
	case EACCES:
	case EPERM:
		return cohort_refuse(request, 403, "this may not be read");
	case EMFILE:
	case ENFILE:
		return cohort_fail(
		    request, 503, "\"%s\": %s", path, strerror(number));
	default:
		return cohort_fail(
		    request, 500, "\"%s\": %s", path, strerror(number));
	}
}

/* 301, as there is only GET and HEAD; relative links need the slash. */
static enum cohort_verdict
add_slash(struct cohort_request *request)
{
	return service_location_send(request, 301, "", 0, true);
}

/*
 * What is served may be old by open_files_valid, but no client that asks
 * for a change may be told there is none, nor get a part of another version.
 */
static struct service_file *
get_file(struct files *files, struct cohort_request *request, const char *path,
    const struct service_condition *condition)
{
	uint64_t now_ms = app_service_now_ms(request);

	return service_condition_is_any(condition) ?
	    service_cache_get_current(
		files->cache, path, now_ms, app_service_turn(request)) :
	    service_cache_get(files->cache, path, now_ms);
}

static enum cohort_verdict
send_file(struct files *files, struct cohort_request *request, const char *path,
    const struct service_condition *condition)
{
	struct service_file *file = get_file(files, request, path, condition);

	if (file != NULL)
		return service_send(request, file, condition, files->boundary);
	return errno == EISDIR ? add_slash(request) :
				 fail(request, path, errno);
}

static void
free_page(void *page)
{
	memory_free(page);
}

/* A listing has neither tag nor date, but it is there: "*" matches. */
static enum http_condition
check_listing(const struct service_condition *condition)
{
	const struct http_validators validators = { .is_undated = true };

	return service_condition_check(condition, &validators);
}

static enum cohort_verdict
send_listing(struct files *files, struct cohort_request *request,
    const char *path, const struct service_condition *condition)
{
	const struct service_listing listing = {
		.root = &files->root,
		.path = path,
		.title = cohort_path(request),
		.hidden = files->mount->hidden,
	};
	enum http_condition result = check_listing(condition);
	struct buffer html;

	buffer_init(&html, 0);
	if (service_listing_write(&listing, &html) == -1)
		return fail(request, path, errno);
	if (result == HTTP_CONDITION_NONE)
		return cohort_reply_owned(request, 200,
		    "text/html; charset=utf-8", html.data, html.size, free_page,
		    html.data);
	buffer_fini(&html);
	return result == HTTP_CONDITION_FAILED ?
	    service_condition_refuse(request) :
	    cohort_reply_empty(request, 304);
}

/* False: together they are too long. */
static bool
join(char to[PATH_MAX], const char *path, const char *name)
{
	size_t path_size = strlen(path), name_size = strlen(name);

	if (path_size + name_size >= PATH_MAX)
		return false;
	memcpy(to, path, path_size);
	memcpy(to + path_size, name, name_size + 1);
	return true;
}

/* path ends in a slash, or is the root itself. */
static enum cohort_verdict
send_directory(struct files *files, struct cohort_request *request,
    const char *path, const struct service_condition *condition)
{
	const char *name = files->mount->index;
	struct service_file *file = NULL;
	char index[PATH_MAX];

	errno = ENOENT;
	if (*name != '\0' && join(index, path, name))
		file = get_file(files, request, index, condition);
	if (file != NULL)
		return service_send(request, file, condition, files->boundary);
	if (files->mount->listing && (errno == ENOENT || errno == EISDIR))
		return send_listing(files, request, path, condition);
	return fail(request, path, errno);
}

static enum cohort_verdict
send_path(struct files *files, struct cohort_request *request,
    const struct cohort_str *path)
{
	struct service_condition condition;

	if (!service_condition_read(request, &condition))
		return cohort_refuse(request, 400, "too many conditions");
	if (path->size == 0 || path->data[path->size - 1] == '/')
		return send_directory(files, request, path->data, &condition);
	return send_file(files, request, path->data, &condition);
}

static enum cohort_verdict
serve(struct cohort_request *request, void *context)
{
	struct cohort_str path;
	struct files *files;

	OBJECT_CAST(files, context, SERVICE_FILES_MAGIC);
	path = app_service_path(request);
	if (path.size == 0)
		return add_slash(request);
	path.data++;
	path.size--;
	if (!service_path_may_be(
		path, app_service_head(request)->target, files->mount->hidden))
		return COHORT_DECLINED;
	return send_path(files, request, &path);
}

/* ---- life ---- */

static int
make_boundary(struct files *files)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return cohort_setup_error(files->app, "getrandom: %m");
	snprintf(files->boundary, sizeof(files->boundary), "cohort-%016llx",
	    (unsigned long long)number);
	return 0;
}

static int
start(struct cohort_worker *worker, void *context)
{
	struct files *files;
	struct error error;

	OBJECT_CAST(files, context, SERVICE_FILES_MAGIC);
	if (service_root_open(files->mount->files, &files->root, &error) == -1)
		return cohort_setup_error(files->app, "files %s", error.text);
	files->cache = service_cache_new(&files->root, files->types,
	    files->open_files, files->open_files_valid);
	return make_boundary(files);
}

static void
free_files(void *pointer)
{
	struct files *files;

	OBJECT_CAST(files, pointer, SERVICE_FILES_MAGIC);
	if (files->cache != NULL)
		service_cache_free(&files->cache);
	service_root_close(&files->root);
	service_types_free(&files->types);
	OBJECT_FREE(files);
}

/* The limit is the worker's: each mount of files gets an equal share. */
static size_t
share_of_open_files(const struct settings *settings)
{
	size_t host, mount, mounts = 0;

	for (host = 0; host < settings->host_count; host++)
		for (mount = 0; mount < settings->hosts[host].mount_count;
		     mount++)
			mounts += settings->hosts[host].mounts[mount].service ==
			    SETTINGS_SERVICE_FILES;
	return settings->open_files / (mounts > 0 ? mounts : 1);
}

static int
check_directory(struct cohort_app *app, const char *path)
{
	struct stat status;

	if (stat(path, &status) == -1)
		return cohort_setup_error(
		    app, "files \"%s\": %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return cohort_setup_error(
		    app, "files \"%s\": is no directory", path);
	return 0;
}

int
service_files_setup(struct cohort_app *app, const struct settings *settings,
    const struct settings_mount *mount)
{
	struct service_types *types;
	struct error error;
	struct files *files;

	if (check_directory(app, mount->files) == -1)
		return -1;
	if (service_types_new(settings->types, &types, &error) == -1)
		return cohort_setup_error(app, "%s", error.text);
	OBJECT_NEW(files, SERVICE_FILES_MAGIC);
	files->app = app;
	files->mount = mount;
	files->open_files = share_of_open_files(settings);
	files->open_files_valid = settings->open_files_valid;
	files->types = types;
	files->root.fd = -1;
	if (cohort_state_set(app, &files_key, files, free_files) == -1)
		return -1;
	cohort_on_start(app, start, files);
	cohort_get(app, "/{path}*", serve, files);
	return 0;
}
