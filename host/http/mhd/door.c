/* SPDX-License-Identifier: MIT
 *
 * http/mhd/door.c - see door.h.
 *
 * libmicrohttpd 0.9.75's own epoll thread hangs when 128·k connections are ready at once: it
 * waits again, without end, before it serves the 128 events it holds. Driven by MHD_run(),
 * which never waits, from a loop of ours it does not. The daemon is never touched from another
 * thread.
 */
#include "http/mhd/door.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/unconst.h"
#include "http/limits.h"
#include "http/mhd/tls.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

/* ---- connections by how long they have been quiet ---------------------------------- */

static void unlist(struct door *door, struct conn *conn)
{
	if (!conn->listed)
		return;
	conn->listed = false;
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		door->quiet = conn->next;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	else
		door->quiet_last = conn->prev;
	conn->prev = conn->next = NULL;
}

static void enlist(struct door *door, struct conn *conn)
{
	unlist(door, conn);
	conn->since_us = clock_mono_us();
	conn->midway = conn->headed = false;
	conn->listed = true;
	conn->prev = door->quiet_last;
	if (door->quiet_last != NULL)
		door->quiet_last->next = conn;
	else
		door->quiet = conn;
	door->quiet_last = conn;
}

void door_conn_busy(struct door *door, struct conn *conn)
{
	if (conn != NULL)
		unlist(door, conn);
}

void door_conn_quiet(struct door *door, struct conn *conn)
{
	if (conn == NULL)
		return;
	conn->requests++;
	enlist(door, conn);
}

static void count_conns(struct door *door, int change)
{
	(void)pthread_mutex_lock(&door->lock);
	door->conns += (unsigned)change;
	if (door->conns == 0)
		(void)pthread_cond_broadcast(&door->changed);
	(void)pthread_mutex_unlock(&door->lock);
}

void door_conn_opened(struct door *door, struct conn *conn)
{
	enlist(door, conn);
	count_conns(door, 1);
}

void door_conn_closed(struct door *door, struct conn *conn)
{
	unlist(door, conn);
	count_conns(door, -1);
}

/* The daemon sees the end of the stream and closes the connection itself. */
void door_conn_cut(struct door *door, struct conn *conn)
{
	unlist(door, conn);
	(void)shutdown(conn->fd, SHUT_RDWR);
}

/* A new connection has little time for its first head. One that is kept may be idle, and then has as
 * long for the next head as for all of a request. */
static void cut_without_head(struct door *door, int64_t now)
{
	int64_t limit = door->server->config.header_timeout_us;
	struct conn *conn, *next;

	for (conn = door->quiet; conn != NULL && now - conn->since_us > limit;
	     conn = next) {
		next = conn->next;
		if (conn->requests == 0 && !conn->headed)
			door_conn_cut(door, conn);
	}
}

/* libmicrohttpd restarts its time-out at every byte, so a client could drip a request for
 * ever. This is a limit on the whole request. */
static void cut_slow(struct door *door, int64_t now)
{
	const struct http_config *c = &door->server->config;
	int64_t limit = c->idle_timeout_us + c->receive_timeout_us;

	if (now - door->heads_looked_us > (int64_t)HTTP_TICK_MS * 1000) {
		door->heads_looked_us = now;
		cut_without_head(door, now);
	}
	while (door->quiet != NULL && now - door->quiet->since_us > limit)
		door_conn_cut(door, door->quiet);
}

/* A fresh connection gets a moment, since its request may be on the way already. */
static void cut_idle(struct door *door, int64_t now, bool all)
{
	struct conn *conn, *next;

	for (conn = door->quiet; conn != NULL; conn = next) {
		next = conn->next;
		if (all ||
		    (!conn->midway &&
		     (conn->requests > 0 || now - conn->since_us > HTTP_DRAIN_FRESH_US)))
			door_conn_cut(door, conn);
	}
}

/* ---- turns, and what makes one due -------------------------------------------------- */

void door_hurry(struct door *door)
{
	door->due = true;
}

void door_ring(struct door *door)
{
	if (!atomic_exchange(&door->rung, true))
		loop_post(door->loop, &door->bell);
}

static void on_done(struct loop_call *back)
{
	struct call *call = (struct call *)((char *)back - offsetof(struct call, back));
	struct door *door = call->door;

	call->stage = CALL_READY;
	if (!call->suspended)
		return; /* whoever began it sends the reply */
	call->suspended = false;
	door->working--;
	MHD_resume_connection(call->mhd);
	door_hurry(door);
}

void door_done(struct call *call)
{
	call->back.fn = on_done;
	if (loop_current() == call->door->loop)
		on_done(&call->back);
	else
		loop_post(call->door->loop, &call->back);
}

/* Connections in the backlog were made before we stopped accepting. Closing the listener
 * would reset them, so accept the last of them immediately before the close. */
