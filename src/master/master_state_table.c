/* SPDX-License-Identifier: ISC */
/*
 * What of each struct the next image needs.  What is left out it makes anew:
 * events, mappings, lists, whatever can be read from the system, and what
 * has been written or is over before an image is replaced.
 */
#include "master/master_state_private.h"

/* clang-format off */
#define M(kind, member, needed, least, most) \
	MASTER_MEMBER(struct master, kind, member, needed, least, most)
static const struct master_member master_members[] = {
	M(NUMBER,     last_cohort,     NEEDED, 0, UINT32_MAX),
	M(NUMBER,     last_generation, NEEDED, 0, INT64_MAX),
	M(NUMBER,     last_listener,   NEEDED, 0, UINT32_MAX),
	M(NUMBER,     last_batch,      NEEDED, 0, INT64_MAX),
	M(NUMBER,     started_ms,      NEEDED, 0, INT64_MAX),
	M(NUMBER,     returned.from,       SPARE, 0, UINT32_MAX),
	M(NUMBER,     returned.to,         SPARE, 0, UINT32_MAX),
	M(NUMBER,     returned.cohort,     SPARE, 0, UINT32_MAX),
	M(NUMBER,     returned.crashes,    SPARE, 0, UINT32_MAX),
	M(BOOLEAN,    returned.has_failed, SPARE, 0, 0),
	M(BOOLEAN,    is_paused,       SPARE,  0, 0),
	M(DESCRIPTOR, scoreboard_fd,   NEEDED, 0, 0),
	M(DESCRIPTOR, pid_lock,        NEEDED, 0, 0),
	M(TEXT,       pid_file,        SPARE,  0, 0),
	M(TEXT,       user,            SPARE,  0, 0),
	M(TEXT,       group,           SPARE,  0, 0),
	M(TEXT,       state_directory, SPARE,  0, 0),
	M(TEXT,       control_socket,  SPARE,  0, 0),
};
#undef M

#define M(kind, member, needed, least, most) \
	MASTER_MEMBER(struct master_listener, kind, member, needed, least, most)
static const struct master_member listener_members[] = {
	M(DESCRIPTOR, fd,        NEEDED, 0, 0),
	M(TEXT,       wanted,    NEEDED, 0, 0),
	M(TEXT,       name,      NEEDED, 0, 0),
	M(NUMBER,     id,        NEEDED, 1, UINT32_MAX),
	M(BOOLEAN,    is_tcp,    NEEDED, 0, 0),
	M(BOOLEAN,    inherited, NEEDED, 0, 0),
	M(BOOLEAN,    has_left,  SPARE,  0, 0),
};
#undef M

#define M(kind, member, needed, least, most) \
	MASTER_MEMBER(struct master_cohort, kind, member, needed, least, most)
static const struct master_member cohort_members[] = {
	M(NUMBER,     number,               NEEDED, 1, UINT32_MAX),
	M(NUMBER,     started_ms,           NEEDED, 0, INT64_MAX),
	M(NUMBER,     state,                NEEDED, MASTER_COHORT_SERVING, MASTER_COHORT_FAILED),
	M(NUMBER,     wanted,               NEEDED, 0, SETTINGS_WORKERS_MAX),
	M(NUMBER,     returns_to,           SPARE,  0, UINT32_MAX),
	M(NUMBER,     outgoing,             SPARE,  0, INT64_MAX),
	M(NUMBER,     given,                SPARE,  0, INT64_MAX),
	M(NUMBER,     handed,               SPARE,  0, INT64_MAX),
	M(NUMBER,     lost,                 SPARE,  0, INT64_MAX),
	M(DESCRIPTOR, logs.error_log,       NEEDED, 0, 0),
	M(DESCRIPTOR, logs.access_log,      NEEDED, 0, 0),
	M(NUMBER,     policy.failures,      SPARE,  0, UINT32_MAX),
	M(NUMBER,     policy.not_before_ms, SPARE,  0, INT64_MAX),
};
#undef M

#define M(kind, member, needed, least, most) \
	MASTER_MEMBER(struct master_worker, kind, member, needed, least, most)
static const struct master_member worker_members[] = {
	M(NUMBER,     pid,         NEEDED, 1, INT32_MAX),
	M(NUMBER,     slot,        NEEDED, 0, IPC_SLOTS_MAX - 1),
	M(NUMBER,     generation,  NEEDED, 1, INT64_MAX),
	M(NUMBER,     state,       NEEDED, MASTER_WORKER_STARTING, MASTER_WORKER_CRASHED),
	M(NUMBER,     was,         NEEDED, MASTER_WORKER_STARTING, MASTER_WORKER_CRASHED),
	M(NUMBER,     started_ms,  NEEDED, 0, INT64_MAX),
	M(BOOLEAN,    has_slot,    NEEDED, 0, 0),
	M(BOOLEAN,    had_served,  NEEDED, 0, 0),
	M(DESCRIPTOR, channel_fd,  NEEDED, 0, 0),
	M(DESCRIPTOR, process_fd,  NEEDED, 0, 0),
	M(NUMBER,     layout,      NEEDED, 0, UINT32_MAX),
	M(NUMBER,     retire,      NEEDED, 0, IPC_RETIRE_NOW),
	M(NUMBER,     since_ms,    SPARE,  0, INT64_MAX),
	M(NUMBER,     nonsense,    SPARE,  0, UINT32_MAX),
	M(NUMBER,     hung_ms,     SPARE,  0, INT64_MAX),
	M(NUMBER,     hung_thread, SPARE,  0, IPC_THREADS_MAX - 1),
	M(BOOLEAN,    is_blamed,   SPARE,  0, 0),
	M(BOOLEAN,    is_recorded, SPARE,  0, 0),
	M(NUMBER,     reopening,   SPARE,  0, UINT32_MAX),
	M(NUMBER,     shedding,    SPARE,  0, INT64_MAX),
	M(NUMBER,     fresh_memory,SPARE,  0, INT64_MAX),
	M(NUMBER,     pausing,     SPARE,  0, UINT32_MAX),
	M(ARRAY,      failure,     SPARE,  0, 0),
};
#undef M

static const struct master_member wait_members[] = {
	MASTER_MEMBER(struct master_state_wait, NUMBER, due_ms, SPARE, 0, INT64_MAX),
};
/* clang-format on */

const struct master_member_table master_table_master =
    MASTER_MEMBER_TABLE(master_members);
const struct master_member_table master_table_listener =
    MASTER_MEMBER_TABLE(listener_members);
const struct master_member_table master_table_cohort =
    MASTER_MEMBER_TABLE(cohort_members);
const struct master_member_table master_table_worker =
    MASTER_MEMBER_TABLE(worker_members);
const struct master_member_table master_table_wait =
    MASTER_MEMBER_TABLE(wait_members);
