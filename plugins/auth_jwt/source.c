/* SPDX-License-Identifier: MIT
 *
 * source.c - see source.h.
 */
#include "source.h"

#include <stdlib.h>

/* Whoever may write it decides who anybody is; secrets are in it only with HS256 and its like. */
#define FORBIDDEN        (S_IWGRP | S_IWOTH)
#define FORBIDDEN_SECRET (S_IWGRP | S_IRWXO)

/* ---- options */

static int open_url(struct source *s, const char *url, struct rent_error *err)
{
	const char *path = strstr(url, "://");
	char base[512];

	if (path != NULL)
		path = strchr(path + 3, '/');
	if (path == NULL || (size_t)(path - url) >= sizeof(base))
		return rent_fail(err, RENT_EINVAL,
		                 "url has no path: \"https://HOST/PATH\"");
	memcpy(base, url, (size_t)(path - url));
	base[path - url] = '\0';
	s->target = path;
	return s->host->upstream_open(s->host, "jwks", base, &s->upstream, err);
}

int source_init(struct source *s, const struct rent_host *host,
                const struct algorithm *const *algorithms, struct rent_error *err)
{
	const char *url = host->opt_str(host, "url");

	*s = (struct source){ .host = host,
		              .algorithms = algorithms,
		              .file = host->opt_str(host, "file"),
		              .refetch_us = host->opt_int(host, "refetch") };
	if ((url == NULL) == (s->file == NULL))
		return rent_fail(err, RENT_EINVAL,
		                 "the keys come from a file or a url: say one of them");
	/* A secret that is published is none. */
	for (size_t i = 0; url != NULL && algorithms[i] != NULL; i++)
		if (strcmp(algorithms[i]->kty, "oct") == 0)
			return rent_fail(
				err, RENT_EINVAL,
				"algorithms: %s takes a secret, which comes from a "
				"file and not from a url",
				algorithms[i]->name);
	if (url != NULL) {
		int code = open_url(s, url, err);

		if (code != 0)
			return code;
	}
	lock_init(&s->lock);
	wait_init(&s->wait, host->task);
	return 0;
}

void source_done(struct source *s)
{
	key_set_unref(s->set);
	lock_done(&s->lock);
}

/* ---- reading */

/* *ret stays NULL when the file is as it was. */
static int read_file(struct source *s, struct key_set **ret, struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	struct file_stamp now = s->stamp;
	char *text = NULL;
	int code = trusted_file_read(s->file, FORBIDDEN, &now, &text, err);

	if (code == TRUSTED_FILE_SAME)
		return 0;
	if (code == TRUSTED_FILE_MISSING)
		return rent_fail(err, RENT_EIO, "'%s': is not there", s->file);
	if (code != TRUSTED_FILE_READ)
		return code;
	code = key_set_parse(text, strlen(text), s->algorithms, ret, &why);
	if (code != 0)
		(void)rent_fail(err, code, "'%s' %s", s->file, why.text);
	if (code == 0 && key_set_is_secret(*ret)) {
		struct file_stamp again = { 0, 0, 0 };
		char *unused = NULL;

		code = trusted_file_read(s->file, FORBIDDEN_SECRET, &again, &unused, err);
		free(unused);
	}
	explicit_bzero(text, strlen(text));
	free(text);
	if (code == 0) {
		s->stamp = now;
		return 0;
	}
	key_set_unref(*ret);
	*ret = NULL;
	return code;
}

static int read_reply(struct source *s, const struct rent_exchange *x,
                      struct key_set **ret, struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	int code;

	if (x->transport != RENT_REPLIED)
		return rent_fail(err, RENT_EUNAVAIL, "%s", x->error);
	if (x->reply.status != 200)
		return rent_fail(err, RENT_EUNAVAIL, "the answer is status %d",
		                 x->reply.status);
	code = key_set_parse(x->reply.body, x->reply.body_size, s->algorithms, ret, &why);
	return code == 0 ? 0 : rent_fail(err, RENT_EUNAVAIL, "the answer %s", why.text);
}

