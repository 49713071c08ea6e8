/* SPDX-License-Identifier: MIT
 *
 * upstream/wire.c - see wire.h. Knows libcurl's options; what follows from a verdict is the
 * engine's.
 *
 * libcurl sends a request a second time, unasked, when a kept-alive connection ends before a
 * byte of the answer came (Curl_retry_request), whatever the method. Its pre-request callback
 * is called each time, which is where this is seen and, where it is not safe, ended.
 */
#include "upstream/wire.h"

#include "upstream/watch.h"

#include <stdlib.h>

#define WIRE_BUFFER     4096L /* receive buffer of a transfer; replies are small */
#define WIRE_CONN_AGE_S 55L   /* idle time after which a connection is not used again */
#define WIRE_STARTS_MAX 3u

enum {
	WIRE_REPLY_MAX = RENT_UPSTREAM_REPLY_MAX
};

/* Whether anything of the request has left, as far as libcurl has counted. */
static bool sent_any(CURL *easy)
{
	curl_off_t uploaded = 0;
	long size = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &size);
	(void)curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	return size > 0 || uploaded > 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static int on_start(void *arg, char *remote_ip, char *local_ip, int remote_port,
                    int local_port)
{
	struct wire *wire = arg;

	(void)remote_ip;
	(void)local_ip;
	(void)remote_port;
	(void)local_port;
	if (wire->starts == 0 && job_too_late(wire->job))
		return CURL_PREREQFUNC_ABORT;
	wire->starts++;
	if (wire->starts == 1 || !sent_any(wire->easy))
		return CURL_PREREQFUNC_OK;
	if ((wire->job->x->request.flags & RENT_RESEND_SAFE) == 0 ||
	    wire->starts > WIRE_STARTS_MAX)
		return CURL_PREREQFUNC_ABORT;
	wire->resent = true;
	return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct wire *wire = arg;
	long status = 0;

	size *= n;
	if (size >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		wire->head_complete = false;
	} else if ((size == 2 && memcmp(data, "\r\n", 2) == 0) ||
	           (size == 1 && *data == '\n')) {
		(void)curl_easy_getinfo(wire->easy, CURLINFO_RESPONSE_CODE, &status);
		wire->head_complete = status >= 200;
	}
	return size;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct wire *wire = arg;

	size *= n;
	return dynbuf_append(&wire->body, data, size) == 0 ? size : 0;
}

void wire_free(struct wire *wire)
{
	if (wire == NULL)
		return;
	curl_easy_cleanup(wire->easy);
	dynbuf_done(&wire->body);
	free(wire);
}

struct wire *wire_new(struct watch *watch)
{
	struct wire *wire = calloc(1, sizeof(*wire));
	CURL *e = wire == NULL ? NULL : curl_easy_init();

	if (e == NULL) {
		free(wire);
		return NULL;
	}
	wire->easy = e;
	/* Without it the host could not distinguish "not sent" from "no answer". */
	if (curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_start) != CURLE_OK) {
		wire_free(wire);
		return NULL;
	}
	dynbuf_init(&wire->body, WIRE_REPLY_MAX);
	/* what is the same for every request; a failure here shows in the transfer */
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, wire);
	(void)curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, watch_open);
	(void)curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, watch);
	(void)curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, watch_close);
	(void)curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, watch);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_NOPROGRESS, 1L);
	(void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(e, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(e, CURLOPT_BUFFERSIZE, WIRE_BUFFER);
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, WIRE_CONN_AGE_S);
	(void)curl_easy_setopt(e, CURLOPT_USERAGENT, "rentald/" RENT_VERSION);
	(void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, wire->error);
	(void)curl_easy_setopt(e, CURLOPT_PREREQDATA, wire);
	(void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(e, CURLOPT_HEADERDATA, wire);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, wire);
	return wire;
}

static void set_method(CURL *e, const struct rent_upstream_request *r)
{
	bool get = strcmp(r->method, "GET") == 0, head = strcmp(r->method, "HEAD") == 0;

	(void)curl_easy_setopt(e, CURLOPT_HTTPGET, 1L); /* undoes NOBODY and POST */
	if (head)
		(void)curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	if (r->body != NULL || strcmp(r->method, "POST") == 0) {
		(void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		                       (curl_off_t)r->body_size);
		(void)curl_easy_setopt(e, CURLOPT_POSTFIELDS,
		                       r->body == NULL ? "" : r->body);
		get = false;
	}
	(void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, get || head ? NULL : r->method);
}

