/* SPDX-License-Identifier: ISC */
#include "master/master_thread.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_fd.h"

#define STATUS_SIZE 2048

void
master_thread_signal(pid_t pid, uint32_t tid, int number)
{
	syscall(SYS_tgkill, pid, (pid_t)tid, number);
}

/* Behind its name; "": there is no such line. */
static const char *
find_value(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	return line == NULL ?
	    "" :
	    line + strlen(name) + strspn(line + strlen(name), "\t ");
}

struct master_thread
master_thread_parse(const char *status)
{
	char state = *find_value(status, "\nState:");

	return (struct master_thread) {
		.is_held = state == 'T' || state == 't' ||
		    atoi(find_value(status, "\nTracerPid:")) != 0,
		.is_asleep = state == 'D',
	};
}

struct master_thread
master_thread_look(pid_t pid, uint32_t tid)
{
	char path[64], status[STATUS_SIZE];
	ssize_t size = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%u/status", (int)pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		size = read(fd, status, sizeof(status) - 1);
	status[size > 0 ? size : 0] = '\0';
	fd_close(&fd);
	return master_thread_parse(status);
}
