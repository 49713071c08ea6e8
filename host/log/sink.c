/* SPDX-License-Identifier: MIT
 *
 * sink.c - see sink.h.
 *
 * O_NONBLOCK belongs to the open file description, which stderr shares with other holders
 * (a shell, the other end of `2>&1`). The sink therefore opens a pipe or a terminal a
 * second time, and writes to a socket with MSG_DONTWAIT. For anything else it calls
 * poll() before each write. A regular file has no reader to wait for.
 */
#include "log/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define POLL_MS  100 /* how soon the thread notices that it shall end */
#define GRACE_US 500000

enum way {
	WAY_UNKNOWN,
	WAY_PLAIN,  /* a regular file, or a description of ours that does not block */
	WAY_SOCKET, /* MSG_DONTWAIT */
	WAY_ASK,    /* poll() before each write */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	_Atomic int fd;     /* as given */
	_Atomic int own_fd; /* a description of ours for the same; -1: none */
	_Atomic int way;

	char *buffer; /* a ring; NULL: not started */
	size_t first, used;
	uint64_t gap;     /* lines dropped that nothing was said about yet */
	bool gap_is_over; /* … and lines can be written again */
	_Atomic uint64_t dropped;
	_Atomic bool impatient; /* nobody waits any more */
	bool stopping;
	int64_t stop_at;
	bool running;
	pthread_t thread;
	void (*on_gap)(uint64_t dropped);
} sink = { .lock = PTHREAD_MUTEX_INITIALIZER,
	   .filled = PTHREAD_COND_INITIALIZER,
	   .fd = STDERR_FILENO,
	   .own_fd = -1 };

/* Lines that a thread holds to write them at once. As much as a pipe takes in one piece, so that
 * no line is torn by what others write into it. */
static _Thread_local struct {
	bool on;
	unsigned lines;
	size_t used;
	char text[PIPE_BUF];
} held;

/* ---- the descriptor ---------------------------------------------------------------------- */

static void look_at_fd(void)
{
	char path[32];
	struct stat st;
	int fd = sink.fd, own = -1, way = WAY_ASK;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		way = WAY_PLAIN;
	} else if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) {
		way = WAY_SOCKET;
	} else if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		way = own >= 0 ? WAY_PLAIN : WAY_ASK;
	}
	sink.own_fd = own;
	sink.way = way;
}

void sink_to(int fd)
{
	if (sink.own_fd >= 0)
		(void)close(sink.own_fd);
	sink.own_fd = -1;
	sink.way = WAY_UNKNOWN;
	sink.fd = fd;
}

static bool is_ready(int timeout_ms)
{
	struct pollfd p = { .fd = sink.fd, .events = POLLOUT };

	return poll(&p, 1, timeout_ms) > 0;
}

/* Writes what can be written at once. Returns how much, 0 when the reader has no room, -1 when
 * it never will (nobody reads, a full disk). Async-signal-safe. */
