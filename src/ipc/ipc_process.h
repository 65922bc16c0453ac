/* SPDX-License-Identifier: ISC */
/*
 * The process area: memory that the master shares with one worker process,
 * and keeps until it has written that worker's death record.  It holds what
 * must be known when the worker dies, whatever is left of its heap:
 *
 *	threads		what application code runs in which thread
 *	loop		where the loop's thread is
 *	rows		the connection table (ipc_table.h)
 *	output		answers not sent yet, of one connection
 *	crash, warning	reports of the signal handler
 *	denials		system calls that were refused
 *	images		what was loaded where, for names of addresses
 *
 * The worker is the one writer of all that is not marked [master], by single
 * aligned stores, without locks; in it each row of threads belongs to its
 * thread.  What a row says is about to be true: it is stored before the
 * system call.  Texts and reports are guarded by sequence numbers (odd while
 * they change).  All of it is gossip to the master: sizes are checked, text
 * is cut and escaped by the reader.  Layout version: IPC_LAYOUT.
 */
#ifndef IPC_PROCESS_H
#define IPC_PROCESS_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base_error.h"
#include "base/base_network.h"
#include "config/config_settings.h"
#include "ipc/ipc_table.h"

#define IPC_PROCESS_MAGIC 0x9a0ce55eu
#define IPC_TEXT_SIZE     256

/* What application code runs: stored before it does. */
struct ipc_current {
	uint32_t sequence;
	uint32_t running;       /* 1: application code runs */
	uint64_t since_ms;      /* monotonic */
	uint64_t exchange_id;   /* 0: none, worker's own code */
	uint64_t exchanges;     /* so far, of this process */
	uint32_t target_length; /* before it was cut */
	uint16_t mount;         /* settings_find_mount's number; 0: none yet */
	uint16_t method_size, target_size;
	struct network_address peer; /* NONE: there is none */
	char method[24];
	char target[IPC_TEXT_SIZE]; /* raw, cut */
	char route[64];             /* NUL-terminated, cut */
	char doing[64]; /* the same; also what runs without an exchange */
};

/* Row 0 is the loop's, the others the pool's. */
#define IPC_THREADS_MAX (1 + SETTINGS_THREADS_MAX)
#define IPC_THREAD_LOOP 0u
#define IPC_THREAD_NONE UINT32_MAX /* one that is not ours */

struct ipc_thread {
	uint32_t tid; /* 0: there is none */
	struct ipc_current current;
};

/* Where the loop's thread is, for a crash in another one. */
struct ipc_loop {
	uint32_t running;  /* 1: in a callback; it may not be stopped there */
	uint32_t stepping; /* the row of the connection it serves, and one;
			    * 0: none, or one without a row */
	uint32_t park;     /* 1: it is to stop behind this callback */
	uint32_t parked;   /* 1: it has */
};

/* What the signal handler saw. */
#define IPC_FRAMES_MAX 48

struct ipc_report {
	uint32_t sequence;    /* 0: there is none */
	int32_t signal, code; /* of siginfo_t */
	int32_t sender;       /* pid, if somebody sent the signal */
	uint32_t thread;      /* row, or IPC_THREAD_NONE */
	uint32_t tid;
	uint32_t frame_count;
	uint32_t answered;               /* exchanges answered 500 or 503 */
	uint32_t handed;                 /* connections sent to the master */
	uint32_t closed;                 /* connections that had to be */
	uint64_t address;                /* si_addr */
	uint64_t reported_ms;            /* monotonic */
	uint64_t exchange_id;            /* the one answered 500; 0: none */
	uint64_t frames[IPC_FRAMES_MAX]; /* innermost first; the first is the
					  * place itself, others return to */
};

/*
 * System calls that were refused: the first of each kind, with what ran when
 * it was made.  Written by whoever was refused it, also children of the
 * worker; complete before it is told (DENIED).
 */
#define IPC_DENIALS_MAX 16

struct ipc_denial {
	uint32_t is_complete;
	uint32_t architecture, number; /* of siginfo_t */
	struct ipc_current current;    /* running is 0: of nobody knows whom */
};

struct ipc_denials {
	uint32_t used; /* more than there is room for, if it is too many */
	struct ipc_denial list[IPC_DENIALS_MAX];
};

