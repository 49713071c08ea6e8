/* SPDX-License-Identifier: MIT
 *
 * http/proven.c - see proven.h. Each hash has one place; a later one takes it over. The hash has a seed
 * of this process, so that nobody can choose credentials that meet.
 */
#include "http/proven.h"

#include "http/limits.h"
#include "http/listener.h"
#include "tools/tools.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

struct place {
	uint64_t hash;
	int64_t until; /* monotonic; 0: the place is free */
};

struct proven {
	pthread_mutex_t lock;
	unsigned char seed[16];
	struct place places[HTTP_PROVEN];
};

struct proven *proven_new(void)
{
	struct proven *proven = calloc(1, sizeof(*proven));

	if (proven == NULL)
		return NULL;
	if (getrandom(proven->seed, sizeof(proven->seed), 0) !=
	    (ssize_t)sizeof(proven->seed)) {
		free(proven);
		return NULL;
	}
	(void)pthread_mutex_init(&proven->lock, NULL);
	return proven;
}

void proven_free(struct proven *proven)
{
	if (proven == NULL)
		return;
	(void)pthread_mutex_destroy(&proven->lock);
	free(proven);
}

/* Of the credentials at their address. False: nothing is counted here, or there are none. */
static bool hash_of(const struct call *call, uint64_t *ret)
{
	const char *credentials = call_header(call, "Authorization");
	const char *text;

	if (call->server->config.limit_rate == 0 || credentials == NULL ||
	    call->peer.client == NULL)
		return false;
	text = rent_printf(call->request.arena, "%s %s", call->peer.client, credentials);
	if (text == NULL)
		return false;
	*ret = tools_siphash(call->server->proven->seed, text, strlen(text));
	return true;
}

bool proven_has(const struct call *call, int64_t now)
{
	struct proven *proven = call->server->proven;
	const struct place *place;
	uint64_t hash;
	bool has;

	if (!hash_of(call, &hash))
		return false;
	(void)pthread_mutex_lock(&proven->lock);
	place = &proven->places[hash % HTTP_PROVEN];
	has = place->hash == hash && place->until > now;
	(void)pthread_mutex_unlock(&proven->lock);
	return has;
}

void proven_note(const struct call *call, bool good, int64_t now)
{
	struct proven *proven = call->server->proven;
	struct place *place;
	uint64_t hash;

	if (!hash_of(call, &hash))
		return;
	(void)pthread_mutex_lock(&proven->lock);
	place = &proven->places[hash % HTTP_PROVEN];
	if (good)
		*place = (struct place){ hash, now + HTTP_PROVEN_US };
	else if (place->hash == hash)
		place->until = 0;
	(void)pthread_mutex_unlock(&proven->lock);
}