static void accept_rest(struct door *door, int listen_fd)
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
		(void)MHD_add_connection(door->daemon, fd,
		                         (const struct sockaddr *)&address, size);
	}
}

static void quiesce(struct door *door)
{
	int fd;

	if (door->quiesced)
		return;
	door->quiesced = true;
	fd = MHD_quiesce_daemon(door->daemon);
	if (fd >= 0) {
		accept_rest(door, fd);
		(void)close(fd);
	}
	(void)pthread_mutex_lock(&door->lock);
	door->deaf = true;
	(void)pthread_cond_broadcast(&door->changed);
	(void)pthread_mutex_unlock(&door->lock);
}

/* While any door has a running request, new clients get 503: a readiness of 503 says more
 * than a closed port. */
static bool may_quiesce(const struct door *door, int command)
{
	return command == DOOR_STOP ||
	       (command == DOOR_DRAIN && atomic_load(&door->server->underway) == 0);
}

static unsigned wait_ms(struct door *door)
{
	MHD_UNSIGNED_LONG_LONG ms = HTTP_TICK_MS;

	if (MHD_get_timeout(door->daemon, &ms) != MHD_YES || ms > HTTP_TICK_MS)
		ms = HTTP_TICK_MS;
	if ((atomic_load(&door->command) != DOOR_RUN || door->crowded) &&
	    ms > HTTP_DRAIN_TICK_MS)
		ms = HTTP_DRAIN_TICK_MS;
	return (unsigned)streams_wait_ms(&door->streams, (int)ms);
}

static bool is_empty(struct door *door)
{
	bool empty;

	(void)pthread_mutex_lock(&door->lock);
	empty = door->conns == 0;
	(void)pthread_mutex_unlock(&door->lock);
	return empty;
}

static void door_says(struct door *door, enum door_state state)
{
	(void)pthread_mutex_lock(&door->lock);
	door->state = state;
	(void)pthread_cond_broadcast(&door->changed);
	(void)pthread_mutex_unlock(&door->lock);
}

/* A bell that was posted comes first: it still needs the door. */
static void door_leave(struct door *door)
{
	if (!atomic_load(&door->rung))
		door_says(door, DOOR_GONE);
}

static void on_closed(uv_handle_t *handle)
{
	struct door *door = handle->data;

	if (--door->handles_open == 0)
		door_leave(door);
}

/* A daemon must not be stopped while it has suspended connections. */
static void door_end(struct door *door)
{
	door->ending = true;
	uv_close((uv_handle_t *)&door->watch, on_closed);
	uv_close((uv_handle_t *)&door->alarm, on_closed);
	uv_close((uv_handle_t *)&door->impulse, on_closed);
	MHD_stop_daemon(door->daemon);
	door->daemon = NULL;
}

static void on_alarm(uv_timer_t *alarm);

static void door_turn(struct door *door)
{
	int command = atomic_load(&door->command);
	int64_t now = clock_mono_us();

	if (door->ending)
		return;
	door->due = false;
	if (may_quiesce(door, command))
		quiesce(door);
	streams_turn(&door->streams, now, command != DOOR_RUN, command == DOOR_STOP);
	log_hold();
	(void)MHD_run(door->daemon);
	log_release();
	now = clock_mono_us();
	cut_slow(door, now);
	door->calls->turn(door, now);
	if (door->quiesced)
		cut_idle(door, now, command == DOOR_STOP);
	if (command == DOOR_STOP && door->working == 0 && door->streams.count == 0 &&
	    is_empty(door))
		door_end(door);
	else
		(void)uv_timer_start(&door->alarm, on_alarm, wait_ms(door), 0);
}

static void on_alarm(uv_timer_t *alarm)
{
	door_turn(alarm->data);
}

static void on_ready(uv_poll_t *watch, int status, int events)
{
	(void)status;
	(void)events;
	door_turn(watch->data);
}

static void on_impulse(uv_prepare_t *impulse)
{
	struct door *door = impulse->data;

	if (door->due)
		door_turn(door);
}

static void on_bell(struct loop_call *bell)
{
	struct door *door = (struct door *)((char *)bell - offsetof(struct door, bell));

	atomic_store(&door->rung, false);
	if (door->ending && door->handles_open == 0)
		door_leave(door);
	else
		door_hurry(door);
}

static void on_open(struct loop_call *bell)
{
	struct door *door = (struct door *)((char *)bell - offsetof(struct door, bell));
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	uv_loop_t *uv = &door->loop->uv;

	door->bell.fn = on_bell;
	atomic_store(&door->rung, false);
	if (uv_poll_init(uv, &door->watch, info->epoll_fd) != 0) {
		door_says(door, DOOR_FAILED);
		return;
	}
	(void)uv_timer_init(uv, &door->alarm);
	(void)uv_prepare_init(uv, &door->impulse);
	door->handles_open = 3;
	door->watch.data = door->alarm.data = door->impulse.data = door;
	(void)uv_poll_start(&door->watch, UV_READABLE, on_ready);
	(void)uv_prepare_start(&door->impulse, on_impulse);
	door_says(door, DOOR_OPEN);
	door_hurry(door);
}