static int fetch(struct source *s, struct key_set **ret, struct rent_error *err)
{
	struct rent_arena *arena = s->host->arena_new(s->host);
	struct rent_exchange x = {
		.struct_size = sizeof(x),
		.arena = arena,
		.request = { .struct_size = sizeof(x.request),
		             .flags = RENT_RESEND_SAFE | RENT_JUDGED,
		             .upstream = s->upstream,
		             .method = "GET",
		             .target = s->target,
		             .endpoint = "jwks",
		             .headers = { { "Accept", "application/json" } } },
	};
	struct rent_exchange *all[] = { &x };
	int code;

	if (arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	s->host->exchange(s->host, all, 1);
	code = read_reply(s, &x, ret, err);
	if (x.transport == RENT_REPLIED && x.reply.status < 500)
		s->host->judged(s->host, &x, code == 0);
	s->host->arena_free(s->host, arena);
	return code;
}

/* ---- rotation */

static void say(struct source *s, bool had_trouble, bool has_keys)
{
	if (s->trouble[0] != '\0' && !had_trouble)
		s->host->log(s->host, RENT_LOG_ERROR, NULL, "%s: %s",
		             has_keys ? "the keys stay as they were read before"
		                      : "there are no keys, nobody is known",
		             s->trouble);
	else if (s->trouble[0] == '\0' && had_trouble)
		s->host->log(s->host, RENT_LOG_INFO, NULL, "the keys can be read again");
}

/* One try. With the lock, which is released meanwhile; nobody else is busy. */
static int try_now(struct source *s, struct rent_error *err)
{
	struct key_set *set = NULL, *old = NULL;
	bool had_trouble = s->trouble[0] != '\0';
	int code;

	s->busy = true;
	s->tried_at = wait_now_us();
	lock_release(&s->lock);
	code = s->file != NULL ? read_file(s, &set, err) : fetch(s, &set, err);
	lock_acquire(&s->lock);
	if (set != NULL) {
		old = s->set;
		s->set = set;
	}
	(void)rent_copy(s->trouble, sizeof(s->trouble), code == 0 ? "" : err->text);
	say(s, had_trouble, s->set != NULL);
	s->busy = false;
	s->tries++;
	wait_wake_all(&s->wait);
	key_set_unref(old);
	return code;
}

int source_refresh(struct source *s, struct rent_error *err)
{
	int code = 0;

	lock_acquire(&s->lock);
	if (!s->busy)
		code = try_now(s, err);
	lock_release(&s->lock);
	return code;
}

struct key_set *source_take(struct source *s, uint64_t *ret_tries)
{
	struct key_set *set;

	lock_acquire(&s->lock);
	set = key_set_ref(s->set);
	*ret_tries = s->tries;
	lock_release(&s->lock);
	return set;
}

static void wait_for_newer(struct source *s, uint64_t tries)
{
	struct rent_error why = { .code = 0 };

	s->waiting++;
	while (s->tries == tries) {
		int64_t due = s->tried_at == 0 ? 0 : s->tried_at + s->refetch_us;

		if (s->busy)
			wait_forever(&s->wait, &s->lock);
		else if (wait_now_us() < due)
			(void)wait_until(&s->wait, &s->lock, due);
		else
			(void)try_now(s, &why);
	}
	s->waiting--;
}

int source_newer(struct source *s, uint64_t tries, struct rent_error *err)
{
	int code = 0;

	if (s->file != NULL)
		return rent_fail(err, RENT_EPERM,
		                 "a token of a key that is not in the file");
	lock_acquire(&s->lock);
	if (s->waiting >= SOURCE_WAITING_MAX) {
		code = rent_fail(err, RENT_EFULL, "too many wait for newer keys");
	} else {
		wait_for_newer(s, tries);
		if (s->trouble[0] != '\0')
			code = rent_fail(err, RENT_EUNAVAIL,
			                 "the keys cannot be fetched: %s", s->trouble);
	}
	lock_release(&s->lock);
	return code;
}

void source_health(struct source *s, struct rent_health *ret)
{
	lock_acquire(&s->lock);
	ret->state = s->trouble[0] == '\0' ? RENT_HEALTHY : RENT_DEGRADED;
	if (s->set == NULL && s->tries > 0)
		ret->state = RENT_UNHEALTHY;
	if (s->trouble[0] != '\0')
		(void)rent_copy(ret->why, sizeof(ret->why), s->trouble);
	else
		(void)snprintf(ret->why, sizeof(ret->why), "%zu keys",
		               s->set == NULL ? 0 : key_set_count(s->set));
	lock_release(&s->lock);
}
