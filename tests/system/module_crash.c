/* SPDX-License-Identifier: ISC */
/*
 * The module that crashes: every kind of fault, wherever application code
 * may run, beside routes for the clients that must not notice.
 *
 *	/crash/KIND	in the handler
 *	/later/KIND	in a continuation
 *	/timer/KIND	in a timer of the worker's, behind the answer
 *	/call/KIND	in a call of the loop, behind the answer
 *	/job/KIND	in a job of the pool
 *	/blocking/KIND	in a blocking handler
 *	/thread/KIND	in a thread of the module's own
 *	/stream/KIND	when the head and some of the body are out
 *	/child/KIND	in a child of the worker's, which lives on
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cohort/cohort.h>

#include "ipc/ipc_process.h"

/* Sanitizers would name the fault before it happens. */
#define FAULT __attribute__((noinline, no_sanitize("address", "undefined")))

#define LARGE_SIZE ((size_t)16 << 20)

static cohort_handler hello, echo, pid, wait_ms, finish_wait, crash, later,
    crash_later, timer, call, job, finish_job, thread, stream, crash_stream,
    child, large, spin, hoard, fill;

/* ---- kinds of faults ---- */

static volatile int zero;
static volatile bool truth = true;

static FAULT void
fault_null(void)
{
	int *volatile pointer = NULL;

	*(volatile int *)pointer = 1;
}

/* The innermost frame has no code. */
static FAULT void
fault_jump(void)
{
	void (*volatile function)(void) = NULL;

	function();
}

static FAULT void
fault_divide(void)
{
	volatile int one = 1;

	one = one / zero;
}

static FAULT void
fault_bus(void)
{
	int fd = memfd_create("truncated", MFD_CLOEXEC);
	volatile char *page;

	if (fd == -1 || ftruncate(fd, 4096) == -1)
		return;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED && ftruncate(fd, 0) == 0)
		page[0] = 1;
}

/* Each call needs its own frame, as the sum is taken behind the next. */
static FAULT int
recurse(volatile char *above)
{
	volatile char here[2000];

	here[0] = above[0];
	return truth ? recurse(here) + here[0] : 0;
}

static FAULT void
fault_overflow(void)
{
	volatile char here = 0;

	recurse(&here);
}

static FAULT void
fault_loop(void)
{
	while (truth)
		continue;
}

static void
fault_abort(void)
{
	abort();
}

static void
fault_double_free(void)
{
#ifdef __SANITIZE_ADDRESS__
	abort();
#else
	void *volatile block = malloc(100);

	free(block);
	free(block);
#endif
}

/* The allocator trips over it now or when the worker goes on. */
static FAULT void
fault_heap(void)
{
	unsigned char *volatile block = malloc(40);
	size_t i;

	memset(block - 16, 0xa5, 16);
	memset(block + 40, 0xa5, 8192);
	for (i = 0; truth; i++)
		free(malloc(i % 5000));
}

/* What is behind it belongs to Cohort, whose handler must not need it. */
static FAULT void
fault_spoil(void)
{
	unsigned char *volatile block = malloc(40);
	unsigned char *end = sbrk(0);
	size_t size = (size_t)(end - block);

	if (block < end && size < (1u << 30))
		memset(block, 0xa5, size);
	fault_null();
}

static void
fault_ud2(void)
{
	__builtin_trap();
}

static void
fault_int3(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("int3");
#else
	raise(SIGTRAP);
#endif
}

/* Neither the stack pointer nor the frames below it make sense. */
static FAULT void
fault_stackless(void)
{
#if defined(__x86_64__)
	__asm__ volatile("mov $16, %%rbp\n\tmov $64, %%rsp\n\tpush %%rax"
			 :
			 :
			 : "memory");
#endif
	fault_null();
}

static void
fault_raise(void)
{
	raise(SIGSEGV);
}

static void
fault_sys(void)
{
	raise(SIGSYS);
}

/* ---- the shared memory that the crash path relies on ---- */

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static bool
find_area(unsigned char **begin_r, unsigned char **end_r)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long begin, end;
	bool found = false;
	char line[512];

	while (maps != NULL && !found && fgets(line, sizeof(line), maps))
		found = strstr(line, "cohort-process") != NULL &&
		    strstr(line, " rw-s ") != NULL &&
		    sscanf(line, "%lx-%lx", &begin, &end) == 2;
	if (maps != NULL)
		fclose(maps);
	if (!found)
		return false;
	*begin_r = (unsigned char *)begin;
	*end_r = (unsigned char *)end;
	return true;
}

