/* SPDX-License-Identifier: MIT
 *
 * rent/http.h - HTTP in: a plugin of kind "http" is a table of routes. The host owns the
 * server, parsing, limits, request ids, CORS, 404/405/413/415, saturation (503 at once),
 * access log and metrics; a handler sees a complete request and fills in a reply.
 *
 * Interface table of kind "http": struct rent_http_routes.
 */
#ifndef RENT_HTTP_H
#define RENT_HTTP_H

#include "base.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_HTTP       "http"
#define RENT_HTTP_PARAMS     4  /* {name} parts a template may have */
#define RENT_HTTP_HEADERS    8  /* headers a reply may add */
#define RENT_REQUEST_ID_SIZE 65 /* ids of requests: 1..64 of [A-Za-z0-9._-] */

enum rent_http_flags {
	RENT_HTTP_INLINE =
		1u << 0, /* cheap and never blocks: answered on the event thread,
	                               without the hand-over to a worker */
	RENT_HTTP_JSON =
		1u << 1, /* takes application/json only; else 415. An empty body is
	                               passed on whatever its type */
};

struct rent_http_query {
	const char *name, *value; /* decoded; value "" when there is no '=' */
};

struct rent_http_request {
	uint32_t struct_size;
	uint32_t query_count;
	const char *method;
	const char *path;                     /* decoded, without the query */
	const char *params[RENT_HTTP_PARAMS]; /* in the order of the template, decoded */
	const struct rent_http_query *query;
	const char *body; /* NUL-terminated besides its size; never NULL */
	size_t body_size;
	const char *request_id;   /* for `instance` and logs */
	const char *trace_id;     /* 32 hex digits of traceparent, taken over or made */
	struct rent_arena *arena; /* dies when the reply has been sent */
	/* The value of a header, or NULL. name is compared without case. Valid as long as
	 * the arena. */
	const char *(*header)(const struct rent_http_request *req, const char *name);
};

#define RENT_HTTP_LOG_FIELDS 4

/* As a status: close the connection without an answer (a stub that loses replies). */
#define RENT_HTTP_NO_ANSWER 444

/* Zeroed by the host except struct_size; strings and body live in req->arena or are
 * literals. A handler that returns without setting a status is answered as 500. */
struct rent_http_reply {
	uint32_t struct_size;
	int32_t status;
	const char *content_type; /* NULL: application/json */
	const char *body;         /* NULL: empty */
	size_t body_size;
	struct rent_header headers[RENT_HTTP_HEADERS]; /* up to the first NULL name */
	/* For the access line, see rent_http_log(); up to the first NULL key. */
	struct rent_field log[RENT_HTTP_LOG_FIELDS];
};

/* Adds a field to the access line of this request; one of that key is replaced, and a NULL
 * value adds nothing. key is a literal, value lives as long as the arena. Further ones than
 * RENT_HTTP_LOG_FIELDS are left out. */
static inline void rent_http_log(struct rent_http_reply *reply, const char *key,
                                 const char *value)
{
	size_t i = 0;

	while (i < RENT_HTTP_LOG_FIELDS && reply->log[i].key != NULL &&
	       strcmp(reply->log[i].key, key) != 0)
		i++;
	if (i < RENT_HTTP_LOG_FIELDS && value != NULL) {
		reply->log[i].key = key;
		reply->log[i].value = value;
	}
}

/* One error of validation, for `errors` of a problem document. */
struct rent_field_error {
	const char *field, *message;
};

struct rent_http_route {
	const char *method; /* "GET" … ; HEAD is answered from GET, OPTIONS by the host */
	const char *path; /* template: "/api/v1/rentals/{order_id}/status"; also the label
	                       `handler` of the metrics */
	uint32_t flags;   /* enum rent_http_flags */
	/* Called on a worker thread (or an event thread with RENT_HTTP_INLINE), by several
	 * threads at once when the plugin is declared parallel. Returns 0, or a negative
	 * code, which is answered as 500 (RENT_EUNAVAIL: 503) and logged with err. */
	int (*handle)(void *self, const struct rent_http_request *req,
	              struct rent_http_reply *reply, struct rent_error *err);
};

struct rent_http_routes {
	uint32_t struct_size;
	const struct rent_http_route *routes; /* up to the first NULL method; static */
};

RENT_EXTERN_C_END
#endif
