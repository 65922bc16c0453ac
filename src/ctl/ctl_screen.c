/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_screen.h"

#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_fd.h"
#include "base/base_object.h"

/* The alternate screen, without a cursor; and back. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

/* To the first place; what is left of a line; what is left of the screen. */
#define HOME       "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

#define ROWS_DEFAULT    24
#define COLUMNS_DEFAULT 80

#define CONTROL_C 3
#define CONTROL_D 4

#define CTL_SCREEN_MAGIC 0x1fc5ae93u
struct ctl_screen {
	unsigned magic;
	bool is_terminal, has_shown;
	int keys;    /* standard input; -1: no keys */
	int signals; /* -1: they cannot be had, and do what they do */
	struct termios before;
};

/* ---- life ---- */

static bool
is_able(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && terminal != NULL &&
	    terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

static void
open_keys(struct ctl_screen *screen)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &screen->before) == -1)
		return;
	raw = screen->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0)
		screen->keys = STDIN_FILENO;
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

struct ctl_screen *
ctl_screen_open(void)
{
	struct ctl_screen *screen;

	OBJECT_NEW(screen, CTL_SCREEN_MAGIC);
	screen->keys = -1;
	screen->is_terminal = is_able();
	screen->signals = open_signals();
	if (!screen->is_terminal)
		return screen;
	open_keys(screen);
	fputs(ENTER, stdout);
	fflush(stdout);
	return screen;
}

void
ctl_screen_close(struct ctl_screen **screen_pointer)
{
	struct ctl_screen *screen;

	OBJECT_TAKE(screen, screen_pointer, CTL_SCREEN_MAGIC);
	if (screen->is_terminal) {
		fputs(LEAVE, stdout);
		fflush(stdout);
	}
	if (screen->keys != -1)
		tcsetattr(screen->keys, TCSADRAIN, &screen->before);
	fd_close(&screen->signals);
	OBJECT_FREE(screen);
}

/* ---- pages ---- */

void
ctl_screen_fit(
    struct buffer *words, const char *page, size_t rows, size_t columns)
{
	size_t row, size;

	buffer_append_text(words, HOME);
	for (row = 0; row < rows && *page != '\0'; row++) {
		size = strcspn(page, "\n");
		buffer_append_text(words, row == 0 ? "" : "\r\n");
		buffer_append(words, page, size < columns ? size : columns);
		/* In the last column it would clear that. */
		if (size < columns)
			buffer_append_text(words, CLEAR_LINE);
		page += size + (page[size] == '\n');
	}
	if (row < rows)
		buffer_append_text(words, "\r\n" CLEAR_REST);
}

static void
show_on_terminal(const char *page)
{
	struct winsize size;
	struct buffer words;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_row == 0 ||
	    size.ws_col == 0) {
		size.ws_row = ROWS_DEFAULT;
		size.ws_col = COLUMNS_DEFAULT;
	}
	buffer_init(&words, 0);
	ctl_screen_fit(&words, page, size.ws_row, size.ws_col);
	fwrite(words.data, 1, words.size, stdout);
	buffer_fini(&words);
}

void
ctl_screen_show(struct ctl_screen *screen, const char *page)
{
	OBJECT_CHECK(screen, CTL_SCREEN_MAGIC);
	if (screen->is_terminal)
		show_on_terminal(page);
	else
		printf("%s%s", screen->has_shown ? "\n" : "", page);
	screen->has_shown = true;
	fflush(stdout);
}

/* ---- the user ---- */

static bool
is_end(struct ctl_screen *screen)
{
	char key;

	if (read(screen->keys, &key, 1) == 1)
		return key == 'q' || key == 'Q' || key == CONTROL_C ||
		    key == CONTROL_D;
	screen->keys = -1;
	return false;
}

bool
ctl_screen_wait(struct ctl_screen *screen, uint64_t ms)
{
	uint64_t now = clock_monotonic_ms(), deadline = now + ms;
	struct pollfd descriptors[2];

	OBJECT_CHECK(screen, CTL_SCREEN_MAGIC);
	for (; now < deadline; now = clock_monotonic_ms()) {
		descriptors[0] =
		    (struct pollfd) { .fd = screen->signals, .events = POLLIN };
		descriptors[1] =
		    (struct pollfd) { .fd = screen->keys, .events = POLLIN };
		if (poll(descriptors, 2, (int)(deadline - now)) <= 0)
			continue;
		if (descriptors[0].revents != 0)
			return false;
		if (descriptors[1].revents != 0 && is_end(screen))
			return false;
	}
	return true;
}
