/* SPDX-License-Identifier: MIT
 *
 * connection.h - the one connection to Redis that all threads of the host share. A thread of the
 * link's own sends what is waiting as one pipeline and hands the replies out; callers wait for
 * at most `timeout`. While there is no connection, or the breaker is open, they do not wait at
 * all: finding Redis again is the link's business and takes nobody's time.
 *
 * The clock here is the kernel's, not the host's table: time-outs of sockets are real.
 */
#ifndef STORAGE_REDIS_CONNECTION_H
#define STORAGE_REDIS_CONNECTION_H

#include "connect.h"
#include "meters.h"

#define CONNECTION_QUEUE_MAX 4096 /* calls under way; further ones fail at once */
/* Bytes that are not understood yet; more ends the connection. */
#define CONNECTION_REPLY_MAX ((size_t)1024 * 1024)

struct connection;

struct connection_options {
	const struct rent_host *host;
	struct meters *meters;
	struct connect_options dial;
	int64_t timeout_us, breaker_failures, breaker_reset_us;
};

enum connection_kind {
	CONNECTION_DONE = 1, /* "OK" */
	CONNECTION_TEXT,     /* text, length; to be freed by the caller */
	CONNECTION_REFUSED,  /* the key holds another type */
};

struct connection_reply {
	enum connection_kind kind;
	char *text;
	size_t length;
};

struct connection_state {
	bool connected;
	enum breaker_state breaker;
	char where[ADDRESS_TEXT_SIZE];
	char why[RENT_NOTE_SIZE]; /* the last failure, "" when there was none since */
};

struct connection_command {
	const char *operation; /* for the metrics */
	int argc;
	const char *const *argv;
	const size_t *lengths;
};

/* Starts the thread, and waits for the first try to connect, whatever its end. */
int connection_new(const struct connection_options *options, struct connection **ret,
                   struct rent_error *err);
/* No call is under way. Accepts NULL. */
void connection_free(struct connection *link);

/* 0 with the reply, or negative: not available; RENT_EFAIL: answered with what nobody foresaw. */
int connection_call(struct connection *link, const struct connection_command *command,
                    struct connection_reply *ret, struct rent_error *err);

void connection_state(struct connection *link, struct connection_state *ret);
/* New values of options that may change. */
void connection_tune(struct connection *link, int64_t timeout_us,
                     int64_t breaker_failures, int64_t breaker_reset_us);

#endif
