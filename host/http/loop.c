/* SPDX-License-Identifier: MIT
 *
 * http/loop.c - see loop.h.
 *
 * libmicrohttpd 0.9.75's own epoll thread hangs when 128·k connections are ready at once: it
 * waits again, without end, before it serves the 128 events it holds. Driven by MHD_run(),
 * which never waits, from a poll of ours it does not. Resuming is done on this thread too:
 * workers only put a call on a list, so the daemon is never touched from outside.
 */
#include "http/loop.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "http/limits.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* ---- connections by how long they have been quiet ---------------------------------- */

static void unlist(struct loop *loop, struct conn *conn)
{
	if (!conn->listed)
		return;
	conn->listed = false;
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		loop->quiet = conn->next;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	else
		loop->quiet_last = conn->prev;
	conn->prev = conn->next = NULL;
}

static void enlist(struct loop *loop, struct conn *conn)
{
	unlist(loop, conn);
	conn->since_us = clock_mono_us();
	conn->midway = false;
	conn->listed = true;
	conn->prev = loop->quiet_last;
	if (loop->quiet_last != NULL)
		loop->quiet_last->next = conn;
	else
		loop->quiet = conn;
	loop->quiet_last = conn;
}

void loop_conn_busy(struct loop *loop, struct conn *conn)
{
	if (conn != NULL)
		unlist(loop, conn);
}

void loop_conn_quiet(struct loop *loop, struct conn *conn)
{
	if (conn == NULL)
		return;
	conn->requests++;
	enlist(loop, conn);
}

static void count_conns(struct loop *loop, int change)
{
	(void)pthread_mutex_lock(&loop->lock);
	loop->conns += (unsigned)change;
	if (loop->conns == 0)
		(void)pthread_cond_broadcast(&loop->changed);
	(void)pthread_mutex_unlock(&loop->lock);
}

void loop_conn_opened(struct loop *loop, struct conn *conn)
{
	enlist(loop, conn);
	count_conns(loop, 1);
}

void loop_conn_closed(struct loop *loop, struct conn *conn)
{
	unlist(loop, conn);
	count_conns(loop, -1);
}

/* The daemon sees the end of the stream and closes the connection itself. */
void loop_conn_cut(struct loop *loop, struct conn *conn)
{
	unlist(loop, conn);
	(void)shutdown(conn->fd, SHUT_RDWR);
}

/* libmicrohttpd restarts its time-out at every byte, so a client could drip a request for
 * ever. This is a limit on the whole request. */
static void cut_slow(struct loop *loop, int64_t now)
{
	const struct http_config *c = &loop->server->config;
	int64_t limit = c->idle_timeout_us + c->receive_timeout_us;

	while (loop->quiet != NULL && now - loop->quiet->since_us > limit)
		loop_conn_cut(loop, loop->quiet);
}

/* A fresh connection gets a moment, since its request may be on the way already. */
static void cut_idle(struct loop *loop, int64_t now, bool all)
{
	struct conn *conn, *next;

	for (conn = loop->quiet; conn != NULL; conn = next) {
		next = conn->next;
		if (all ||
		    (!conn->midway &&
		     (conn->requests > 0 || now - conn->since_us > HTTP_DRAIN_FRESH_US)))
			loop_conn_cut(loop, conn);
	}
}

/* ---- calls back from the workers ---------------------------------------------------- */

