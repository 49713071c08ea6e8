/* SPDX-License-Identifier: MIT
 *
 * http/mhd/door.h - a listener on one event loop: a libmicrohttpd daemon without a thread, which the
 * loop drives, with the connections it has. A request is taken in, worked and answered on the
 * loop of its door. Everything here is called on the loop's thread unless its comment
 * says otherwise.
 */
#ifndef HTTP_DOOR_H
#define HTTP_DOOR_H

#include "http/call.h"
#include "http/mhd/conn.h"
#include "http/sse/streams.h"
#include "runtime/loop.h"

#include <microhttpd.h>

/* What a door hands on; arg is the door. */
struct door_calls {
	MHD_AcceptPolicyCallback accept;
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
	DOOR_STOP,  /* end every connection, then the door */
};

enum door_state {
	DOOR_NEW = 0,
	DOOR_OPEN,
	DOOR_FAILED, /* it could not be opened */
	DOOR_GONE,   /* nothing of it is left on the loop */
};

struct door {
	struct http_server *server;
	const struct door_calls *calls;
	struct loop *loop;
	struct MHD_Daemon *daemon;
	unsigned conns_max; /* further ones wait in the backlog */

	/* on the loop */
	uv_poll_t watch;       /* of the daemon's epoll set */
	uv_timer_t alarm;      /* of the next turn, whatever happens */
	uv_prepare_t impulse;  /* before the loop waits: a turn that is due */
	unsigned handles_open; /* of these three */
	bool due;
	struct conn *quiet, *quiet_last;
	unsigned working; /* calls that somebody works on */
	bool crowded;     /* quiet connections are being ended: the next ones wait */
	/* Monotonic: the turn before this one; when one was last ended, and said to be; 0 never. */
	int64_t crowd_turn_us, crowd_ended_us, crowd_said_us;
	int64_t heads_looked_us;
	bool quiesced; /* accepts no more */
	bool ending;
	struct streams streams;

	_Atomic int command; /* enum door_command */
	struct loop_call bell;
	_Atomic bool rung; /* the bell is posted */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum door_state state; /* under lock */
	unsigned conns;        /* under lock: open connections */
	bool deaf;             /* under lock: accepts no more */
};

/* listen_fd is dup'd. Fails with everything undone. Any thread. */
int door_init(struct door *door, struct http_server *server,
              const struct door_calls *calls, struct loop *loop, int listen_fd,
              struct rent_error *err);
/* Begins to accept. Not on a loop. */
int door_open(struct door *door, struct rent_error *err);
/* Any thread. */
void door_command(struct door *door, enum door_command command);
/* After DOOR_DRAIN: waits until no connection is open or the monotonic clock says deadline. Not
 * on a loop. */
bool door_wait_empty(struct door *door, int64_t deadline_us);
/* Stops, waits, frees. Fine with a zeroed door. Not on a loop. */
void door_free(struct door *door);

/* A turn is due soon: there is something to do for the daemon. */
void door_hurry(struct door *door);
/* The same from any thread. */
void door_ring(struct door *door);

/* The reply of a call is there. Any thread. */
void door_done(struct call *call);

/* The request is complete: its connection no longer waits for one. */
void door_conn_busy(struct door *door, struct conn *conn);
/* The connection waits for a request, and may be ended when all are taken. */
void door_conn_quiet(struct door *door, struct conn *conn);
void door_conn_opened(struct door *door, struct conn *conn);
/* Ends it: the daemon sees the end of its stream. */
void door_conn_cut(struct door *door, struct conn *conn);
void door_conn_closed(struct door *door, struct conn *conn);

#endif
