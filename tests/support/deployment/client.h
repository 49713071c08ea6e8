/* SPDX-License-Identifier: MIT
 *
 * client.h - a plain HTTP client for tests: one connection, kept alive, one call at a time.
 * A thread has its own. Nothing here fails a test: the answer says what happened.
 */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct client;

struct answer {
	long status;   /* 0: no complete answer */
	char why[256]; /* then: what the transport says */
	const char *body;
	size_t size;
	const char *head; /* the header lines as they came */
	struct client *client;
	json_t *json; /* NULL when the body is not JSON; the answer's */
};

struct client *client_new(const char *base_url);
void client_free(struct client *c);
/* Every call has this long (30 s at first). */
void client_timeout(struct client *c, long ms);

/* The result of a call is valid until the next call of this client. headers: "Name: value" up to
 * NULL, or NULL. With a body Content-Type is application/json unless headers say otherwise. */
const struct answer *client_call(struct client *c, const char *method, const char *path,
                                 const char *const *headers, const char *body);
const struct answer *client_get(struct client *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* POST of a JSON body, printed from fmt. */
const struct answer *client_post(struct client *c, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A header's value (valid as long as the answer), or NULL; one at a time. */
const char *answer_header(const struct answer *a, const char *name);
/* Members of the body by name, "a.b" within an object; NULL / INT64_MIN when it is not there
 * or not of that type. */
const json_t *answer_get(const struct answer *a, const char *path);
const char *answer_str(const struct answer *a, const char *path);
int64_t answer_int(const struct answer *a, const char *path);

#endif
