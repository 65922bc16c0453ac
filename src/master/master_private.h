/* SPDX-License-Identifier: ISC */
/*
 * struct master and its parts: what the files of master/ share.  Nobody
 * else includes this.  Each group of functions has a file of its own, named
 * above it: mechanism (spawn, listen), policy (policy), order (cohort,
 * reload, master) stay apart.
 *
 * The files of master/, without "master_":
 *
 *	daemon       master limits daemon pid_file logs directory signal
 *	             running manager notify
 *	cohorts      cohort cohort_parts policy listen socket mounts pin modules
 *	reload       reload reload_settings reload_words check probation
 *	workers      worker spawn child channel denied recycle share
 *	orphans      orphan orphan_check batch offer forget
 *	crashes      death death_facts death_record death_words crashes
 *	             crashes_file frames symbolize words json
 *	hangs        hang patience thread warning
 *	quarantine   quarantine quarantine_table quarantine_cohort
 *	             quarantine_report quarantine_words history
 *	control      control control_socket control_client command status
 *	             status_worker
 *	orders       order wait reopen pause workers
 *	upgrade      upgrade upgrade_trial upgrade_exec probe resume inherit
 *	             state state_table state_member state_put state_take
 *	             state_control state_mounts state_quarantine
 */
#ifndef MASTER_PRIVATE_H
#define MASTER_PRIVATE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include <sys/types.h>

#include <jansson.h>

#include "base/base_list.h"
#include "ipc/ipc_channel.h"
#include "ipc/ipc_heritage.h"
#include "master/master.h"
#include "master/master_denied.h"
#include "master/master_notify.h"
#include "master/master_patience.h"
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
	uint32_t id; /* never used twice */
	bool is_tcp;
	bool inherited;        /* by LISTEN_FDS: never unlinked */
	bool has_left;         /* nobody can connect any more */
	unsigned users;        /* cohorts that use it */
	struct list_link link; /* in master->listeners */
};

/* What a cohort writes to; -1: none (stderr, syslog, no access log). */
struct master_logs {
	int error_log, access_log;
};

struct master_mounts;

/* What a cohort was made of, held for a return to it. */
struct master_base {
	uint32_t cohort; /* its number */
	struct settings *settings;
	struct master_mounts *mounts;
};

/* The last return to a base, until a reload succeeds. */
struct master_returned {
	uint32_t from;   /* the cohort that crashed; 0: there was none */
	uint32_t to;     /* whose settings came back */
	uint32_t cohort; /* that has them now; 0: none yet */
	unsigned crashes;
	bool has_failed; /* and from still serves */
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
	uint32_t returns_to;            /* whose settings it has; 0: its own */
	uint64_t started_ms;            /* monotonic */
	enum master_cohort_state state; /* master_cohort.c writes it */
	struct settings *settings;
	struct worker_credentials credentials; /* of its workers */
	struct master_mounts *mounts; /* as when it was made; its modules */
	struct master_logs logs;
	struct master_listener **listeners;
	const struct settings_listener **sections; /* where each stands */
	size_t listener_count;
	uint32_t *uses; /* master_forget.c: ids its workers hand over of */
	size_t use_count;
	/* Connections that its workers gave away since it retires; and of
	 * these, those that others have, and those that nobody got. */
	uint64_t given, handed, lost;
	unsigned wanted; /* workers; TTIN and TTOU change it */
	/* The generation of the one that goes when its successor serves; 0:
	 * none.  Meanwhile there is one worker more. */
	uint64_t outgoing;
	bool is_large_at_once; /* master_recycle.c has said so */
	struct master_policy policy;
	struct event respawn_timer; /* back-off */
	struct error failure;       /* why it could not serve */
	struct master_denied denied;
	struct list workers;
	struct list_link link; /* in master->cohorts, oldest first */
};

struct master_death;

