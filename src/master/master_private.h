/* SPDX-License-Identifier: ISC */
/*
 * struct master and its parts: what the files of master/ share.  Nobody
 * else includes this.  Each group of functions has a file of its own, named
 * above it: mechanism (spawn, listen), policy (policy), order (cohort,
 * reload, master) stay apart.
 */
#ifndef MASTER_PRIVATE_H
#define MASTER_PRIVATE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include <sys/types.h>

#include "base/base_list.h"
#include "ipc/ipc_channel.h"
#include "ipc/ipc_heritage.h"
#include "master/master.h"
#include "master/master_policy.h"
#include "master/master_worker.h"
#include "worker/worker_credentials.h"

/* One bound socket; a settings_listener whose name has several addresses
 * has several.  Equal ones are kept across reloads, by name and options. */
#define MASTER_LISTENER_MAGIC 0x83fd20b6u
struct master_listener {
	unsigned magic;
	char *wanted; /* as bound: "127.0.0.1:0" */
	char *name;   /* as it is: "127.0.0.1:34567" */
	int fd;
	bool is_tcp;
	bool inherited;        /* by LISTEN_FDS: never unlinked */
	unsigned users;        /* cohorts that use it */
	struct list_link link; /* in master->listeners */
};

/* What a cohort writes to; -1: none (stderr, syslog, no access log). */
struct master_logs {
	int error_log, access_log;
};

/* A generation of workers. */
enum master_cohort_state {
	MASTER_COHORT_STARTING, /* not all workers ready yet */
	MASTER_COHORT_SERVING,
	MASTER_COHORT_RETIRING,
	MASTER_COHORT_FAILED /* being dismissed; never served */
};

#define MASTER_COHORT_MAGIC 0x6605be1eu
struct master_cohort {
	unsigned magic;
	struct master *master;
	uint32_t number;
	enum master_cohort_state state; /* master_cohort.c writes it */
	struct settings *settings;
	struct master_logs logs;
	struct master_listener **listeners;
	size_t listener_count;
	unsigned wanted; /* workers; TTIN and TTOU change it */
	struct master_policy policy;
	struct event respawn_timer; /* back-off */
	struct error failure;       /* why it could not serve */
	struct list workers;
	struct list_link link; /* in master->cohorts, oldest first */
};

#define MASTER_WORKER_MAGIC 0x0c5a77f1u
struct master_worker {
	unsigned magic;
	struct master_cohort *cohort;
	enum master_worker_state state; /* master_worker_advance only */
	uint32_t slot;
	uint64_t generation;
	pid_t pid;
	bool had_served;
	bool has_ended; /* waitpid(2) has it: its READY counts no more */
	int channel_fd; /* -1 once it ended */
	struct event channel;
	struct event deadline; /* shutdown, kill */
	struct ipc_process *process;
	int process_fd;
	char failure[512];      /* its FAILED message */
	enum ipc_retire retire; /* how it was told to; 0: not yet */
	uint64_t since_ms;      /* of the wait that deadline bounds */
	struct list_link link;  /* in cohort->workers */
};

enum master_state {
	MASTER_STATE_STARTING, /* the first cohort is not serving */
	MASTER_STATE_RUNNING,
	MASTER_STATE_STOPPING,
	MASTER_STATE_STOPPED
};

#define MASTER_MAGIC 0xd1f0346bu
struct master {
	unsigned magic;
	const struct master_options *options;
	enum master_state state; /* master.c writes it */
	struct error failure;    /* why it could not start */
	struct event_base *base;
	struct event *signals; /* master_signal.c */
	size_t signal_count;

	struct list listeners; /* master_listen.c */
	struct list cohorts;   /* master_cohort.c */
	uint32_t last_cohort;
	uint64_t last_generation;
	struct master_cohort *current;   /* serving; NULL after WINCH */
	struct master_cohort *next;      /* of the reload in progress */
	struct master_cohort *withdrawn; /* by WINCH: keeps listeners */
	bool reload_again;               /* HUP came meanwhile */

	struct ipc_scoreboard *scoreboard;
	int scoreboard_fd;
	bool slots_taken[IPC_SLOTS_MAX]; /* master_spawn.c */
	uint32_t slots_used;             /* none from here on ever was */

