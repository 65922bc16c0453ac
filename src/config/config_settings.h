/* SPDX-License-Identifier: ISC */
/*
 * The settings of one cohort: what the configuration file and the command
 * line came to.  Built by the master (config_parse.h), never changed after
 * that, inherited by the workers of its cohort across the fork.  The members
 * are named as the options; config_option.tbl is where each option, its
 * default and its meaning stand.  Durations are milliseconds, sizes bytes,
 * paths absolute.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"

/* Limits of options that others have to keep too. */
#define SETTINGS_WORKERS_MAX  512u
#define SETTINGS_THREADS_MAX  64u
#define SETTINGS_DURATION_MAX 86400000u      /* a day */
#define SETTINGS_BODY_MAX     1099511627776u /* a tebibyte */
#define SETTINGS_SEGMENTS_MAX 64u            /* HTTP_SEGMENTS_MAX */

#define SETTINGS_MAGIC 0x3c91f02bu

enum settings_service {
	SETTINGS_SERVICE_NONE,
	SETTINGS_SERVICE_FILES,
	SETTINGS_SERVICE_MODULE,
	SETTINGS_SERVICE_REDIRECT
};

struct settings_pair {
	char *name, *value;
};

struct settings_mount {
	char *prefix;                  /* "/", "/hello": no trailing slash */
	char *place;                   /* "cohort.conf:12" or "option -m" */
	enum settings_service service; /* which of the next three is set */
	char *files;                   /* directory */
	char *module;                  /* path; NULL too for COHORT_MAIN */
	char *redirect;                /* target; the others are NULL */
	uint64_t redirect_status;
	char *index; /* file name; "" for none */
	bool listing, hidden;
	char *read, *write;        /* paths a module may use besides */
	char *system_calls;        /* names of those it may make */
	uint64_t max_body;         /* inherited from http where unset */
	struct settings_pair *set; /* for the module's cohort_setting */
	size_t set_count;
};

struct settings_host {
	char *name;                    /* lower case; "*" any other */
	struct settings_mount *mounts; /* in the file's order */
	size_t mount_count;
};

struct settings_listener {
	char *address; /* as written: "127.0.0.1:8080" */
	char *place;
	uint64_t backlog;
	uint64_t mode; /* of a unix socket */
	bool v6only;
	bool defer_accept;
	uint64_t tcp_keepalive, tcp_user_timeout; /* 0: none */
	uint64_t tcp_unsent;                      /* 0: the kernel's */
	char *proxy_protocol;                     /* networks; "" for none */
};

struct settings_http {
	uint64_t keep_alive, head_timeout, body_timeout, write_timeout;
	uint64_t body_rate, write_rate; /* bytes a second; 0: any */
	uint64_t handler_timeout, stream_idle, linger_timeout;
	uint64_t max_request_line, max_head, max_fields, max_body;
	uint64_t max_segments, max_chunk_extension, max_trailer;
	uint64_t max_pipelined, output_buffer;
	uint64_t body_memory, request_memory, max_requests;
	char *trusted_proxies; /* networks; "" for none */
	char *proxy_fields;    /* "x-forwarded" or "forwarded" */
	char *body_directory;
	char *half_close; /* "end" or "keep" */
	char *server;     /* the Server field; "" for none */
};

struct settings {
	unsigned magic;
	unsigned users;                  /* holds of it */
	char *file;                      /* read from; NULL for none */
	char *user, *group;              /* "" keeps what we are */
	uint64_t workers;                /* never 0 here */
	uint64_t max_connections;        /* per worker */
	uint64_t max_client_connections; /* per worker; 0: no limit */
	bool landlock, seccomp;
	uint64_t shutdown_timeout, start_timeout;
	char *pid_file;  /* "" for none */
	char *error_log; /* path, "stderr", "syslog" */
	char *log_level;
	char *access_log;          /* path; "" for none */
	char *access_format;       /* "combined" or "json" */
	char *types;               /* further MIME types; "" for none */
	uint64_t open_files;       /* entries of the open-file cache */
	uint64_t open_files_valid; /* before a look at the file again */
	char *state_directory;     /* "" for none */
	char *control_socket;      /* "" for none */
	char *core_directory;
	bool core_dumps;
	uint64_t hang_warn, hang_timeout; /* 0: never */
	bool quarantine;
	uint64_t quarantine_crashes, quarantine_within;
	uint64_t quarantine_time, quarantine_targets;
	char *self_check; /* "" for none */
	uint64_t self_check_timeout;
	uint64_t probation, probation_crashes; /* probation 0: none */
	uint64_t max_old_cohorts;
	uint64_t max_requests, max_memory; /* 0: no limit */
	uint64_t threads, thread_queue, thread_timeout;
	struct settings_http http;
	struct settings_listener *listeners;
	size_t listener_count;
	struct settings_host *hosts;
	size_t host_count;
};

/* With all defaults; no listener, no host, and workers still 0. */
struct settings *settings_new(void);

/* Is half_close "keep"? */
bool settings_keeps_half_closed(const struct settings_http *http);

/* proxy_fields: Forwarded?  Else X-Forwarded-*. */
bool settings_reads_forwarded(const struct settings_http *http);

/* The directory in body_directory that is this process's user's alone; the
 * caller frees it. */
char *settings_spool(const struct settings_http *http);

/* One more user of what is not changed any more: each needs a free. */
struct settings *settings_hold(struct settings *settings);

/* Frees everything behind the last user, and nulls the pointer. */
void settings_free(struct settings **settings);

/*
 * Each appends one with all defaults and returns it; the pointer is good
 * until the next is added.  Texts are copied.  An address that is none, or
 * stands there already, is an error: NULL.
 */
struct settings_listener *settings_add_listener(struct settings *settings,
    const char *address, const char *place, struct error *error);
struct settings_host *settings_add_host(
    struct settings *settings, const char *name);

/* Puts it before the mount at that index; max_body is as in http. */
struct settings_mount *settings_add_mount(struct settings *settings,
    struct settings_host *host, size_t index, const char *prefix,
    const char *place);

/* Appends to what the module may ask for. */
void settings_add_pair(
    struct settings_mount *mount, const char *name, const char *value);

/* By exact name, or NULL. */
struct settings_host *settings_find_host(
    const struct settings *settings, const char *name);

/*
 * Mounts have numbers, from 1, in order of hosts and their mounts; 0 is none.
 * The mount of that number, or NULL.
 */
const struct settings_mount *settings_find_mount(
    const struct settings *settings, uint16_t number);

/* Is any mount of that module? */
bool settings_has_module(const struct settings *settings, const char *path);

/* The number of a mount of these settings. */
uint16_t settings_mount_number(
    const struct settings *settings, const struct settings_mount *mount);

/* Forgets all listeners. */
void settings_drop_listeners(struct settings *settings);

#endif