static FAULT void
scribble(size_t offset, unsigned pieces)
{
	struct timespec now;
	unsigned char *begin, *end, *at;
	uint64_t state;
	unsigned i;

	if (!find_area(&begin, &end))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	state = (uint64_t)now.tv_nsec;
	cohort_log(NULL, COHORT_INFO, "scribbles with seed %llu",
	    (unsigned long long)state);
	begin += offset;
	for (i = 0; i < pieces; i++) {
		at = begin + next_random(&state) % (size_t)(end - begin - 16);
		memset(at, (int)next_random(&state), next_random(&state) % 16);
	}
}

static void
fault_rows(void)
{
	scribble(offsetof(struct ipc_process, rows), 20000);
	fault_null();
}

static void
fault_area(void)
{
	scribble(0, 60000);
	fault_null();
}

static FAULT void
fault_erase(void)
{
	unsigned char *begin, *end;

	if (find_area(&begin, &end))
		memset(begin, 0xff, (size_t)(end - begin));
	fault_null();
}

struct kind {
	const char *name;
	void (*fault)(void);
};

static const struct kind kinds[] = {
	{ "null", fault_null },
	{ "jump", fault_jump },
	{ "divide", fault_divide },
	{ "bus", fault_bus },
	{ "overflow", fault_overflow },
	{ "loop", fault_loop },
	{ "abort", fault_abort },
	{ "double-free", fault_double_free },
	{ "heap", fault_heap },
	{ "spoil", fault_spoil },
	{ "ud2", fault_ud2 },
	{ "int3", fault_int3 },
	{ "stackless", fault_stackless },
	{ "raise", fault_raise },
	{ "sys", fault_sys },
	{ "rows", fault_rows },
	{ "area", fault_area },
	{ "erase", fault_erase },
};

/* The one that the path names; a target never has another. */
static const struct kind *
kind_of(struct cohort_request *request)
{
	const char *name = cohort_path_param(request, "kind");
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	abort();
}

/* ---- where they happen ---- */

static enum cohort_verdict
crash(struct cohort_request *request, void *context)
{
	kind_of(request)->fault();
	return cohort_reply_text(request, 200, "no fault\n");
}

static enum cohort_verdict
crash_later(struct cohort_request *request, void *context)
{
	return crash(request, context);
}

static enum cohort_verdict
later(struct cohort_request *request, void *context)
{
	return cohort_await_time(request, 10, crash_later, NULL);
}

static void
crash_outside(struct cohort_worker *worker, void *context)
{
	const struct kind *kind = context;

	kind->fault();
}

static enum cohort_verdict
timer(struct cohort_request *request, void *context)
{
	if (cohort_timer_start(cohort_worker(request), 10, 0, crash_outside,
		(void *)(uintptr_t)kind_of(request)) == NULL)
		return COHORT_FAILED;
	return cohort_reply_text(request, 200, "armed\n");
}

static enum cohort_verdict
call(struct cohort_request *request, void *context)
{
	if (cohort_call(cohort_worker(request), crash_outside,
		(void *)(uintptr_t)kind_of(request)) == -1)
		return COHORT_FAILED;
	return cohort_reply_text(request, 200, "armed\n");
}

static void
crash_job(void *context)
{
	const struct kind *kind = context;

	kind->fault();
}

static enum cohort_verdict
finish_job(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "no fault\n");
}

static enum cohort_verdict
job(struct cohort_request *request, void *context)
{
	return cohort_await_job(request, crash_job, finish_job,
	    (void *)(uintptr_t)kind_of(request), NULL);
}

static void *
crash_thread(void *context)
{
	crash_job(context);
	return NULL;
}

static enum cohort_verdict
thread(struct cohort_request *request, void *context)
{
	pthread_t started;

	if (pthread_create(&started, NULL, crash_thread,
		(void *)(uintptr_t)kind_of(request)) != 0)
		return COHORT_FAILED;
	pthread_detach(started);
	return cohort_reply_text(request, 200, "armed\n");
}

static enum cohort_verdict
crash_stream(struct cohort_request *request, void *context)
{
	kind_of(request)->fault();
	return COHORT_DONE;
}

static enum cohort_verdict
stream(struct cohort_request *request, void *context)
{
	if (cohort_stream(request, 200, "text/plain", -1) == -1 ||
	    cohort_write(request, "begun\n", 6) == -1)
		return COHORT_FAILED;
	return cohort_await_time(request, 50, crash_stream, NULL);
}

