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

struct rent_peer;      /* rent/auth.h */
struct rent_principal; /* rent/auth.h */

enum rent_http_flags {
	/* Cheap and never waits, neither by parking nor by blocking: answered on the event
	 * loop without a task. */
	RENT_HTTP_INLINE = 1u << 0,
	/* Takes application/json only; else 415. An empty body is passed on whatever its
	 * type. */
	RENT_HTTP_JSON = 1u << 1,
};

struct rent_http_query {
	/* decoded; value "" when there is no '='. */
	const char *name, *value;
};

struct rent_http_request {
	uint32_t struct_size;
	uint32_t query_count;
	const char *method;
	/* decoded, without the query. */
	const char *path;
	/* In the order of the template, decoded. */
	const char *params[RENT_HTTP_PARAMS];
	const struct rent_http_query *query;
	/* NUL-terminated besides its size; never NULL */
	const char *body;
	size_t body_size;
	/* For `instance` and logs. */
	const char *request_id;
	/* 32 hex digits of traceparent, taken over or made. */
	const char *trace_id;
	/* Dies when the reply has been sent. */
	struct rent_arena *arena;
	/* The value of a header, or NULL. name is compared without case. Valid as long as
	 * the arena. */
	const char *(*header)(const struct rent_http_request *req, const char *name);
	/* The sender, as an auth instance of the listener identified him. NULL: the listener has
	 * none, or the route is open to anybody and the request came without credentials. */
	const struct rent_principal *principal;
	/* The other end of the connection. NULL: not known (a test's request). */
	const struct rent_peer *peer;
};

#define RENT_HTTP_LOG_FIELDS 4

/* As a status: close the connection without an answer (a stub that loses replies). */
#define RENT_HTTP_NO_ANSWER 444

/* Zeroed by the host except struct_size; strings and body live in req->arena or are
 * literals. A handler that returns without setting a status is answered as 500. */
struct rent_http_reply {
	uint32_t struct_size;
	int32_t status;
	/* NULL: application/json. */
	const char *content_type;
	/* NULL: empty. */
	const char *body;
	size_t body_size;
	/* Up to the first NULL name. */
	struct rent_header headers[RENT_HTTP_HEADERS];
	/* For the access line, see rent_http_log(); up to the first NULL key. */
	struct rent_field log[RENT_HTTP_LOG_FIELDS];
};

/* Adds a field to the access line of this request; one of that key is replaced, and a NULL
 * value adds nothing. key is a literal, value lives as long as the arena. More than
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
	/* "GET" … ; HEAD is answered from GET, OPTIONS by the host. */
	const char *method;
	/* template: "/api/v1/rentals/{order_id}/status"; also the label `handler` of the
	 * metrics. */
	const char *path;
	/* enum rent_http_flags */
	uint32_t flags;
	/* Called in a task (see rent/task.h), or on an event loop without one with
	 * RENT_HTTP_INLINE; by several threads at once when the plugin is declared parallel.
	 * A serial plugin gets the next call when this one has returned, even if it parks
	 * meanwhile. Returns 0, or a negative
	 * code, which is answered as 500 (RENT_EUNAVAIL: 503) and logged with err. */
	int (*handle)(void *self, const struct rent_http_request *req,
	              struct rent_http_reply *reply, struct rent_error *err);
};

/* The callers that a route admits on a listener with `auth`: bits of rent_http_access.may. */
enum rent_http_may {
	/* Everybody who can connect: health, the page, the description of the API. */
	RENT_MAY_ANYBODY = 1u << 0,
	/* The roles of rent/auth.h: 1u << role. */
	RENT_MAY_CUSTOMER = 1u << 1,
	RENT_MAY_VIEWER = 1u << 2,
	RENT_MAY_OPERATOR = 1u << 3,
	RENT_MAY_SERVICE = 1u << 4,
	RENT_MAY_READ = RENT_MAY_VIEWER | RENT_MAY_OPERATOR | RENT_MAY_SERVICE,
	RENT_MAY_ACT = RENT_MAY_OPERATOR | RENT_MAY_SERVICE,
	/* A customer, for his own objects only: the handler compares. Somebody else's object
	 * answers as if it did not exist. */
	RENT_MAY_OWN = 1u << 8 | RENT_MAY_CUSTOMER,
};

struct rent_http_access {
	/* As in the table of routes. */
	const char *method, *path;
	/* enum rent_http_may */
	uint32_t may;
	/* The scope that a principal with scopes needs besides its role: "rentals:write". NULL:
	 * none. */
	const char *scope;
};

struct rent_http_routes {
	uint32_t struct_size;
	/* Up to the first NULL method; static. */
	const struct rent_http_route *routes;
	/* The callers they admit; up to the first NULL method; static. On a listener with `auth`
	 * a route without a row is closed to everybody. A row without a route is refused. NULL:
	 * there are no rows. */
	const struct rent_http_access *access;
};

RENT_EXTERN_C_END
#endif