#define MASTER_WORKER_MAGIC 0x0c5a77f1u
struct master_worker {
	unsigned magic;
	struct master_cohort *cohort;
	enum master_worker_state state; /* master_worker_advance only */
	enum master_worker_state was;   /* the state before that */
	uint32_t slot;
	uint64_t generation;
	pid_t pid;
	uint64_t started_ms; /* monotonic */
	bool has_slot;       /* else its successor has it */
	bool had_served;
	bool has_ended; /* waitpid(2) has it: its READY counts no more */
	int channel_fd; /* -1 once it ended */
	struct event channel;
	struct event deadline; /* shutdown, kill */
	struct ipc_process *process;
	int process_fd;
	char failure[512];          /* its FAILED message */
	enum ipc_retire retire;     /* how it was told to; 0: not yet */
	uint64_t since_ms;          /* of the wait that deadline bounds */
	unsigned nonsense;          /* messages that made no sense */
	struct master_death *death; /* from its crash on: master_death.c */
	uint64_t hung_ms;           /* how long, when it was ended for that */
	uint32_t hung_thread;       /* then: which */
	struct master_check *check; /* master_check.c; NULL: none is made */
	bool is_blamed;             /* the quarantine knows what it died of */
	bool is_recorded;           /* so was its death, by another image */
	bool crash_is_due;          /* seen by its report, and CRASHED comes */
	uint32_t layout;            /* of its areas and messages */
	struct master_hang hangs[IPC_THREADS_MAX]; /* master_hang.c */
	unsigned adopting;        /* connections on their way to it */
	uint64_t shedding;        /* those it may still give away */
	bool is_held;             /* master_channel.c: nothing is read now */
	uint64_t fresh_memory;    /* resident, when it began to serve */
	uint64_t spared_until_ms; /* its channel took none: master_offer.c */
	unsigned reopening;       /* LOGS that it has not answered */
	unsigned pausing;         /* PAUSE that it has not answered */
	struct list_link link;    /* in cohort->workers */
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
	struct master_cohort *current;      /* serving; NULL after WINCH */
	struct master_cohort *next;         /* of the reload in progress */
	struct master_cohort *withdrawn;    /* by WINCH: keeps listeners */
	struct master_reload *reload;       /* master_reload.c */
	struct master_probation *probation; /* master_probation.c; or NULL */
	struct master_returned returned;    /* master_probation.c */

	struct ipc_scoreboard *scoreboard;
	int scoreboard_fd;
	bool slots_taken[IPC_SLOTS_MAX]; /* master_spawn.c */
	uint32_t slots_used;             /* none from here on ever was */

	/* Two, as what is received may be the reason to send. */
	struct ipc_packet *packet;   /* being received: master_channel.c */
	struct ipc_packet *outgoing; /* master_offer.c */
	uint32_t last_listener;      /* id */

	struct list orphans;        /* master_batch.c: batches held */
	size_t orphan_count;        /* connections in them */
	size_t orphans_max;         /* what the descriptors suffice for */
	struct event *orphan_timer; /* NULL: nothing is held */
	unsigned held_count;        /* workers whose channel waits for room */
	uint64_t last_batch;
	struct list deaths;   /* master_death.c: records being written */
	struct list warnings; /* master_warning.c: of what runs too long */
	struct list waits;    /* master_wait.c: orders to be answered */
	struct event *wait_review;
	bool is_paused;                 /* master_pause.c: no worker accepts */
	struct master_crashes *crashes; /* master_crashes.c */
	struct master_symbolizer *symbolizer; /* master_symbolize.c; or NULL */
	struct master_quarantine *quarantine; /* master_quarantine.c */
	struct master_control *control;       /* master_control.c; or NULL */
	struct master_hang_watch *hang_watch; /* master_hang.c */
	struct master_recycle *recycle;       /* master_recycle.c */
	uint64_t started_ms;

	int log;           /* master_logs.c: its own lines */
	bool uses_logs;    /* the configured ones; else standard error */
	bool has_terminal; /* master_signal.c: -f and a controlling one */
	int pid_lock;      /* master_pid_file.c; -1: none */
	char *pid_file;    /* NULL: none */
	int launcher;      /* master_daemon.c; -1: told */
	unsigned passed;   /* LISTEN_FDS that are ours: master_listen.c */

	struct master_notify *notify; /* master_notify.c; or NULL */
	struct {
		bool is_reloading;
		char *failure; /* of the last reload, or NULL */
		char *status;  /* said last */
	} told;                /* master_manager.c */

	struct master_upgrade *upgrade; /* master_upgrade.c; or NULL */
	struct master_order *inherited; /* of the upgrade, that waits */
	struct master_probe *probe;     /* master_probe.c: it only tries */