static enum cohort_verdict
child(struct cohort_request *request, void *context)
{
	const struct kind *kind = kind_of(request);
	int status = 0;
	pid_t process = fork();

	if (process == 0) {
		kind->fault();
		_exit(0);
	}
	if (process == -1 || waitpid(process, &status, 0) != process)
		return COHORT_FAILED;
	return cohort_reply_text(
	    request, 200, "%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

/* ---- what else clients ask for ---- */

static enum cohort_verdict
hello(struct cohort_request *request, void *context)
{
	return cohort_reply_text(
	    request, 200, "Hello, %s!\n", cohort_path_param(request, "name"));
}

static enum cohort_verdict
echo(struct cohort_request *request, void *context)
{
	struct cohort_str body = cohort_body(request);

	return cohort_reply_copy(
	    request, 200, "application/octet-stream", body.data, body.size);
}

static enum cohort_verdict
pid(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "%d", (int)getpid());
}

/* Who asked, and how, as far as it knows. */
static enum cohort_verdict
peer(struct cohort_request *request, void *context)
{
	const char *host = cohort_host(request);

	return cohort_reply_text(request, 200, "%s %d %s %s",
	    cohort_peer(request), cohort_peer_port(request),
	    cohort_scheme(request), host == NULL ? "-" : host);
}

static enum cohort_verdict
finish_wait(struct cohort_request *request, void *context)
{
	return cohort_reply_text(request, 200, "waited\n");
}

static enum cohort_verdict
wait_ms(struct cohort_request *request, void *context)
{
	int64_t ms;

	if (cohort_number(cohort_path_param(request, "ms"), 1, 60000, &ms) ==
	    -1)
		return cohort_refuse(request, 400, "ms: 1 to 60000");
	return cohort_await_time(request, (uint32_t)ms, finish_wait, NULL);
}

/* More than sockets take while nobody reads. */
static enum cohort_verdict
large(struct cohort_request *request, void *context)
{
	return cohort_reply_static(
	    request, 200, "text/plain", context, LARGE_SIZE);
}

static enum cohort_verdict
spin(struct cohort_request *request, void *context)
{
	cohort_log(request, COHORT_INFO, "spins");
	fault_loop();
	return COHORT_FAILED;
}

/* All descriptors but so many. */
static enum cohort_verdict
hoard(struct cohort_request *request, void *context)
{
	int64_t left;
	int fd, last = -1;

	if (cohort_number(cohort_path_param(request, "left"), 0, 100, &left) ==
	    -1)
		return cohort_refuse(request, 400, "left: 0 to 100");
	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1)
		last = fd;
	for (; left > 0 && last > 2; left--)
		close(last--);
	return cohort_reply_text(request, 200, "hoarded\n");
}

/* MiB of memory that is really there. */
static enum cohort_verdict
fill(struct cohort_request *request, void *context)
{
	char *volatile bytes;
	int64_t size;

	if (cohort_number(cohort_path_param(request, "size"), 1, 4096, &size) ==
	    -1)
		return cohort_refuse(request, 400, "size: 1 to 4096");
	bytes = malloc((size_t)size << 20);
	if (bytes == NULL)
		return COHORT_FAILED;
	memset(bytes, 'x', (size_t)size << 20);
	return cohort_reply_text(request, 200, "filled\n");
}

static int
start(struct cohort_worker *worker, void *context)
{
	cohort_log(NULL, COHORT_INFO, "a worker starts");
	return 0;
}

static int
setup(struct cohort_app *app)
{
	static char bytes[LARGE_SIZE];

	cohort_on_start(app, start, NULL);
	cohort_route(app, "GET POST", "/crash/{kind}", crash, NULL);
	cohort_get(app, "/later/{kind}", later, NULL);
	cohort_get(app, "/timer/{kind}", timer, NULL);
	cohort_get(app, "/call/{kind}", call, NULL);
	cohort_get(app, "/job/{kind}", job, NULL);
	cohort_route_option(
	    cohort_route(app, "GET", "/blocking/{kind}", crash, NULL),
	    "blocking", "yes");
	cohort_get(app, "/thread/{kind}", thread, NULL);
	cohort_get(app, "/stream/{kind}", stream, NULL);
	cohort_get(app, "/child/{kind}", child, NULL);
	cohort_get(app, "/hello/{name}", hello, NULL);
	cohort_post(app, "/echo", echo, NULL);
	cohort_get(app, "/wait/{ms}", wait_ms, NULL);
	cohort_get(app, "/large", large, bytes);
	cohort_get(app, "/spin", spin, NULL);
	cohort_get(app, "/hoard/{left}", hoard, NULL);
	cohort_get(app, "/fill/{size}", fill, NULL);
	cohort_get(app, "/peer", peer, NULL);
	return cohort_get(app, "/pid", pid, NULL);
}

COHORT_MODULE("crash", setup);