static ssize_t write_some(const char *text, size_t size)
{
	int fd = sink.own_fd >= 0 ? sink.own_fd : sink.fd;
	ssize_t n;

	if (sink.way == WAY_ASK && !is_ready(0))
		return 0;
	if (sink.way == WAY_ASK && size > PIPE_BUF)
		size = PIPE_BUF; /* for which there is room in a pipe that is ready */
	do {
		n = sink.way == WAY_SOCKET
		            ? send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL)
		            : write(fd, text, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
		return 0;
	return n;
}

/* ---- the buffer: all under the lock ------------------------------------------------------ */

static void count_dropped(unsigned lines)
{
	sink.dropped += lines;
	sink.gap += lines;
}

static void note_written(void)
{
	if (sink.gap == 0)
		return;
	sink.gap_is_over = true;
	(void)pthread_cond_signal(&sink.filled);
}

static void buffer_line(const char *text, size_t size)
{
	size_t at = (sink.first + sink.used) % SINK_BUFFER;
	size_t before_end = SINK_BUFFER - at < size ? SINK_BUFFER - at : size;

	memcpy(sink.buffer + at, text, before_end);
	memcpy(sink.buffer, text + before_end, size - before_end);
	sink.used += size;
}

/* false: the reader has no room. */
static bool empty_some(void)
{
	size_t to_end = SINK_BUFFER - sink.first;
	size_t size = sink.used < to_end ? sink.used : to_end;
	ssize_t n = write_some(sink.buffer + sink.first, size);

	if (n == 0)
		return false;
	if (n < 0) { /* an unknown number of lines */
		count_dropped(1);
		n = (ssize_t)size;
	}
	sink.first = (sink.first + (size_t)n) % SINK_BUFFER;
	sink.used -= (size_t)n;
	return true;
}

/* ---- the thread -------------------------------------------------------------------------- */

static bool is_time_to_end(void)
{
	return sink.stopping && (sink.used == 0 || clock_mono_us() >= sink.stop_at);
}

/* Gives the lock up while it tells. */
static void tell_gap(void)
{
	uint64_t gap = sink.gap;

	sink.gap = 0;
	sink.gap_is_over = false;
	(void)pthread_mutex_unlock(&sink.lock);
	sink.on_gap(gap);
	(void)pthread_mutex_lock(&sink.lock);
}

static void *sink_thread(void *arg)
{
	(void)arg;
	(void)pthread_mutex_lock(&sink.lock);
	while (!is_time_to_end()) {
		if (sink.used == 0 && sink.gap_is_over) {
			tell_gap();
			continue;
		}
		if (sink.used == 0) {
			(void)pthread_cond_wait(&sink.filled, &sink.lock);
			continue;
		}
		(void)pthread_mutex_unlock(&sink.lock);
		(void)is_ready(POLL_MS);
		(void)pthread_mutex_lock(&sink.lock);
		while (sink.used > 0 && empty_some())
			;
		if (sink.used == 0)
			note_written();
	}
	(void)pthread_mutex_unlock(&sink.lock);
	return NULL;
}

void sink_start(void (*on_gap)(uint64_t dropped))
{
	(void)pthread_mutex_lock(&sink.lock);
	if (sink.way == WAY_UNKNOWN)
		look_at_fd();
	sink.on_gap = on_gap;
	sink.impatient = true;
	if (sink.buffer == NULL)
		sink.buffer = malloc(SINK_BUFFER);
	sink.stopping = false;
	sink.running = sink.buffer != NULL &&
	               pthread_create(&sink.thread, NULL, sink_thread, NULL) == 0;
	(void)pthread_mutex_unlock(&sink.lock);
}

void sink_stop(int64_t limit_us)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t at = clock_mono_us() + limit_us + GRACE_US;

	(void)pthread_mutex_lock(&sink.lock);
	if (!sink.running) {
		(void)pthread_mutex_unlock(&sink.lock);
		return;
	}
	sink.running = false;
	sink.stopping = true;
	sink.stop_at = clock_mono_us() + limit_us;
	(void)pthread_cond_signal(&sink.filled);
	(void)pthread_mutex_unlock(&sink.lock);
	/* It can only hang in a write after all where poll() promised room. */
	while (pthread_tryjoin_np(sink.thread, NULL) != 0) {
		if (clock_mono_us() >= at) {
			(void)pthread_detach(sink.thread);
			return;
		}
		(void)nanosleep(&pause, NULL);
	}
	free(sink.buffer);
	sink.buffer = NULL;
	sink.used = sink.first = 0;
}

/* ---- lines ------------------------------------------------------------------------------- */

static void write_patiently(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write_some(text, size);

		if (n < 0)
			return;
		if (n == 0)
			(void)is_ready(-1);
		text += n;
		size -= (size_t)n;
	}
}

static void write_or_keep(const char *text, size_t size, unsigned lines)
{
	ssize_t n = sink.used == 0 ? write_some(text, size) : 0;

	if (n >= 0 && (size_t)n == size) {
		note_written();
		return;
	}
	if (n < 0 || !sink.running || size > SINK_BUFFER - sink.used) {
		count_dropped(lines);
		return;
	}
	buffer_line(text + n, size - (size_t)n);
	(void)pthread_cond_signal(&sink.filled);
}

static void write_lines(const char *text, size_t size, unsigned lines)
{
	(void)pthread_mutex_lock(&sink.lock);
	if (sink.way == WAY_UNKNOWN)
		look_at_fd();
	if (sink.impatient)
		write_or_keep(text, size, lines);
	else
		write_patiently(text, size);
	(void)pthread_mutex_unlock(&sink.lock);
}

static void write_held(void)
{
	if (held.used > 0)
		write_lines(held.text, held.used, held.lines);
	held.used = held.lines = 0;
}

void sink_line(const char *text, size_t size)
{
	write_held();
	write_lines(text, size, 1);
}

void sink_hold(void)
{
	held.on = true;
}

void sink_release(void)
{
	write_held();
	held.on = false;
}

void sink_line_later(const char *text, size_t size)
{
	if (size > sizeof(held.text) - held.used)
		write_held();
	if (!held.on || size > sizeof(held.text)) {
		write_lines(text, size, 1);
		return;
	}
	memcpy(held.text + held.used, text, size);
	held.used += size;
	held.lines++;
}

void sink_last_words(const char *text)
{
	if (!sink.impatient && sink.way == WAY_UNKNOWN)
		(void)is_ready(1000);
	if (held.used > 0)
		(void)write_some(held.text, held.used);
	(void)write_some(text, strlen(text));
}

uint64_t sink_dropped(void)
{
	return sink.dropped;
}