	/* As at start, the only time when they are heeded. */
	char *user, *group, *state_directory, *control_socket;
};

/*
 * master_listen.c: sockets.  open: what the cohort's settings name, taking
 * over equal ones that are open, as they are: a reload that fails leaves
 * everything as it was.  is_return: one that cannot be opened is passed over
 * with a line of the log, unless none is left.  apply: what the settings say
 * of those taken over, as the cohort serves now.
 */
int master_listen_open(
    struct master_cohort *cohort, bool is_return, struct error *error);
void master_listen_apply(const struct master_cohort *cohort);
/* Of the listeners that no other cohort uses: nobody connects any more, and
 * the cohort's workers, once told to forget them, take who has. */
void master_listen_leave(struct master_cohort *cohort);
/* The cohort gives up its use; the last one closes (and unlinks). */
void master_listen_release(struct master_cohort *cohort);
/* Reads LISTEN_FDS and unsets the variables.  Before the daemon forks, as
 * they are meant for the process that was started. */
void master_listen_read(struct master *master);
/* Takes these sockets over. */
int master_listen_inherit(struct master *master, struct error *error);
/* The cohort's listener with that id, or NULL. */
const struct master_listener *master_listen_find(
    const struct master_cohort *cohort, uint32_t id);
/* Closes what was inherited and no cohort uses. */
void master_listen_drop_unused(struct master *master);

/* master_cohort_parts.c: what it is made of, in its first state, STARTING.
 * master_cohort_new takes settings when it succeeds.  base: NULL, or that
 * which settings are of, to which it is a return. */
int master_cohort_new(struct master *master, struct settings *settings,
    const struct master_base *base, struct master_cohort **cohort_r,
    struct error *error);
void master_cohort_free(struct master_cohort **cohort);
/* An empty one, not in the list, for what another image has left. */
struct master_cohort *master_cohort_adopt(struct master *master);

/* master_cohort.c: the life of a cohort, and what follows from a worker's. */
/* Forks its workers.  How that ends, master.c is told later. */
void master_cohort_start(struct master_cohort *cohort);
void master_cohort_retire(struct master_cohort *cohort, enum ipc_retire how);
void master_cohort_set_wanted(struct master_cohort *cohort, unsigned wanted);
/* The wait before the next replacement is over. */
void master_cohort_respawn(struct master_cohort *cohort);
/* Forks the worker's successor; once that serves, this one retires.  Not
 * while another one is being replaced. */
void master_cohort_replace(
    struct master_cohort *cohort, const struct master_worker *worker);
unsigned master_cohort_count(const struct master_cohort *cohort);
/* From master_worker.c, after a change of state; may free the worker. */
void master_cohort_on_worker(struct master_cohort *cohort,
    struct master_worker *worker, enum master_worker_event event);

/* From master_check.c: it did not pass; worker->failure says why. */
void master_cohort_on_unfit(struct master_worker *worker);

/*
 * master_check.c: the self-check of a worker that is ready.  How it ends the
 * worker is told, by MASTER_WORKER_ON_PROVEN, or its cohort, by
 * master_cohort_on_unfit; never from inside start.  stop: nothing is told.
 */
int master_check_start(struct master_worker *worker, struct error *error);
void master_check_stop(struct master_worker *worker);

/* master_spawn.c: fork(2) and waitpid(2), nothing else. */
int master_spawn(struct master_cohort *cohort, struct error *error);
/* The worker crashed: its successor may have the slot. */
void master_spawn_leave_slot(struct master_worker *worker);
void master_spawn_reap(struct master *master);
void master_worker_free(struct master_worker **worker);
/* An empty one, for a process that another image has forked; and its slot, or
 * false: somebody has it. */
struct master_worker *master_spawn_adopt(struct master_cohort *cohort);
bool master_spawn_adopt_slot(struct master_worker *worker);

/* master_channel.c: messages to and from a worker. */
int master_channel_start(struct master_worker *worker, struct error *error);
void master_channel_stop(struct master_worker *worker);
/* Both: false if it lives, and was not told. */
bool master_channel_tell(
    struct master_worker *worker, enum ipc_message_type type, uint64_t value);
bool master_channel_tell_logs(
    struct master_worker *worker, const struct master_logs *logs);
