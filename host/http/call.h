/* SPDX-License-Identifier: MIT
 *
 * http/call.h - one request on its way: from its request line to the last byte of its reply.
 * Belongs to the loop of its door. Between dispatch and door_done() it belongs to a task of
 * that loop, or to a worker.
 */
#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include "base/trace.h"
#include "http/listener.h"
#include "runtime/loop.h"

#include <rent/auth.h>

struct MHD_Connection;
struct conn;
struct door;
struct packed_form;
struct stream;

enum call_stage {
	CALL_TARGET, /* the request line is here */
	CALL_BODY,   /* the head is here and checked */
	CALL_READY,  /* the reply is there */
};

/* The rest of a client's allowance; limit 0: it is not counted. */
struct call_rate {
	bool refused;
	unsigned limit, remaining; /* requests */
	int64_t retry_us;          /* when the next one is taken; with refused */
	int64_t reset_us;          /* when all of it is there again */
};

struct call {
	struct rent_http_request request; /* first: what a handler gets */
	struct rent_http_reply reply;
	enum call_stage stage;
	struct http_server *server;
	struct door *door;
	struct conn *conn;          /* NULL: unknown, then nobody watches the clock */
	struct MHD_Connection *mhd; /* on the loop only */
	struct loop_call back;      /* from a worker */
	bool suspended;             /* its connection waits for the reply */

	const struct route *route; /* NULL: none was found */
	const char *target;        /* as sent */
	const char *method;        /* as sent; request.method says GET for HEAD */
	struct rent_header *headers;
	unsigned header_count;
	size_t header_bytes;
	struct trace trace;
	char request_id[RENT_REQUEST_ID_SIZE];
	/* With auth: the id that the client gave, which others may have given as well. */
	const char *client_request_id;
	struct rent_peer peer;           /* request.peer */
	struct rent_principal principal; /* request.principal, once it is known */
	int64_t began_us;                /* monotonic */
	struct call_rate rate;
	uint64_t waits_as; /* the client it is counted for while it waits; 0: none */

	char *body; /* with room for a NUL */
	size_t body_size, body_cap;
	size_t discarded;   /* bytes of a refused body thrown away */
	int64_t length;     /* Content-Length, -1: none */
	bool has_body;      /* Content-Length > 0 or chunked */
	bool expects;       /* the client waits for 100 Continue */
	bool ambiguous;     /* another reader could understand its head differently */
	bool old;           /* HTTP/1.0 */
	bool answered_here; /* the host has filled the reply in; no handler runs */
	bool broken;        /* … and the connection cannot go on after it */
	bool counted;       /* in http_requests_inprogress */
	bool underway;      /* in the server's count: a drain waits for it */
	bool answered;      /* the reply was given to the library */
	bool preflight;     /* CORS headers of a preflight go into the reply */
	const char *origin; /* allowed by CORS, as answered; NULL: none */
	const char *allow;  /* methods the path has, for 405 and OPTIONS */
	const char *method_label; /* of metrics, once it is known */
	int file_fd;              /* body of a static file, -1: none */
	size_t file_size;
	const char *etag;
	struct packed_form *packed; /* the body is sent as this gzip; NULL: as it is */
	bool packable;              /* which of both depends on Accept-Encoding */
	struct stream *stream;      /* the reply goes on; NULL: it does not */
	char *heap_body; /* a body too large for the arena; freed with the call */
};

/* NULL on ENOMEM. */
struct call *call_new(struct http_server *server, struct door *door, struct conn *conn,
                      struct MHD_Connection *mhd, const char *target);
void call_free(struct call *call);

/* Answers with a problem. slug and detail are literals or the arena's. */
void call_refuse(struct call *call, int status, const char *slug, const char *detail);

/* Puts Retry-After into the reply. */
void call_retry_later(struct call *call);

/* Its route is one of the host's own. */
bool call_is_system(const struct call *call);

/* The value of a header, or NULL. */
const char *call_header(const struct call *call, const char *name);

struct call *call_of(const struct rent_http_request *request);

#endif
