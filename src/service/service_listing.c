/* SPDX-License-Identifier: ISC */
/*
 * Links are judged by what the service would open for them, so that the
 * page neither shows what cannot be fetched nor tells what lies outside.
 */
#include "service/service_listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base_memory.h"
#include "http/http_uri.h"
#include "service/service_path.h"

struct item {
	char *name;
	bool is_directory;
	int64_t size;
	time_t modified;
};

struct items {
	struct item *list;
	size_t count;
	bool is_cut;
};

/* What a client would get; -1 for what it cannot. */
static int
look(const struct service_listing *listing, DIR *directory, const char *name,
    struct stat *status_r)
{
	char path[PATH_MAX];
	int size;

	if (fstatat(dirfd(directory), name, status_r, AT_SYMLINK_NOFOLLOW) ==
	    -1)
		return -1;
	if (S_ISLNK(status_r->st_mode)) {
		size =
		    snprintf(path, sizeof(path), "%s%s", listing->path, name);
		if ((size_t)size >= sizeof(path))
			return -1;
		return service_stat(listing->root, path, status_r);
	}
	return S_ISREG(status_r->st_mode) || S_ISDIR(status_r->st_mode) ? 0 :
									  -1;
}

static void
add(struct items *items, const char *name, const struct stat *status)
{
	items->list =
	    memory_resize(items->list, items->count + 1, sizeof(*items->list));
	items->list[items->count++] = (struct item) {
		.name = memory_copy_text(name),
		.is_directory = S_ISDIR(status->st_mode),
		.size = status->st_size,
		.modified = status->st_mtime,
	};
}

static void
read_items(
    const struct service_listing *listing, DIR *directory, struct items *items)
{
	struct dirent *entry;
	struct stat status;

	while (!items->is_cut && (entry = readdir(directory)) != NULL) {
		if (!service_path_name_may_be(entry->d_name,
			strlen(entry->d_name), listing->hidden) ||
		    look(listing, directory, entry->d_name, &status) == -1)
			continue;
		if (items->count == SERVICE_LISTING_MAX)
			items->is_cut = true;
		else
			add(items, entry->d_name, &status);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct item *one = a, *other = b;

	if (one->is_directory != other->is_directory)
		return one->is_directory ? -1 : 1;
	return strcmp(one->name, other->name);
}

static void
append_html(struct buffer *html, const char *text)
{
	static const char *const escapes[256] = {
		['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&#39;",
	};

	for (; *text != '\0'; text++)
		if (escapes[(unsigned char)*text] != NULL)
			buffer_append_text(html, escapes[(unsigned char)*text]);
		else
			buffer_append_byte(html, *text);
}

static void
append_item(struct buffer *html, const struct item *item)
{
	const char *slash = item->is_directory ? "/" : "";
	char date[sizeof("-2147483648-01-01 00:00")] = "";
	struct tm broken;

	if (gmtime_r(&item->modified, &broken) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &broken) == 0)
		date[0] = '\0';
	buffer_append_text(html, "<tr><td><a href=\"");
	http_uri_encode(html, item->name, strlen(item->name));
	buffer_format(html, "%s\">", slash);
	append_html(html, item->name);
	buffer_format(html, "%s</a></td><td>", slash);
	if (!item->is_directory)
		buffer_format(html, "%lld", (long long)item->size);
	buffer_format(html, "</td><td>%s</td></tr>\n", date);
}

static void
append_page(const struct service_listing *listing, const struct items *items,
    struct buffer *html)
{
	size_t i;

	buffer_append_text(html,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<title>");
	append_html(html, listing->title);
	buffer_append_text(html, "</title></head>\n<body><h1>");
	append_html(html, listing->title);
	buffer_append_text(html,
	    "</h1>\n<table>\n"
	    "<tr><th>Name</th><th>Bytes</th><th>Modified (UTC)</th></tr>\n");
	if (*listing->path != '\0')
		buffer_append_text(html,
		    "<tr><td><a href=\"../\">../</a></td><td></td>"
		    "<td></td></tr>\n");
	for (i = 0; i < items->count; i++)
		append_item(html, &items->list[i]);
	buffer_append_text(html, "</table>\n");
	if (items->is_cut)
		buffer_format(html, "<p>There are more than these %d.</p>\n",
		    SERVICE_LISTING_MAX);
	buffer_append_text(html, "</body></html>\n");
}

static void
free_items(struct items *items)
{
	size_t i;

	for (i = 0; i < items->count; i++)
		memory_free(items->list[i].name);
	memory_free(items->list);
}

static DIR *
open_directory(const struct service_listing *listing)
{
	struct stat status;
	int fd = service_open(listing->root, listing->path, &status);
	DIR *directory;

	if (fd == -1)
		return NULL;
	directory = fdopendir(fd);
	if (directory == NULL)
		close(fd);
	return directory;
}

int
service_listing_write(
    const struct service_listing *listing, struct buffer *html)
{
	struct items items = { .list = NULL };
	DIR *directory = open_directory(listing);

	if (directory == NULL)
		return -1;
	read_items(listing, directory, &items);
	closedir(directory);
	if (items.count > 0)
		qsort(items.list, items.count, sizeof(*items.list), compare);
	append_page(listing, &items, html);
	free_items(&items);
	return 0;
}
