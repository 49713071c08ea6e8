/* SPDX-License-Identifier: MIT
 *
 * input.h - what a request says, read strictly: the JSON body, ids, the query. Errors of
 * fields are gathered, so that one answer names them all.
 */
#ifndef HTTP_API_INPUT_H
#define HTTP_API_INPUT_H

#include <jansson.h>
#include <rent/host.h>
#include <rent/http.h>

#define INPUT_ERRORS 8 /* of one request; further ones are not told */

/* Begins as INPUT_CLEANUP struct input in = { .req = req }; */
struct input {
	const struct rent_http_request *req;
	json_t *root; /* the body, when one was read */
	size_t error_count;
	struct rent_field_error errors[INPUT_ERRORS + 1];
};

void input_done(struct input *in);
#define INPUT_CLEANUP __attribute__((cleanup(input_done)))

/* Reads the body. False: it is not JSON, and the reply says so. */
bool input_body(struct input *in, const struct rent_host *host,
                struct rent_http_reply *reply);

/* An id that the body must have; "" when it is wrong. Lives as long as the input. */
const char *input_id(struct input *in, const char *field);

/* A text of at most max visible ASCII characters that the body may have, such as a token of the payment
 * service; "" when it is not there, null, or wrong. */
const char *input_text(struct input *in, const char *field, size_t max);
/* The same as an address, "https://…" or "http://…", of one of the origins of the list option named
 * `origins`, where that has any. */
const char *input_url(struct input *in, const struct rent_host *host, const char *field,
                      size_t max, const char *origins);

/* Whether a text is an origin as that list has them: "https://rent.example:8443", no path. */
bool input_is_origin(const char *text);

/* A parameter of the query, NULL when it is not there or empty. */
const char *input_query(const struct input *in, const char *name);
/* The same as an id; "" when it is not there or wrong. */
const char *input_query_id(struct input *in, const char *name);
/* The same as a number 1..max; def when it is not there. */
uint32_t input_query_number(struct input *in, const char *name, uint32_t max,
                            uint32_t def);

/* Notes every parameter of the query that is not in names (up to NULL); names NULL: all. */
void input_query_only(struct input *in, const char *const *names);

/* Notes that a field is wrong. The message lives as long as the request. */
void input_wrong(struct input *in, const char *field, const char *message);

/* False when a field was wrong, and the reply names them all (422). */
bool input_ok(const struct input *in, const struct rent_host *host,
              struct rent_http_reply *reply);

/* 1..max visible ASCII characters: an id, or a key. */
bool input_is_token(const char *s, size_t max);

#endif
