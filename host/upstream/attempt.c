/* SPDX-License-Identifier: MIT
 *
 * upstream/attempt.c - see attempt.h. Knows libcurl's options; what follows from a verdict is
 * transfer.c's.
 *
 * libcurl sends a request a second time, unasked, when a kept-alive connection ends before a
 * byte of the answer came (Curl_retry_request), whatever the method. Its pre-request callback
 * is called each time, which is where this is seen and, where it is not safe, ended.
 */
#include "upstream/attempt.h"

#include "base/clock.h"
#include "upstream/service.h"
#include "upstream/sockets.h"

#include <string.h>

#define ATTEMPT_BUFFER     4096L /* receive buffer of a transfer; replies are small */
#define ATTEMPT_CONN_AGE_S 55L /* idle time after which a connection is not used again */
#define ATTEMPT_STARTS_MAX 3u

enum {
	ATTEMPT_REPLY_MAX = RENT_UPSTREAM_REPLY_MAX
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

bool attempt_too_late(const struct rent_exchange *x)
{
	int64_t not_after = x->request.not_after_us;

	return not_after != 0 && clock_mono_us() >= not_after;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature */
static int on_start(void *arg, char *remote_ip, char *local_ip, int remote_port,
                    int local_port)
{
	struct attempt *attempt = arg;

	(void)remote_ip;
	(void)local_ip;
	(void)remote_port;
	(void)local_port;
	if (attempt->starts == 0 && attempt_too_late(attempt->x))
		return CURL_PREREQFUNC_ABORT;
	attempt->starts++;
	if (attempt->starts == 1 || !sent_any(attempt->easy))
		return CURL_PREREQFUNC_OK;
	if ((attempt->x->request.flags & RENT_RESEND_SAFE) == 0 ||
	    attempt->starts > ATTEMPT_STARTS_MAX)
		return CURL_PREREQFUNC_ABORT;
	attempt->resent = true;
	return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct attempt *attempt = arg;
	long status = 0;

	size *= n;
	if (size >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		attempt->head_complete = false;
	} else if ((size == 2 && memcmp(data, "\r\n", 2) == 0) ||
	           (size == 1 && *data == '\n')) {
		(void)curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
		attempt->head_complete = status >= 200;
	}
	return size;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct attempt *attempt = arg;

	size *= n;
	return dynbuf_append(&attempt->body, data, size) == 0 ? size : 0;
}

void attempt_done(struct attempt *attempt)
{
	curl_easy_cleanup(attempt->easy);
	dynbuf_done(&attempt->body);
	*attempt = (struct attempt){ .easy = NULL };
}

int attempt_init(struct attempt *attempt, CURLSH *share)
{
	CURL *e = curl_easy_init();

	*attempt = (struct attempt){ .easy = e };
	dynbuf_init(&attempt->body, ATTEMPT_REPLY_MAX);
	/* Without it the host could not distinguish "not sent" from "no answer". */
	if (e == NULL ||
	    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_start) != CURLE_OK) {
		attempt_done(attempt);
		return RENT_ENOMEM;
	}
	/* what is the same for every request; a failure here shows in the transfer */
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, attempt);
	(void)curl_easy_setopt(e, CURLOPT_SHARE, share);
	(void)curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, sockets_open);
	(void)curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, sockets_close);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_NOPROGRESS, 1L);
	(void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	/* No proxy, and no look into the environment for one. */
	(void)curl_easy_setopt(e, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(e, CURLOPT_BUFFERSIZE, ATTEMPT_BUFFER);
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, ATTEMPT_CONN_AGE_S);
	(void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, attempt->error);
	(void)curl_easy_setopt(e, CURLOPT_PREREQDATA, attempt);
	(void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(e, CURLOPT_HEADERDATA, attempt);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, attempt);
	return 0;
}

void attempt_use_sockets(struct attempt *attempt, struct sockets *sockets)
{
	(void)curl_easy_setopt(attempt->easy, CURLOPT_OPENSOCKETDATA, sockets);
	(void)curl_easy_setopt(attempt->easy, CURLOPT_CLOSESOCKETDATA, sockets);
}

