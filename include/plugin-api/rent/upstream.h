/* SPDX-License-Identifier: MIT
 *
 * rent/upstream.h - outbound HTTP as values: a provider plugin turns an operation into a
 * request and a reply into an outcome; the host owns sockets, TLS, keep-alive, deadlines,
 * retries, breakers, tracing and metrics.
 *
 * What the host decides, whatever a plugin thinks (enum rent_transport):
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

#define RENT_UPSTREAM_REPLY_MAX \
	(1024 * 1024)            /* bytes of a reply's body; more is NO_ANSWER */
#define RENT_UPSTREAM_HEADERS 16 /* headers a request may carry */

struct rent_upstream; /* a service we call: base address, limits and breaker; host's */

enum rent_transport {
	RENT_NOT_SENT = 1, /* surely not executed */
	RENT_NO_ANSWER,    /* may have been executed */
	RENT_REPLIED,      /* see reply */
};

enum rent_upstream_flags {
	RENT_RESEND_SAFE =
		1u << 0,       /* the receiver acts at most once on this request, however
	                               often it arrives (a GET, an idempotency key) */
	RENT_JUDGED = 1u << 1, /* the caller of exchange() calls judged() for every reply
	                               with a status below 500: until then the breaker has not
	                               heard how the exchange ended */
};

/* Filled by build(). All pointers live in the arena given to build(), or are literals. */
struct rent_upstream_request {
	uint32_t struct_size;
	uint32_t flags;                 /* enum rent_upstream_flags */
	struct rent_upstream *upstream; /* from upstream_open; required */
	const char *method;             /* "GET", "POST", … */
	const char *target;   /* path and query, "/a?b=c", joined to the base address */
	const char *endpoint; /* bounded name for metrics: "eject-powerbank" */
	const char *body;     /* NULL: none */
	size_t body_size;
	struct rent_header headers[RENT_UPSTREAM_HEADERS]; /* up to the first NULL name */
	int64_t timeout_us; /* 0: the upstream's own; may only shorten it */
	int64_t not_after_us; /* host->mono_us time from which on no try may begin (NOT_SENT):
	                         the sender's lease has run out; 0: no limit. Set by the caller
	                         of exchange(), not by build() */
};

/* Filled by the host, valid until the exchange's arena dies. Not changed by parse(). */
struct rent_upstream_reply {
	uint32_t struct_size;
	int32_t status;   /* HTTP status code */
	const char *body; /* NUL-terminated besides its size; never NULL */
	size_t body_size;
	const char *content_type; /* "" when there was none */
	bool ambiguous; /* an earlier try of this exchange may have acted: that this one was
	                   not executed proves nothing */
	int64_t retry_after_us; /* from Retry-After, 0: none; and, though there is no reply, with
	                           breaker_open: until it lets a try through, at least 1 */
	const char *location; /* where a redirect points (none is followed); "" nowhere */
};

/* One exchange: the caller fills arena and request, the host the rest. */
struct rent_exchange {
	uint32_t struct_size;
	enum rent_transport transport;
	struct rent_arena
		*arena; /* where the reply's body goes; not shared by exchanges that
	                             run at once */
	struct rent_upstream_request request;
	struct rent_upstream_reply reply; /* with RENT_REPLIED, or see retry_after_us */
	bool breaker_open;                /* NOT_SENT because the breaker is open */
	int64_t took_us;
	char error[RENT_NOTE_SIZE]; /* "" when REPLIED, else why */
	uint32_t ticket;            /* the host's, for judged() */
	bool unjudged;              /* the host's: the breaker waits for judged() */
};

RENT_EXTERN_C_END
#endif