/* A message with a descriptor, which stays the caller's; false: it did not go
 * out. */
bool master_channel_give(
    struct master_worker *worker, enum ipc_message_type type, int fd);
/* Takes in what the worker left: before its end is judged. */
void master_channel_drain(struct master_worker *worker);
/* Of workers that hand connections over no more is read while no more can be
 * held; now there may be room again. */
void master_channel_release(struct master *master);
/* It sent what made no sense: in words, "..." what. */
void master_channel_note_nonsense(struct master_worker *worker,
    const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * master_orphan.c: connections on their way from one worker to another.
 * receive: an ORPHANS message came, of a worker that crashed, retires or was
 * told to shed; it takes the packet's descriptors.  is_full: for no more of
 * the last two there is room.
 * acknowledge: ADOPTED came.  on_end: the worker crashed or ended, and
 * whatever it had not taken over goes to others.  offer: a worker came to
 * serve: tries again for what waits.  close: the master stops.
 * Every connection that master_death_expect was told of is settled, within
 * start_timeout of its cohort.
 */
void master_orphan_receive(
    struct master_worker *worker, struct ipc_packet *packet);
bool master_orphan_is_full(const struct master *master);
void master_orphan_acknowledge(struct master_worker *worker, uint64_t number);
void master_orphan_on_end(struct master_worker *worker);
void master_orphan_offer(struct master *master);
void master_orphan_close(struct master *master);

/* master_orphan_check.c: is that descriptor what orphan says, a connection
 * of that listener, which lives?  Makes closing it safe first. */
enum master_orphan_check {
	MASTER_ORPHAN_GOOD,
	MASTER_ORPHAN_ENDED, /* it was one: not connected any more */
	MASTER_ORPHAN_WRONG  /* close it, and touch nothing of it */
};
enum master_orphan_check master_orphan_check(int fd,
    const struct ipc_orphan *orphan, const struct master_listener *listener);

/*
 * master_death.c: one record for each worker's end.  It is written (log,
 * crashes) when everything about it is known: the process has ended, its
 * connections have found a place or not, its addresses have names; or when
 * that takes too long.  All facts are copied.
 * on_crash: CRASHED came.  on_exit: waitpid(2) has it; from then on it may
 * be freed: worker->death is NULL again.
 */
void master_death_on_crash(struct master_worker *worker);
void master_death_on_exit(struct master_worker *worker, int status);
/* Of a batch of that worker's connections: begun, and settled. */
void master_death_expect(struct master_death *death, unsigned connections);
void master_death_settle(
    struct master_death *death, unsigned adopted, unsigned lost);
/* Is anything being written?  Hurry: all of it is written as it is. */
bool master_death_is_writing(const struct master *master);
void master_death_hurry(struct master *master);
/* Writes what is there now: the master stops.  No orphan is left, and the
 * loop runs for a moment, so that addresses still get their names. */
void master_death_flush(struct master *master);

/*
 * master_symbolize.c: names for addresses, by a program of its own.  on_done
 * comes once, never from inside start; the frames are its to read, until
 * stop, which it may call.  Frames have at least image and offset, if the
 * address is in any.  Never NULL; whoever starts it stops it.  cohort is the
 * worker's, and may be freed meanwhile.
 */
struct master_frame {
	uint64_t address, offset;
	char *image; /* path, or NULL */
	char build_id[65];
	char *function, *file; /* or NULL */
	unsigned line;         /* 0: unknown */
	bool is_application;   /* of a module, or of the program itself */
};
struct master_symbolize;
struct master_symbolize *master_symbolize_start(
    const struct master_worker *worker, const struct ipc_report *report,
    void (*on_done)(
	void *context, const struct master_frame *frames, size_t count),
    void *context);
/* It is waited for no longer: on_done comes now, if it has not. */
void master_symbolize_finish(struct master_symbolize *symbolize);
void master_symbolize_stop(struct master_symbolize **symbolize);
void master_symbolize_close(struct master *master);

/* master_crashes.c: the last 100 records, equal ones as one, in memory and
 * in the state directory.  json: an array, newest first; new references.
 * open: -1 says why something of it cannot be kept, or was not there; there
 * are crashes all the same.  add: nothing happens before open; mounts has the
 * bytes of the modules that the record names, or is NULL. */
int master_crashes_open(struct master *master, struct error *error);
void master_crashes_close(struct master *master);
void master_crashes_add(struct master *master, const json_t *record,
    const struct master_mounts *mounts);
/* What was added stands in the file. */
void master_crashes_flush(struct master *master);
json_t *master_crashes_list(const struct master *master);
size_t master_crashes_clear(struct master *master);

/*
 * master_forget.c: which listeners' connections are not handed over.  init:
 * the cohort has its listeners.  forget: the one that serves has changed, or
 * another one retires; before that is told to its workers.
 */
void master_forget_init(struct master_cohort *cohort);
void master_forget_fini(struct master_cohort *cohort);
void master_forget(struct master *master);

/* master_recycle.c: who has served enough, and who holds too much.  Start:
 * again with each cohort that comes to serve.  on_serving: a worker was told
 * to serve. */
void master_recycle_start(struct master *master);
void master_recycle_stop(struct master *master);
void master_recycle_on_serving(struct master_worker *worker);

/* master_hang.c: who runs for too long.  Start: again with each cohort that
 * comes to serve. */
void master_hang_start(struct master *master);
void master_hang_stop(struct master *master);

/* master_warning.c: WARNED came. */
void master_warning_on_warned(struct master_worker *worker);

/* master_quarantine.c: which requests are refused. */
int master_quarantine_open(struct master *master,
    const struct settings *settings, struct error *error);
void master_quarantine_close(struct master *master);
int master_quarantine_fd(const struct master *master);
/* current: what the worker crashed of. */
void master_quarantine_on_crash(
    struct master_worker *worker, const struct ipc_current *current);
void master_quarantine_on_probed(struct master_worker *worker, uint32_t number);
/* A worker ended: if it had claimed a probe, another one may. */
void master_quarantine_on_end(struct master_worker *worker);
/* A cohort serves: entries of modules whose bytes changed are dropped. */
void master_quarantine_on_cohort(struct master_cohort *cohort);
json_t *master_quarantine_list(const struct master *master);
/* How often what was decided: an object of numbers. */
json_t *master_quarantine_counters(const struct master *master);
size_t master_quarantine_clear(struct master *master);

/* master_control.c: the control socket and who is connected to it.  stop: it
 * is there no more, and nobody is heard; who waits for an answer goes on
 * waiting.  close: sends what is to be sent, for at most a moment. */
int master_control_start(struct master *master, const struct settings *settings,
    struct error *error);
void master_control_stop(struct master *master);
void master_control_close(struct master *master);

/* master_command.c: what cohortctl may ask for, in the table there.  New
 * references; NULL: order is kept, and answered later.  error: {"error": the
 * words, escaped}.  summary: members, which it takes, and with them the words
 * for a person. */
struct master_order;
json_t *master_command_run(
    struct master *master, const json_t *request, struct master_order *order);
json_t *master_command_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
json_t *master_command_summary(json_t *members, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * master_order.c: an order that takes its time.  Answered once; its
 * client may have gone by then.  Takes reply, nulls order; an order of NULL
 * was given by a signal: nobody is told.
 */
void master_order_answer(struct master_order **order, json_t *reply);

/* What its answer, good or bad, begins with; order may be NULL. */
void master_order_preface(struct master_order *order, const char *text);

/* master_status.c: what there is, and master_status_worker.c: one worker.
 * New references. */
json_t *master_status(const struct master *master);
json_t *master_status_worker(const struct master_worker *worker);
/* What the counters of all slots add up to. */
json_t *master_status_totals(const struct master *master);
/* The same for why connections ended. */
json_t *master_status_closed(const struct master *master);

/* Orders: each takes one, which may be NULL, and answers it when it has been
 * carried out or has failed. */
/* master_reopen.c: logs. */
void master_reopen(struct master *master, struct master_order *order);
/* master_pause.c: accepting, off and on.  tell: a worker comes to serve; false
 * if it lives, and was not told. */
void master_pause(struct master *master, bool on, struct master_order *order);
bool master_pause_tell(struct master_worker *worker);
/* master_workers.c: workers of the current cohort.  on_failure: one of the
 * cohort's could not start. */
void master_workers_set(
    struct master *master, unsigned wanted, struct master_order *order);
void master_workers_on_failure(struct master_cohort *cohort, const char *why);

/*
 * master_reload.c: the order of a reload.  start takes order, which is
 * answered when the reload is over; NULL for a signal's.  return: the
 * settings on probation did not stand it.  go_on: whatever was asked for and
 * can be done now, as the daemon came to serve or a cohort went.
 */
void master_reload_open(struct master *master);
void master_reload_close(struct master *master);
void master_reload_start(struct master *master, struct master_order *order);
void master_reload_return(struct master *master);
void master_reload_go_on(struct master *master);
/* Is none in progress, nor waits for its turn? */
bool master_reload_is_idle(const struct master *master);
void master_reload_on_serving(struct master *master);
void master_reload_on_failed(struct master *master);
/* It is about to be freed. */
void master_reload_on_gone(const struct master_cohort *cohort);
/* The daemon stops: nobody is left waiting. */
void master_reload_stop(struct master *master);

/*
 * master_probation.c: a cohort that a reload brought is watched.  start: it
 * serves instead of previous, which is the base that a return leads to, or,
 * if that was still on probation itself, has one.  base: NULL, or where a
 * return leads to.  fail_return: it could not be made.  status, returned:
 * new references.
 */
void master_probation_start(
    struct master_cohort *cohort, const struct master_cohort *previous);
void master_probation_stop(struct master *master);
void master_probation_on_crash(struct master_cohort *cohort);
const struct master_base *master_probation_base(const struct master *master);
void master_probation_fail_return(
    struct master *master, const struct error *failure);
json_t *master_probation_status(const struct master *master);
json_t *master_probation_returned(const struct master *master);

/*
 * master_manager.c: what the service manager is told, by master_notify.h.
 * on_ready: the first cohort serves.  on_status: something may have changed.
 * on_reload: one begins, which on_reloaded ends, with the reason if it
 * failed.  on_failure: the start failed.  close: nothing more is said.
 */
void master_manager_on_ready(struct master *master);
void master_manager_on_status(struct master *master);
void master_manager_on_reload(struct master *master);
void master_manager_on_reloaded(struct master *master, const char *failure);
void master_manager_on_stop(struct master *master, bool at_once);
void master_manager_on_failure(struct master *master, const char *failure);
void master_manager_close(struct master *master);

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
/* Opens every cohort's logs anew by name, and uses them: all or none. */
int master_logs_reopen(struct master *master, struct error *error);

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

/*
 * master_upgrade.c: the binary upgrade.  start: binary, or where this program
 * came from; the order is answered by the image that serves in the end.
 * on_exit: some child that is no worker.
 */
void master_upgrade_start(
    struct master *master, const char *binary, struct master_order *order);
void master_upgrade_on_exit(struct master *master, pid_t pid, int status);
void master_upgrade_close(struct master *master);
/* In the new image: from is the version of the one before, order the one that
 * waits, or NULL. */
void master_upgrade_finish(
    struct master *master, const char *from, struct master_order *order);

/* master_probe.c: all workers of the cohort would serve.  True: they are not
 * to, as this process only tries. */
bool master_probe_on_ready(struct master_cohort *cohort);

/* master.c: one that has nothing yet; free undoes what is there. */
struct master *master_new(const struct master_options *options);
void master_free(struct master **master);
int master_open_base(struct master *master, struct error *error);
/* Until it stops, and then winds up.  result: of the set-up; error: why it is
 * -1. */
enum ipc_exit master_go_on(
    struct master *master, int result, const struct error *error);

/* master_limits.c: for settings, and workers that crash all at once. */
void master_limits_raise(
    struct master *master, const struct settings *settings);

/* master.c: what a cohort's life means for the daemon.  taken_over: those of
 * another image are there, and serve. */
void master_on_taken_over(struct master *master);
void master_on_cohort_serving(struct master_cohort *cohort);
void master_on_cohort_failed(struct master_cohort *cohort);
void master_on_cohort_gone(struct master_cohort *cohort);
bool master_is_stopping(const struct master *master);
/* Graceful, or, when stopping already or at_once, at once.  Takes order, which
 * may be NULL: the last to be answered. */
void master_stop(
    struct master *master, bool at_once, struct master_order *order);

#endif
