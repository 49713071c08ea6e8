/* SPDX-License-Identifier: MIT
 *
 * client.c - see client.h; libcurl's easy interface.
 */
#include "client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct text {
	char *data;
	size_t size;
};

struct client {
	CURL *curl;
	char *base;
	long timeout_ms;
	struct text body, head;
	struct answer answer;
	char value[512]; /* of the header asked for last */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct client *client_new(const char *base_url)
{
	struct client *c = calloc(1, sizeof(*c));

	(void)pthread_once(&once, init_curl);
	if (c == NULL || (c->curl = curl_easy_init()) == NULL ||
	    (c->base = strdup(base_url)) == NULL)
		abort();
	c->timeout_ms = 30000;
	return c;
}

static void text_clear(struct text *t)
{
	free(t->data);
	t->data = NULL;
	t->size = 0;
}

static void forget(struct client *c)
{
	json_decref(c->answer.json);
	memset(&c->answer, 0, sizeof(c->answer));
	text_clear(&c->body);
	text_clear(&c->head);
}

void client_free(struct client *c)
{
	if (c == NULL)
		return;
	forget(c);
	curl_easy_cleanup(c->curl);
	free(c->base);
	free(c);
}

void client_timeout(struct client *c, long ms)
{
	c->timeout_ms = ms;
}

static size_t take(char *data, size_t one, size_t n, void *arg)
{
	struct text *t = arg;
	char *more = realloc(t->data, t->size + one * n + 1);

	if (more == NULL)
		return 0;
	t->data = more;
	memcpy(t->data + t->size, data, one * n);
	t->size += one * n;
	t->data[t->size] = '\0';
	return one * n;
}

static struct curl_slist *headers_of(const char *const *headers, const char *body)
{
	/* No "Expect: 100-continue": a second round trip that no test is about. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	bool typed = false;

	for (; headers != NULL && *headers != NULL; headers++) {
		list = curl_slist_append(list, *headers);
		typed = typed || strncasecmp(*headers, "Content-Type", 12) == 0;
	}
	if (body != NULL && !typed)
		list = curl_slist_append(list, "Content-Type: application/json");
	return list;
}

/* Not for processes that the test starts meanwhile: there it would outlive the client. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose,
                                 struct curl_sockaddr *addr)
{
	(void)arg;
	(void)purpose;
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

static void prepare(struct client *c, const char *method, const char *url,
                    const char *body)
{
	curl_easy_reset(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, c->timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &c->body);
	curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, &c->head);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(c->curl, CURLOPT_NOBODY, 1L);
	else if (body != NULL || strcmp(method, "POST") == 0) {
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body != NULL ? body : "");
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE,
		                 body != NULL ? (long)strlen(body) : 0L);
	}
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
}

const struct answer *client_call(struct client *c, const char *method, const char *path,
                                 const char *const *headers, const char *body)
{
	struct curl_slist *list = headers_of(headers, body);
	struct answer *a = &c->answer;
	char *url = NULL;
	CURLcode code;

	forget(c);
	a->client = c;
	if (asprintf(&url, "%s%s", c->base, path) < 0)
		abort();
	prepare(c, method, url, body);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, list);
	code = curl_easy_perform(c->curl);
	if (code == CURLE_OK)
		(void)curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &a->status);
	else
		(void)snprintf(a->why, sizeof(a->why), "%s", curl_easy_strerror(code));
	a->body = c->body.data != NULL ? c->body.data : "";
	a->size = c->body.size;
	a->head = c->head.data != NULL ? c->head.data : "";
	a->json = json_loadb(a->body, a->size, JSON_DECODE_ANY, NULL);
	curl_slist_free_all(list);
	free(url);
	return a;
}

static char *vprint(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *vprint(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

const struct answer *client_get(struct client *c, const char *fmt, ...)
{
	const struct answer *a;
	va_list ap;
	char *path;

	va_start(ap, fmt);
	path = vprint(fmt, ap);
	va_end(ap);
	a = client_call(c, "GET", path, NULL, NULL);
	free(path);
	return a;
}

const struct answer *client_post(struct client *c, const char *path, const char *fmt, ...)
{
	const struct answer *a;
	va_list ap;
	char *body;

	va_start(ap, fmt);
	body = vprint(fmt, ap);
	va_end(ap);
	a = client_call(c, "POST", path, NULL, body);
	free(body);
	return a;
}

const char *answer_header(const struct answer *a, const char *name)
{
	struct client *c = a->client;
	size_t n = strlen(name);

	for (const char *line = a->head; line != NULL && *line != '\0';) {
		const char *end = strstr(line, "\r\n");

		if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
			const char *v = line + n + 1 + strspn(line + n + 1, " ");
			int size = (int)(end != NULL ? end - v : (ptrdiff_t)strlen(v));

			(void)snprintf(c->value, sizeof(c->value), "%.*s", size, v);
			return c->value;
		}
		line = end != NULL ? end + 2 : NULL;
	}
	return NULL;
}

const json_t *answer_get(const struct answer *a, const char *path)
{
	const json_t *at = a->json;
	char name[64];

	while (at != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path);
		at = json_object_get(at, name);
		path += n + (path[n] == '.');
	}
	return at;
}

const char *answer_str(const struct answer *a, const char *path)
{
	return json_string_value(answer_get(a, path));
}

int64_t answer_int(const struct answer *a, const char *path)
{
	const json_t *v = answer_get(a, path);

	return json_is_integer(v) ? json_integer_value(v) : INT64_MIN;
}
