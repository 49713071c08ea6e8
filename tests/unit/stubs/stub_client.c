/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stubs/stub_client.c - calls the handlers of the stubs' routes.
 */
#include "stub_client.h"

#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

struct request {
	struct rent_http_request base;
	const char *key;
	struct rent_http_query query[8];
	char target[1024];
};

void stub_open(struct stub *s, const char *file, const struct fake_option *options)
{
	struct rent_error err = { 0 };

	s->plugin = fake_host_load(file);
	s->fake = fake_host_new(s->plugin, options);
	if (s->plugin->create(fake_host_table(s->fake), &s->self, &err) != 0 ||
	    s->plugin->start(s->self, &err) != 0)
		fail_msg("%s", err.text);
}

void stub_close(struct stub *s)
{
	s->plugin->stop(s->self);
	s->plugin->destroy(s->self);
	fake_host_free(s->fake);
}

static const char *request_header(const struct rent_http_request *req, const char *name)
{
	const struct request *r = (const struct request *)req;

	return strcasecmp(name, "idempotency-key") == 0 ? r->key : NULL;
}

static void request_init(struct request *r, const char *method, const char *target,
                         const char *body)
{
	char *at;

	assert_true(rent_copy(r->target, sizeof(r->target), target));
	r->base.struct_size = sizeof(r->base);
	r->base.method = method;
	r->base.path = r->target;
	r->base.body = body == NULL ? "" : body;
	r->base.body_size = strlen(r->base.body);
	r->base.header = request_header;
	r->base.query = r->query;
	at = strchr(r->target, '?');
	while (at != NULL) {
		struct rent_http_query *q = &r->query[r->base.query_count++];
		char *value;

		*at++ = '\0';
		q->name = at;
		q->value = "";
		value = strchr(at, '=');
		at = strchr(at, '&');
		if (value != NULL) {
			*value = '\0';
			q->value = value + 1;
		}
	}
}

static const struct rent_http_route *route_find(const struct stub *s, const char *method,
                                                const char *path)
{
	const struct rent_http_routes *api = s->plugin->api;

	for (const struct rent_http_route *r = api->routes; r->method != NULL; r++) {
		if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
			return r;
	}
	(void)fprintf(stderr, "no route %s %s\n", method, path);
	abort();
}

struct answer stub_call(const struct stub *s, const char *method, const char *target,
                        const char *key, const char *body)
{
	const struct rent_host *host = fake_host_table(s->fake);
	struct rent_http_reply reply = { .struct_size = sizeof(reply) };
	struct request r = { .key = key };
	struct answer a = { 0 };
	struct rent_error err = { 0 };
	int ret;

	request_init(&r, method, target, body);
	r.base.arena = host->arena_new(host);
	ret = route_find(s, method, r.base.path)->handle(s->self, &r.base, &reply, &err);
	a.status = ret < 0 ? (ret == RENT_EUNAVAIL ? 503 : 500) : reply.status;
	if (ret == 0 && reply.body != NULL && a.status != RENT_HTTP_NO_ANSWER) {
		a.text = strndup(reply.body, reply.body_size);
		a.json = json_loads(a.text, 0, NULL);
	}
	host->arena_free(host, r.base.arena);
	return a;
}

void answer_done(struct answer *a)
{
	json_decref(a->json);
	free(a->text);
	*a = (struct answer){ 0 };
}

void stub_expect(const struct stub *s, const char *request, const char *key,
                 const char *body, int status, const char *want)
{
	bool post = strncmp(request, "POST ", 5) == 0;
	struct answer a =
		stub_call(s, post ? "POST" : "GET", strchr(request, ' ') + 1, key, body);

	if (a.status != status ||
	    (want != NULL && (a.text == NULL || strcmp(a.text, want) != 0)))
		fail_msg("%s %s: %d %s", request, body == NULL ? "" : body, a.status,
		         a.text == NULL ? "(nothing)" : a.text);
	answer_done(&a);
}

int64_t stub_get_int(const struct stub *s, const char *target, const char *path)
{
	struct answer a = stub_call(s, "GET", target, NULL, NULL);
	const json_t *at = a.json;
	char copy[128], *save = NULL;
	int64_t ret;

	assert_int_equal(a.status, 200);
	assert_true(rent_copy(copy, sizeof(copy), path));
	for (char *p = strtok_r(copy, ".", &save); p != NULL;
	     p = strtok_r(NULL, ".", &save))
		at = json_is_array(at) ? json_array_get(at, strtoul(p, NULL, 10))
		                       : json_object_get(at, p);
	ret = json_is_integer(at) ? json_integer_value(at) : -1;
	answer_done(&a);
	return ret;
}

static char folder[256];

const char *stub_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (folder[0] == '\0') {
		(void)snprintf(folder, sizeof(folder), "%s/stubs-XXXXXX",
		               tmp == NULL ? "/tmp" : tmp);
		assert_non_null(mkdtemp(folder));
	}
	return folder;
}

void stub_folder_done(void)
{
	DIR *dir = folder[0] == '\0' ? NULL : opendir(folder);
	const struct dirent *entry;
	char path[600];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			(void)unlink(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (folder[0] != '\0')
		(void)rmdir(folder);
	folder[0] = '\0';
}
