/* SPDX-License-Identifier: MIT
 *
 * backend_redis.h - what the tests of storage_redis alone need besides fixture.h.
 */
#ifndef CONTRACT_REDIS_BACKEND_H
#define CONTRACT_REDIS_BACKEND_H

#include <fixture.h>
#include <redis.h>

#define BACKEND_SECRET "a secret of the tests"

/* The server of this process; started when first asked for. */
struct redis *backend_redis_server(void);

/* An instance over the storage that `f` hides, with further options beside url, secret and
 * prefix (ended by a NULL name); started. */
struct cached {
	const struct rent_storage *api;
	struct fake_host *fake;
	void *self;
};
#define CACHED_OPTIONS 12
struct cached cached_new(struct fixture *f, const struct fake_option *options);
void cached_free(struct cached *i);
/* create() fails with this text in its error. */
void cached_refused(struct fixture *f, const struct fake_option *options,
                    const char *text);
/* Moves the clocks of the instance. */
void cached_advance(struct cached *i, int64_t us);

/* "PREFIX…", as the instances of this fixture have it. */
void backend_prefix(const struct fixture *f, char out[32]);

#endif