/* A file that was loaded; build_id as in its note. */
#define IPC_IMAGES_MAX 96

struct ipc_image {
	uint64_t bias, begin, end;
	uint8_t build_id_size;
	uint8_t build_id[31];
	char path[IPC_TEXT_SIZE]; /* "" is the program */
};

/*
 * What waits before the answer to the unfinished exchange of row, and was
 * not sent: complete answers, interim responses.  Where it would be too much
 * the row is not named.  row is zeroed before any of it is sent.
 */
#define IPC_PIECES_MAX 160

struct ipc_piece {
	uint64_t address; /* in the worker; of a file the offset */
	uint64_t size;
	int32_t fd; /* the file; -1: memory */
};

struct ipc_output {
	uint32_t row; /* and one; 0: none */
	uint32_t count;
	struct ipc_piece pieces[IPC_PIECES_MAX];
};

struct ipc_process {
	uint32_t magic, layout;
	uint64_t generation; /* [master] */
	uint32_t row_count;  /* [master] */
	uint32_t noted;      /* [master] 1: it has taken in the crash; futex */
	uint64_t adopted;    /* number of the last batch taken over */
	uint32_t image_count;
	struct ipc_loop loop;
	struct ipc_thread threads[IPC_THREADS_MAX];
	struct ipc_report crash, warning;
	struct ipc_denials denials;
	struct ipc_image images[IPC_IMAGES_MAX];
	struct ipc_output output;
	alignas(IPC_ROW_SIZE) struct ipc_row rows[];
};

/* [master] Makes and maps one with that many rows. */
int ipc_process_open(uint64_t generation, uint32_t row_count,
    struct ipc_process **process_r, int *fd_r, struct error *error);

/* [master] Maps what another image of the same layout made. */
int ipc_process_adopt(
    int fd, struct ipc_process **process_r, struct error *error);

/* [worker] Maps its own: no child has the master's mappings of these, lest
 * it write into what its siblings are said to have done. */
int ipc_process_map(
    int fd, struct ipc_process **process_r, struct error *error);

/* [master] It has taken in the crash: whoever waits for noted goes on. */
void ipc_process_note(struct ipc_process *process);

/* Unmaps, nulls, and closes *fd. */
void ipc_process_close(struct ipc_process **process, int *fd);

/* ---- what runs ---- */

/* [worker] What is about to run.  Bytes are cut to the room there is. */
struct ipc_current_words {
	uint64_t exchange_id;
	uint16_t mount;
	const char *method;
	const char *target;
	size_t target_size;
	const struct network_address *peer; /* may be NULL, as may be these */
	const char *route;
	const char *doing;
};
void ipc_current_begin(struct ipc_current *current, uint64_t now_ms,
    const struct ipc_current_words *words);
/* What runs has another route or does something else now. */
void ipc_current_rename(struct ipc_current *current, uint16_t mount,
    const char *route, const char *doing);
void ipc_current_end(struct ipc_current *current);

/* [master] A consistent, validated copy; false when nothing was running or
 * the area makes no sense. */
bool ipc_current_read(const struct ipc_process *process, uint32_t thread,
    struct ipc_current *current_r);

/* [master] The same of a report; false: there is none. */
bool ipc_report_read(const struct ipc_process *process,
    const struct ipc_report *report, struct ipc_report *report_r);

/*
 * ipc_denial.c
 * [worker] Notes a call, of what current says, which may be NULL: its index,
 * or -1: its like was noted before, or there is no room.  Async-signal-safe.
 */
int ipc_denial_note(struct ipc_denials *denials, uint32_t architecture,
    uint32_t number, const struct ipc_current *current);

/* [master] A validated copy; false: there is none, or it makes no sense. */
bool ipc_denial_read(const struct ipc_process *process, uint64_t index,
    struct ipc_denial *denial_r);

/* [master] Are these sizes and texts what they should be? */
bool ipc_current_makes_sense(const struct ipc_current *current);

/* [master] A validated copy of the image at that index; false: it makes no
 * sense.  There are none from image_count on. */
bool ipc_image_read(const struct ipc_process *process, uint32_t index,
    struct ipc_image *image_r);

/* [master] A validated copy of the image that holds address; false: none. */
bool ipc_image_find(const struct ipc_process *process, uint64_t address,
    struct ipc_image *image_r);

#endif
