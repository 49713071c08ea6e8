/* SPDX-License-Identifier: MIT
 *
 * http/door.h - one event thread: a libmicrohttpd daemon without a thread, driven by our
 * poll, with the connections it has and the calls that came back from workers.
 */
#ifndef HTTP_DOOR_H
#define HTTP_DOOR_H

#include "http/call.h"
#include "http/conn.h"
#include "http/streams.h"

#include <microhttpd.h>

/* What a loop hands on: all of it on its thread, arg is the loop. */
struct door_calls {
	void *(*target)(void *arg, const char *target, struct MHD_Connection *mhd);
	MHD_AccessHandlerCallback request;
	MHD_RequestCompletedCallback completed;
	MHD_NotifyConnectionCallback connection;
	size_t (*unescape)(void *arg, struct MHD_Connection *mhd, char *text);
	/* Once in every turn. */
	void (*turn)(struct door *door, int64_t now);
};

enum door_command {
	DOOR_RUN,
	DOOR_DRAIN, /* once no request is under way: accept no more, end connections */
	DOOR_STOP,  /* end every connection, then the thread */
};

struct door {
	struct http_server *server;
	const struct door_calls *calls;
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
	/* Monotonic: the turn before this one; when one was last ended, and said to be; 0 never. */
	int64_t crowd_turn_us, crowd_ended_us, crowd_said_us;
	bool quiesced; /* accepts no more */
	struct streams streams;

	atomic_int command; /* enum door_command */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct call *done, *done_last; /* under lock: calls back from workers */
	unsigned conns;                /* under lock: open connections */
	bool deaf;                     /* under lock: accepts no more */
};

/* listen_fd is dup'd. Fails with everything undone. */
int door_init(struct door *door, struct http_server *server,
              const struct door_calls *calls, int listen_fd, struct rent_error *err);
int door_start(struct door *door, struct rent_error *err);
void door_command(struct door *door, enum door_command command);
/* After DOOR_DRAIN: waits until no connection is open or the monotonic clock says deadline. */
bool door_wait_empty(struct door *door, int64_t deadline_us);
/* Stops, joins, frees. Fine with a zeroed loop. */
void door_free(struct door *door);

/* A worker is done with the call. Any thread. */
void door_done(struct call *call);

/* Event thread: the request is complete, its connection no longer waits. */
void door_conn_busy(struct door *door, struct conn *conn);
void door_conn_quiet(struct door *door, struct conn *conn);
void door_conn_opened(struct door *door, struct conn *conn);
/* Ends it: the daemon sees the end of its stream. */
void door_conn_cut(struct door *door, struct conn *conn);
void door_conn_closed(struct door *door, struct conn *conn);

#endif