	int log;            /* master_logs.c: its own lines */
	bool uses_logs;     /* the configured ones; else standard error */
	bool has_terminal;  /* -f and a controlling terminal */
	int pid_lock;       /* master_pid_file.c; -1: none */
	char *pid_file;     /* NULL: none */
	char *user, *group; /* as at start */
	int launcher;       /* master_daemon.c; -1: told */
};

/* master_listen.c: sockets.  Opens what settings name, taking over equal
 * ones that are open; the array is the caller's.  A reload's failure leaves
 * everything as it was. */
int master_listen_open(struct master *master, const struct settings *settings,
    struct master_listener ***listeners_r, size_t *count_r,
    struct error *error);
/* A cohort gives up its use; the last one closes (and unlinks). */
void master_listen_release(
    struct master *master, struct master_listener **listeners, size_t count);
/* Takes LISTEN_FDS over at start and unsets the variables. */
int master_listen_inherit(struct master *master, struct error *error);
/* Closes what was inherited and no cohort uses. */
void master_listen_drop_unused(struct master *master);

/* master_cohort.c: the life of a cohort, and what follows from a worker's.
 * master_cohort_new takes settings when it succeeds. */
int master_cohort_new(struct master *master, struct settings *settings,
    struct master_cohort **cohort_r, struct error *error);
void master_cohort_free(struct master_cohort **cohort);
/* Forks its workers.  How that ends, master.c is told later. */
void master_cohort_start(struct master_cohort *cohort);
void master_cohort_retire(struct master_cohort *cohort, enum ipc_retire how);
void master_cohort_set_wanted(struct master_cohort *cohort, unsigned wanted);
unsigned master_cohort_count(const struct master_cohort *cohort);
/* From master_worker.c, after a change of state; may free the worker. */
void master_cohort_on_worker(struct master_cohort *cohort,
    struct master_worker *worker, enum master_worker_event event);

/* master_spawn.c: fork(2) and waitpid(2), nothing else. */
int master_spawn(struct master_cohort *cohort, struct error *error);
void master_spawn_reap(struct master *master);
void master_worker_free(struct master_worker **worker);

/* master_channel.c: messages to and from a worker. */
int master_channel_start(struct master_worker *worker, struct error *error);
void master_channel_stop(struct master_worker *worker);
void master_channel_tell(
    struct master_worker *worker, enum ipc_message_type type, uint64_t value);
void master_channel_tell_logs(
    struct master_worker *worker, const struct master_logs *logs);
/* Takes in what is there: before an end is judged, too. */
void master_channel_drain(struct master_worker *worker);

/* master_death.c: the log line of a worker's end. */
void master_death_record(const struct master_worker *worker, int status);

/* master_reload.c: the order of a reload. */
void master_reload_start(struct master *master);
void master_reload_on_serving(struct master *master);
void master_reload_on_failed(struct master *master);

/* master_signal.c: the table. */
int master_signal_start(struct master *master, struct error *error);
void master_signal_stop(struct master *master);

/* master_logs.c */
int master_logs_open(struct master_logs *logs, const struct settings *settings,
    struct error *error);
void master_logs_close(struct master_logs *logs);
/* Makes the master's own lines go there: to a copy of the descriptor. */
void master_logs_use(struct master *master, const struct master_logs *logs,
    const struct settings *settings);
/* Opens every cohort's logs anew by name and sends them to its workers. */
void master_logs_reopen(struct master *master);

/* master_pid_file.c */
int master_pid_file_lock(
    struct master *master, const char *path, struct error *error);
int master_pid_file_write(struct master *master, struct error *error);
void master_pid_file_remove(struct master *master);
/* The process that holds that pid file's lock. */
int master_pid_file_find(const char *path, pid_t *pid_r, struct error *error);

/* master_daemon.c: the launching command waits for our word. */
int master_daemon_start(struct master *master, bool *is_launcher_r,
    enum ipc_exit *code_r, struct error *error);
void master_daemon_report(
    struct master *master, enum ipc_exit code, const char *text);

/* master.c: what a cohort's life means for the daemon. */
void master_on_cohort_serving(struct master_cohort *cohort);
void master_on_cohort_failed(struct master_cohort *cohort);
void master_on_cohort_gone(struct master_cohort *cohort);
/* Graceful, or, when stopping already or at_once, at once. */
void master_stop(struct master *master, bool at_once);

#endif