/* ---- for other threads -------------------------------------------------------------- */

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

static struct MHD_Daemon *start_daemon(struct door *door, int fd)
{
	const struct http_config *c = &door->server->config;
	const struct tls *tls = door->server->tls;
	unsigned idle_s =
		(unsigned)((c->idle_timeout_us + RENT_SECOND - 1) / RENT_SECOND);
	/* Each connection gets its own when it is accepted: tls.h. */
	const struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0,
		  tls == NULL ? NULL : unconst(tls_first_certificate(tls)) },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0,
		  tls == NULL ? NULL : unconst(tls_first_key(tls)) },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, unconst(TLS_PRIORITIES) },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			(tls == NULL ? 0 : MHD_USE_TLS),
		0, door->calls->accept, door, door->calls->request, door,
		MHD_OPTION_EXTERNAL_LOGGER, log_daemon, NULL, MHD_OPTION_LISTEN_SOCKET,
		fd, MHD_OPTION_URI_LOG_CALLBACK, door->calls->target, door,
		MHD_OPTION_NOTIFY_COMPLETED, door->calls->completed, door,
		MHD_OPTION_NOTIFY_CONNECTION, door->calls->connection, door,
		MHD_OPTION_UNESCAPE_CALLBACK, door->calls->unescape, NULL,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_POOL_BYTES,
		MHD_OPTION_CONNECTION_LIMIT, door->conns_max,
		MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_ARRAY, tls == NULL ? &secure[3] : secure, MHD_OPTION_END);
}

static void ring(void *arg)
{
	door_ring(arg);
}

int door_init(struct door *door, struct http_server *server,
              const struct door_calls *calls, struct loop *loop, int listen_fd,
              struct rent_error *err)
{
	cleanup_close int fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 3);
	pthread_condattr_t attr;

	*door = (struct door){ .server = server,
		               .calls = calls,
		               .loop = loop,
		               .conns_max = server->config.max_connections /
		                            server->config.event_threads };
	if (door->conns_max == 0)
		door->conns_max = 1;
	if (fd < 0)
		return rent_fail(err, RENT_EFAIL, "listener '%s': no descriptors left",
		                 server->config.name);
	door->daemon = start_daemon(door, fd);
	if (door->daemon == NULL)
		return rent_fail(err, RENT_EFAIL,
		                 "listener '%s': libmicrohttpd does not start",
		                 server->config.name);
	(void)steal_fd(&fd);
	streams_init(&door->streams, server->config.metrics, server->config.events, ring,
	             door);
	(void)pthread_mutex_init(&door->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&door->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	return 0;
}

static enum door_state wait_state_other_than(struct door *door, enum door_state state)
{
	enum door_state now;

	(void)pthread_mutex_lock(&door->lock);
	while (door->state == state)
		(void)pthread_cond_wait(&door->changed, &door->lock);
	now = door->state;
	(void)pthread_mutex_unlock(&door->lock);
	return now;
}

int door_open(struct door *door, struct rent_error *err)
{
	door->bell.fn = on_open;
	atomic_store(&door->rung, true);
	loop_post(door->loop, &door->bell);
	if (wait_state_other_than(door, DOOR_NEW) == DOOR_OPEN)
		return 0;
	return rent_fail(err, RENT_EFAIL, "listener '%s': its loop cannot watch it",
	                 door->server->config.name);
}

void door_command(struct door *door, enum door_command command)
{
	atomic_store(&door->command, command);
	door_ring(door);
}

bool door_wait_empty(struct door *door, int64_t deadline_us)
{
	struct timespec until = { .tv_sec = deadline_us / RENT_SECOND,
		                  .tv_nsec = deadline_us % RENT_SECOND * 1000 };
	bool empty;

	(void)pthread_mutex_lock(&door->lock);
	while ((door->conns > 0 || !door->deaf) &&
	       pthread_cond_timedwait(&door->changed, &door->lock, &until) == 0)
		;
	empty = door->conns == 0 && door->deaf;
	(void)pthread_mutex_unlock(&door->lock);
	return empty;
}

void door_free(struct door *door)
{
	if (door->loop == NULL || door->calls == NULL)
		return;
	if (door->state == DOOR_OPEN) {
		door_command(door, DOOR_STOP);
		(void)wait_state_other_than(door, DOOR_OPEN);
	}
	if (door->daemon != NULL)
		MHD_stop_daemon(door->daemon);
	(void)pthread_cond_destroy(&door->changed);
	(void)pthread_mutex_destroy(&door->lock);
	*door = (struct door){ .server = NULL };
}