static void set_method(CURL *e, const struct rent_upstream_request *r)
{
	bool head = strcmp(r->method, "HEAD") == 0, post = strcmp(r->method, "POST") == 0;
	bool known = head || post || (r->body == NULL && strcmp(r->method, "GET") == 0);

	(void)curl_easy_setopt(e, CURLOPT_HTTPGET, 1L); /* undoes NOBODY and POST */
	if (head)
		(void)curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	if (r->body != NULL || post) {
		(void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		                       (curl_off_t)r->body_size);
		(void)curl_easy_setopt(e, CURLOPT_POSTFIELDS,
		                       r->body == NULL ? "" : r->body);
	}
	(void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, known ? NULL : r->method);
}

static long timeout_ms(const struct rent_exchange *x,
                       const struct upstream_limits *limits)
{
	int64_t us = limits->timeout_us, own = x->request.timeout_us;

	if (own > 0 && own < us)
		us = own;
	us = (us + 999) / 1000;
	return us < 1 ? 1 : (long)us;
}

void attempt_prepare(struct attempt *attempt, struct rent_exchange *x,
                     const struct attempt_target *target,
                     const struct upstream_limits *limits)
{
	CURL *e = attempt->easy;

	attempt->x = x;
	attempt->head_complete = attempt->resent = false;
	attempt->starts = 0;
	attempt->error[0] = '\0';
	dynbuf_reset(&attempt->body);
	if (attempt->routed != x->request.upstream) {
		route_apply(e, &x->request.upstream->route);
		attempt->routed = x->request.upstream;
	}
	(void)curl_easy_setopt(e, CURLOPT_URL, target->url);
	(void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, target->headers);
	(void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout_ms(x, limits));
	(void)curl_easy_setopt(e, CURLOPT_MAXLIFETIME_CONN,
	                       (long)(limits->max_life_us / RENT_SECOND));
	set_method(e, &x->request);
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

void attempt_judge(const struct attempt *attempt, CURLcode code,
                   struct attempt_verdict *ret)
{
	long status = 0;

	*ret = (struct attempt_verdict){ .transport = RENT_REPLIED };
	if (code == CURLE_OK && attempt->head_complete) {
		(void)curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
		ret->status = (int)status;
		return;
	}
	ret->transport = RENT_NO_ANSWER;
	/* Once it began to send, libcurl's count is no proof that nothing left. */
	if (attempt->starts == 0 && !sent_any(attempt->easy)) {
		ret->transport = RENT_NOT_SENT;
		ret->again = !hopeless(code);
	}
	if (attempt->body.error != 0)
		(void)rent_copy(ret->error, sizeof(ret->error),
		                "the reply is larger than 1 MiB");
	else if (code == CURLE_OK)
		(void)rent_copy(ret->error, sizeof(ret->error),
		                "the reply ended within its headers");
	else if (code == CURLE_ABORTED_BY_CALLBACK && attempt->starts > 1)
		(void)rent_copy(ret->error, sizeof(ret->error),
		                "the connection ended before an answer came");
	else
		(void)rent_copy(ret->error, sizeof(ret->error),
		                attempt->error[0] != '\0' ? attempt->error
		                                          : curl_easy_strerror(code));
}

int attempt_deliver(const struct attempt *attempt, const struct attempt_verdict *verdict)
{
	struct rent_exchange *x = attempt->x;
	struct rent_upstream_reply *r = &x->reply;
	curl_off_t retry_after = 0;
	char *type = NULL, *location = NULL;

	(void)curl_easy_getinfo(attempt->easy, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(attempt->easy, CURLINFO_REDIRECT_URL, &location);
	(void)curl_easy_getinfo(attempt->easy, CURLINFO_RETRY_AFTER, &retry_after);
	*r = (struct rent_upstream_reply){ .struct_size = sizeof(*r),
		                           .arena = x->arena,
		                           .status = verdict->status,
		                           .body_size = attempt->body.size };
	r->body = rent_strndup(x->arena, dynbuf_text(&attempt->body), attempt->body.size);
	r->content_type = rent_strdup(x->arena, type == NULL ? "" : type);
	r->location = rent_strdup(x->arena, location == NULL ? "" : location);
	if (retry_after > 0 && retry_after < 1000000)
		r->retry_after_us = (int64_t)retry_after * RENT_SECOND;
	if (r->body != NULL && r->content_type != NULL && r->location != NULL)
		return 0;
	*r = (struct rent_upstream_reply){ .struct_size = sizeof(*r) };
	return RENT_ENOMEM;
}