static long timeout_ms(const struct job *job)
{
	int64_t us = job->limits.timeout_us, own = job->x->request.timeout_us;

	if (own > 0 && own < us)
		us = own;
	us = (us + 999) / 1000;
	return us < 1 ? 1 : (long)us;
}

void wire_prepare(struct wire *wire, struct job *job)
{
	CURL *e = wire->easy;

	wire->job = job;
	wire->head_complete = wire->resent = false;
	wire->starts = 0;
	wire->error[0] = '\0';
	dynbuf_reset(&wire->body);
	(void)curl_easy_setopt(e, CURLOPT_URL, job->url);
	(void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, job->headers);
	(void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout_ms(job));
	(void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms(job));
	(void)curl_easy_setopt(e, CURLOPT_MAXLIFETIME_CONN,
	                       (long)(job->limits.max_life_us / RENT_SECOND));
	set_method(e, &job->x->request);
}

static bool hopeless(CURLcode code)
{
	static const CURLcode list[] = {
		CURLE_UNSUPPORTED_PROTOCOL,     CURLE_FAILED_INIT,   CURLE_URL_MALFORMAT,
		CURLE_PEER_FAILED_VERIFICATION, CURLE_OUT_OF_MEMORY,
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i] == code)
			return true;
	return false;
}

void wire_judge(struct wire *wire, CURLcode code, struct wire_verdict *ret)
{
	long status = 0;

	*ret = (struct wire_verdict){ .transport = RENT_REPLIED };
	if (code == CURLE_OK && wire->head_complete) {
		(void)curl_easy_getinfo(wire->easy, CURLINFO_RESPONSE_CODE, &status);
		ret->status = (int)status;
		return;
	}
	ret->transport = RENT_NO_ANSWER;
	/* Once it began to send, libcurl's count is no proof that nothing left. */
	if (wire->starts == 0 && !sent_any(wire->easy)) {
		ret->transport = RENT_NOT_SENT;
		ret->again = !hopeless(code);
	}
	if (wire->body.error != 0)
		(void)rent_copy(ret->error, sizeof(ret->error),
		                "the reply is larger than 1 MiB");
	else if (code == CURLE_OK)
		(void)rent_copy(ret->error, sizeof(ret->error),
		                "the reply ended within its headers");
	else if (code == CURLE_ABORTED_BY_CALLBACK && wire->starts > 1)
		(void)rent_copy(ret->error, sizeof(ret->error),
		                "the connection ended before an answer came");
	else
		(void)rent_copy(ret->error, sizeof(ret->error),
		                wire->error[0] != '\0' ? wire->error
		                                       : curl_easy_strerror(code));
}

int wire_deliver(struct wire *wire, const struct wire_verdict *verdict)
{
	struct rent_exchange *x = wire->job->x;
	struct rent_upstream_reply *r = &x->reply;
	curl_off_t retry_after = 0;
	char *type = NULL, *location = NULL;

	(void)curl_easy_getinfo(wire->easy, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(wire->easy, CURLINFO_REDIRECT_URL, &location);
	(void)curl_easy_getinfo(wire->easy, CURLINFO_RETRY_AFTER, &retry_after);
	*r = (struct rent_upstream_reply){ .struct_size = sizeof(*r),
		                           .arena = x->arena,
		                           .status = verdict->status,
		                           .body_size = wire->body.size };
	r->body = rent_strndup(x->arena, dynbuf_text(&wire->body), wire->body.size);
	r->content_type = rent_strdup(x->arena, type == NULL ? "" : type);
	r->location = rent_strdup(x->arena, location == NULL ? "" : location);
	if (retry_after > 0 && retry_after < 1000000)
		r->retry_after_us = (int64_t)retry_after * RENT_SECOND;
	if (r->body != NULL && r->content_type != NULL && r->location != NULL)
		return 0;
	*r = (struct rent_upstream_reply){ .struct_size = sizeof(*r) };
	return RENT_ENOMEM;
}
