/* SPDX-License-Identifier: MIT
 *
 * http/mhd/receive.c - see receive.h. check.c checks the head.
 */
#include "http/mhd/receive.h"

#include "http/check.h"
#include "http/clients.h"
#include "http/limits.h"

#include <assert.h>
#include <microhttpd.h>

/* libmicrohttpd before 1.0 ends a value at a NUL and a line at a bare LF, where the next reader
 * may not. It puts a NUL over each byte of a line's end: behind the value there are two, unless
 * the line ended, or went on, in another way. Those bytes are in the connection's pool. */
static bool line_is_whole(const char *value)
{
	return MHD_VERSION >= 0x01000000 || value == NULL ||
	       value[strlen(value) + 1] == '\0';
}

static enum MHD_Result count_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
	struct call *call = arg;

	(void)kind;
	call->ambiguous = call->ambiguous || !line_is_whole(value);
	call->header_count++;
	call->header_bytes += strlen(name) + (value == NULL ? 0 : strlen(value)) + 4;
	return MHD_YES;
}

static enum MHD_Result keep_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
	struct call *call = arg;

	(void)kind;
	call->headers[call->header_count++] =
		(struct rent_header){ name, value == NULL ? "" : value };
	return MHD_YES;
}

/* The strings stay with the library, which keeps them until the reply has been sent. */
static bool read_headers(struct call *call)
{
	unsigned n;

	(void)MHD_get_connection_values(call->mhd, MHD_HEADER_KIND, count_header, call);
	n = call->header_count;
	call->header_count = 0;
	if (n > HTTP_HEADERS_MAX || call->header_bytes > HTTP_HEADER_BYTES)
		return false;
	call->headers =
		rent_alloc(call->request.arena, (n + (n == 0)) * sizeof(*call->headers));
	if (call->headers == NULL)
		return false;
	(void)MHD_get_connection_values(call->mhd, MHD_HEADER_KIND, keep_header, call);
	return true;
}

void receive_head(struct call *call, const char *method)
{
	const char *copy = rent_strndup(call->request.arena, method, strnlen(method, 32));
	bool fits = read_headers(call);

	call->stage = CALL_BODY;
	if (copy != NULL)
		call->method = copy;
	call->request.method = strcmp(call->method, "HEAD") == 0 ? "GET" : call->method;
	check_identity(call);
	clients_see(call);
	if (!fits) {
		call->broken = true; /* the framing headers were not read */
		call_refuse(call, 431, "headers-too-large",
		            "the request has too many headers, or they are too long");
		return;
	}
	check_head(call);
}

static bool grow(struct call *call, size_t need)
{
	size_t cap = call->body_cap == 0 ? 512 : call->body_cap;
	char *body;

	/* As it comes: what is announced need not be sent. */
	while (cap < need)
		cap *= 2;
	if (call->length >= 0 && (uint64_t)call->length >= need &&
	    (uint64_t)call->length < cap)
		cap = (size_t)call->length;
	body = rent_alloc(call->request.arena, cap + 1);
	if (body == NULL)
		return false;
	if (call->body_size > 0)
		memcpy(body, call->body, call->body_size);
	call->body = body;
	call->body_cap = cap;
	return true;
}

bool receive_body(struct call *call, const char *data, size_t size)
{
	size_t max = call->server->config.body_max;

	if (!call->answered_here && size > max - call->body_size)
		call_refuse(call, 413, "body-too-large",
		            rent_printf(call->request.arena,
		                        "the body is larger than %zu bytes", max));
	if (call->answered_here) {
		call->discarded += size;
		return call->discarded + call->body_size <= HTTP_DISCARD_MAX;
	}
	if (call->body_cap - call->body_size < size &&
	    !grow(call, call->body_size + size)) {
		call_refuse(call, 413, "body-too-large",
		            "the body takes too much memory");
		return true;
	}
	memcpy(call->body + call->body_size, data, size);
	call->body_size += size;
	return true;
}

void receive_end(struct call *call)
{
	if (call->body_size > 0) {
		assert(call->body_size <= call->body_cap);
		call->body[call->body_size] = '\0';
		call->request.body = call->body;
		call->request.body_size = call->body_size;
	}
	if (!call->answered_here)
		check_type(call);
}
