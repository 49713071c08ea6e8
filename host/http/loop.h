/* SPDX-License-Identifier: MIT
 *
 * http/loop.h - one event thread: a libmicrohttpd daemon without a thread, driven by our
 * poll, with the connections it has and the calls that came back from workers.
 */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include "http/call.h"
#include "http/conn.h"
#include "http/streams.h"

#include <microhttpd.h>

/* What a loop hands on: all of it on its thread, arg is the loop. */
struct loop_calls {
	void *(*target)(void *arg, const char *target, struct MHD_Connection *mhd);
	MHD_AccessHandlerCallback request;
	MHD_RequestCompletedCallback completed;
	MHD_NotifyConnectionCallback connection;
	size_t (*unescape)(void *arg, struct MHD_Connection *mhd, char *text);
	/* Once in every turn. */
	void (*turn)(struct loop *loop, int64_t now);
};

enum loop_command {
	LOOP_RUN,
	LOOP_DRAIN, /* once no request is under way: accept no more, end connections */
	LOOP_STOP,  /* end every connection, then the thread */
};

struct loop {
	struct http_server *server;
	const struct loop_calls *calls;
	struct MHD_Daemon *daemon;
	int epoll_fd;       /* the daemon's */
	unsigned conns_max; /* further ones wait in the backlog */
	int wake_fd;
	pthread_t thread;
	bool running;

	/* event thread only */
	struct conn *quiet, *quiet_last;
	unsigned working; /* calls that are with the workers */
	bool crowded;     /* quiet connections are being ended: the next ones wait */
	int64_t crowd_said_us;
	bool quiesced; /* accepts no more */
	struct streams streams;

	atomic_int command; /* enum loop_command */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct call *done, *done_last; /* under lock: calls back from workers */
	unsigned conns;                /* under lock: open connections */
	bool deaf;                     /* under lock: accepts no more */
};

/* listen_fd is dup'd. Fails with everything undone. */
int loop_init(struct loop *loop, struct http_server *server,
              const struct loop_calls *calls, int listen_fd, struct rent_error *err);
int loop_start(struct loop *loop, struct rent_error *err);
void loop_command(struct loop *loop, enum loop_command command);
/* After LOOP_DRAIN: waits until no connection is open or the monotonic clock says deadline. */
bool loop_wait_empty(struct loop *loop, int64_t deadline_us);
/* Stops, joins, frees. Fine with a zeroed loop. */
void loop_free(struct loop *loop);

/* A worker is done with the call. Any thread. */
void loop_done(struct call *call);

/* Event thread: the request is complete, its connection no longer waits. */
void loop_conn_busy(struct loop *loop, struct conn *conn);
void loop_conn_quiet(struct loop *loop, struct conn *conn);
void loop_conn_opened(struct loop *loop, struct conn *conn);
/* Ends it: the daemon sees the end of its stream. */
void loop_conn_cut(struct loop *loop, struct conn *conn);
void loop_conn_closed(struct loop *loop, struct conn *conn);

#endif
