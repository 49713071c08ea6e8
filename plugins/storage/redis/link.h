/* SPDX-License-Identifier: MIT
 *
 * link.h - the one connection to Redis that all threads of the host share. A thread of the
 * link's own sends what is waiting as one pipeline and hands the replies out; callers wait for
 * at most `timeout`. While there is no connection, or the breaker is open, they do not wait at
 * all: finding Redis again is the link's business and takes nobody's time.
 *
 * The clock here is the kernel's, not the host's table: time-outs of sockets are real.
 */
#ifndef STORAGE_REDIS_LINK_H
#define STORAGE_REDIS_LINK_H

#include "dial.h"
#include "meters.h"

#define LINK_QUEUE_MAX 4096 /* calls under way; further ones fail at once */
/* Bytes that are not understood yet; more ends the connection. */
#define LINK_REPLY_MAX ((size_t)1024 * 1024)

struct link;

struct link_options {
	const struct rent_host *host;
	struct meters *meters;
	struct dial_options dial;
	int64_t timeout_us, breaker_failures, breaker_reset_us;
};

enum link_kind {
	LINK_DONE = 1, /* "OK" */
	LINK_TEXT,     /* text, length; to be freed by the caller */
	LINK_REFUSED,  /* the key holds another type, or nothing readable */
};

struct link_reply {
	enum link_kind kind;
	char *text;
	size_t length;
};

struct link_state {
	bool connected;
	enum breaker_state breaker;
	char where[ADDRESS_TEXT_SIZE];
	char why[RENT_NOTE_SIZE]; /* the last failure, "" when there was none since */
};

struct link_command {
	const char *operation; /* for the metrics */
	int argc;
	const char *const *argv;
	const size_t *lengths;
};

/* Starts the thread, and waits for the first try to connect, whatever its end. */
int link_new(const struct link_options *options, struct link **ret,
             struct rent_error *err);
/* No call is under way. Accepts NULL. */
void link_free(struct link *link);

/* 0 with the reply, or negative: not available. */
int link_call(struct link *link, const struct link_command *command,
              struct link_reply *ret, struct rent_error *err);

void link_state(struct link *link, struct link_state *ret);
/* New values of options that may change. */
void link_tune(struct link *link, int64_t timeout_us, int64_t breaker_failures,
               int64_t breaker_reset_us);

#endif