static void wake(struct loop *loop)
{
	uint64_t one = 1;

	while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void loop_done(struct call *call)
{
	struct loop *loop = call->loop;
	bool first;

	call->next_done = NULL;
	(void)pthread_mutex_lock(&loop->lock);
	first = loop->done == NULL;
	if (first)
		loop->done = call;
	else
		loop->done_last->next_done = call;
	loop->done_last = call;
	(void)pthread_mutex_unlock(&loop->lock);
	if (first) /* else who put the first has woken it, and it takes all */
		wake(loop);
}

static void resume_done(struct loop *loop)
{
	struct call *call, *next;

	(void)pthread_mutex_lock(&loop->lock);
	call = loop->done;
	loop->done = loop->done_last = NULL;
	(void)pthread_mutex_unlock(&loop->lock);
	for (; call != NULL; call = next) {
		next = call->next_done;
		call->stage = CALL_READY;
		loop->working--;
		MHD_resume_connection(call->mhd);
	}
}

/* ---- the thread ----------------------------------------------------------------------- */

/* Connections in the backlog were made before we stopped accepting. Closing the listener
 * would reset them, so accept the last of them immediately before the close. */
static void accept_rest(struct loop *loop, int listen_fd)
{
	struct sockaddr_storage address;

	for (;;) {
		socklen_t size = sizeof(address);
		int fd = accept4(listen_fd, (struct sockaddr *)&address, &size,
		                 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return;
		(void)MHD_add_connection(loop->daemon, fd,
		                         (const struct sockaddr *)&address, size);
	}
}

static void quiesce(struct loop *loop)
{
	int fd;

	if (loop->quiesced)
		return;
	loop->quiesced = true;
	fd = MHD_quiesce_daemon(loop->daemon);
	if (fd >= 0) {
		accept_rest(loop, fd);
		(void)close(fd);
	}
	(void)pthread_mutex_lock(&loop->lock);
	loop->deaf = true;
	(void)pthread_cond_broadcast(&loop->changed);
	(void)pthread_mutex_unlock(&loop->lock);
}

/* While any loop has a running request, new clients get 503: a readiness of 503 says more
 * than a closed port. */
static bool may_quiesce(const struct loop *loop, int command)
{
	return command == LOOP_STOP ||
	       (command == LOOP_DRAIN && atomic_load(&loop->server->underway) == 0);
}

static int wait_time(struct loop *loop)
{
	MHD_UNSIGNED_LONG_LONG ms = HTTP_TICK_MS;

	if (MHD_get_timeout(loop->daemon, &ms) != MHD_YES || ms > HTTP_TICK_MS)
		ms = HTTP_TICK_MS;
	if ((atomic_load(&loop->command) != LOOP_RUN || loop->crowded) &&
	    ms > HTTP_DRAIN_TICK_MS)
		ms = HTTP_DRAIN_TICK_MS;
	return streams_wait_ms(&loop->streams, (int)ms);
}

static void wait_events(struct loop *loop)
{
	struct pollfd fds[] = { { .fd = loop->epoll_fd, .events = POLLIN },
		                { .fd = loop->wake_fd, .events = POLLIN } };
	uint64_t count;

	if (poll(fds, 2, wait_time(loop)) > 0 && (fds[1].revents & POLLIN) != 0)
		(void)!read(loop->wake_fd, &count, sizeof(count));
}

static bool is_empty(struct loop *loop)
{
	bool empty;

	(void)pthread_mutex_lock(&loop->lock);
	empty = loop->conns == 0;
	(void)pthread_mutex_unlock(&loop->lock);
	return empty;
}

static void *run(void *arg)
{
	struct loop *loop = arg;

	for (;;) {
		int command = atomic_load(&loop->command);
		int64_t now = clock_mono_us();

		if (may_quiesce(loop, command))
			quiesce(loop);
		resume_done(loop);
		streams_turn(&loop->streams, now, command != LOOP_RUN,
		             command == LOOP_STOP);
		(void)MHD_run(loop->daemon);
		now = clock_mono_us();
		cut_slow(loop, now);
		loop->calls->turn(loop, now);
		if (loop->quiesced)
			cut_idle(loop, now, command == LOOP_STOP);
		/* A daemon must not be stopped while it has suspended connections. */
		if (command == LOOP_STOP && loop->working == 0 &&
		    loop->streams.count == 0 && is_empty(loop))
			return NULL;
		wait_events(loop);
	}
}

static void log_daemon(void *arg, const char *fmt, va_list ap) RENT_PRINTF(2, 0);
static void log_daemon(void *arg, const char *fmt, va_list ap)
{
	char text[256];

	(void)arg;
	if (!log_enabled(RENT_LOG_DEBUG))
		return;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_write(RENT_LOG_DEBUG, "http", NULL, "libmicrohttpd: %s", text);
}

static struct MHD_Daemon *start_daemon(struct loop *loop, int fd)
{
	const struct http_config *c = &loop->server->config;
	unsigned idle_s =
		(unsigned)((c->idle_timeout_us + RENT_SECOND - 1) / RENT_SECOND);

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
		NULL, loop->calls->request, loop, MHD_OPTION_EXTERNAL_LOGGER, log_daemon,
		NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
		loop->calls->target, loop, MHD_OPTION_NOTIFY_COMPLETED,
		loop->calls->completed, loop, MHD_OPTION_NOTIFY_CONNECTION,
		loop->calls->connection, loop, MHD_OPTION_UNESCAPE_CALLBACK,
		loop->calls->unescape, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		HTTP_POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT, loop->conns_max,
		MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_END);
}

int loop_init(struct loop *loop, struct http_server *server,
              const struct loop_calls *calls, int listen_fd, struct rent_error *err)
{
	cleanup_close int fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 3);
	cleanup_close int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	const union MHD_DaemonInfo *info;
	pthread_condattr_t attr;

	*loop = (struct loop){ .server = server,
		               .calls = calls,
		               .wake_fd = -1,
		               .conns_max = server->config.max_connections /
		                            server->config.event_threads };
	if (loop->conns_max == 0)
		loop->conns_max = 1;
	if (fd < 0 || wake_fd < 0)
		return rent_fail(err, RENT_EFAIL, "listener '%s': no descriptors left",
		                 server->config.name);
	loop->daemon = start_daemon(loop, fd);
	if (loop->daemon == NULL)
		return rent_fail(err, RENT_EFAIL,
		                 "listener '%s': libmicrohttpd does not start",
		                 server->config.name);
	(void)steal_fd(&fd);
	loop->wake_fd = steal_fd(&wake_fd);
	streams_init(&loop->streams, server->config.metrics, server->config.events,
	             loop->wake_fd);
	info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	loop->epoll_fd = info->epoll_fd;
	(void)pthread_mutex_init(&loop->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&loop->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	return 0;
}

int loop_start(struct loop *loop, struct rent_error *err)
{
	if (pthread_create(&loop->thread, NULL, run, loop) != 0)
		return rent_fail(err, RENT_EFAIL, "listener '%s': no thread to be had",
		                 loop->server->config.name);
	loop->running = true;
	return 0;
}

void loop_command(struct loop *loop, enum loop_command command)
{
	atomic_store(&loop->command, command);
	wake(loop);
}

bool loop_wait_empty(struct loop *loop, int64_t deadline_us)
{
	struct timespec until = { .tv_sec = deadline_us / RENT_SECOND,
		                  .tv_nsec = deadline_us % RENT_SECOND * 1000 };
	bool empty;

	(void)pthread_mutex_lock(&loop->lock);
	while ((loop->conns > 0 || !loop->deaf) &&
	       pthread_cond_timedwait(&loop->changed, &loop->lock, &until) == 0)
		;
	empty = loop->conns == 0 && loop->deaf;
	(void)pthread_mutex_unlock(&loop->lock);
	return empty;
}

void loop_free(struct loop *loop)
{
	if (loop->daemon == NULL)
		return;
	if (loop->running) {
		loop_command(loop, LOOP_STOP);
		(void)pthread_join(loop->thread, NULL);
	}
	MHD_stop_daemon(loop->daemon);
	(void)close(loop->wake_fd);
	(void)pthread_cond_destroy(&loop->changed);
	(void)pthread_mutex_destroy(&loop->lock);
	*loop = (struct loop){ .wake_fd = -1 };
}
