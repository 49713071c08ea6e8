/* SPDX-License-Identifier: MIT
 *
 * rent/upstream.h - outbound HTTP as values: a provider plugin turns an operation into a
 * request and a reply into an outcome; the host owns sockets, TLS, keep-alive, deadlines,
 * retries, breakers, tracing and metrics.
 *
 * The host decides these, whatever a plugin thinks (enum rent_transport):
 *   not one byte of the request left, or the breaker is open       RENT_NOT_SENT
 *   something left and no complete answer came back                RENT_NO_ANSWER
 *   a complete answer came back                                    RENT_REPLIED
 * An exchange is tried again by the host only when the connection could not be made, or,
 * with RENT_RESEND_SAFE, on 502/503/504; a try that may have acted marks the reply
 * `ambiguous`, and stays so whatever the later tries say.
 */
#ifndef RENT_UPSTREAM_H
#define RENT_UPSTREAM_H

#include "base.h"

RENT_EXTERN_C_BEGIN

/* Bytes of a reply's body; a longer one counts as NO_ANSWER. */
#define RENT_UPSTREAM_REPLY_MAX (1024 * 1024)
#define RENT_UPSTREAM_HEADERS   16 /* headers a request may carry */

struct rent_upstream; /* a service we call: base address, limits and breaker; host's */

enum rent_transport {
	/* Surely not executed. */
	RENT_NOT_SENT = 1,
	/* May have been executed. */
	RENT_NO_ANSWER,
	/* See reply. */
	RENT_REPLIED,
};

enum rent_upstream_flags {
	/* The receiver acts at most once on this request, however often it arrives (a GET,
	 * an idempotency key). */
	RENT_RESEND_SAFE = 1u << 0,
	/* The caller of exchange() calls judged() for every reply with a status below 500:
	 * until then the breaker has not heard how the exchange ended. */
	RENT_JUDGED = 1u << 1,
};

/* Filled by build(). All pointers live in the arena given to build(), or are literals. */
struct rent_upstream_request {
	uint32_t struct_size;
	/* enum rent_upstream_flags */
	uint32_t flags;
	/* From upstream_open; required. */
	struct rent_upstream *upstream;
	/* "GET", "POST", … */
	const char *method;
	/* Path and query, "/a?b=c", joined to the base address. */
	const char *target;
	/* A bounded name for metrics: "eject-powerbank". */
	const char *endpoint;
	/* NULL: none. */
	const char *body;
	size_t body_size;
	/* Up to the first NULL name. */
	struct rent_header headers[RENT_UPSTREAM_HEADERS];
	/* 0: the upstream's own; may only shorten it. */
	int64_t timeout_us;
	/* The host->mono_us time from which on no try may begin (NOT_SENT): the sender's lease
	 * has run out. 0: no limit. The caller of exchange() sets it, not build(). */
	int64_t not_after_us;
};

/* Filled by the host, valid until the exchange's arena dies. Not changed by parse(). */
struct rent_upstream_reply {
	uint32_t struct_size;
	/* HTTP status code. */
	int32_t status;
	/* NUL-terminated besides its size; never NULL. */
	const char *body;
	size_t body_size;
	/* "" when there was none. */
	const char *content_type;
	/* An earlier try of this exchange may have acted: that this one was not executed proves
	 * nothing. */
	bool ambiguous;
	/* From Retry-After, 0: none. With breaker_open, when there is no reply: the time until
	 * the breaker lets a try through, at least 1. */
	int64_t retry_after_us;
	/* Where a redirect points (none is followed); "" nowhere. */
	const char *location;
	/* The exchange's arena: room for what parse() reads out of the body (rent/json.h). */
	struct rent_arena *arena;
};

/* One exchange: the caller fills arena and request, the host the rest. */
struct rent_exchange {
	uint32_t struct_size;
	enum rent_transport transport;
	/* Where the reply's body goes; not shared by exchanges that run at once. */
	struct rent_arena *arena;
	RENT_ROOM(struct rent_upstream_request, request, 512);
	/* With RENT_REPLIED; see also retry_after_us. */
	RENT_ROOM(struct rent_upstream_reply, reply, 256);
	/* NOT_SENT because the breaker is open. */
	bool breaker_open;
	int64_t took_us;
	/* "" when REPLIED, else why. */
	char error[RENT_NOTE_SIZE];
	/* The host's, for judged(). */
	uint32_t ticket;
	/* The host's: the breaker waits for judged(). */
	bool unjudged;
};

/* Makes an exchange of x, empty but for its sizes; build() fills the request. */
static inline void rent_exchange_init(struct rent_exchange *x, struct rent_arena *arena)
{
	memset(x, 0, sizeof(*x));
	x->struct_size = sizeof(*x);
	x->arena = arena;
	x->request.struct_size = sizeof(x->request);
	x->reply.struct_size = sizeof(x->reply);
}

RENT_EXTERN_C_END
#endif
