/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/request.c - what holds for every request, whoever builds it: sound, comparable, harmless.
 */
#include "kit.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

static bool header_ok(const struct rent_header *h)
{
	if (h->value == NULL || h->name[0] == '\0')
		return false;
	if (strpbrk(h->name, "\r\n: \t") != NULL)
		return false;
	return strpbrk(h->value, "\r\n") == NULL;
}

static bool visible(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s < 0x21 || *s > 0x7e)
			return false;
	}
	return true;
}

const char *kit_request_fault(const struct rent_upstream_request *req)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_./{}";

	if (req->upstream == NULL)
		return "no upstream";
	if (req->method == NULL || req->method[0] == '\0' || !visible(req->method))
		return "no method";
	if (req->target == NULL || req->target[0] != '/' || !visible(req->target))
		return "the target does not begin with '/' or has characters to be encoded";
	if (req->endpoint == NULL || req->endpoint[0] == '\0' ||
	    strlen(req->endpoint) > 64 ||
	    req->endpoint[strspn(req->endpoint, plain)] != '\0')
		return "the endpoint is no bounded lower case name";
	if (req->body == NULL && req->body_size != 0)
		return "a body size without a body";
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL;
	     i++) {
		if (!header_ok(&req->headers[i]))
			return "a header is malformed";
	}
	if ((req->flags & ~(uint32_t)RENT_RESEND_SAFE) != 0)
		return "unknown flags";
	return req->timeout_us < 0 ? "a negative time-out" : NULL;
}

bool kit_request_same(const struct rent_upstream_request *a,
                      const struct rent_upstream_request *b)
{
	if (a->flags != b->flags || a->upstream != b->upstream ||
	    a->body_size != b->body_size || a->timeout_us != b->timeout_us ||
	    strcmp(a->method, b->method) != 0 || strcmp(a->target, b->target) != 0 ||
	    strcmp(a->endpoint, b->endpoint) != 0)
		return false;
	if (a->body_size > 0 && memcmp(a->body, b->body, a->body_size) != 0)
		return false;
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS; i++) {
		const struct rent_header *x = &a->headers[i], *y = &b->headers[i];

		if (x->name == NULL || y->name == NULL)
			return x->name == y->name;
		if (strcmp(x->name, y->name) != 0 || strcmp(x->value, y->value) != 0)
			return false;
	}
	return true;
}

static bool has_text(const char *in, const char *text)
{
	return in != NULL && strstr(in, text) != NULL;
}

bool kit_request_has(const struct rent_upstream_request *req, const char *id)
{
	bool found = has_text(req->target, id);

	if (req->body_size > 0)
		found |= memmem(req->body, req->body_size, id, strlen(id)) != NULL;
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL; i++)
		found |= has_text(req->headers[i].value, id);
	return found;
}

static size_t count_chars(const char *text, const char *chars)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += strchr(chars, *text) != NULL;
	return n;
}

static size_t count_members(const json_t *json)
{
	size_t n = 0, i;
	const char *name;
	json_t *value;

	json_array_foreach(json, i, value) n += 1 + count_members(value);
	json_object_foreach(kit_unconst(json), name, value) n += 1 + count_members(value);
	return n;
}

struct kit_shape kit_request_shape(const struct rent_upstream_request *req)
{
	json_t *json = req->body == NULL ? NULL
	                                 : json_loadb(req->body, req->body_size,
	                                              JSON_DECODE_ANY, NULL);
	struct kit_shape ret = { count_members(json), count_chars(req->target, "/?&#") };

	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL;
	     i++) {
		if (strcasecmp(req->headers[i].name, "Content-Type") == 0 &&
		    strstr(req->headers[i].value, "x-www-form-urlencoded") != NULL &&
		    req->body != NULL)
			ret.members = count_chars(req->body, "&=");
	}
	json_decref(json);
	return ret;
}

static void *mean_alloc(struct rent_arena *base, size_t size)
{
	struct kit_mean_arena *a = (struct kit_mean_arena *)base;

	if (a->left == 0 || a->n == (int)COUNT(a->blocks))
		return NULL;
	a->left--;
	a->blocks[a->n] = calloc(1, size == 0 ? 1 : size);
	return a->blocks[a->n++];
}

void kit_mean_init(struct kit_mean_arena *a, int allocations)
{
	*a = (struct kit_mean_arena){
		{ sizeof(a->base), mean_alloc }, allocations, { NULL }, 0
	};
}

void kit_mean_done(struct kit_mean_arena *a)
{
	while (a->n > 0)
		free(a->blocks[--a->n]);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

struct kit_footprint kit_footprint(const struct kit *k)
{
	return (struct kit_footprint){ count_entries("/proc/self/fd"),
		                       count_entries("/proc/self/task"), k->exchanges };
}

void kit_check_footprint(struct kit *k, const struct kit_footprint *before)
{
	struct kit_footprint now = kit_footprint(k);

	if (now.files != before->files)
		kit_fault(k, "file descriptors: %d before, %d after", before->files,
		          now.files);
	if (now.threads != before->threads)
		kit_fault(k, "a thread was started");
	if (now.exchanges > before->exchanges)
		kit_fault(k, "%d exchanges were made", now.exchanges);
}

/* ---- what a sample says that must be sent */

static const char *header_of(const struct rent_upstream_request *req, const char *name)
{
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL;
	     i++) {
		if (strcasecmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	}
	return NULL;
}

static bool body_is(const struct rent_upstream_request *req, const json_t *want)
{
	json_t *is;
	bool same;

	if (json_is_string(want))
		return req->body_size == json_string_length(want) &&
		       memcmp(req->body, json_string_value(want), req->body_size) == 0;
	is = req->body == NULL ? NULL
	                       : json_loadb(req->body, req->body_size,
	                                    JSON_REJECT_DUPLICATES, NULL);
	same = json_equal(is, want) != 0;
	json_decref(is);
	return same;
}

void kit_request_compare(struct kit *k, const char *name, const json_t *want,
                         const struct rent_upstream_request *req)
{
	const json_t *body = json_object_get(want, "body");
	const char *header;
	json_t *value;

	if (strcmp(kit_text(want, "method", req->method), req->method) != 0)
		kit_fault(k, "%s: the method is %s", name, req->method);
	if (strcmp(kit_text(want, "target", req->target), req->target) != 0)
		kit_fault(k, "%s: the target is %s", name, req->target);
	json_object_foreach(kit_unconst(json_object_get(want, "headers")), header, value)
	{
		const char *is = header_of(req, header);

		if (is == NULL || strcmp(is, json_string_value(value)) != 0)
			kit_fault(k, "%s: the header %s is %s", name, header,
			          is == NULL ? "not there" : is);
	}
	if (body != NULL && !body_is(req, body))
		kit_fault(k, "%s: the body is %s", name,
		          req->body == NULL ? "empty" : req->body);
}
